import { CLOSE } from "../protocol/close.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import { type Frame, parseFrame } from "./frame.ts";

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15_000;

/** A connection that brings nothing for so many of the server's pings counts as lost. */
const SILENT_PINGS = 3;

/** What a connection tells. `lost` comes once for each connection or attempt that ended. */
export interface ConnectionEvents {
  opened(): void;
  received(frame: Frame): void;
  lost(retryInMs: number): void;
}

type State =
  | { readonly at: "connecting"; readonly socket: WebSocket }
  | { readonly at: "open"; readonly socket: WebSocket }
  | { readonly at: "waiting"; readonly timer: ReturnType<typeof setTimeout> };

/** A WebSocket that comes back by itself, waiting longer after each failure. */
export class Connection {
  readonly #url: string;
  readonly #events: ConnectionEvents;
  #state: State;
  #failures = 0;
  #pingEveryS = PING_EVERY_S;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
    this.#state = this.#connect();
  }

  get isOpen(): boolean {
    return this.#state.at === "open";
  }

  /** Sends a request; the caller sees to it that the connection is open. */
  send(request: object): void {
    if (this.#state.at === "open") this.#state.socket.send(JSON.stringify(request));
  }

  /** Tells that the connection is of use, so that the next loss is retried soon. */
  settled(): void {
    this.#failures = 0;
  }

  /** Ends the wait for the next attempt, when there is one. */
  hurry(): void {
    if (this.#state.at !== "waiting") return;
    clearTimeout(this.#state.timer);
    this.#state = this.#connect();
  }

  #connect(): State {
    const socket = new WebSocket(this.#url);
    socket.onopen = () => {
      this.#state = { at: "open", socket };
      this.#events.opened();
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lose(socket, event.code);
    this.#watch(socket);
    return { at: "connecting", socket };
  }

  #receive(data: unknown): void {
    if (this.#state.at !== "open") return;
    const frame = parseFrame(data);
    if (frame?.kind === "ping") this.#pingEveryS = frame.timeoutS;
    this.#watch(this.#state.socket);
    if (frame) this.#events.received(frame);
  }

  #watch(socket: WebSocket): void {
    clearTimeout(this.#silence);
    // A cable that was cut gives no close event for minutes; the missing pings show it.
    this.#silence = setTimeout(() => this.#lose(socket, 1006), SILENT_PINGS * this.#pingEveryS * 1000);
  }

  #lose(socket: WebSocket, code: number): void {
    if (this.#state.at === "waiting" || this.#state.socket !== socket) return;
    clearTimeout(this.#silence);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    const retryInMs = this.#nextRetryMs(code);
    this.#state = { at: "waiting", timer: setTimeout(() => this.hurry(), retryInMs) };
    this.#events.lost(retryInMs);
  }

  #nextRetryMs(code: number): number {
    const longest =
      code === CLOSE.flood.code
        ? RETRY_MOST_MS
        : Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures++;
    // Half of the wait is chance, so that the clients of a restarted server do not all come in one moment.
    return longest * (0.5 + Math.random() / 2);
  }
}
