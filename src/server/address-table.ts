import type { BlockList } from "node:net";
import { addressKey, isListed } from "./addresses.ts";
import { ByteAccount } from "./byte-account.ts";
import { type Limits, NO_RATES, type Rate } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** The limits that count by address, or that all addresses share. */
export type AddressLimits = Pick<
  Limits,
  | "connectionsPerAddress"
  | "roomsPerAddress"
  | "newConnections"
  | "handshakes"
  | "httpRequests"
  | "addressRequests"
  | "addressSends"
  | "addressSendBytes"
  | "addressEvents"
  | "addressPeople"
  | "addressGetMemoryBytes"
  | "addressPendingBytes"
>;

/** The accounts of memory that all addresses share. */
export interface SharedMemory {
  /** Requests that wait for the store. */
  readonly pending: ByteAccount;
  /** Unsent replies to `get`. */
  readonly getMemory: ByteAccount;
}

/** What an address has a rate for. */
export type AddressRate =
  | "connections"
  | "handshakes"
  | "http"
  | "requests"
  | "excess"
  | "history"
  | "sends"
  | "sentBytes"
  | "events"
  | "people";

/** What one address uses, and may use. All its connections share it. */
export class Address {
  /** Null where there is no limit. */
  readonly rates: Readonly<Record<AddressRate, TokenBucket | null>>;
  readonly pending: ByteAccount;
  readonly getMemory: ByteAccount;
  readonly #limits: AddressLimits;
  #connections = 0;
  /** Nicknames that are kept for absent members, who were connected from this address. */
  #absent = 0;
  /** How many of both are in each room. */
  readonly #rooms = new Map<string, number>();

  constructor(limits: AddressLimits, memory: SharedMemory, now: number) {
    const bucketOf = (rate: Rate | null) => rate && new TokenBucket(rate, now);
    this.#limits = limits;
    this.rates = {
      connections: bucketOf(limits.newConnections),
      handshakes: bucketOf(limits.handshakes),
      http: bucketOf(limits.httpRequests),
      requests: bucketOf(limits.addressRequests),
      excess: bucketOf(limits.addressRequests),
      history: bucketOf(limits.addressRequests),
      sends: bucketOf(limits.addressSends),
      sentBytes: bucketOf(limits.addressSendBytes),
      events: bucketOf(limits.addressEvents),
      people: bucketOf(limits.addressPeople),
    };
    this.pending = new ByteAccount(limits.addressPendingBytes, memory.pending);
    this.getMemory = new ByteAccount(limits.addressGetMemoryBytes, memory.getMemory);
  }

  /**
   * Counts a new connection to a room. An admitted one must be given back by {@link leave}, or by {@link keep} and then
   * {@link letGo}.
   *
   * @returns why it is not admitted, with the seconds after which to try again; null when it is
   */
  admit(
    room: string,
    now: number,
  ): { readonly reason: "connections" | "rooms"; readonly wait: number } | null {
    const { connectionsPerAddress, roomsPerAddress } = this.#limits;
    const wait = this.rates.connections?.take(now) ?? 0;
    if (wait > 0) return { reason: "connections", wait };
    if (connectionsPerAddress !== null && this.#connections >= connectionsPerAddress) {
      return { reason: "connections", wait: 1 };
    }
    if (roomsPerAddress !== null && !this.#rooms.has(room) && this.#rooms.size >= roomsPerAddress) {
      return { reason: "rooms", wait: 1 };
    }
    this.#connections++;
    this.#rooms.set(room, (this.#rooms.get(room) ?? 0) + 1);
    return null;
  }

  /** Whether a connection of this address may take one more nickname: those of absent members count. */
  get mayRegister(): boolean {
    const { connectionsPerAddress } = this.#limits;
    return connectionsPerAddress === null || this.#connections + this.#absent <= connectionsPerAddress;
  }

  /** A connection is gone for good. */
  leave(room: string): void {
    this.#connections--;
    this.#leaveRoom(room);
  }

  /** A connection is gone, and its nickname stays in the room for its grace. */
  keep(): void {
    this.#connections--;
    this.#absent++;
  }

  /** A nickname that was kept is free again. */
  letGo(room: string): void {
    this.#absent--;
    this.#leaveRoom(room);
  }

  /** Whether nothing needs to be remembered of it. */
  isForgettable(now: number): boolean {
    if (this.#connections > 0 || this.#absent > 0 || this.pending.bytes > 0) return false;
    return Object.values(this.rates).every((bucket) => bucket?.isFull(now) ?? true);
  }

  #leaveRoom(room: string): void {
    const left = (this.#rooms.get(room) ?? 0) - 1;
    if (left > 0) this.#rooms.set(room, left);
    else this.#rooms.delete(room);
  }
}

/** The addresses that have connections, or had some so recently that a rate of theirs has not recovered. */
export class AddressTable {
  readonly #limits: AddressLimits;
  readonly #memory: SharedMemory;
  readonly #exempt: BlockList;
  readonly #addresses = new Map<string, Address>();

  /** @param exempt addresses that have no limits except those on memory */
  constructor(limits: AddressLimits, memory: SharedMemory, exempt: BlockList) {
    this.#limits = limits;
    this.#memory = memory;
    this.#exempt = exempt;
  }

  get size(): number {
    return this.#addresses.size;
  }

  isExempt(ip: string): boolean {
    return isListed(ip, this.#exempt);
  }

  /** What an IP address counts as: its network (see `addressKey`), or itself when it is exempt. */
  of(ip: string, now: number): Address {
    return this.isExempt(ip)
      ? this.#at(`exempt ${ip}`, { ...this.#limits, ...NO_RATES }, now)
      : this.#at(addressKey(ip), this.#limits, now);
  }

  /** Forgets the addresses of which nothing needs to be remembered. Must be called regularly. */
  shed(now: number): void {
    for (const [key, address] of this.#addresses) if (address.isForgettable(now)) this.#addresses.delete(key);
  }

  #at(key: string, limits: AddressLimits, now: number): Address {
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const address = new Address(limits, this.#memory, now);
    this.#addresses.set(key, address);
    return address;
  }
}
