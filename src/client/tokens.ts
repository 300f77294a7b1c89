/** The tokens of the host's login: asks the program for them, sends them, and renews them in time. */
import { type ChatError, errorOf, errorWith } from "./errors.ts";
import type { Reply } from "./frame.ts";
import { identifyRequest, TOKENS, type TokenListener, type Tokens } from "./identification.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings } from "./settings.ts";

/** How long before its end a token is renewed; one that holds for less than twice this time, after half of it. */
const RENEWED_BEFORE_MS = 60_000;

/** The delays after tokens that were not accepted: the first one, which doubles, and the longest. */
const AGAIN_FIRST_MS = 5_000;
const AGAIN_MOST_MS = 300_000;

const NOTHING = () => {};

/** A token that is not accepted is asked for again by itself, but ever more rarely. */
class HostTokens implements Tokens {
  isAsking = false;
  readonly #settings: Settings;
  readonly #listener: TokenListener;
  #channel: RequestChannel | null = null;
  /** Requests that were refused because the token is over, or not accepted yet. */
  #held: (() => void)[] = [];
  /** Whether the program has said that nobody is logged in. */
  #isLoggedOut = false;
  #failures = 0;
  /** Before this moment of the monotonic clock, none is asked for by itself. */
  #notBefore = 0;
  #stop = NOTHING;

  constructor(settings: Settings, listener: TokenListener) {
    this.#settings = settings;
    this.#listener = listener;
  }

  begin(channel: RequestChannel, proceed: () => void): void {
    this.#channel = channel;
    const leftMs = this.#leftMs;
    if (this.#failures > 0 && leftMs > 0) {
      this.#askAfter(leftMs);
      proceed();
    } else this.#ask(channel, proceed);
  }

  ask(): void {
    this.#failures = 0;
    if (this.#channel) this.#ask(this.#channel);
  }

  holds(again: () => void): boolean {
    if (!this.#channel || this.#isLoggedOut) return false;
    this.#held.push(again);
    if (!this.isAsking) this.#askAfter(this.#leftMs);
    return true;
  }

  lost(): void {
    this.#channel = null;
    this.isAsking = false;
    this.#held = [];
    this.#stop();
  }

  /** Milliseconds until one may be asked for. */
  get #leftMs(): number {
    return Math.max(0, this.#notBefore - this.#settings.environment.elapsed());
  }

  #askAfter(waitMs: number): void {
    this.#stop();
    const ask = () => this.#channel && this.#ask(this.#channel);
    if (waitMs > 0) this.#stop = this.#settings.environment.setTimer(ask, waitMs);
    else ask();
  }

  #ask(channel: RequestChannel, proceed = NOTHING): void {
    const { token } = this.#settings;
    if (this.isAsking || !token) return;
    this.#stop();
    this.isAsking = true;
    // Also what the function throws before it returns a promise.
    void new Promise<string | null>((resolve) => resolve(token()))
      .catch(() => undefined)
      .then((answer) => {
        if (channel.isOpen) this.#say(channel, answer, proceed);
      });
  }

  /** @param token null if nobody is logged in; undefined if that could not be found out */
  #say(channel: RequestChannel, token: string | null | undefined, proceed: () => void): void {
    const { registration } = this.#listener;
    this.#isLoggedOut = token === null;
    if (typeof token !== "string") {
      this.isAsking = false;
      if (token === null && this.#held.length === 0) {
        registration.give(null);
        this.#listener.loggedOut(channel);
      } else this.#failed(errorWith("TokenFailed"));
      proceed();
      return;
    }
    // Without a nickname to ask for, the reply may give one.
    const isAwaited = !registration.hasRequest;
    channel.askPatiently(identifyRequest({ token }, this.#listener.since()), (reply) => {
      this.isAsking = false;
      if (reply.kind === "identified") this.#accepted(channel, reply);
      else this.#failed(errorOf(reply));
      if (isAwaited && channel.isOpen) proceed();
    });
    if (!isAwaited) proceed();
  }

  #accepted(channel: RequestChannel, reply: Extract<Reply, { kind: "identified" }>): void {
    const { environment } = this.#settings;
    const leftMs = (reply.expires ?? Number.POSITIVE_INFINITY) - environment.now();
    this.#failures = 0;
    // The clocks may differ so much that the new token seems to be over, too.
    this.#notBefore = environment.elapsed() + AGAIN_FIRST_MS;
    this.#askAfter(
      Math.max(AGAIN_FIRST_MS, leftMs > 2 * RENEWED_BEFORE_MS ? leftMs - RENEWED_BEFORE_MS : leftMs / 2),
    );
    this.#listener.identified(reply);
    if (!channel.isOpen) return;
    this.#listener.registration.give(reply.name ?? null);
    for (const again of this.#held.splice(0)) again();
  }

  #failed(error: ChatError): void {
    const waitMs = Math.min(AGAIN_MOST_MS, AGAIN_FIRST_MS * 2 ** this.#failures++);
    this.#notBefore = this.#settings.environment.elapsed() + waitMs;
    // A server that does not know the request will not learn it.
    if (error.code !== "UnknownType") this.#askAfter(waitMs);
    this.#listener.refused(error);
    this.#listener.registration.identityRefused(error);
  }
}

TOKENS.make = (settings, listener) => new HostTokens(settings, listener);
