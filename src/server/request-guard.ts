import type { BlockList } from "node:net";
import type { Access } from "./access.ts";
import { clientAddress, isCutShort, isListed, isLoopback, isShared, plainAddress } from "./addresses.ts";
import type { RequestHead } from "./http-head.ts";
import type { Log } from "./log.ts";
import { LogThrottle } from "./log-throttle.ts";
import { quote, type Rejection, type Reports } from "./reports.ts";

const HINT_EVERY_MS = 60 * 60 * 1000;
/** Headers in which some proxies name their clients, and which are not read. */
const UNREAD_HEADERS = ["forwarded", "x-real-ip"];

/** What the guard looks at of a request. */
type Guarded = Pick<RequestHead, "headers" | "url">;

/** Finds out which address a request comes from, and rejects requests in a way that the operator can see. */
export class RequestGuard {
  readonly #access: Access;
  readonly #trusted: BlockList;
  readonly #reports: Reports;
  readonly #log: Log;
  /** Hints about proxies: each would be true again with every request. */
  readonly #hints = new LogThrottle<string>(1, HINT_EVERY_MS);

  /** @param trusted the proxies whose `X-Forwarded-For` is trusted */
  constructor(access: Access, trusted: BlockList, reports: Reports, log: Log) {
    this.#access = access;
    this.#trusted = trusted;
    this.#reports = reports;
    this.#log = log;
  }

  /** The client's address, as far as trusted proxies name it. `peer` is the other end of the TCP connection. */
  addressOf({ headers }: Pick<Guarded, "headers">, peer: string): string {
    const forwardedFor = headers.get("x-forwarded-for");
    if (forwardedFor !== null) this.#hintAtProxy(peer, forwardedFor);
    else if (UNREAD_HEADERS.some((name) => headers.has(name))) this.#hintAtHeader(peer);
    return clientAddress(peer, forwardedFor, this.#trusted);
  }

  /** Whether the client's address may be that of a proxy, behind which there are many people. */
  isShared({ headers }: Pick<Guarded, "headers">, peer: string): boolean {
    return isShared(peer, headers.get("x-forwarded-for"), this.#trusted);
  }

  /** The answer to a request for a host that this server does not answer for; null when it does. */
  refuseHost({ url }: Pick<Guarded, "url">, address: string): Response | null {
    const host = new URL(url).hostname;
    if (this.#access.takesHost(host)) return null;
    const sentence =
      "This server answers only for names of its own machine, and for those of --allow-origin.";
    return this.reject(403, sentence, {
      address,
      kind: "host",
      logged: `a request for ${quote(host)}, which is not a name of this machine; if a proxy of yours serves it, ${adviceFor(`https://${host}`)}`,
      fields: { host },
    });
  }

  /** The answer to a handshake of a page that may not connect; null when it may. */
  refuseOrigin({ headers }: Pick<Guarded, "headers">, address: string): Response | null {
    const origin = headers.get("origin");
    if (origin === null || this.#access.takesOrigin(origin)) return null;
    return this.reject(403, "Pages of this origin may not connect.", {
      address,
      kind: "origin",
      logged: `a page of ${quote(origin)}; if it may connect, ${adviceFor(origin)}`,
      fields: { origin },
    });
  }

  /** Rejects a request, with a sentence for the client. */
  reject(
    status: number,
    sentence: string,
    { logged = sentence, headers = {}, ...rejection }: Rejecting,
  ): Response {
    this.report({ status, sentence: logged, ...rejection });
    return new Response(`${sentence}\n`, { status, headers });
  }

  /** Rejects a request that comes too early by some seconds. */
  rejectForRate(address: string, waitS: number, sentence: string): Response {
    return this.reject(429, sentence, { address, headers: { "Retry-After": `${Math.ceil(waitS)}` } });
  }

  /** Rejects a request that could be served later. */
  rejectForNow(address: string, sentence: string): Response {
    return this.reject(503, sentence, { address, headers: { "Retry-After": "5" } });
  }

  /** Reports a request that was rejected elsewhere. */
  report(rejection: Rejection): void {
    this.#reports.rejected(rejection, performance.now());
  }

  /**
   * Says that a proxy is not trusted, or not understood: its clients then share the limits of one address. The log never
   * advises to trust another machine, since anyone can send the header.
   */
  #hintAtProxy(peer: string, forwardedFor: string): void {
    const isUntrusted = !isListed(peer, this.#trusted);
    if (isUntrusted ? !isLoopback(peer) : !isCutShort(peer, forwardedFor, this.#trusted)) return;
    this.#hint(
      isUntrusted
        ? `a proxy on this machine sends X-Forwarded-For; its clients count as one address until you start with --trust-proxy ${plainAddress(peer)}`
        : "a trusted proxy sends an X-Forwarded-For with something in it that is not an address; the clients behind it count as one address",
    );
  }

  #hintAtHeader(peer: string): void {
    if (!isListed(peer, this.#trusted)) return;
    this.#hint(
      "a trusted proxy names its clients in a header other than X-Forwarded-For, the only one that is read; they count as one address",
    );
  }

  #hint(hint: string): void {
    const now = performance.now();
    this.#hints.endSpans(now);
    if (this.#hints.allows(hint, now)) this.#log.warn({ category: "server", event: "proxy" }, hint);
  }
}

/** How a request is rejected, besides the status and the sentence for the client. */
interface Rejecting extends Omit<Rejection, "status" | "sentence"> {
  /** What is logged instead of the sentence for the client. */
  readonly logged?: string;
  readonly headers?: Record<string, string>;
}

/** What to do for an origin. Advice may be copied into a shell, so it repeats nothing that is special there. */
function adviceFor(origin: string): string {
  const isPlain = origin.length < 100 && /^(null|[a-z][a-z0-9+\-.]*:\/\/[\w.\-[\]:]+)$/.test(origin);
  return isPlain ? `start with --allow-origin ${origin}` : "name its origin by --allow-origin";
}
