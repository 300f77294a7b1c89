import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { People } from "../engine/people.ts";

/** RFC 1918, RFC 4193 and link-local addresses. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet("10.0.0.0", 8);
PRIVATE.addSubnet("172.16.0.0", 12);
PRIVATE.addSubnet("192.168.0.0", 16);
PRIVATE.addSubnet("169.254.0.0", 16);
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

/** The longest chain of proxies; what was written before them is not read. */
const HOPS_MAX = 32;

/**
 * The address that a connection is counted under: an IPv4 address, or the /64 network of an IPv6 address, since one
 * household or server can choose from a whole /64.
 */
export function addressKey(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  return `${groupsOf(plain).slice(0, 4).join(":")}::/64`;
}

/** The eight groups of an IPv6 address in its canonical form. */
function groupsOf(plain: string): string[] {
  const [head = "", tail = ""] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  return [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
}

/**
 * An address in its canonical form: an IPv4-mapped IPv6 address as an IPv4 address, an IPv6 address as short as possible
 * and without a zone. Any other text is returned unchanged.
 */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/s, "");
  if (!isIPv6(bare)) return address;
  const plain = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  const bits = [high, low].map((group) => Number.parseInt(group, 16));
  return bits.flatMap((pair) => [pair >> 8, pair & 0xff]).join(".");
}

/** Whether a host, an address or a name in a URL, always is this machine itself, whatever a name server says. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (/^(.+\.)?localhost\.?$/.test(name)) return true;
  const address = plainAddress(name);
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

/**
 * The address of the client behind trusted proxies: the first in `X-Forwarded-For`, read from the right, that is not a
 * trusted proxy. When the peer itself is not trusted the header is ignored, since anyone can send it.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: BlockList): string {
  return readForwardedFor(peer, forwardedFor, trusted).address;
}

/**
 * Whether an address may be one that many people share because a proxy is in between: one of this machine or of a private network
 * has sent `X-Forwarded-For` without being trusted, or a trusted one has written something that is no address.
 */
export function isShared(peer: string, forwardedFor: string | null, trusted: BlockList): boolean {
  if (forwardedFor === null) return false;
  if (isListed(peer, trusted)) return isCutShort(peer, forwardedFor, trusted);
  return isLoopback(peer) || isListed(peer, PRIVATE);
}

/** Whether a trusted proxy has written something that is not an address, so that the client behind it is unknown. */
export function isCutShort(peer: string, forwardedFor: string | null, trusted: BlockList): boolean {
  return readForwardedFor(peer, forwardedFor, trusted).isCutShort;
}

function readForwardedFor(peer: string, forwardedFor: string | null, trusted: BlockList) {
  let address = plainAddress(peer);
  const hops = forwardedFor?.split(",").slice(-HOPS_MAX) ?? [];
  while (isListed(address, trusted)) {
    const hop = hops.pop();
    if (hop === undefined) break;
    const next = addressOfHop(hop);
    if (next === null) return { address, isCutShort: true };
    address = next;
  }
  return { address, isCutShort: false };
}

/**
 * The address in one element of `X-Forwarded-For`, or null if there is none. Some proxies append a port, and then
 * put brackets around an IPv6 address, or write all of its groups; some put quotes around that.
 */
function addressOfHop(hop: string): string | null {
  const text = hop.trim().replace(/^"(.*)"$/, "$1");
  const [, bracketed, unmistakable] =
    /^(?:\[(.*)\]|([\d.]+|(?:[\da-f]+:){7}[\da-f]+))(?::\d{1,5})?$/i.exec(text) ?? [];
  const address = plainAddress(bracketed ?? unmistakable ?? text);
  return isIPv4(address) || isIPv6(address) ? address : null;
}

/** Whether an address, or a network that contains it, is on a list. */
export function isListed(address: string, list: BlockList): boolean {
  const plain = plainAddress(address);
  return isIPv6(plain) ? list.check(plain, "ipv6") : isIPv4(plain) && list.check(plain, "ipv4");
}

/** The widths of the networks that an address is in, in bits, the narrowest first: one household, a neighbourhood, a provider. */
const WIDTHS = { ipv4: [32, 24, 16], ipv6: [64, 56, 48] } as const;

/**
 * The networks that moderators can act on, the narrowest first, each as text: an address with the bits of the network alone, and
 * their number.
 */
export function networksOf(address: string): string[] {
  const plain = plainAddress(address);
  if (isIPv4(plain)) {
    const bytes = plain.split(".").map(Number);
    return WIDTHS.ipv4.map(
      (bits) => `${bytes.map((byte, at) => (at * 8 < bits ? byte : 0)).join(".")}/${bits}`,
    );
  }
  if (!isIPv6(plain)) return [];
  const groups = groupsOf(plain).map((group) => Number.parseInt(group, 16));
  return WIDTHS.ipv6.map((bits) => {
    const kept = groups
      .slice(0, 4)
      .map((group, at) => group & ~(0xffff >> Math.max(0, Math.min(16, bits - 16 * at))));
    return `${kept.map((group) => group.toString(16)).join(":")}::/${bits}`;
  });
}

/** The keyed hash by which a network is known, so that no address is stored. @param network one of {@link networksOf} */
export function networkHash(people: Pick<People, "idOfStay">, network: string): string {
  return people.idOfStay(`network ${network}`);
}
