import type { Engine } from "../engine/engine.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { Parsed, Request } from "../protocol/request.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import type { Address } from "./address-table.ts";
import { ByteAccount } from "./byte-account.ts";
import { costOfFetching, costOfMessage, costOfSending, type Effort, sizeOfRecord } from "./cost.ts";
import { RequestRates } from "./request-rates.ts";
import { isRoomBound, KIND_COSTS, requestRulesOf } from "./request-rules.ts";
import type { Limits } from "./settings.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** How many times the memory of its text a list or an object takes: `{}` is two bytes, and an object. */
const PARSED_WEIGHT = 32;

/** How much may wait for any sender, whatever waits for others, in bytes. */
const PENDING_FREE_BYTES = 64 * 1024;

/** A frame that comes too early is not read when it is larger: no nickname or content is, however it is written. */
const UNREAD_FROM_BYTES = 50 * 1024;
/** The sender of an unread frame is always told to wait, if only briefly. */
const LEAST_WAIT_S = 0.001;
const UNREAD: Parsed = { kind: null, refusal: { reason: "UnknownType" } };

/** What the checks need of the server. */
export interface CheckContext {
  readonly engine: Pick<Engine, "bytesToFetch">;
  readonly limits: Limits;
  /** The rate at which messages may be sent in a room, null for any. */
  readonly roomSends: (room: string, now: number) => TokenBucket | null;
  /** How long a nickname is kept for an absent member, in whole seconds. */
  readonly graceS: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** A request was read, and will be counted by its kind. */
  readonly requested: (kind: RequestKind | null) => void;
}

/** What is to become of a request. Memory for one that is accepted or refused is charged to `pending`. */
export type Verdict =
  | {
      readonly kind: "accept";
      readonly request: Request;
      readonly ref: Parsed["ref"];
      /** What it costs while it waits, in bytes. */
      readonly size: number;
    }
  | {
      readonly kind: "refuse";
      readonly refusal: Refusal;
      readonly ref: Parsed["ref"];
      readonly size: number;
    }
  /** It is ignored without a reply. */
  | { readonly kind: "drop" }
  /** The sender goes on and on although its requests are refused. */
  | { readonly kind: "flood" }
  /** Too many of the sender's requests are waiting. */
  | { readonly kind: "overload" };

/** For a request that does not concern the room. */
const PLAIN = { hintEveryMs: null, carriedBack: null };
const DROP: Verdict = { kind: "drop" };
const FLOOD: Verdict = { kind: "flood" };
const OVERLOAD: Verdict = { kind: "overload" };

/** Checks the rates and sizes of one sender's requests before they go to the room. */
export class RequestChecks {
  readonly #room: string;
  readonly #address: Address;
  readonly #context: CheckContext;
  readonly #rates: RequestRates;
  /** Requests that wait for their outcomes. */
  readonly pending: ByteAccount;
  /** Whether the room has refused the sender's newest message because of who it is, or what it is. */
  isKeptOut = false;
  /** When the newest hint of each kind was accepted. */
  readonly #hintedAt = new Map<Request["kind"], number>();

  constructor(room: string, address: Address, context: CheckContext) {
    const { limits, roomSends } = context;
    this.#room = room;
    this.#address = address;
    this.#context = context;
    this.#rates = new RequestRates(limits, address, (now) => roomSends(room, now));
    this.pending = new ByteAccount(limits.connectionPendingBytes, address.pending);
  }

  /**
   * Checks a request. Its cost is taken off the rates before it is parsed.
   *
   * @param name the sender's nickname, null for none
   * @param size of the request in bytes, inflated
   * @param effort how it came
   * @param read parses it; null for a request that came too early and was left unread for that
   */
  check(name: string | null, size: number, effort: Effort, read: (() => Parsed) | null): Verdict {
    if (this.#isOverloading(size)) return OVERLOAD;
    const at = this.#context.now();
    const cost = costOfMessage(size, effort);
    const wait = this.#rates.take(at, cost);
    if (wait > 0 && this.#rates.isFlooding(at, cost)) return FLOOD;
    // The clock may have gone on since it was left unread.
    if (read === null) return this.#checkKind(name, UNREAD, Math.max(wait, LEAST_WAIT_S), size, at);
    if (wait > 0 && size > UNREAD_FROM_BYTES) return this.#checkKind(name, UNREAD, wait, size, at);
    return this.#checkKind(name, read(), wait, size, at);
  }

  /** Checks a control frame that the sender need not have sent: it counts as a request. */
  checkControlFrame(): "accept" | "drop" | "flood" {
    const at = this.#context.now();
    if (this.#rates.take(at, 1) === 0) return "accept";
    return this.#rates.isFlooding(at, 1) ? "flood" : "drop";
  }

  /** The most that a compressed frame may inflate to, in bytes: large ones that come too early are not read anyway. */
  get inflateLimit(): number {
    const { limits, now } = this.#context;
    return this.#rates.isSpent(now()) ? Math.min(UNREAD_FROM_BYTES, limits.frameBytes) : limits.frameBytes;
  }

  /** Checks a frame that inflates to more than an {@link inflateLimit} below the largest frame. */
  checkUnread(name: string | null, effort: Effort): Verdict {
    return this.check(name, UNREAD_FROM_BYTES + 1, effort, null);
  }

  /** Charges the rates for history that is sent to the sender. */
  chargeHistory(bytes: number): void {
    this.#rates.chargeHistory(this.#context.now(), costOfSending(bytes));
  }

  /** @param wait seconds that the request came too early, by the rates of all requests */
  #checkKind(name: string | null, parsed: Parsed, wait: number, size: number, at: number): Verdict {
    const { kind, ref } = parsed;
    this.#context.requested(kind);
    // One that comes too early anyway costs nothing of the rates of its kind, but its refusal says when all have recovered.
    const ownWait = this.#waitOfKind(name, parsed, wait > 0, size, at);
    if (wait === 0 && ownWait > 0 && this.#rates.isFlooding(at, 1)) return FLOOD;
    if (wait > 0 || ownWait > 0) {
      const retryS = Math.ceil(Math.max(wait, ownWait));
      return this.#refuse({ reason: "TooManyRequests", type: kind, retryS }, size, ref);
    }
    if ("refusal" in parsed) return this.#refuse(parsed.refusal, size, ref);
    return this.#accept(parsed.request, size, ref, at);
  }

  /** @returns the seconds that a request comes too early, by the rates of its kind and by what the store must fetch */
  #waitOfKind(name: string | null, parsed: Parsed, isOnlyAsked: boolean, size: number, at: number): number {
    const { engine, graceS } = this.#context;
    const mayRegister = parsed.kind !== null && KIND_COSTS[parsed.kind].mayRegister;
    if (mayRegister && name === null && !this.#address.mayRegister) return graceS;
    // What the room refuses must not use up the rate of those who may write there.
    const countsInRoom = name !== null && !this.isKeptOut;
    const wait = this.#rates.takeOfKind(parsed.kind, sizeOfRecord(size, name), at, {
      isOnlyAsked,
      countsInRoom,
    });
    if (isOnlyAsked || wait > 0 || !("request" in parsed)) return wait;
    const { request } = parsed;
    const shows = isRoomBound(request) ? requestRulesOf(request).shows : null;
    if (shows === null || !isRoomBound(request)) return wait;
    const fetched = engine.bytesToFetch(this.#room, shows(request));
    return this.#rates.takeOfHistory(at, costOfFetching(fetched));
  }

  /**
   * Whether a request of this size is too much while others wait. When it is the address or the server that has no
   * room left, only a sender with a large part in that is cut off.
   */
  #isOverloading(size: number): boolean {
    const { bytes } = this.pending;
    if (bytes === 0 || this.pending.hasRoomFor(size)) return false;
    return bytes > PENDING_FREE_BYTES || bytes + size > this.#context.limits.connectionPendingBytes;
  }

  #refuse(refusal: Refusal, size: number, ref: Parsed["ref"]): Verdict {
    this.pending.charge(size);
    return { kind: "refuse", refusal, ref, size };
  }

  #accept(request: Request, frameSize: number, ref: Parsed["ref"], at: number): Verdict {
    const { hintEveryMs, carriedBack } = isRoomBound(request) ? requestRulesOf(request) : PLAIN;
    if (hintEveryMs !== null && !this.#takesHint(request.kind, hintEveryMs, at)) return DROP;
    // TypeScript does not see that the rule and the request are of one kind.
    const carried = carriedBack?.(request as never);
    const size = frameSize * (typeof carried === "object" && carried !== null ? PARSED_WEIGHT : 1);
    if (this.#isOverloading(size)) return OVERLOAD;
    this.pending.charge(size);
    return { kind: "accept", request, ref, size };
  }

  #takesHint(kind: Request["kind"], everyMs: number, at: number): boolean {
    const last = this.#hintedAt.get(kind) ?? Number.NEGATIVE_INFINITY;
    if (at - last < everyMs || !this.#rates.mayAnnounce(at)) return false;
    this.#hintedAt.set(kind, at);
    return true;
  }
}
