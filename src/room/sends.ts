import type { Undo } from "./undo.ts";

/** Of how many people and networks a room remembers what they sent. */
const REMEMBERED = 4_096;
/** How many messages of newcomers it remembers, and of one person. */
const NEWCOMERS = 32;
const RECENT = 8;

interface Sent {
  /** Unix milliseconds. */
  readonly at: number;
  readonly count: number;
  /** When somebody has sent lately, the newest last. */
  readonly recent: readonly number[];
}

/** Somebody by the public id, and keyed hashes of networks, the narrowest first. */
interface Sender {
  readonly person: string;
  readonly networks: readonly string[];
}

/**
 * Who has sent messages in a room lately, for slow mode and for messages of newcomers. A person counts together with the
 * address, so that another key does not start anew.
 */
export class Sends {
  readonly #undo: Undo;
  /** By person or network, the one that sent last at the end. */
  readonly #last = new Map<string, Sent>();
  /** When newcomers have sent, the newest last. */
  #newcomers: readonly number[] = [];

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  /** When somebody has sent last, in Unix milliseconds; undefined if that is not known. */
  lastOf(sender: Sender): number | undefined {
    return keysOf(sender).reduce<number | undefined>((newest, key) => {
      const at = this.#last.get(key)?.at;
      return at !== undefined && at > (newest ?? 0) ? at : newest;
    }, undefined);
  }

  /** How many messages somebody has sent since the room was opened, as far as that is known. */
  countOf(sender: Sender): number {
    return this.#last.get(sender.person)?.count ?? 0;
  }

  /** From when on a person may send again, if so many messages may be sent in this time. Unix milliseconds; 0 for now. */
  freeAt(person: string, most: number, periodMs: number): number {
    const first = this.#last.get(person)?.recent.at(-most);
    return first === undefined ? 0 : first + periodMs;
  }

  /** From when on another newcomer may send, if so many may in this time. Unix milliseconds; 0 for now. */
  newcomersFreeAt(most: number, periodMs: number): number {
    const first = this.#newcomers.at(-most);
    return first === undefined ? 0 : first + periodMs;
  }

  /**
   * Notes that somebody has shown something to the others.
   *
   * @param at Unix milliseconds
   * @param isMessage and not an edit or a nickname, which do not count as messages
   */
  note(sender: Sender, at: number, isNewcomer: boolean, isMessage: boolean): void {
    for (const key of keysOf(sender)) {
      const before = this.#last.get(key);
      const count = (before?.count ?? 0) + (isMessage ? 1 : 0);
      this.#put(key, { at, count, recent: [...(before?.recent ?? []), at].slice(-RECENT) });
      this.#undo.note(() => this.#put(key, before));
    }
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= REMEMBERED) break;
      this.#last.delete(oldest);
    }
    if (!isNewcomer) return;
    const before = this.#newcomers;
    this.#newcomers = [...before, at].slice(-NEWCOMERS);
    this.#undo.note(() => {
      this.#newcomers = before;
    });
  }

  #put(key: string, sent: Sent | undefined): void {
    this.#last.delete(key);
    if (sent !== undefined) this.#last.set(key, sent);
  }
}

function keysOf({ person, networks: [address] }: Sender): string[] {
  return address === undefined ? [person] : [person, address];
}
