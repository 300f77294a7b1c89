/** What the server knows of itself and of a request, for whoever finds out whether it is reached as it should be. */
import { version } from "../../../package.json";
import { isListed } from "../addresses.ts";
import { descriptorLimit, openDescriptors } from "../descriptors.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Json } from "./rooms.ts";

/** Where a request comes from. */
export interface CallOrigin {
  /** The address of the client, as far as trusted proxies name it. */
  readonly ip: string;
  /** The other end of the TCP connection. */
  readonly peer: string;
}

/** The answer to `GET /diagnosis`. */
export function diagnosisOf({ ip, peer }: CallOrigin, headers: Headers, parts: ServerParts): Json {
  const { settings, access, sockets, engine } = parts;
  return {
    version,
    time: Date.now(),
    startedAt: Math.round(performance.timeOrigin),
    address: ip,
    peer,
    peerIsTrusted: isListed(peer, settings.trustProxy),
    forwardedFor: headers.get("x-forwarded-for"),
    originsAreNamed: settings.allowOrigins !== null,
    onlyThisMachine: access.isLoopbackOnly,
    healthy: engine.healthy,
    connections: {
      now: sockets.size,
      most: finite(sockets.most),
      wanted: settings.limits.maxConnections,
    },
    descriptors: { now: openDescriptors(), most: descriptorLimit() },
    limited: settings.limits.requests !== null,
  };
}

/** JSON has no infinity. */
function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}
