import type { RequestKind } from "../protocol/request-kind.ts";
import type { Address } from "./address-table.ts";
import type { KindCosts } from "./kinds/rules.ts";
import { KIND_COSTS } from "./request-rules.ts";
import type { Limits } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** How much of one connection may be refused whatever the others of its address do, in tokens. */
const PATIENCE = { perSecond: 1, burst: 20 };

type OwnRate = NonNullable<KindCosts["own"]>;

/** Tokens to be taken from several rates at once. */
export type Charges = readonly (readonly [bucket: TokenBucket | null, cost: number])[];

/**
 * The rates that one sender's requests are subject to: its own, its address's and its room's. Costs are in tokens, waits
 * in seconds, and times in milliseconds of a monotonic clock.
 */
export class RequestRates {
  readonly #limits: Limits;
  readonly #address: Address;
  readonly #roomSends: (now: number) => TokenBucket | null;
  #requests: TokenBucket | null = null;
  /** The rates of its kinds, each made when it is first needed. */
  readonly #own: Partial<Record<OwnRate, TokenBucket>> = {};
  /** Refused requests are counted by the rate of requests, too: a sender that exceeds it again is flooding. */
  #excess: TokenBucket | null = null;
  /** What may be refused of this sender while the excess of its address is used up, too. */
  #patience: TokenBucket | null = null;

  /** @param roomSends the rate at which messages may be sent in the room */
  constructor(limits: Limits, address: Address, roomSends: (now: number) => TokenBucket | null) {
    this.#limits = limits;
    this.#address = address;
    this.#roomSends = roomSends;
  }

  /** Whether nothing is left in the rates of all requests. */
  isSpent(now: number): boolean {
    return (
      waitFor(now, [
        [this.#requests, 1],
        [this.#address.rates.requests, 1],
      ]) > 0
    );
  }

  /** Takes what a request costs from the rates of all requests. @returns the seconds that it comes too early */
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
   * Takes what it costs to fetch history from the store. The first client that comes to a room fetches it for all that
   * follow, and must still be able to send: so this is a rate for history alone, of the address. @returns as above
   */
  takeOfHistory(now: number, cost: number): number {
    return this.#address.rates.history?.take(now, cost) ?? 0;
  }

  /** Charges what it costs to send history, which is known only when the request is answered. */
  chargeHistory(now: number, cost: number): void {
    if (cost > 0) this.#address.rates.history?.charge(now, cost);
  }

  /**
   * Takes a request from the rates of its kind.
   *
   * @param bytes what it adds to the history
   * @param isOnlyAsked whether it comes too early anyway, so that nothing is taken
   */
  takeOfKind(
    kind: RequestKind | null,
    bytes: number,
    now: number,
    { isOnlyAsked, countsInRoom }: { readonly isOnlyAsked: boolean; readonly countsInRoom: boolean },
  ): number {
    const charges = this.#chargesOf(kind, bytes, now, countsInRoom);
    return isOnlyAsked ? waitFor(now, charges) : takeAll(now, charges);
  }

  /** Whether a hint may be announced to the others. */
  mayAnnounce(now: number): boolean {
    return (this.#address.rates.events?.take(now) ?? 0) === 0;
  }

  /**
   * Counts a refused request. @returns whether it is one too many. When much has been refused to others of its address,
   * the sender may be refused less often, but it is never ended for what others do.
   */
  isFlooding(now: number, cost: number): boolean {
    const { requests } = this.#limits;
    if (requests !== null) this.#excess ??= new TokenBucket(requests, now);
    if ((this.#excess?.take(now, cost) ?? 0) > 0) return true;
    if ((this.#address.rates.excess?.take(now, cost) ?? 0) === 0) return false;
    this.#patience ??= new TokenBucket(PATIENCE, now);
    return cost > PATIENCE.burst || this.#patience.take(now, cost) > 0;
  }

  #chargesOf(kind: RequestKind | null, bytes: number, now: number, countsInRoom: boolean): Charges {
    if (kind === null) return [];
    const { own, address, isMessage } = KIND_COSTS[kind];
    const charges: [TokenBucket | null, number][] = own === null ? [] : [[this.#ownRate(own, now), 1]];
    for (const [rate, cost] of address)
      charges.push([this.#address.rates[rate], cost === "a token" ? 1 : bytes]);
    if (isMessage && countsInRoom) charges.push([this.#roomSends(now), 1]);
    return charges;
  }

  #ownRate(name: OwnRate, now: number): TokenBucket | null {
    const limit = this.#limits[name];
    if (limit === null) return null;
    const bucket = this.#own[name] ?? new TokenBucket(limit, now);
    this.#own[name] = bucket;
    return bucket;
  }
}

/** Takes from all rates or from none. @returns the longest wait, 0 when tokens were taken */
export function takeAll(now: number, charges: Charges): number {
  const wait = waitFor(now, charges);
  if (wait === 0) for (const [bucket, cost] of charges) bucket?.take(now, cost);
  return wait;
}

function waitFor(now: number, charges: Charges): number {
  let longest = 0;
  for (const [bucket] of charges) longest = Math.max(longest, bucket?.wait(now) ?? 0);
  return longest;
}
