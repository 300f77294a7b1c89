import type { KeyObject } from "node:crypto";
import { KEY_ALGORITHMS, type KeyAlgorithm, type KeySet, KeySetError } from "./key-set.ts";
import type { KeySource } from "./key-source.ts";
import { LoginRefusal } from "./refusal.ts";

/**
 * How long the last keys are used while no newer ones can be loaded. The host may have withdrawn one meanwhile, so not
 * forever; but a host that restarts must not end its people's chats.
 */
const KEEP_MS = 60 * 60_000;

/** What the operator should know about the keys: one sentence. */
export interface KeyNotice {
  readonly level: "info" | "warn";
  readonly sentence: string;
}

/** How things stand with the keys. `stale`: they could not be loaded again; `none`: and there are no usable ones. */
type State = "current" | "empty" | "stale" | "none";

/**
 * The keys of a host, which are loaded when they are needed. Tokens cannot make it load more often than the source
 * allows, and all that need the keys at the same moment share one load.
 */
export class HostKeys {
  readonly #source: KeySource;
  readonly #notice: (notice: KeyNotice) => void;
  readonly #now: () => number;
  #keys: KeySet | null = null;
  #loadedAt = Number.NEGATIVE_INFINITY;
  /** When the last load began, however it ended. */
  #triedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | null = null;
  /** Why the last load failed; null if it did not. */
  #fault: string | null = null;
  #noticed: State = "current";

  /**
   * @param notice is called once whenever the {@link State} changes
   * @param now milliseconds of a clock that is never set
   */
  constructor(source: KeySource, notice: (notice: KeyNotice) => void, now: () => number) {
    this.#source = source;
    this.#notice = notice;
    this.#now = now;
  }

  /**
   * The key that a token is signed with.
   *
   * @param id the `kid` of its header
   * @throws LoginRefusal
   */
  async find(algorithm: KeyAlgorithm, id: string | undefined): Promise<KeyObject> {
    if (this.#ageMs() >= this.#source.maxAgeMs) await this.#load();
    if (this.#found(algorithm, id).length === 0) await this.#load();
    this.#report();
    const [key, another] = this.#found(algorithm, id);
    // It may be a new key.
    if (key === undefined) throw new LoginRefusal(this.#fault === null ? "unknown-key" : "unavailable");
    if (another === undefined) return key;
    throw new LoginRefusal("unknown-key", "The login does not say which key it is signed with.");
  }

  #found(algorithm: KeyAlgorithm, id: string | undefined): readonly KeyObject[] {
    return this.#usable()?.find(algorithm, id) ?? [];
  }

  #usable(): KeySet | null {
    return this.#ageMs() < KEEP_MS ? this.#keys : null;
  }

  #ageMs(): number {
    return this.#now() - this.#loadedAt;
  }

  #load(): Promise<void> {
    if (this.#loading !== null) return this.#loading;
    if (this.#now() - this.#triedAt < this.#source.loadEveryMs) return Promise.resolve();
    this.#triedAt = this.#now();
    this.#loading = this.#tryToLoad().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #tryToLoad(): Promise<void> {
    try {
      this.#keys = (await this.#source.load()) ?? this.#keys;
      this.#loadedAt = this.#now();
      this.#fault = null;
    } catch (error) {
      this.#fault = error instanceof KeySetError ? error.message : String(error);
    }
  }

  get #state(): State {
    const keys = this.#usable();
    if (this.#fault !== null) return keys === null ? "none" : "stale";
    return keys?.size === 0 ? "empty" : "current";
  }

  #report(): void {
    const state = this.#state;
    if (state === this.#noticed) return;
    this.#noticed = state;
    this.#notice({ level: state === "current" ? "info" : "warn", sentence: this.#sentenceOf(state) });
  }

  #sentenceOf(state: State): string {
    const { name } = this.#source;
    switch (state) {
      case "current":
        return `The keys of the host's login were read from ${name} again.`;
      case "empty":
        return `There is no key for ${KEY_ALGORITHMS.join(", ")} in ${name}, so nobody can log in.`;
      case "stale":
        return `The keys of the host's login cannot be read from ${name} (${this.#fault}). Those of before are used for up to an hour.`;
      case "none":
        return `The keys of the host's login cannot be read from ${name} (${this.#fault}), so nobody can log in.`;
    }
  }
}
