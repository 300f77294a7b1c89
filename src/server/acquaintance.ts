import { timingSafeEqual } from "node:crypto";

/**
 * Since when the chat knows a person. The server stores nothing of that: it signs the moment at which a person said for the first
 * time who it is, and the client brings this back. Whoever loses it is a newcomer again.
 */
export class Acquaintance {
  readonly #digest: (text: string) => string;
  readonly #now: () => number;

  /** @param digest a keyed digest, with a secret of the chat @param now Unix milliseconds */
  constructor(digest: (text: string) => string, now: () => number) {
    this.#digest = digest;
    this.#now = now;
  }

  /** What a client brought for a person, if it is valid; else what it is to bring from now on. */
  of(person: string, brought: string | null): { readonly text: string; readonly since: number } {
    const now = this.#now();
    const since = brought === null ? undefined : this.#read(person, brought);
    // A clock that was ahead must not make anybody a newcomer for ever.
    if (brought !== null && since !== undefined && since <= now) return { text: brought, since };
    return { text: this.#write(person, now), since: now };
  }

  #write(person: string, since: number): string {
    const moment = since.toString(36);
    return `${moment}.${this.#digest(`since ${person} ${moment}`)}`;
  }

  #read(person: string, text: string): number | undefined {
    const since = Number.parseInt(text, 36);
    if (!Number.isSafeInteger(since) || since <= 0) return undefined;
    const [given, right] = [Buffer.from(text), Buffer.from(this.#write(person, since))];
    return given.length === right.length && timingSafeEqual(given, right) ? since : undefined;
  }
}
