import { isListed } from "./addresses.ts";
import type { Admissions } from "./admissions.ts";
import type { SocketOptions } from "./client-socket.ts";
import { type Listener, type ListenerOptions, type ListenerTls, listen } from "./listener.ts";
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

/** Where to listen: the names as the operator has given them, what they resolve to, and the port. */
export interface ListenPlace {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  /** 0 for any free one. */
  readonly port: number;
}

/** An address, or the port, is not available. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly place: ListenPlace;
  /** Such as EADDRINUSE; undefined if the system gives none. */
  readonly code: unknown;

  constructor(place: ListenPlace, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.place = place;
    this.code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  }
}

/** Listens on all addresses of the settings, with one port. @throws ListenError */
export function listenEverywhere(parts: ServerParts, admissions: Admissions, router: Router): Listener[] {
  const tls = parts.certificate && listenerTls(parts, parts.certificate);
  const { listenOn: addresses, settings } = parts;
  const { hosts, port } = settings;
  return listenAt(
    { hosts, addresses, port },
    {
      ...socketOptions(parts, router),
      tls,
      sockets: parts.sockets,
      admit: (head, peer) => admissions.admit(head, peer),
    },
  );
}

/** Listens on all addresses of a place, with one port. @throws ListenError */
export function listenAt(place: ListenPlace, options: Omit<ListenerOptions, "host" | "port">): Listener[] {
  for (let attempt = 1; ; attempt++) {
    const listeners: Listener[] = [];
    try {
      for (const host of place.addresses) {
        // With port 0 the system chooses for the first address, and the others take the same.
        listeners.push(listen({ ...options, host, port: listeners[0]?.port ?? place.port }));
      }
      return listeners;
    } catch (error) {
      const failed = new ListenError(place, error);
      const { code } = failed;
      // A machine without IPv6 still has the IPv4 loopback.
      if (listeners.length > 0 && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")) return listeners;
      for (const listener of listeners) listener.stop();
      if (code !== "EADDRINUSE" || place.port !== 0 || attempt === TRIES_FOR_A_FREE_PORT) throw failed;
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

/** How every listener treats its sockets. */
export function socketOptions(
  { settings, guard, reports }: ServerParts,
  router: Router,
): Omit<SocketOptions, "sockets" | "admit"> {
  const { limits, trustProxy } = settings;
  const plainPerAddress = limits.connectionsPerAddress ?? Number.POSITIVE_INFINITY;
  return {
    frameBytes: limits.frameBytes,
    handshakeMs: limits.handshakeMs,
    plainPerAddress: (peer) => (isListed(peer, trustProxy) ? Number.POSITIVE_INFINITY : plainPerAddress),
    accept: (head, peer) => router.accept(head, peer),
    rejected: (status, sentence, address) => guard.report({ status, sentence, address }),
    evicted: (address) => guard.report({ status: null, sentence: EVICTED, address }),
    fault: (error) => reports.defect(error),
  };
}
