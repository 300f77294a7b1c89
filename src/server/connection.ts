import type { Engine } from "../engine/engine.ts";
import { CLOSE, type Close } from "../protocol/close.ts";
import {
  type Parsed,
  parseRequest,
  type Refusal,
  type RequestKind,
  UNREADABLE,
} from "../protocol/request.ts";
import * as v2 from "../protocol/v2.ts";
import type { Outcome, SessionId } from "../room/operation.ts";
import type { LivenessWheel, Living } from "./liveness.ts";
import type { Limits, Rate } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What a connection needs of a WebSocket; Bun's has it. Sizes are in bytes. */
export interface Wire {
  sendText(frame: string): number;
  /** To all that are subscribed to the topic, except this one. */
  publishText(topic: string, frame: string): number;
  subscribe(topic: string): void;
  ping(): number;
  /** Makes one write of all that is sent within the callback. */
  cork(write: () => void): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
  getBufferedAmount(): number;
}

/** Why a connection ended. */
export type Cause = "client" | "lost" | "silent" | "stalled" | "flood" | "overload" | "restart";

type State =
  | { readonly kind: "unnamed"; readonly wire: Wire }
  | { readonly kind: "named"; readonly wire: Wire; readonly name: string }
  /** Nothing more is taken from the client; it is ended once it has its replies so far. */
  | { readonly kind: "draining"; readonly wire: Wire; readonly name: string | null }
  /** We have ended it; the socket's own end is still to come. */
  | { readonly kind: "ending"; readonly name: string | null; readonly cause: Cause }
  | { readonly kind: "closed" };

/** What all connections of a server share. */
export interface Shared {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly events: ConnectionEvents;
  /** Unsent bytes of `get` replies, over all connections. */
  readonly getMemory: { bytes: number };
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Where a room's events are published, for the registered. */
  readonly topicOf: (room: string) => string;
}

/** What the server counts and logs of a connection. */
export interface ConnectionEvents {
  opened(connection: Connection): void;
  requested(kind: RequestKind | null): void;
  closed(connection: Connection, name: string | null, cause: Cause, code: number): void;
}

/**
 * One client's connection to one room. It checks rates and reads requests on the way in, and keeps account of
 * what is unsent on the way out. Who holds which nickname is the room's to say: the connection learns it from
 * the outcomes, in the room's order.
 */
export class Connection implements Living {
  readonly session: SessionId;
  readonly room: string;
  readonly address: string;
  readonly #shared: Shared;
  #state: State;
  #requests: TokenBucket | null = null;
  #names: TokenBucket | null = null;
  #gets: TokenBucket | null = null;
  /** What is refused for its rate is counted by the same rate: twice too many ends the connection. */
  #excess: TokenBucket | null = null;
  #unanswered = 0;
  readonly #leaveWheel: () => void;
  #pendingGet: { bytes: number; readonly until: number } | null = null;

  constructor(
    session: SessionId,
    room: string,
    address: string,
    wire: Wire,
    shared: Shared,
    wheel: Pick<LivenessWheel, "add">,
  ) {
    this.session = session;
    this.room = room;
    this.address = address;
    this.#shared = shared;
    this.#state = { kind: "unnamed", wire };
    this.#leaveWheel = wheel.add(this);
    shared.events.opened(this);
  }

  /** The nickname, null before there is one. */
  get name(): string | null {
    return "name" in this.#state ? this.#state.name : null;
  }

  /** The open socket, null once the connection ends. */
  get wire(): Wire | null {
    return "wire" in this.#state ? this.#state.wire : null;
  }

  /** A frame has come. Sizes and rates are checked before anything is parsed. */
  frame(data: string | Uint8Array): void {
    this.#unanswered = 0;
    if (this.#state.kind !== "unnamed" && this.#state.kind !== "named") return;
    const { engine, limits, now } = this.#shared;
    const at = now();
    if (engine.pendingSize > limits.pendingSize) {
      this.end("overload");
      return;
    }
    const wait = this.#take("requests", limits.requests, at);
    if (wait > 0 && this.#isStubborn(at)) {
      this.#drain();
      return;
    }
    const text = typeof data === "string" ? data : decode(data);
    this.#parsed(text === null ? UNREADABLE : parseRequest(text), wait, data.length, at);
  }

  /** Submits what a frame says. @param wait seconds that the frame came too early, by the rate of all requests */
  #parsed(parsed: Parsed, wait: number, size: number, at: number): void {
    const { engine, events, limits } = this.#shared;
    const { session } = this;
    events.requested(parsed.kind);
    const ownWait =
      wait > 0
        ? 0
        : parsed.kind === "name"
          ? this.#take("names", limits.names, at)
          : parsed.kind === "get"
            ? this.#take("gets", limits.gets, at)
            : 0;
    if (ownWait > 0 && this.#isStubborn(at)) {
      this.#drain();
    } else if (wait > 0 || ownWait > 0) {
      const refusal: Refusal = {
        reason: "TooManyRequests",
        type: parsed.kind,
        retryS: Math.ceil(Math.max(wait, ownWait)),
      };
      engine.submit(this.room, { kind: "refuse", session, refusal, size });
    } else if ("refusal" in parsed) {
      engine.submit(this.room, { kind: "refuse", session, refusal: parsed.refusal, size });
    } else {
      engine.submit(this.room, { kind: "request", session, request: parsed.request, size });
    }
  }

  /** Anything has come that shows that the peer lives: a pong, or a frame. */
  alive(): void {
    this.#unanswered = 0;
  }

  tick(): void {
    const wire = this.wire;
    if (wire === null) return;
    this.#unanswered++;
    wire.cork(() => {
      wire.sendText(v2.PING);
      wire.ping();
    });
  }

  endIfSilent(): void {
    if (this.#unanswered >= 2) this.end("silent");
  }

  /** Sends a reply or an event to this client alone. */
  send(frame: string): void {
    this.wire?.sendText(frame);
  }

  /** The room has given this client a nickname: from here on it hears the room's events. */
  named(name: string): void {
    switch (this.#state.kind) {
      case "unnamed":
        this.#state.wire.subscribe(this.#shared.topicOf(this.room));
        this.#state = { kind: "named", wire: this.#state.wire, name };
        break;
      case "named":
      case "draining":
        this.#state = { ...this.#state, name };
        break;
      case "ending":
      case "closed":
        break;
    }
  }

  /**
   * Sends the reply to a `get`, unless the memory for unsent ones is used up.
   *
   * @returns the reason of the refusal, null when the history was sent
   */
  sendHistory(outcome: Outcome & { kind: "got" }, timestamp: string): string | null {
    const wire = this.wire;
    if (wire === null) return null;
    const { limits, getMemory, now } = this.#shared;
    if (this.#pendingGet !== null) {
      this.send(v2.refused({ reason: "TooManyRequests", type: "get", retryS: 1 }));
      return "TooManyRequests";
    }
    if (getMemory.bytes + outcome.history.bytes > limits.getMemoryBytes) {
      this.send(
        v2.getFailed(outcome.name, "The server is busy sending histories. Try again in a few seconds."),
      );
      return "ErrorWhenGet";
    }
    wire.sendText(v2.got(outcome.name, timestamp, outcome.history.text(), outcome.online));
    const unsent = wire.getBufferedAmount();
    if (unsent > 0 && this.wire !== null) {
      this.#pendingGet = { bytes: unsent, until: now() + limits.getGraceMs };
      getMemory.bytes += unsent;
    }
    return null;
  }

  /** Ends the connection if too much waits unsent. To be called each second, and when the socket has drained. */
  checkUnsent(): void {
    const wire = this.wire;
    if (wire === null) return;
    const unsent = wire.getBufferedAmount();
    if (this.#pendingGet !== null) {
      this.#setPendingGet(Math.min(this.#pendingGet.bytes, unsent));
      if (this.#pendingGet !== null && this.#shared.now() < this.#pendingGet.until) return;
    }
    if (unsent > this.#shared.limits.unsentBytes) this.end("stalled");
  }

  /** Ends the connection. What the client sent before is still decided, and announced. */
  end(cause: Exclude<Cause, "client" | "lost">): void {
    const wire = this.wire;
    if (wire === null) return;
    this.#state = { kind: "ending", name: this.name, cause };
    const close = CLOSE_FOR[cause];
    if (close) wire.close(close.code, close.reason);
    else wire.terminate();
  }

  /** The socket is closed, by whoever. */
  closed(code: number): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    const cause = state.kind === "ending" ? state.cause : code === 1006 ? "lost" : "client";
    const name = this.name;
    this.#setPendingGet(0);
    this.#leaveWheel();
    this.#state = { kind: "closed" };
    this.#shared.events.closed(this, name, cause, code);
    this.#shared.engine.submit(this.room, { kind: "leave", session: this.session });
  }

  /** Ends a flood, behind the replies to what was taken of it. */
  #drain(): void {
    const wire = this.wire;
    if (wire === null) return;
    this.#state = { kind: "draining", wire, name: this.name };
    this.#shared.engine.submit(this.room, { kind: "end", session: this.session });
  }

  #take(bucket: "requests" | "names" | "gets", rate: Rate | null, now: number): number {
    if (rate === null) return 0;
    switch (bucket) {
      case "requests":
        this.#requests ??= new TokenBucket(rate, now);
        return this.#requests.take(now);
      case "names":
        this.#names ??= new TokenBucket(rate, now);
        return this.#names.take(now);
      case "gets":
        this.#gets ??= new TokenBucket(rate, now);
        return this.#gets.take(now);
    }
  }

  #isStubborn(now: number): boolean {
    const rate = this.#shared.limits.requests;
    if (rate === null) return false;
    this.#excess ??= new TokenBucket(rate, now);
    return this.#excess.take(now) > 0;
  }

  #setPendingGet(bytes: number): void {
    const pending = this.#pendingGet;
    if (pending === null) return;
    this.#shared.getMemory.bytes += bytes - pending.bytes;
    this.#pendingGet = bytes > 0 ? { bytes, until: pending.until } : null;
  }
}

/** A peer that is silent or does not read is cut: it would not read a close frame either. */
const CLOSE_FOR: Readonly<Record<Exclude<Cause, "client" | "lost">, Close | null>> = {
  silent: null,
  stalled: null,
  flood: CLOSE.flood,
  overload: CLOSE.overload,
  restart: CLOSE.restart,
};

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A binary frame as text; null when it is no UTF-8. */
function decode(data: Uint8Array): string | null {
  try {
    return UTF8.decode(data);
  } catch {
    return null;
  }
}
