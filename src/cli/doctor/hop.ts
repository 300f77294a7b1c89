/** Which hop's address the server believes, judged by a header that the doctor sent itself. */
import { isLoopback, plainAddress } from "../../server/addresses.ts";
import { about, type Finding } from "./finding.ts";

/** An address of the documentation's (RFC 5737): nobody has it. */
export const SENT_ADDRESS = "203.0.113.77";

/** What the server says of the doctor's request. */
export interface Seen {
  /** Whom the server takes for the client. */
  readonly address: string;
  /** The other end of the TCP connection. */
  readonly peer: string;
  readonly peerIsTrusted: boolean;
  /** The header as it came, to which each proxy appends an address. */
  readonly forwardedFor: string | null;
}

const { ok, warning, fault } = about("address");

/** @param own the doctor's end of its TCP connection, as an address */
export function hopFinding(seen: Seen, own: string): Finding {
  const { address, peer, peerIsTrusted, forwardedFor } = seen;
  const hops = (forwardedFor ?? "").split(",").map((hop) => hop.trim());
  if (address === SENT_ADDRESS) {
    return fault(
      "the server believes an address that the client has made up, so that nobody can be limited or banned by address",
      hops.length === 1
        ? "Have the proxy append the client's address to X-Forwarded-For (nginx: $proxy_add_x_forwarded_for), or replace it."
        : "Narrow --trust-proxy to the addresses of your proxies: everybody is trusted now.",
    );
  }
  const isUntouched = !peerIsTrusted && (forwardedFor === null || forwardedFor === SENT_ADDRESS);
  if (isUntouched && isSame(peer, own))
    return ok(`there is no proxy in between, and the server takes the client for ${address}`);
  if (peerIsTrusted && address === peer) {
    return fault(
      `the proxy ${peer} is trusted but names no client, so that everybody counts as one address`,
      "Have the proxy send X-Forwarded-For with the client's address.",
    );
  }
  if (peerIsTrusted) return ok(`the server trusts the proxy ${peer} and takes the client for ${address}`);
  if (isUntouched)
    return warning(
      `no proxy names its clients in X-Forwarded-For, and the server takes the client for ${address}`,
      "If that is not your own address, a proxy hides its clients: have it send X-Forwarded-For, and name it by --trust-proxy.",
    );
  return fault(
    `a proxy names its clients, but ${peer}, from which it connects, is not trusted: everybody counts as one address`,
    `If ${peer} is your proxy, start the server with --trust-proxy ${peer}.`,
  );
}

/** `localhost` is an address of each family. */
function isSame(peer: string, own: string): boolean {
  return plainAddress(peer) === plainAddress(own) || (isLoopback(peer) && isLoopback(own));
}
