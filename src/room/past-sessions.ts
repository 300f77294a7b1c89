import { REMEMBERED_MS } from "../protocol/limits.ts";
import type { Lease, Proof } from "./operation.ts";

/**
 * Leases that are over, or void since they were resumed, each for {@link REMEMBERED_MS}: by them a person who comes back
 * late is known again.
 */
export class PastSessions {
  readonly #most: number;
  /** In the order of their ends. */
  readonly #people = new Map<Proof, { readonly person: string; readonly endedAt: number }>();

  /** @param most how many are remembered; past it the oldest is forgotten */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param endedAt Unix milliseconds */
  add({ proof, person }: Lease, endedAt: number): void {
    for (const [oldest, { endedAt: at }] of this.#people) {
      if (this.#people.size < this.#most && endedAt - at < REMEMBERED_MS) break;
      this.#people.delete(oldest);
    }
    this.#people.set(proof, { person, endedAt });
  }

  /** Forgets a lease that is not over after all. */
  delete(proof: Proof): void {
    this.#people.delete(proof);
  }

  /** Who could once be resumed by `proof`, if that is not too long ago. @param now Unix milliseconds */
  personOf(proof: Proof, now: number): string | undefined {
    const past = this.#people.get(proof);
    return past && now - past.endedAt < REMEMBERED_MS ? past.person : undefined;
  }
}
