import type { Challenge } from "../protocol/kinds/enter.ts";
import type { Calls } from "./calls.ts";
import type { Emitter } from "./events.ts";
import { attempt, fieldsOf, integerOf, textOf } from "./frame.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings, Solve } from "./settings.ts";
import type { WaitOptions } from "./wait.ts";

/** `index.ts` fills this. The page has none here: it brings a solver of its own when the server asks for a proof. */
export const SOLVER: { solve?: Solve } = {};

/** How often a proof is tried before what needs it fails: a challenge may be over before it is solved. */
const TRIES = 3;

/** Whoever came less than this before raid mode was turned on counts as having come with the raid (RAID-1), in milliseconds. */
const RAID_REACHES_BACK_MS = 120_000;

/** What the room or the server asks for before the nickname: the password, or a proof of work. */
export class Entrance {
  readonly #settings: Settings;
  readonly #emitter: Emitter;
  readonly #calls: Calls;
  readonly #entered: () => void;
  /** The last one that was right. It is kept nowhere else. */
  #password: string | undefined;
  #channel: RequestChannel | null = null;
  /** Requests that were refused without a proof. */
  #held: (() => void)[] = [];
  /** While a proof is made. */
  #proving: AbortController | null = null;
  /** Whether proofs do not help on this connection. */
  #hasFailed = false;
  /** By the clock that nobody sets. Whoever is still entering has just come. */
  #cameAt = Infinity;

  /** @param entered is called when a password was right */
  constructor(settings: Settings, emitter: Emitter, calls: Calls, entered: () => void) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#calls = calls;
    this.#entered = entered;
    emitter.on((event) => {
      const now = settings.environment.elapsed();
      // Another page may have begun the session, and does not say when. At worst, a proof is made that nobody needs.
      if (event.type === "entered") this.#cameAt = event.resumed ? Math.min(this.#cameAt, now) : now;
      // A moderator who sweeps out the raid spares those who have given a proof, also those who have written nothing since.
      if (event.type === "moderated" && event.kind === "raid" && now - this.#cameAt <= RAID_REACHES_BACK_MS)
        this.holds(() => {});
    });
  }

  /** There is a connection. The password goes out before all else. */
  begin(channel: RequestChannel): void {
    this.#channel = channel;
    this.#hasFailed = false;
    const password = this.#password;
    if (password === undefined) return;
    channel.askPatiently({ type: "enter", password }, (reply) => {
      // The room has another one by now.
      if (reply.kind === "refused" && reply.reason === "WrongPassword" && password === this.#password)
        this.#password = undefined;
    });
  }

  /** The connection is lost. */
  lost(): void {
    this.#channel = null;
    this.#held = [];
    this.#proving?.abort();
    this.#proved();
  }

  enter(password: string, options: WaitOptions): Promise<void> {
    return this.#calls.ask({ type: "enter", password }, options, () => {
      this.#password = password;
      this.#entered();
    });
  }

  /**
   * A request was refused because a proof is missing.
   *
   * @param again repeats it once there is one
   * @returns whether that may come to pass
   */
  holds(again: () => void): boolean {
    const { solve = SOLVER.solve } = this.#settings;
    if (!this.#channel || !solve || this.#hasFailed) return false;
    this.#held.push(again);
    if (!this.#proving) {
      this.#proving = new AbortController();
      this.#emitter.emit({ type: "proving", state: "started" });
      this.#prove(this.#channel, solve, this.#proving.signal, TRIES);
    }
    return true;
  }

  #prove(channel: RequestChannel, solve: Solve, signal: AbortSignal, tries: number): void {
    const failed = () => {
      if (!channel.isOpen) return;
      this.#hasFailed = tries === 1;
      if (this.#hasFailed) this.#repeat();
      else this.#prove(channel, solve, signal, tries - 1);
    };
    channel.askPatiently({ type: "enter" }, (reply) => {
      const challenge =
        reply.kind === "answer" ? attempt(() => parseChallenge(reply.answer.challenge)) : undefined;
      // Also what the function throws before it returns a promise.
      void new Promise<string>((resolve, reject) => {
        if (challenge) resolve(solve(challenge, signal));
        else reject();
      }).then((proof) => {
        if (!channel.isOpen) return;
        channel.askPatiently({ type: "enter", proof }, (entered) => {
          if (entered.kind === "answer") this.#repeat();
          else failed();
        });
      }, failed);
    });
  }

  #repeat(): void {
    this.#proved();
    for (const again of this.#held.splice(0)) again();
  }

  #proved(): void {
    if (!this.#proving) return;
    this.#proving = null;
    this.#emitter.emit({ type: "proving", state: "done" });
  }
}

function parseChallenge(value: unknown): Challenge {
  const { algorithm, challenge, maxnumber, salt, signature } = fieldsOf<Challenge>(value);
  return {
    algorithm: textOf(algorithm),
    challenge: textOf(challenge),
    maxnumber: integerOf(maxnumber),
    salt: textOf(salt),
    signature: textOf(signature),
  };
}
