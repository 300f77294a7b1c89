import type { BlockList } from "node:net";
import { isIPv4, isIPv6 } from "node:net";
import type { Limits } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

interface Entry {
  connections: number;
  readonly bucket: TokenBucket | null;
}

/** Counts connections and new connections by address, and forgets addresses that have neither. */
export class AddressTable {
  readonly #limits: Pick<Limits, "connectionsPerAddress" | "newConnections">;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: Pick<Limits, "connectionsPerAddress" | "newConnections">) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Counts a new connection. Each one admitted is given back by {@link leave}.
   *
   * @returns 0 when it is admitted, else the seconds after which to try again
   */
  admit(key: string, now: number): number {
    const { connectionsPerAddress, newConnections } = this.#limits;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { connections: 0, bucket: newConnections && new TokenBucket(newConnections, now) };
      this.#entries.set(key, entry);
    }
    const wait = entry.bucket?.take(now) ?? 0;
    if (wait > 0) return wait;
    if (connectionsPerAddress !== null && entry.connections >= connectionsPerAddress) return 1;
    entry.connections++;
    return 0;
  }

  leave(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) entry.connections--;
  }

  /** Forgets the addresses without connections whose rate has recovered. To be called now and then. */
  shed(now: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.connections === 0 && (entry.bucket?.isFull(now) ?? true)) this.#entries.delete(key);
    }
  }
}

/**
 * The address a connection is counted under: an IPv4 address, or the /64 network of an IPv6 address, since one
 * household or server has a whole /64 to choose from.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

/**
 * The address of the client behind trusted proxies: of `X-Forwarded-For`, read from the right, the first that is
 * no trusted proxy. Without trust in the peer itself the header counts for nothing, since anyone can write it.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: BlockList): string {
  let client = peer;
  const hops = forwardedFor?.split(",") ?? [];
  while (isTrusted(client, trusted)) {
    const hop = hops.pop()?.trim();
    if (hop === undefined || !(isIPv4(hop) || isIPv6(hop))) break;
    client = hop;
  }
  return client;
}

/** Whether an address is one of the trusted proxies'. */
export function isTrusted(address: string, trusted: BlockList): boolean {
  return trusted.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
