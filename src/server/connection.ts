import type { Engine } from "../engine/engine.ts";
import { CLOSE, type Close, COMING_BACK, GOING_AWAY } from "../protocol/close.ts";
import { TYPING_EVERY_MS } from "../protocol/limits.ts";
import { PING } from "../protocol/ping.ts";
import { UNREADABLE } from "../protocol/reader.ts";
import type { Refusal } from "../protocol/refusal.ts";
import { type Parsed, parseRequest, type Request } from "../protocol/request.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import type { Version } from "../protocol/version.ts";
import { welcome } from "../protocol/welcome.ts";
import type { ConnectionId, RoomRequest } from "../room/operation.ts";
import type { Address } from "./address-table.ts";
import { ByteAccount } from "./byte-account.ts";
import { costOfFetching, costOfMessage, costOfSending, type Effort, sizeOfRecord } from "./cost.ts";
import type { LivenessWheel, Living } from "./liveness.ts";
import { RequestRates } from "./request-rates.ts";
import { hashOf, type SessionSecret } from "./session-secret.ts";
import type { Limits } from "./settings.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { controlFrame, OPCODE, textFrame } from "./websocket-frame.ts";

/** How fast a client must read a large history, not to be taken for dead. */
const SLOW_READER_BYTES_PER_S = 128 * 1024;

/** A client that is as late as this with its pongs is dead. */
const PONGS_DUE_MOST = 3;

/** A list or an object takes so many times the memory of its text: `{}` is two bytes, and an object. */
const PARSED_WEIGHT = 32;

/** So much may wait of any connection, whatever waits of others. */
const PENDING_FREE_BYTES = 64 * 1024;

/** A message that comes too early is not read when it is larger: no name or content is, however it is written. */
const UNREAD_FROM_BYTES = 50 * 1024;
/** Whoever sent one is told to wait, if ever so little. */
const LEAST_WAIT_S = 0.001;
const UNREAD: Parsed = { kind: null, refusal: { reason: "UnknownType" } };

/** What goes out with each tick: the protocol's ping, and the WebSocket's, whose pong shows that the client lives. */
const TICK = Buffer.concat([textFrame(PING), controlFrame(OPCODE.ping, Buffer.alloc(0))]);

/** What a connection needs of a socket. */
export interface Wire {
  /**
   * Sends frames, and calls the connection's `checkUnsent` if not all of them can be sent at once. The bytes may be
   * shared with other clients and must not change afterwards.
   */
  write(frames: Uint8Array): void;
  /** What was written and is not sent yet, in bytes. */
  readonly unsentBytes: number;
  /** Whether the client takes compressed messages; only one of version 3 may. */
  readonly deflates: boolean;
  /** Closes with a close frame, behind what is unsent. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
}

/** Why a connection ended. */
export type Cause =
  | "client"
  | "fault"
  | "lost"
  | "silent"
  | "stalled"
  | "flood"
  | "overload"
  | "restart"
  | "store-lost"
  | "resumed";

/** Why we end one. */
type EndCause = Exclude<Cause, "client" | "fault" | "lost">;

type State =
  | { readonly kind: "unnamed"; readonly wire: Wire }
  | { readonly kind: "named"; readonly wire: Wire; readonly name: string }
  /** Nothing more is taken from the client; it is ended once it has its replies so far. */
  | { readonly kind: "draining"; readonly wire: Wire; readonly name: string | null }
  /** We have ended it; the socket's own end is still to come. */
  | { readonly kind: "ending"; readonly wire: null; readonly name: string | null; readonly cause: Cause }
  | { readonly kind: "closed"; readonly wire: null };

/** Who is at the other end of a connection. */
export interface Client {
  readonly id: ConnectionId;
  readonly room: string;
  /** The IP address, as it is logged. */
  readonly ip: string;
  /** What it counts as. */
  readonly address: Address;
  /** Null for a client of version 2. */
  readonly secret: SessionSecret | null;
}

/** What all connections of a server share. */
export interface Shared {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly events: ConnectionEvents;
  /** The rate at which messages may be sent in a room, null for any. */
  readonly roomSends: (room: string, now: number) => TokenBucket | null;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Seconds over which clients should spread when they connect again. */
  readonly retryS: () => number;
  /** How long a nickname is kept for somebody who is absent, in whole seconds. */
  readonly graceS: number;
}

/** How a connection ended. */
export interface Ending {
  /** The nickname it had, null for none. */
  readonly name: string | null;
  readonly cause: Cause;
  /** The WebSocket close code, 1006 for none. */
  readonly code: number;
  /** Whether a client of version 3 keeps its nickname for the grace. */
  readonly resumable: boolean;
}

/** What the server counts and logs of a connection. */
export interface ConnectionEvents {
  opened(connection: Connection): void;
  requested(kind: RequestKind | null): void;
  closed(connection: Connection, ending: Ending): void;
}

/**
 * One client's connection to one room. It checks rates and reads requests on the way in, and keeps account of
 * what is unsent on the way out. Who holds which nickname is the room's to say: the connection learns it from
 * the outcomes, in the room's order.
 */
export class Connection implements Living {
  readonly id: ConnectionId;
  readonly room: string;
  /** The client's IP address, as it is logged. */
  readonly ip: string;
  readonly address: Address;
  readonly version: Version;
  readonly #shared: Shared;
  readonly #rates: RequestRates;
  /** Requests that wait for their outcomes. */
  readonly #pending: ByteAccount;

  /** What a client of version 3 can resume by. */
  readonly #secret: SessionSecret | null;
  #state: State;
  #unanswered = 0;
  /** Pings of ours whose pongs are still to come. */
  #pongsDue = 0;
  readonly #leaveWheel: () => void;
  /** Of the replies to `get` in the batch that is being told: bytes of history. */
  #writingGet = 0;
  /** Until then a pong may be late: a large history is on its way. */
  #readingUntil = 0;
  #pendingGet: { bytes: number; readonly until: number } | null = null;
  #typedAt = Number.NEGATIVE_INFINITY;

  constructor(client: Client, wire: Wire, shared: Shared, wheel: Pick<LivenessWheel, "add">) {
    const { id, room, secret, address } = client;
    const { limits, roomSends } = shared;
    this.id = id;
    this.room = room;
    this.ip = client.ip;
    this.address = address;
    this.version = secret === null ? 2 : 3;
    this.#secret = secret;
    this.#shared = shared;
    this.#rates = new RequestRates(limits, address, (now) => roomSends(room, now));
    this.#pending = new ByteAccount(limits.connectionPendingBytes, address.pending);
    this.#state = { kind: "unnamed", wire };
    this.#leaveWheel = wheel.add(this);
    shared.events.opened(this);
  }

  /** The nickname, null before there is one. */
  get name(): string | null {
    return "name" in this.#state ? this.#state.name : null;
  }

  /** The secret of a client of version 3, for its eyes only. */
  get secret(): string {
    return this.#secret?.text ?? "";
  }

  /** Whether messages are taken; once the connection is to end, they are not looked at. */
  get isTaking(): boolean {
    return this.#state.kind === "unnamed" || this.#state.kind === "named";
  }

  /** Says what there is to say before anything is asked. */
  greet(): void {
    if (this.#secret === null) return;
    const { limits, retryS } = this.#shared;
    const terms = {
      frameBytes: limits.frameBytes,
      requests: limits.requests,
      sends: limits.sends,
      retryS: retryS(),
    };
    this.wire?.write(textFrame(welcome(this.room, this.#secret.text, terms)));
  }

  /** The open socket, null once the connection ends. */
  get wire(): Wire | null {
    return this.#state.wire;
  }

  /**
   * A message has come. Its cost is taken of the rates before it is parsed.
   *
   * @param text null when it was no UTF-8
   * @param size in bytes, inflated
   * @param effort how it came: in how many fragments, and as how many compressed bytes
   */
  frame(text: string | null, size: number, effort: Effort = { fragments: 1, deflatedBytes: 0 }): void {
    this.#take(size, effort, () => (text === null ? UNREADABLE : parseRequest(text, this.version)));
  }

  /** @param read null for a message that has come too early, and was left unread for that */
  #take(size: number, effort: Effort, read: (() => Parsed) | null): void {
    this.#unanswered = 0;
    if (!this.isTaking) return;
    if (this.#isOverloading(size)) {
      this.end("overload");
      return;
    }
    const at = this.#shared.now();
    const cost = costOfMessage(size, effort);
    const wait = this.#rates.take(at, cost);
    if (wait > 0 && this.#rates.isStubborn(at, cost)) {
      this.#drain();
      return;
    }
    // The clock may have gone on since it was left unread.
    if (read === null) this.#parsed(UNREAD, Math.max(wait, LEAST_WAIT_S), size, at);
    else if (wait > 0 && size > UNREAD_FROM_BYTES) this.#parsed(UNREAD, wait, size, at);
    else this.#parsed(read(), wait, size, at);
  }

  /** How much of a compressed message is worth inflating: one that comes too early is not read when it is large. */
  get inflatesUpTo(): number {
    const { limits, now } = this.#shared;
    return this.#rates.isSpent(now()) ? Math.min(UNREAD_FROM_BYTES, limits.frameBytes) : limits.frameBytes;
  }

  /**
   * A compressed message has come that inflates to more than it was to be inflated to.
   *
   * @param upTo what {@link inflatesUpTo} was then
   * @returns false if it is too large anyway
   */
  leftUnread(upTo: number, effort: Effort): boolean {
    if (upTo >= this.#shared.limits.frameBytes) return false;
    this.#take(UNREAD_FROM_BYTES + 1, effort, null);
    return true;
  }

  /** Submits what a frame says. @param wait seconds that the frame came too early, by the rates of all requests */
  #parsed(parsed: Parsed, wait: number, size: number, at: number): void {
    const { kind, ref } = parsed;
    this.#shared.events.requested(kind);
    // One that comes too early anyway takes nothing of its kind's rates, but is told when all have recovered.
    const ownWait = this.#waitOfKind(parsed, wait > 0, size, at);
    if (wait === 0 && ownWait > 0 && this.#rates.isStubborn(at, 1)) {
      this.#drain();
    } else if (wait > 0 || ownWait > 0) {
      const retryS = Math.ceil(Math.max(wait, ownWait));
      this.#refuse({ reason: "TooManyRequests", type: kind, retryS }, size, ref);
    } else if ("refusal" in parsed) {
      this.#refuse(parsed.refusal, size, ref);
    } else {
      this.#request(parsed.request, size, ref, at);
    }
  }

  /** @returns the seconds that a request comes too early, by the rates of its kind and by what it has the store do */
  #waitOfKind(parsed: Parsed, isOnlyAsked: boolean, size: number, at: number): number {
    const { engine, graceS } = this.#shared;
    if (parsed.kind === "name" && this.name === null && !this.address.mayRegister) return graceS;
    const bytes = sizeOfRecord(size, this.name);
    const wait = this.#rates.takeOfKind(parsed.kind, bytes, at, isOnlyAsked);
    if (isOnlyAsked || wait > 0 || !("request" in parsed) || !("page" in parsed.request)) return wait;
    const fetched = engine.bytesToFetch(this.room, parsed.request.page);
    return this.#rates.takeOfHistory(at, costOfFetching(fetched));
  }

  /**
   * Whether another request of so many bytes is too much while others wait. When it is the address or the server that has
   * no room, only who has a part in that is closed for it.
   */
  #isOverloading(size: number): boolean {
    const { bytes } = this.#pending;
    if (bytes === 0 || this.#pending.hasRoomFor(size)) return false;
    return bytes > PENDING_FREE_BYTES || bytes + size > this.#shared.limits.connectionPendingBytes;
  }

  #refuse(refusal: Refusal, size: number, ref: Parsed["ref"]): void {
    const { engine } = this.#shared;
    this.#pending.charge(size);
    engine.submit(this.room, {
      kind: "refuse",
      connection: this.id,
      refusal,
      size,
      payer: this.#pending,
      ref,
    });
  }

  #request(request: Request, messageSize: number, ref: Parsed["ref"], at: number): void {
    if (request.kind === "typing") {
      if (at - this.#typedAt < TYPING_EVERY_MS || !this.#rates.mayTell(at)) return;
      this.#typedAt = at;
    }
    const size = messageSize * (carriesParsed(request) ? PARSED_WEIGHT : 1);
    if (this.#isOverloading(size)) {
      this.end("overload");
      return;
    }
    this.#pending.charge(size);
    this.#shared.engine.submit(this.room, {
      kind: "request",
      connection: this.id,
      request: withHash(request),
      size,
      payer: this.#pending,
      ref,
      hash: this.#secret?.hash,
    });
  }

  /** A pong has come. One that answers no ping of ours counts as a request. */
  ponged(): void {
    this.#unanswered = 0;
    if (this.#pongsDue > 0) this.#pongsDue--;
    else this.#takeControlFrame();
  }

  /** A ping of the WebSocket's has come. @returns whether to answer it: pings have the rate of all requests */
  pinged(): boolean {
    this.#unanswered = 0;
    return this.#takeControlFrame();
  }

  /** @returns whether it is within the rate of all requests */
  #takeControlFrame(): boolean {
    if (!this.isTaking) return false;
    const at = this.#shared.now();
    const inTime = this.#rates.take(at, 1) === 0;
    if (!inTime && this.#rates.isStubborn(at, 1)) this.#drain();
    return inTime;
  }

  tick(): void {
    this.#unanswered++;
    this.#pongsDue = Math.min(this.#pongsDue + 1, PONGS_DUE_MOST);
    this.wire?.write(TICK);
  }

  endIfSilent(): void {
    if (this.#unanswered >= 2 && this.#shared.now() >= this.#readingUntil) this.end("silent");
  }

  /** The room has given this client a nickname: from here on it hears the room's events. */
  named(name: string): void {
    switch (this.#state.kind) {
      case "unnamed":
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
   * Whether the reply to a `get` may be sent, by the memory for unsent ones; a reply that may be is counted.
   *
   * @returns the reason to refuse it, else null
   */
  historyRefusal(bytes: number): "TooManyRequests" | "ErrorWhenGet" | null {
    const { limits, now } = this.#shared;
    const unread = (this.#pendingGet?.bytes ?? 0) + this.#writingGet;
    if (unread > 0 && unread + bytes > limits.unsentBytes) return "TooManyRequests";
    if (!this.address.getMemory.hasRoomFor(bytes)) return "ErrorWhenGet";
    this.#rates.chargeHistory(now(), costOfSending(bytes));
    this.address.getMemory.charge(bytes);
    this.#writingGet += bytes;
    return null;
  }

  /** Sends what a batch has for this client: whole frames, in pieces as it suits. */
  write(pieces: readonly Uint8Array[]): void {
    const wire = this.wire;
    if (wire === null) return;
    for (const piece of pieces) wire.write(piece);
    if (this.#writingGet === 0) return;
    const { limits, now } = this.#shared;
    this.#pendingGet = {
      bytes: (this.#pendingGet?.bytes ?? 0) + this.#writingGet,
      // Whoever asks again has the time of the first that it has not read.
      until: this.#pendingGet?.until ?? now() + limits.getGraceMs,
    };
    // The pings wait behind a large history, in buffers of the system that nobody can look into.
    if (this.#writingGet > limits.unsentBytes) {
      const readingMs = (this.#writingGet / SLOW_READER_BYTES_PER_S) * 1000;
      this.#readingUntil = now() + Math.min(readingMs, limits.getGraceMs);
    }
    this.#writingGet = 0;
    this.checkUnsent();
  }

  /**
   * The socket has sent on of what was unsent, and so the client lives: its pong may have to wait until it has read a
   * long history.
   */
  progressed(): void {
    this.#unanswered = 0;
    this.checkUnsent();
  }

  /**
   * Ends the connection if too much waits unsent. To be called when the socket does not take what it is given, and
   * now and then, since one large history has its time.
   */
  checkUnsent(): void {
    const wire = this.wire;
    // In the middle of a batch with a history it is not known yet what is unsent of it.
    if (wire === null || this.#writingGet > 0) return;
    const unsent = wire.unsentBytes;
    if (this.#pendingGet !== null) {
      this.#setPendingGet(Math.min(this.#pendingGet.bytes, unsent));
      if (this.#pendingGet !== null && this.#shared.now() < this.#pendingGet.until) {
        // The grace is for the history; what comes on top has the limit of everybody.
        if (unsent - this.#pendingGet.bytes <= this.#shared.limits.unsentBytes) return;
      }
    }
    if (unsent > this.#shared.limits.unsentBytes) this.end("stalled");
  }

  /** Ends the connection. What the client sent before is still decided, and announced. */
  end(cause: EndCause): void {
    const wire = this.wire;
    if (wire === null) return;
    this.#state = { kind: "ending", wire: null, name: this.name, cause };
    const close = CLOSE_FOR[cause];
    if (close) wire.close(close.code, close.reason);
    else wire.terminate();
  }

  /** The socket is closed, by whoever, with this close code. */
  closed(code: number, cause: "client" | "fault" | "lost" = code === 1006 ? "lost" : "client"): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    const name = this.name;
    this.address.getMemory.release(this.#writingGet);
    this.#writingGet = 0;
    this.#setPendingGet(0);
    this.#leaveWheel();
    this.#state = { kind: "closed", wire: null };
    const reason = state.kind === "ending" ? state.cause : cause;
    const isBackSoon = reason === "client" && (code === GOING_AWAY || code === COMING_BACK);
    const resumable = isBackSoon || RESUMABLE.has(reason);
    this.#shared.events.closed(this, { name, cause: reason, code, resumable });
    this.#shared.engine.submit(this.room, { kind: "leave", connection: this.id, resumable });
  }

  /** Ends a flood, behind the replies to what was taken of it. */
  #drain(): void {
    const wire = this.wire;
    if (wire === null) return;
    this.#state = { kind: "draining", wire, name: this.name };
    this.#shared.engine.submit(this.room, { kind: "end", connection: this.id });
  }

  #setPendingGet(bytes: number): void {
    const pending = this.#pendingGet;
    if (pending === null) return;
    this.address.getMemory.charge(bytes - pending.bytes);
    this.#pendingGet = bytes > 0 ? { bytes, until: pending.until } : null;
  }
}

/** Ends of which the client is not the cause, or at which it may not know that it has ended. */
const RESUMABLE: ReadonlySet<Cause> = new Set([
  "lost",
  "silent",
  "stalled",
  "overload",
  "restart",
  "store-lost",
]);

/** Whether a list or an object waits to be carried back. */
function carriesParsed(request: Request): boolean {
  const carried =
    request.kind === "malformed-name"
      ? request.name
      : request.kind === "malformed-send"
        ? request.content
        : null;
  return typeof carried === "object" && carried !== null;
}

/** Past this point there are no secrets. */
function withHash(request: Request): RoomRequest {
  return request.kind === "resume"
    ? { kind: "resume", hash: hashOf(request.secret), page: request.page }
    : request;
}

/** A peer that is silent or does not read is cut: it would not read a close frame either. */
const CLOSE_FOR: Readonly<Record<EndCause, Close | null>> = {
  silent: null,
  stalled: null,
  flood: CLOSE.flood,
  overload: CLOSE.overload,
  restart: CLOSE.restart,
  "store-lost": CLOSE.storeLost,
  resumed: CLOSE.resumed,
};
