import { isLoopback } from "./addresses.ts";
import type { Settings } from "./settings.ts";

/**
 * Which hosts a request may be for, and from which sites a page may connect.
 *
 * A browser on this machine can reach a server that listens on loopback only, whatever page it shows. So such a server
 * tells its own pages from others: by the `Origin` of a WebSocket, and by the `Host` of every request, since a page can
 * make its own name resolve to 127.0.0.1 and then counts as the same site (DNS rebinding).
 */
export class Access {
  /** Whether only this machine can connect. */
  readonly isLoopbackOnly: boolean;
  readonly #origins: readonly string[] | null;
  /** The operator's own names of this server. */
  readonly #names: ReadonlySet<string>;

  /** @param addresses that are listened on: what `hosts` resolve to */
  constructor(
    { hosts, allowOrigins }: Pick<Settings, "hosts" | "allowOrigins">,
    addresses: readonly string[],
  ) {
    this.isLoopbackOnly = addresses.every(isLoopback);
    this.#origins = allowOrigins;
    const sites = (allowOrigins ?? []).flatMap((origin) => hostOfSite(origin) ?? []);
    this.#names = new Set([...hosts.map((host) => host.toLowerCase()), ...sites]);
  }

  /** @param host a name or an address, without a port, as a URL has it */
  takesHost(host: string): boolean {
    return !this.isLoopbackOnly || this.#isOwn(host);
  }

  /** @param origin the header of a WebSocket handshake; null when it has none, and so does not come from a browser */
  takesOrigin(origin: string | null): boolean {
    if (origin === null) return true;
    if (this.#origins !== null) return this.#origins.includes(origin);
    // A file opened in the browser does not belong to a site. A frame that a site has sandboxed looks the same: operators
    // who mind can name the origins.
    if (!this.isLoopbackOnly || origin === "null") return true;
    if (!URL.canParse(origin)) return false;
    const host = hostOfSite(origin);
    return host === null || this.#isOwn(host);
  }

  #isOwn(host: string): boolean {
    return isLoopback(host) || this.#names.has(host);
  }
}

/** The host of a site's origin; null for files, extensions, apps and the like. */
function hostOfSite(origin: string): string | null {
  if (!URL.canParse(origin)) return null;
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" || protocol === "http:" ? hostname : null;
}
