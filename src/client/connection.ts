import { COMING_BACK, LEAVING, meaningOf, NO_CLOSE_FRAME } from "../protocol/close.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import { SUBPROTOCOL_V3 } from "../protocol/version.ts";
import type { ClientFrame } from "../protocol/wire.ts";
import { type Frame, fieldsOf, isFields, parseFrames } from "./frame.ts";
import type { Settings } from "./settings.ts";
import type { Socket } from "./socket.ts";

/** A connection that brings nothing for so many of the server's pings counts as lost. */
const SILENT_PINGS = 3;

/** What HTTP statuses mean that a server answers an attempt with. */
const STATUSES: Readonly<Record<number, Cause>> = {
  403: "forbidden",
  404: "no-room",
  429: "busy",
  503: "busy",
};

/**
 * Why there is no connection:
 *
 * - `no-room`, `forbidden`, `busy`, `http`: the attempt was answered with an HTTP status, which is the `code`: 404, 403, 429
 *   or 503, another one;
 * - `closed`: the server closed it with this `code` and `reason`;
 * - `network`: nothing could be reached, or the connection broke;
 * - `timeout`: nothing came in time;
 * - `version`: the server does not speak the version that it must;
 * - `unknown`: the platform does not tell.
 */
export type Cause =
  | "no-room"
  | "forbidden"
  | "busy"
  | "http"
  | "closed"
  | "network"
  | "timeout"
  | "version"
  | "unknown";

/** Why there is no connection. */
interface Loss {
  readonly cause: Cause;
  /** A WebSocket close code or, below 1000, an HTTP status; 0 for neither. */
  readonly code: number;
  /** What the server said with it, or "". */
  readonly reason: string;
}

/** So Bun and the package `ws` end what they say of another answer than the one hoped for. */
const STATUS_SAID = /: (\d{3})$/;
/** A system's error, such as ECONNREFUSED. */
const ERROR_SAID = /\bE[A-Z_]{4,}/;

/** How a chat is connected. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly version: 2 | 3 }
  /**
   * The connection was lost, or an attempt failed. `retryAt` is when the next attempt comes, in Unix milliseconds; null
   * while there is no network. `attempt` is its number, 1 for the first after a loss.
   */
  | ({ readonly kind: "waiting"; readonly retryAt: number | null; readonly attempt: number } & Loss)
  /** By `close()`. */
  | { readonly kind: "closed" }
  /** There will be no further attempt, as it would end in the same way. */
  | ({ readonly kind: "refused" } & Loss);

const NOTHING = () => {};

/**
 * A WebSocket that comes back by itself. One method for each thing that can happen, each of which decides by the state;
 * what an earlier socket still tells is not listened to.
 */
export class Connection {
  readonly #settings: Settings;
  readonly #changed: (state: ConnectionState) => void;
  readonly #frame: (frame: Frame) => void;
  readonly #unwatch: () => void;
  #state: ConnectionState = { kind: "connecting" };
  /** The present one; the one whose end is still to come, once the chat is closed. */
  #socket: Socket | null = null;
  /** Whether it offered to speak version 3. */
  #offered = false;
  /** Whether no attempt is to be made before `wake()`. */
  #isSuspended = false;
  /** Cancels what the state waits for. */
  #stop = NOTHING;
  #resolveEnded = NOTHING;
  readonly #ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve;
  });
  /** Whether this server speaks version 3, for certain: it is never spoken to in another then. */
  #isV3: boolean;
  /** Whether there ever was a connection: then the address is right. */
  #wasOpen = false;
  #failures = 0;
  /** Attempts in a row that were answered with an HTTP status after which there is no use in another one. */
  #refusals = 0;
  #pingS = PING_EVERY_S;
  #retryS = 0;

  /** Connects at once, and tells nothing of that. @throws what the WebSocket's constructor throws for a bad URL */
  constructor(
    settings: Settings,
    isV3: boolean,
    changed: (state: ConnectionState) => void,
    received: (frame: Frame) => void,
  ) {
    this.#settings = settings;
    this.#changed = changed;
    this.#frame = received;
    this.#isV3 = settings.version ? settings.version === 3 : isV3;
    this.#dial(settings.version !== 2);
    this.#unwatch = settings.environment.watch((change) =>
      change === "offline" ? this.#offline() : this.hurry(),
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether this server speaks version 3, for certain. */
  get isV3(): boolean {
    return this.#isV3;
  }

  /** Sends a request. The caller sees to it that the connection is open. */
  send(request: ClientFrame): void {
    this.#socket?.send(JSON.stringify(request));
  }

  /** The connection is of use: the next loss is retried soon. */
  settled(): void {
    this.#failures = 0;
  }

  /** Gives an open connection up, and connects again after a moment. The caller sees to it that it is open. */
  drop(): void {
    this.#fail("unknown");
  }

  /** Gives the connection up, and makes no other before {@link wake}. @param code to close with */
  suspend(code: number = COMING_BACK): void {
    if (this.#isSuspended || this.#state.kind === "closed" || this.#state.kind === "refused") return;
    this.#isSuspended = true;
    if (this.#socket) this.#leave(this.#socket, code);
    this.#stop();
    this.#become({
      kind: "waiting",
      retryAt: null,
      attempt: this.#failures + 1,
      cause: "network",
      code: 0,
      reason: "",
    });
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Connects again at once. */
  wake(): void {
    this.#isSuspended = false;
    this.hurry();
  }

  /** Ends the wait for the next attempt, if there is one. */
  hurry(): void {
    if (this.#isSuspended || this.#state.kind !== "waiting") return;
    this.#dial(this.#settings.version !== 2);
    this.#become({ kind: "connecting" });
  }

  /** Closes in good order. @returns a promise that is fulfilled once the connection has ended */
  close(): Promise<void> {
    if (this.#state.kind === "closed") return this.#ended;
    this.#stop();
    this.#become({ kind: "closed" });
    if (this.#socket) this.#socket.close(LEAVING);
    else this.#resolveEnded();
    return this.#ended;
  }

  /** Makes a socket, with or without the offer to speak version 3. */
  #dial(offers: boolean): void {
    const { WebSocket, url } = this.#settings;
    const socket = new WebSocket(url, offers ? [SUBPROTOCOL_V3] : []);
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => this.#received(socket, event));
    // A close follows; but not from the WebSocket of Node 22, when an attempt fails.
    socket.addEventListener("error", (event) => this.#faulted(socket, event));
    socket.addEventListener("close", (event) => {
      const { code, reason } = fieldsOf(event);
      this.#lost(socket, Number(code), String(reason));
    });
    this.#socket = socket;
    this.#offered = offers;
    this.#wait(this.#settings.connectTimeoutMs, () => this.#fail("timeout"));
  }

  /** A cable that was cut gives no close event for minutes; the missing pings show it. */
  #listen(socket: Socket): void {
    this.#wait(SILENT_PINGS * this.#pingS * 1000, () => {
      if (this.#socket === socket) this.#fail("timeout");
    });
  }

  /** Waits for nothing but this. */
  #wait(waitMs: number, run: () => void): void {
    this.#stop();
    this.#stop = this.#settings.environment.setTimer(run, waitMs);
  }

  #opened(socket: Socket): void {
    if (this.#socket !== socket || this.#state.kind !== "connecting") return;
    const version = socket.protocol === SUBPROTOCOL_V3 ? 3 : 2;
    // What was sent by version 3 is on its way with keys that version 2 does not know: messages would double.
    if (version === 2 && this.#isV3) this.#fail("version");
    else {
      this.#isV3 ||= version === 3;
      this.#wasOpen = true;
      this.#listen(socket);
      this.#become({ kind: "open", version });
    }
  }

  #received(socket: Socket, event: unknown): void {
    for (const frame of parseFrames(fieldsOf(event).data)) {
      // What a frame brings about may end the connection, and the rest of the array with it.
      if (this.#socket !== socket || this.#state.kind !== "open") return;
      if (frame.kind === "welcome") this.#retryS = frame.retryS;
      if (frame.kind === "welcome" || frame.kind === "ping") this.#pingS = frame.pingS;
      this.#frame(frame);
    }
    if (this.#socket === socket && this.#state.kind === "open") this.#listen(socket);
  }

  #faulted(socket: Socket, event: unknown): void {
    if (this.#socket !== socket || this.#state.kind !== "connecting") return;
    const { error, message } = fieldsOf(event);
    this.#missed(socket, `${isFields(error) ? error.code : ""} ${message}`);
  }

  /** A socket has ended. */
  #lost(socket: Socket, code: number, reason: string): void {
    if (this.#socket !== socket) return;
    switch (this.#state.kind) {
      case "connecting":
        // Codes from before it opened are the platform's own, and tell nothing.
        this.#missed(socket, "");
        break;
      case "open":
        if (code === NO_CLOSE_FRAME) this.#fail("network");
        else this.#fail("closed", code, reason);
        break;
      case "closed":
        this.#resolveEnded();
        break;
      // These have no socket.
      case "waiting":
      case "refused":
    }
  }

  /** An attempt has failed. @param said what the platform tells of it */
  #missed(socket: Socket, said: string): void {
    const status = Number(STATUS_SAID.exec(said)?.[1]);
    const { url, environment } = this.#settings;
    if (STATUSES[status]) this.#answered(status);
    else if (!this.#isV3 && this.#offered) {
      // A browser gives up when the server does not confirm the subprotocol, and does not say why.
      this.#dial(false);
      socket.close();
    } else if (status) this.#answered(status);
    else if (ERROR_SAID.test(said)) this.#fail("network");
    else if (this.#wasOpen || !environment.probe) this.#fail("unknown");
    else {
      // Browsers hide the status from pages.
      const state = this.#state;
      this.#socket = null;
      environment.probe(url.replace(/^ws/, "http")).then(
        (found) => this.#state === state && this.#answered(found),
        () => this.#state === state && this.#fail("network"),
      );
    }
  }

  /** An attempt was answered with an HTTP status; 0 if that is not known. */
  #answered(code: number): void {
    this.#fail(STATUSES[code] ?? (code ? "http" : "unknown"), code);
  }

  /** Gives the socket up, and waits for the next attempt if another could end otherwise. */
  #fail(cause: Cause, code = 0, reason = ""): void {
    const { retryFirstMs, retryMostMs, refusalsMost, environment } = this.#settings;
    if (this.#socket) this.#leave(this.#socket);
    const meaning = meaningOf(code);
    const isFinal = meaning === "never";
    this.#refusals = isFinal ? this.#refusals + 1 : 0;
    // An HTTP status may be a proxy's, for a moment, while a server is being replaced.
    if (isFinal && (code >= 1000 || this.#refusals >= refusalsMost)) {
      this.#become({ kind: "refused", cause, code, reason });
      return;
    }
    const firstMs = Math.max(retryFirstMs, this.#retryS * 1000);
    const rangeMs = meaning === "later" ? retryMostMs : firstMs * 2 ** this.#failures;
    // All of the wait is chance, so that the clients of a restarted server do not come in one moment.
    const waitMs = environment.random() * Math.min(retryMostMs, rangeMs);
    const retryAt = environment.isOnline() ? environment.now() + waitMs : null;
    if (retryAt !== null) this.#wait(waitMs, () => this.hurry());
    this.#become({ kind: "waiting", retryAt, attempt: ++this.#failures, cause, code, reason });
  }

  /** @param code Unless told: it may only look dead, and any other one would end the session to be resumed (GRACE-2) */
  #leave(socket: Socket, code: number = COMING_BACK): void {
    this.#stop();
    this.#socket = null;
    socket.close(code);
  }

  #offline(): void {
    // Whether an open connection is lost, its pings tell.
    if (this.#state.kind !== "waiting" || this.#state.retryAt === null) return;
    this.#stop();
    this.#become({ ...this.#state, retryAt: null });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    if (state.kind === "closed" || state.kind === "refused") this.#unwatch();
    this.#changed(state);
  }
}
