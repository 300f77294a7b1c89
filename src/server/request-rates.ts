import type { RequestKind } from "../protocol/request-kind.ts";
import type { Address } from "./address-table.ts";
import type { Limits } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** So much may be refused of a connection, in tokens, whatever others of its address do. */
const PATIENCE = { perSecond: 1, burst: 20 };

/** What is to be taken of several rates at once. */
type Charges = readonly (readonly [bucket: TokenBucket | null, cost: number])[];

/**
 * The rates that the requests of one connection are under: its own, its address's and its room's. Each is in tokens; waits
 * are in seconds, and times in milliseconds of a monotonic clock.
 */
export class RequestRates {
  readonly #limits: Limits;
  readonly #address: Address;
  readonly #roomSends: (now: number) => TokenBucket | null;
  #requests: TokenBucket | null = null;
  #names: TokenBucket | null = null;
  #gets: TokenBucket | null = null;
  #sends: TokenBucket | null = null;
  /** What is refused is counted by the rate of requests: twice too many ends the connection. */
  #excess: TokenBucket | null = null;
  /** What may be refused of this connection while its address has nothing left either. */
  #patience: TokenBucket | null = null;

  /** @param roomSends the rate at which messages may be sent in the room */
  constructor(limits: Limits, address: Address, roomSends: (now: number) => TokenBucket | null) {
    this.#limits = limits;
    this.#address = address;
    this.#roomSends = roomSends;
  }

  /** Whether nothing is left of the rates of all requests. */
  isSpent(now: number): boolean {
    return (
      waitFor(now, [
        [this.#requests, 1],
        [this.#address.rates.requests, 1],
      ]) > 0
    );
  }

  /** Takes what a request costs of the rates of all requests. @returns how much too early it comes */
  take(now: number, cost: number): number {
    const { requests } = this.#limits;
    if (requests !== null) this.#requests ??= new TokenBucket(requests, now);
    const { rates } = this.#address;
    return takeAll(now, [
      [this.#requests, cost],
      [rates.requests, cost],
    ]);
  }

  /**
   * Takes what it costs to fetch history from the store. The first who comes to a room fetches it for all who follow, and
   * must still be able to say something: so this is a rate of the address's, for history alone.
   */
  takeOfHistory(now: number, cost: number): number {
    return this.#address.rates.history?.take(now, cost) ?? 0;
  }

  /** Takes what it costs to send history, which is known when it is answered. */
  chargeHistory(now: number, cost: number): void {
    if (cost > 0) this.#address.rates.history?.charge(now, cost);
  }

  /**
   * Takes a request of the rates of its kind.
   *
   * @param bytes what it adds to the history
   * @param isOnlyAsked whether it comes too early anyway: then nothing is taken
   */
  takeOfKind(kind: RequestKind | null, bytes: number, now: number, isOnlyAsked: boolean): number {
    const charges = this.#chargesOf(kind, bytes, now);
    return isOnlyAsked ? waitFor(now, charges) : takeAll(now, charges);
  }

  /** Whether the others may be told something of no weight. */
  mayTell(now: number): boolean {
    return (this.#address.rates.events?.take(now) ?? 0) === 0;
  }

  /**
   * Whether another refused request is one too many. That the others of the address have been refused too much makes this
   * less patient, but nobody is closed for what others did.
   */
  isStubborn(now: number, cost: number): boolean {
    const { requests } = this.#limits;
    if (requests !== null) this.#excess ??= new TokenBucket(requests, now);
    if ((this.#excess?.take(now, cost) ?? 0) > 0) return true;
    if ((this.#address.rates.excess?.take(now, cost) ?? 0) === 0) return false;
    this.#patience ??= new TokenBucket(PATIENCE, now);
    return cost > PATIENCE.burst || this.#patience.take(now, cost) > 0;
  }

  #chargesOf(kind: RequestKind | null, bytes: number, now: number): Charges {
    const { names, gets, sends } = this.#limits;
    const { rates } = this.#address;
    switch (kind) {
      case "name":
      case "resume":
        if (names !== null) this.#names ??= new TokenBucket(names, now);
        return kind === "name"
          ? [
              [this.#names, 1],
              [rates.events, 1],
            ]
          : [[this.#names, 1]];
      case "get":
        if (gets !== null) this.#gets ??= new TokenBucket(gets, now);
        return [[this.#gets, 1]];
      case "send":
        if (sends !== null) this.#sends ??= new TokenBucket(sends, now);
        return [
          [this.#sends, 1],
          [rates.sends, 1],
          [rates.sentBytes, bytes],
          [this.#roomSends(now), 1],
        ];
      // Typing that comes too often is dropped, and not refused: see {@link mayTell}.
      case "typing":
      case null:
        return [];
    }
  }
}

/** Takes of all rates, or of none. @returns the longest wait, 0 when it was taken */
function takeAll(now: number, charges: Charges): number {
  const wait = waitFor(now, charges);
  if (wait === 0) for (const [bucket, cost] of charges) bucket?.take(now, cost);
  return wait;
}

function waitFor(now: number, charges: Charges): number {
  let longest = 0;
  for (const [bucket] of charges) longest = Math.max(longest, bucket?.wait(now) ?? 0);
  return longest;
}
