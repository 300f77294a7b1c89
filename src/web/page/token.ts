/**
 * The tokens of the host's login. They come in the address of the page, or from the page that has the chat in a frame, and
 * are kept in memory only.
 */
import "../../client/tokens.ts";
import { attempt, fieldsOf, integerOf } from "../../client/frame.ts";

/** The messages between the pages. */
const TOKEN = "classic-chatbox:token";
const WANTED = "classic-chatbox:token-wanted";

/** How long the page with the frame may take to give a token. */
const ANSWER_MS = 10_000;

/** A token that holds for longer than this is used again for another connection. */
const USED_AGAIN_MS = 90_000;

/** The part of a window that is needed here. */
export interface Frame {
  /** The page that has this one in a frame; null for a page that is in none. */
  readonly parent: unknown;
  readonly origin: string;
  /** Asks that page for a token. It says nothing, so anybody may get it. */
  ask(message: { readonly type: string }): void;
  now(): number;
  wait(run: () => void, ms: number): void;
}

/** A message of another window. */
interface WindowMessage {
  readonly source: unknown;
  readonly origin: string;
  readonly data: unknown;
}

export class HostTokens {
  readonly #frame: Frame;
  readonly #gave: () => void;
  #newest: string | null;
  #isUsed = false;
  #isRefused = false;
  /** Whether the page was opened with a token. */
  readonly #isOpenedWith: boolean;
  #wake = () => {};

  /**
   * @param first the token with which the page was opened
   * @param gave is called for each later one
   */
  constructor(first: string | null, frame: Frame, gave: () => void) {
    this.#newest = first;
    this.#isOpenedWith = first !== null;
    this.#frame = frame;
    this.#gave = gave;
  }

  /** Whether there ever was one. */
  get has(): boolean {
    return this.#newest !== null;
  }

  /** A new token. */
  give(token: string): void {
    this.#newest = token;
    this.#isUsed = false;
    this.#isRefused = false;
    this.#wake();
    this.#gave();
  }

  /** The server has refused the last one. It is not used again, although it may hold by the clock of this machine. */
  refused(): void {
    this.#isRefused = true;
  }

  /**
   * Another window has sent a message. Tokens are taken from the page with the frame only, and only if it is of this origin or
   * has opened the frame with a token: such a page can open it with any token anyhow.
   */
  receive({ source, origin, data }: WindowMessage): void {
    const { parent } = this.#frame;
    if (parent === null || source !== parent) return;
    if (origin !== this.#frame.origin && !this.#isOpenedWith) return;
    const { type, token } = attempt(() => fieldsOf(data)) ?? {};
    if (type === TOKEN && typeof token === "string") this.give(token);
  }

  /** The token for the next `identify`; null if there never was one. The server judges whether it still holds. */
  async next(): Promise<string | null> {
    const { parent, now, wait } = this.#frame;
    const newest = this.#newest;
    const holds = newest === null || (endOf(newest) - now() > USED_AGAIN_MS && !this.#isRefused);
    if (holds || parent === null || !this.#isUsed) {
      this.#isUsed = true;
      return newest;
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      wait(resolve, ANSWER_MS);
      this.#frame.ask({ type: WANTED });
    });
    this.#isUsed = true;
    return this.#newest;
  }
}

/** The tokens for this page. @param first the token with which it was opened */
export function hostTokens(first: string | null, gave: () => void): HostTokens {
  const parent = window.parent === window ? null : window.parent;
  const tokens = new HostTokens(
    first,
    {
      parent,
      origin,
      ask: (message) => parent?.postMessage(message, "*"),
      now: Date.now,
      wait: (run, ms) => void setTimeout(run, ms),
    },
    gave,
  );
  if (parent) addEventListener("message", (message) => tokens.receive(message));
  return tokens;
}

/** When a token ends, in Unix milliseconds; 0 if it does not say so. Only the server can tell whether that is true. */
function endOf(token: string): number {
  const seconds = attempt(() => {
    const [, claims = ""] = token.split(".");
    const text = atob(claims.replaceAll("-", "+").replaceAll("_", "/"));
    return integerOf(fieldsOf(JSON.parse(text)).exp);
  });
  return (seconds ?? 0) * 1000;
}
