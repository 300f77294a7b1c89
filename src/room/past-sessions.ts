import { REMEMBERED_MS } from "../protocol/limits.ts";
import type { Session, SessionHash } from "./operation.ts";

/**
 * Sessions that are over, or void since they were resumed, each for {@link REMEMBERED_MS}: by them a person who comes back
 * late is known again.
 */
export class PastSessions {
  readonly #most: number;
  /** In the order of their ends. */
  readonly #people = new Map<SessionHash, { readonly identity: string; readonly endedAt: number }>();

  /** @param most how many are remembered; past it the oldest is forgotten */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param endedAt Unix milliseconds */
  add({ hash, identity }: Session, endedAt: number): void {
    for (const [oldest, { endedAt: at }] of this.#people) {
      if (this.#people.size < this.#most && endedAt - at < REMEMBERED_MS) break;
      this.#people.delete(oldest);
    }
    this.#people.set(hash, { identity, endedAt });
  }

  /** Forgets a session that is not over after all. */
  delete(hash: SessionHash): void {
    this.#people.delete(hash);
  }

  /** Who could once be resumed by `hash`, if that is not too long ago. @param now Unix milliseconds */
  identityOf(hash: SessionHash, now: number): string | undefined {
    const past = this.#people.get(hash);
    return past && now - past.endedAt < REMEMBERED_MS ? past.identity : undefined;
  }
}
