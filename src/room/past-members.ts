import type { Member } from "./roster.ts";

/** How long it is remembered who has left a room. */
const REMEMBERED_MS = 60 * 60 * 1000;
/** How many people are remembered. */
const MOST = 4_096;

/** Somebody as moderators find them. */
export interface Found {
  /** The public id; null if it is not known. */
  readonly person: string | null;
  readonly name: string;
  /** Keyed hashes of the networks that the person comes from, narrowest first; empty if they are not known. */
  readonly networks: readonly string[];
}

/** Somebody who is in a room, or was there lately. */
export type Arrival = Pick<Member, "name" | "by" | "networks" | "joinedAt" | "isKnown" | "isProven">;

type PastMember = Arrival & { readonly leftAt: number };

/** Who has left a room lately, so that moderators can still act on somebody who has just gone. */
export class PastMembers {
  /** By person, in the order in which they left. */
  readonly #members = new Map<string, PastMember>();

  /** @param member leftAt is in Unix milliseconds @returns a function that takes it back */
  add(member: PastMember): () => void {
    const { by: person, leftAt } = member;
    const before = this.#members.get(person);
    this.#members.delete(person);
    this.#members.set(person, member);
    for (const [oldest, each] of this.#members) {
      if (this.#members.size <= MOST && leftAt - each.leftAt < REMEMBERED_MS) break;
      this.#members.delete(oldest);
    }
    return () => {
      this.#members.delete(person);
      if (before !== undefined) this.#members.set(person, before);
    };
  }

  /** @param now Unix milliseconds */
  of(person: string, now: number): Found | undefined {
    const found = this.#members.get(person);
    if (found === undefined || now - found.leftAt >= REMEMBERED_MS) return undefined;
    const { name, networks } = found;
    return { person, name, networks };
  }

  /** All who are remembered. @param now Unix milliseconds */
  *all(now: number): Generator<Arrival> {
    for (const member of this.#members.values()) if (now - member.leftAt < REMEMBERED_MS) yield member;
  }
}
