import { COMING_BACK, LEAVING, meaningOf, NO_CLOSE_FRAME } from "../protocol/close.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import { SUBPROTOCOL_V3 } from "../protocol/version.ts";
import type { ClientFrame } from "../protocol/wire.ts";
import { type Frame, fieldsOf, isFields, parseFrames } from "./frame.ts";
import type { Settings } from "./settings.ts";
import type { Socket } from "./socket.ts";

/** A connection counts as lost when nothing arrives for the time of this many pings. */
const SILENT_PINGS = 3;

/** When the network has changed, a connection that still works brings a ping, which may take this long on the way. */
const PING_LATE_S = 2;

/** While the machine says that it has no network, the server counts as unreachable when it has not answered for so long. */
const REACHED_MS = 2_000;

/** Causes by the HTTP status that the server answered an attempt with. */
const STATUSES: Readonly<Record<number, Cause>> = {
  403: "forbidden",
  404: "no-room",
  429: "busy",
  503: "busy",
};

/**
 * Why there is no connection:
 *
 * - `no-room`, `forbidden`, `busy`, `http`: the attempt was answered with an HTTP status, which is the `code`: 404; 403; 429
 *   or 503; any other;
 * - `closed`: the server closed the connection with this `code` and `reason`;
 * - `network`: the server could not be reached, or the connection broke;
 * - `timeout`: nothing arrived in time;
 * - `version`: the server no longer speaks the required version;
 * - `unknown`: the platform does not say.
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
  /** The server's reason, or "". */
  readonly reason: string;
}

/** How Bun's and the package `ws`'s error messages about an HTTP answer end. */
const STATUS_SAID = /: (\d{3})$/;
/** A system error code, such as ECONNREFUSED. */
const ERROR_SAID = /\bE[A-Z_]{4,}/;

/** The state of a chat's connection. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly version: 2 | 3 }
  /**
   * The connection was lost, or an attempt failed. `retryAt` is the time of the next attempt in Unix milliseconds; null
   * while there is no network. `attempt` is its number: 1 for the first after a loss.
   */
  | ({ readonly kind: "waiting"; readonly retryAt: number | null; readonly attempt: number } & Loss)
  /** By `close()`. */
  | { readonly kind: "closed" }
  /** There will be no further attempt: see `meaningOf` in close.ts. */
  | ({ readonly kind: "refused" } & Loss);

const NOTHING = () => {};

/**
 * A WebSocket that reconnects by itself. There is one method for each thing that can happen, and each decides by the state.
 * Events of earlier sockets are ignored.
 */
export class Connection {
  readonly #settings: Settings;
  readonly #changed: (state: ConnectionState) => void;
  readonly #frame: (frame: Frame) => void;
  readonly #unwatch: () => void;
  #state: ConnectionState = { kind: "connecting" };
  /** The current socket; once the chat is closed, the one that has not ended yet. */
  #socket: Socket | null = null;
  /** Whether it offered to speak version 3. */
  #offered = false;
  /** Whether to make no attempt before `wake()`. */
  #isSuspended = false;
  /** Cancels what the state waits for. */
  #stop = NOTHING;
  #resolveEnded = NOTHING;
  readonly #ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve;
  });
  /** Whether this server is known to speak version 3. Then no other version is used. */
  #isV3: boolean;
  /** Whether there ever was a connection, which shows that the address is right. */
  #wasOpen = false;
  /** Whether the server answers although the machine says that it has no network: it is on the machine itself. */
  #isNear = false;
  #failures = 0;
  /** Attempts in a row that were answered with an HTTP status that means never to connect again. */
  #refusals = 0;
  #pingS = PING_EVERY_S;
  #retryS = 0;

  /** Connects at once, without a call of `changed`. @throws what the WebSocket's constructor throws for a bad URL */
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
    this.#unwatch = settings.environment.watch((change) => this.#networkChanged(change));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether this server is known to speak version 3. */
  get isV3(): boolean {
    return this.#isV3;
  }

  /** Sends a request. The connection must be open. */
  send(request: ClientFrame): void {
    this.#socket?.send(JSON.stringify(request));
  }

  /** The connection has proved useful: after the next loss the delays start short again. */
  settled(): void {
    this.#failures = 0;
  }

  /** Drops the connection, which must be open, and reconnects after a moment. */
  drop(): void {
    this.#fail("unknown");
  }

  /** Disconnects, and does not reconnect before {@link wake}. @param code the close code */
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

  /** Reconnects at once. */
  wake(): void {
    this.#isSuspended = false;
    this.hurry();
  }

  /** Makes the next attempt at once, if one is due. */
  hurry(): void {
    if (this.#isSuspended || this.#state.kind !== "waiting") return;
    this.#dial(this.#settings.version !== 2);
    this.#become({ kind: "connecting" });
  }

  /** Leaves for good. @returns a promise that is fulfilled once the connection has ended */
  close(): Promise<void> {
    if (this.#state.kind === "closed") return this.#ended;
    this.#stop();
    this.#become({ kind: "closed" });
    if (this.#socket) this.#socket.close(LEAVING);
    else this.#resolveEnded();
    return this.#ended;
  }

  /** Opens a socket. @param offers whether to offer version 3 */
  #dial(offers: boolean): void {
    const { WebSocket, url } = this.#settings;
    const socket = new WebSocket(url, offers ? [SUBPROTOCOL_V3] : []);
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => this.#received(socket, event));
    // A close event follows, except in Node 22 when an attempt fails.
    socket.addEventListener("error", (event) => this.#faulted(socket, event));
    socket.addEventListener("close", (event) => {
      const { code, reason } = fieldsOf(event);
      this.#lost(socket, Number(code), String(reason));
    });
    this.#socket = socket;
    this.#offered = offers;
    this.#wait(this.#settings.connectTimeoutMs, () => this.#fail("timeout"));
  }

  /** A cut cable causes no close event for minutes, but missing pings reveal it. */
  #listen(socket: Socket | null, silentS = SILENT_PINGS * this.#pingS): void {
    this.#wait(silentS * 1000, () => {
      if (this.#socket === socket) this.#fail("timeout");
    });
  }

  /** Replaces the current timer. */
  #wait(waitMs: number, run: () => void): void {
    this.#stop();
    this.#stop = this.#settings.environment.setTimer(run, waitMs);
  }

  #opened(socket: Socket): void {
    if (this.#socket !== socket || this.#state.kind !== "connecting") return;
    const version = socket.protocol === SUBPROTOCOL_V3 ? 3 : 2;
    // Version 2 ignores keys, so messages that were sent in version 3 and are still in doubt would be stored twice.
    if (version === 2 && this.#isV3) this.#fail("version");
    else {
      this.#isV3 ||= version === 3;
      this.#wasOpen = true;
      this.#isNear = !this.#settings.environment.isOnline();
      this.#listen(socket);
      this.#become({ kind: "open", version });
    }
  }

  #received(socket: Socket, event: unknown): void {
    for (const frame of parseFrames(fieldsOf(event).data)) {
      // Handling a frame may end the connection. The rest of the array is void then.
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
        // Before a socket opens, close codes are the platform's own and say nothing about the server.
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

  /** An attempt has failed. @param said the platform's error message */
  #missed(socket: Socket, said: string): void {
    const status = Number(STATUS_SAID.exec(said)?.[1]);
    const { url, environment } = this.#settings;
    if (STATUSES[status]) this.#answered(status);
    else if (!this.#isV3 && this.#offered) {
      // A browser fails without a reason when the server does not confirm the subprotocol.
      this.#dial(false);
      socket.close();
    } else if (status) this.#answered(status);
    else if (ERROR_SAID.test(said)) this.#fail("network");
    else if (this.#wasOpen || !environment.probe) this.#fail("unknown");
    else {
      // Browsers hide the status from pages.
      const state = this.#state;
      this.#socket = null;
      environment.probe(httpOf(url)).then(
        (found) => this.#state === state && this.#answered(found),
        () => this.#state === state && this.#fail("network"),
      );
    }
  }

  /** An attempt was answered. @param code the HTTP status, 0 if the platform hides it */
  #answered(code: number): void {
    this.#fail(STATUSES[code] ?? (code ? "http" : "unknown"), code);
  }

  /** Ends the connection for good, as if the server had closed it. */
  refuse(code: number, reason: string): void {
    this.#fail("closed", code, reason);
  }

  /** Drops the socket, and schedules the next attempt unless the code forbids it. */
  #fail(cause: Cause, code = 0, reason = ""): void {
    const { retryFirstMs, retryMostMs, refusalsMost, environment } = this.#settings;
    if (this.#socket) this.#leave(this.#socket);
    const meaning = meaningOf(code);
    const isFinal = meaning === "never";
    this.#refusals = isFinal ? this.#refusals + 1 : 0;
    // A proxy may give such a status for a moment, while a server is being replaced.
    if (isFinal && (code >= 1000 || this.#refusals >= refusalsMost)) {
      this.#become({ kind: "refused", cause, code, reason });
      return;
    }
    const firstMs = Math.max(retryFirstMs, this.#retryS * 1000);
    const rangeMs = meaning === "later" ? retryMostMs : firstMs * 2 ** this.#failures;
    // The whole delay is random, so that the clients of a restarted server do not return all at once.
    const waitMs = environment.random() * Math.min(retryMostMs, rangeMs);
    const retryAt = this.#isNear || environment.isOnline() ? environment.now() + waitMs : null;
    if (retryAt !== null) this.#wait(waitMs, () => this.hurry());
    this.#become({ kind: "waiting", retryAt, attempt: ++this.#failures, cause, code, reason });
  }

  /** @param code by default the one that keeps the session (GRACE-2): the connection may only look dead */
  #leave(socket: Socket, code: number = COMING_BACK): void {
    this.#stop();
    this.#socket = null;
    socket.close(code);
  }

  #networkChanged(change: "online" | "offline" | "visible"): void {
    const state = this.#state;
    if (change !== "visible") {
      this.#isNear = false;
      // An open connection may not have survived it: the next ping will show.
      if (state.kind === "open") this.#listen(this.#socket, this.#pingS + PING_LATE_S);
    }
    if (change !== "offline") this.hurry();
    else if (state.kind === "open") this.#reach(state);
    else if (state.kind === "waiting" && state.retryAt !== null) {
      this.#stop();
      this.#become({ ...state, retryAt: null });
    }
  }

  /** Drops the open connection if the server cannot be reached while the machine says that it has no network. */
  #reach(state: ConnectionState): void {
    const { url, environment } = this.#settings;
    if (!environment.probe) return;
    const lost = () => {
      stop();
      if (this.#state === state && !environment.isOnline()) this.#fail("network");
    };
    const stop = environment.setTimer(lost, REACHED_MS);
    environment.probe(httpOf(url)).then(() => {
      stop();
      this.#isNear = !environment.isOnline();
    }, lost);
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    if (state.kind === "closed" || state.kind === "refused") this.#unwatch();
    this.#changed(state);
  }
}

/** The address at which a chat answers over HTTP. */
function httpOf(url: string): string {
  return url.replace(/^ws/, "http");
}
