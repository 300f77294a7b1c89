import { isListed } from "./addresses.ts";
import type { Admissions } from "./admissions.ts";
import type { SocketOptions } from "./client-socket.ts";
import { type Listener, type ListenerTls, listen } from "./listener.ts";
import type { Router } from "./router.ts";
import type { ServerParts } from "./server-parts.ts";
import type { RenewedCertificate } from "./tls/renewal.ts";

const TRIES_FOR_A_FREE_PORT = 5;
/** Why a socket is closed before it has said anything. */
const EVICTED =
  "There are too many connections that are not WebSockets, and this was the oldest or the last.";
const TOO_MANY_HANDSHAKES = "There are too many TLS handshakes from this address.";
/** What BoringSSL says when a client begins with a request instead of a handshake. */
const PLAIN_HTTP = /HTTP_REQUEST/;

/**
 * Listens on all addresses of the settings, with one port.
 *
 * @throws an Error with `code` when an address or the port is not available
 */
export function listenEverywhere(parts: ServerParts, admissions: Admissions, router: Router): Listener[] {
  const options = socketOptions(parts, admissions, router);
  const tls = parts.certificate && listenerTls(parts, parts.certificate);
  const { listenOn, settings } = parts;
  for (let attempt = 1; ; attempt++) {
    const listeners: Listener[] = [];
    try {
      for (const host of listenOn) {
        // With port 0 the system chooses for the first address, and the others take the same.
        listeners.push(listen({ ...options, tls, host, port: listeners[0]?.port ?? settings.port }));
      }
      return listeners;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // A machine without IPv6 still has the IPv4 loopback.
      if (listeners.length > 0 && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")) return listeners;
      for (const listener of listeners) listener.stop();
      if (code !== "EADDRINUSE" || settings.port !== 0 || attempt === TRIES_FOR_A_FREE_PORT) throw error;
    }
  }
}

function listenerTls(
  { settings, guard, addresses }: ServerParts,
  certificate: RenewedCertificate,
): ListenerTls {
  return {
    certificate: () => certificate.current,
    mayShakeHands(peer) {
      // Everybody behind a proxy would share its rate.
      if (isListed(peer, settings.trustProxy)) return true;
      const now = performance.now();
      const isAllowed = (addresses.of(peer, now).rates.handshakes?.take(now) ?? 0) === 0;
      if (!isAllowed) guard.report({ status: null, sentence: TOO_MANY_HANDSHAKES, address: peer });
      return isAllowed;
    },
    failed(reason, peer) {
      const why = PLAIN_HTTP.test(reason)
        ? "the client spoke plain HTTP; the address begins with https"
        : reason;
      guard.report({
        status: null,
        kind: "tls",
        sentence: `The TLS handshake failed: ${why}.`,
        address: peer,
      });
    },
  };
}

function socketOptions(
  { settings, sockets, guard, reports }: ServerParts,
  admissions: Admissions,
  router: Router,
): SocketOptions {
  const { limits, trustProxy } = settings;
  const plainPerAddress = limits.connectionsPerAddress ?? Number.POSITIVE_INFINITY;
  return {
    frameBytes: limits.frameBytes,
    handshakeMs: limits.handshakeMs,
    sockets,
    plainPerAddress: (peer) => (isListed(peer, trustProxy) ? Number.POSITIVE_INFINITY : plainPerAddress),
    admit: (head, peer) => admissions.admit(head, peer),
    accept: (head, peer) => router.accept(head, peer),
    rejected: (status, sentence, address) => guard.report({ status, sentence, address }),
    evicted: (address) => guard.report({ status: null, sentence: EVICTED, address }),
    fault: (error) => reports.defect(error),
  };
}
