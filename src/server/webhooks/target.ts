import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";

/** An address to connect to. */
export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Why nothing is sent to an address: one clause. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
}

const URL_MAX = 2048;

/** What is wrong with the URL of a webhook, as a sentence; null if it may be one. */
export function problemOfUrl(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || text.length > URL_MAX)
    return "It must be the address of a program, such as https://example.org/chat.";
  if (url.username !== "" || url.password !== "")
    return "It must have no user name or password: they would not be sent.";
  return null;
}

/**
 * Looks up where a host is. Whoever connects must use what this resolves to: looked up again, the name could lead elsewhere.
 *
 * @param isPrivateAllowed whether addresses may be used that are not of the public Internet
 * @throws TargetRefused, or an Error with a `code` if the name leads nowhere
 */
export async function targetsOf(url: URL, isPrivateAllowed: boolean): Promise<readonly Target[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const found = ipaddr.isValid(host)
    ? [host]
    : (await lookup(host, { all: true })).map(({ address }) => address);
  const allowed = isPrivateAllowed ? found : found.filter(isPublic);
  if (allowed.length === 0)
    throw new TargetRefused("the address is not of the public Internet (see --webhook-private)");
  return allowed.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

/**
 * Whether an address is one of the public Internet: neither of this machine or a private network, nor one that is reserved, or
 * stands for a group. IPv6 addresses that lead to IPv4 ones count as these, or not at all.
 */
export function isPublic(text: string): boolean {
  // Without the name of an interface, which only addresses have that are not public.
  if (!ipaddr.isValid(text) || text.includes("%")) return false;
  const address = ipaddr.process(text);
  const range = address.range();
  // A network that has IPv6 only reaches IPv4 addresses by these.
  if (address instanceof ipaddr.IPv6 && range === "rfc6052")
    return isPublic(new ipaddr.IPv4(address.toByteArray().slice(12)).toString());
  return range === "unicast";
}
