import type { BlockList } from "node:net";
import type { Access } from "./access.ts";
import { clientAddress, isCutShort, isListed, isLoopback, plainAddress } from "./addresses.ts";
import type { Log } from "./log.ts";
import { Repeats } from "./repeats.ts";
import { quote, type Rejection, type Reports } from "./reports.ts";

const HINT_EVERY_MS = 60 * 60 * 1000;
/** In which proxies name their clients, too. */
const UNREAD_HEADERS = ["forwarded", "x-real-ip"];

/** Finds out who asks to come in, and turns away, so that the operator can see it, whom the server does not take. */
export class Door {
  readonly #access: Access;
  readonly #trusted: BlockList;
  readonly #reports: Reports;
  readonly #log: Log;
  /** What is said about proxies: it stays true with each request, until somebody reads it. */
  readonly #hints = new Repeats<string>(1, HINT_EVERY_MS);

  /** @param trusted the proxies whose `X-Forwarded-For` is believed */
  constructor(access: Access, trusted: BlockList, reports: Reports, log: Log) {
    this.#access = access;
    this.#trusted = trusted;
    this.#reports = reports;
    this.#log = log;
  }

  /** The client's address, as far as trusted proxies tell. `peer` is the other end of the TCP connection. */
  addressOf(request: Request, peer: string): string {
    const { headers } = request;
    const forwardedFor = headers.get("x-forwarded-for");
    if (forwardedFor !== null) this.#hintAtProxy(peer, forwardedFor);
    else if (UNREAD_HEADERS.some((name) => headers.has(name))) this.#hintAtHeader(peer);
    return clientAddress(peer, forwardedFor, this.#trusted);
  }

  /** The answer to a request for a host that this server is not; null when it is. */
  refuseHost(request: Request, address: string): Response | null {
    const host = new URL(request.url).hostname;
    if (this.#access.takesHost(host)) return null;
    const sentence = "This server answers only to names of its own machine, and to those of --allow-origin.";
    return this.reject(403, sentence, {
      address,
      kind: "host",
      told: `a request for ${quote(host)}, which is no name of this machine; if a proxy of yours serves it, ${adviceFor(`https://${host}`)}`,
      fields: { host },
    });
  }

  /** The answer to a handshake that a page makes which may not connect; null when it may. */
  refuseOrigin(request: Request, address: string): Response | null {
    const origin = request.headers.get("origin");
    if (origin === null || this.#access.takesOrigin(origin)) return null;
    return this.reject(403, "Pages of this origin may not connect.", {
      address,
      kind: "origin",
      told: `a page of ${quote(origin)}; if it may connect, ${adviceFor(origin)}`,
      fields: { origin },
    });
  }

  /** Turns a client away, with a sentence for it. */
  reject(
    status: number,
    sentence: string,
    { told = sentence, headers = {}, ...rejection }: Turned,
  ): Response {
    this.note({ status, sentence: told, ...rejection });
    return new Response(`${sentence}\n`, { status, headers });
  }

  /** Takes note of a client that was turned away elsewhere. */
  note(rejection: Rejection): void {
    this.#reports.rejected(rejection, performance.now());
  }

  /**
   * Says that the word of a proxy is not taken, or not understood: its clients then share one address's limits.
   * To trust another machine is nothing to advise, since anyone can send the header.
   */
  #hintAtProxy(peer: string, forwardedFor: string): void {
    const isUntrusted = !isListed(peer, this.#trusted);
    if (isUntrusted ? !isLoopback(peer) : !isCutShort(peer, forwardedFor, this.#trusted)) return;
    this.#hint(
      isUntrusted
        ? `a proxy on this machine sends X-Forwarded-For; its clients count as one address until you start with --trust-proxy ${plainAddress(peer)}`
        : "a trusted proxy sends an X-Forwarded-For with something in it that is no address; the clients behind that count as one address",
    );
  }

  #hintAtHeader(peer: string): void {
    if (!isListed(peer, this.#trusted)) return;
    this.#hint(
      "a trusted proxy names its clients in another header than X-Forwarded-For, which is the only one that is read; they count as one address",
    );
  }

  #hint(hint: string): void {
    const now = performance.now();
    this.#hints.shed(now);
    if (this.#hints.take(hint, now)) this.#log.warn({ category: "server", event: "proxy" }, hint);
  }
}

/** How a client is turned away, beside the status and the sentence for it. */
export interface Turned extends Omit<Rejection, "status" | "sentence"> {
  /** What the operator is told instead of the sentence for the client. */
  readonly told?: string;
  readonly headers?: Record<string, string>;
}

/** What to do for an origin. Advice may be copied into a shell, so it repeats nothing that means something there. */
function adviceFor(origin: string): string {
  const isPlain = origin.length < 100 && /^(null|[a-z][a-z0-9+\-.]*:\/\/[\w.\-[\]:]+)$/.test(origin);
  return isPlain ? `start with --allow-origin ${origin}` : "name its origin by --allow-origin";
}
