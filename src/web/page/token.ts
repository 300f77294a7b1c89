/**
 * The tokens of the host's login. They come in the address of the page, or from the page that has the chat in a frame, and
 * are kept in memory only.
 */
import "../../client/tokens.ts";
import { attempt, fieldsOf, integerOf } from "../../client/frame.ts";
import { TOKEN, TOKEN_WANTED } from "../embed/messages.ts";

/** How long the page with the frame may take to give a token. */
export const ANSWER_MS = 10_000;

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
export interface WindowMessage {
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
  /** Whether the page was opened with a token, or for one. */
  readonly #isOpenedWith: boolean;
  #wake = () => {};

  /**
   * @param first the token with which the page was opened
   * @param gave is called for each later one
   * @param isExpected whether the page was opened for tokens that come later
   */
  constructor(first: string | null, frame: Frame, gave: () => void, isExpected = false) {
    this.#newest = first;
    this.#isOpenedWith = first !== null || isExpected;
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
      this.#frame.ask({ type: TOKEN_WANTED });
    });
    this.#isUsed = true;
    return this.#newest;
  }
}

/**
 * The tokens for this page.
 *
 * @param first the token with which it was opened
 * @param isExpected whether it was opened for tokens that come later
 */
export function hostTokens(first: string | null, gave: () => void, isExpected: boolean): HostTokens {
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
    isExpected,
  );
  if (parent) addEventListener("message", (message) => tokens.receive(message));
  return tokens;
}

/** When a token ends, in Unix milliseconds; 0 if it does not say so. Only the server can tell whether that is true. */
function endOf(token: string): number {
  return (attempt(() => integerOf(claimsOf(token).exp)) ?? 0) * 1000;
}

/** Whom a token is about, as one text. */
export function subjectOf(token: string): string {
  const { iss, sub } = attempt(() => claimsOf(token)) ?? {};
  return JSON.stringify([iss, sub]);
}

function claimsOf(token: string) {
  const [, claims = ""] = token.split(".");
  return fieldsOf(JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))));
}
