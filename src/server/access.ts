import { isLoopback } from "./addresses.ts";
import type { Settings } from "./settings.ts";

/**
 * Who is taken in by a name: which hosts a request may be for, and of which sites a page may connect.
 *
 * A browser on this machine reaches what "this machine only" can reach, for whatever page it shows. So a server that
 * listens on loopback alone tells its own pages from others: by the `Origin` of a WebSocket, and by the `Host` of every
 * request, since a page can have its own name lead to 127.0.0.1 and then counts as the same site (DNS rebinding).
 */
export class Access {
  /** Whether only this machine can connect. */
  readonly isLoopbackOnly: boolean;
  readonly #origins: readonly string[] | null;
  /** The operator's own names of this server. */
  readonly #names: ReadonlySet<string>;

  /** @param addresses that are listened on: what `hosts` are when looked up */
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

  /** @param origin the header of a WebSocket handshake. Null: it comes from no browser */
  takesOrigin(origin: string | null): boolean {
    if (origin === null) return true;
    if (this.#origins !== null) return this.#origins.includes(origin);
    // An opened file is nobody's site. Neither is a frame that a site has put into a sandbox, and nothing tells the two
    // apart: whoever minds names the origins.
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
