import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { version } from "../../../package.json";
import { errorCode } from "../../engine/local/fault.ts";
import { printable } from "../../protocol/printable.ts";
import { TargetRefused, targetsOf } from "./target.ts";

/** How much of an answer is read, in bytes: nothing in it counts, but a connection can be used again when it has been read. */
const ANSWER_MAX_BYTES = 16 * 1024;
/** How long a connection that nothing is sent on stays open. */
const IDLE_MS = 30_000;
const IDLE_CONNECTIONS = 4;
const GONE = 410;

export interface PostOptions {
  /** How long it may take in all, from looking up the name to the end of the answer. */
  readonly timeoutMs: number;
  readonly isPrivateAllowed: boolean;
}

/** What became of a delivery. The problem is a clause for the operator, without anything secret. */
export type Posted =
  | { readonly isDone: true; readonly status: number }
  | {
      readonly isDone: false;
      readonly problem: string;
      /** The receiver wants nothing more, ever. */
      readonly isGone: boolean;
      /** How long the receiver wants to be left alone, in milliseconds; null if it does not say. */
      readonly retryAfterMs: number | null;
    };

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** Sends deliveries, over connections that it keeps for a while. */
export class Poster {
  readonly #options: PostOptions;
  readonly #http = new HttpAgent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, timeout: IDLE_MS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, timeout: IDLE_MS });

  constructor(options: PostOptions) {
    this.#options = options;
  }

  /** Posts JSON. Redirects are not followed: they could lead anywhere. */
  async post(target: string, headers: Readonly<Record<string, string>>, body: string): Promise<Posted> {
    try {
      return verdictOn(await this.#answer(new URL(target), headers, Buffer.from(body)));
    } catch (error) {
      return { isDone: false, problem: problemOf(error), isGone: false, retryAfterMs: null };
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #answer(url: URL, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Answer> {
    const { timeoutMs, isPrivateAllowed } = this.#options;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    try {
      const targets = await unlessAborted(targetsOf(url, isPrivateAllowed), abort.signal);
      // The name is looked up once, here: what was checked is what is connected to.
      const lookup: LookupFunction = (_host, { all }, done) => {
        const [first] = targets;
        if (all) done(null, [...targets]);
        else if (first !== undefined) done(null, first.address, first.family);
      };
      const exchange = (isFresh: boolean) => {
        const isTls = url.protocol === "https:";
        const agent = isFresh ? false : isTls ? this.#https : this.#http;
        const request = (isTls ? httpsRequest : httpRequest)(url, {
          method: "POST",
          lookup,
          agent,
          headers: {
            ...headers,
            "Content-Type": "application/json",
            "Content-Length": body.length,
            "User-Agent": `classic-chatbox/${version}`,
          },
        });
        return { request, answer: answerTo(request, body, abort.signal) };
      };
      const { request, answer } = exchange(false);
      return await answer.catch((error) => {
        // The receiver may have closed a connection at the moment at which it was used again.
        if (!request.reusedSocket || abort.signal.aborted) throw error;
        return exchange(true).answer;
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Sends the body, and reads the answer to its end or as far as is read of answers. */
function answerTo(request: ClientRequest, body: Buffer, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const aborted = () => request.destroy(new TimedOut());
  signal.addEventListener("abort", aborted);
  request.once("response", (response: IncomingMessage) => {
    const answer = { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] };
    let bytes = 0;
    response.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > ANSWER_MAX_BYTES) request.destroy();
    });
    // However it ends: the status is there, and nothing else counts.
    for (const event of ["end", "close", "error", "aborted"]) response.once(event, () => resolve(answer));
  });
  request.once("error", reject);
  request.once("close", () => reject(new Error("the connection was closed")));
  if (signal.aborted) aborted();
  else request.end(body);
  return promise.finally(() => signal.removeEventListener("abort", aborted));
}

class TimedOut extends Error {
  override readonly message = "there was no answer in time";
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const aborted = () => reject(new TimedOut());
  signal.addEventListener("abort", aborted);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", aborted);
    // What comes too late is nobody's.
    work.catch(() => {});
  }
}

function verdictOn({ status, retryAfter }: Answer): Posted {
  if (status >= 200 && status < 300) return { isDone: true, status };
  const isRedirect = status >= 300 && status < 400;
  const problem = `it answered ${status}${isRedirect ? ", and redirects are not followed" : ""}`;
  return { isDone: false, problem, isGone: status === GONE, retryAfterMs: retryAfterMs(retryAfter) };
}

/** The wait that a `Retry-After` asks for: seconds, or a date. */
function retryAfterMs(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return ms > 0 ? ms : null;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name leads nowhere",
  EAI_AGAIN: "its name cannot be looked up now",
  ECONNREFUSED: "it does not accept connections",
  ECONNRESET: "the connection was cut",
};

/** What went wrong, without the URL, which may have a secret. */
function problemOf(error: unknown): string {
  if (error instanceof TargetRefused || error instanceof TimedOut) return error.message;
  const code = errorCode(error) ?? "";
  return (
    PROBLEMS[code] ??
    PROBLEMS[code.replace(/^DNS_/, "")] ??
    `it cannot be reached (${printable(code || "no answer")})`
  );
}
