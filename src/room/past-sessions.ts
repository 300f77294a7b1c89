import { REMEMBERED_MS } from "../protocol/limits.ts";
import type { Session, SessionHash } from "./operation.ts";

/**
 * Sessions that are over or were replaced by a resume. Each is remembered for {@link REMEMBERED_MS}, so that a client
 * that resumes too late still gets its identity back.
 */
export class PastSessions {
  readonly #most: number;
  /** In the order of their ends. */
  readonly #people = new Map<SessionHash, { readonly identity: string; readonly endedAt: number }>();

  /** @param most how many are remembered at most; beyond that the oldest is forgotten */
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

  /** The identity of the session that once had this hash, if it is remembered. @param now Unix milliseconds */
  identityOf(hash: SessionHash, now: number): string | undefined {
    const past = this.#people.get(hash);
    return past && now - past.endedAt < REMEMBERED_MS ? past.identity : undefined;
  }
}
