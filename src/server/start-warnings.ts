import { isListed } from "./addresses.ts";
import type { ServerParts } from "./server-parts.ts";

/** Logs at the start what would otherwise be noticed when a client cannot connect. */
export function logStartWarnings({ settings, log, notices, access, sockets }: ServerParts): void {
  const { limits, trustProxy, allowOrigins } = settings;
  const { most } = sockets;
  const { maxConnections: wanted } = limits;
  if (wanted !== null && most < wanted) notices.raise("descriptors", { most, wanted });
  const hasLocalProxy = ["127.0.0.1", "::1"].some((address) => isListed(address, trustProxy));
  if (access.isLoopbackOnly && hasLocalProxy && allowOrigins === null) {
    log.warn(
      { category: "server", event: "origins" },
      "a proxy on this machine is trusted, but only pages of this machine may connect: name the address that the proxy serves the chat under by --allow-origin https://…",
    );
  }
}
