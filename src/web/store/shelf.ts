import { attempt, fieldsOf, numberOf, textOf } from "../../client/frame.ts";
import type { ChatStorage } from "../../client/index.ts";
import { type Kept, type KeptSend, NOTHING as NOBODY, parseKept } from "../../client/memory.ts";

const PREFIX = "classic-chatbox.stay:";

/** So much is kept: 2 MB at most, of the 5 or 10 that browsers give. */
const STAYS_MOST = 20;
const MESSAGES_MOST = 100;
const CHARACTERS_MOST = 50_000;
/** Marks are short. */
const MARKS_MOST = 100;
const KEPT_MS = 7 * 24 * 3_600_000;

const NOTHING: Kept = { ...NOBODY, v3: true };

/** What one tab has of its room, for the time after it. */
export interface Stay {
  /** That of the page that keeps it. */
  readonly id: string;
  /** When it was kept, in Unix milliseconds. */
  readonly at: number;
  /** Whether its page said that it goes. Otherwise it is there, or the browser crashed. */
  readonly isLeft: boolean;
  readonly kept: Kept;
  /** Messages that were given up, and not thrown away. */
  readonly unsent: readonly KeptSend[];
  /** A mark that this was taken: the id of the page that goes on from here, or "" if that took only the messages. */
  readonly next: string | null;
}

/** As what has gone for good is left. */
const GONE: Stay = { id: "", at: 0, isLeft: true, kept: NOTHING, unsent: [], next: null };

/** `localStorage`. */
export interface Cupboard extends ChatStorage {
  readonly length: number;
  key(index: number): string | null;
}

/**
 * Where this browser keeps what its tabs have of a room, an item for each page, so that none overwrites another's. What one
 * takes over from a page that is gone it replaces by a mark: that page may come back, and must not send the same again.
 */
export class Shelf {
  /** Of this page. */
  readonly id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  readonly room: string;
  readonly #find: () => Cupboard;
  readonly #prefix: string;

  /** @param find gives `localStorage`; it throws where the browser forbids that */
  constructor(find: () => Cupboard, room: string) {
    this.room = room;
    this.#find = find;
    this.#prefix = `${PREFIX}${room} `;
  }

  /** @param text as the chat writes it. @throws where nothing can be kept */
  put(text: string | null, unsent: readonly KeptSend[], isLeft: boolean): void {
    const kept = attempt(() => parseKept(text));
    const key = this.#prefix + this.id;
    if (!kept && unsent.length === 0) this.#find().removeItem(key);
    else {
      const stay = {
        at: Date.now(),
        isLeft,
        kept: fitting(kept ?? NOTHING),
        given: fitting({ ...NOTHING, outbox: unsent }),
      };
      this.#find().setItem(key, JSON.stringify(stay));
    }
  }

  /** Leaves the mark in the place of what was taken. @param next as {@link Stay.next} */
  mark(id: string, next: string): void {
    attempt(() => this.#find().setItem(this.#prefix + id, JSON.stringify({ at: Date.now(), next })));
  }

  /** What a page has kept, or what the one has that goes on from there by now. Undefined when it is not known. */
  follow(id: string): Stay | undefined {
    let stay = this.#read(this.#prefix + id);
    for (let steps = 0; stay?.next && steps < MARKS_MOST; steps++) {
      stay = this.#read(this.#prefix + stay.next) ?? GONE;
    }
    return stay;
  }

  /** What the other pages of the room have kept, oldest first. */
  others(): readonly Stay[] {
    return this.#stays(this.#prefix).filter(({ id, next }) => id !== this.id && next === null);
  }

  /** Throws away what is too old or too much, of all rooms. */
  prune(): void {
    const all = this.#stays(PREFIX).filter(({ id }) => id !== this.id);
    const isMark = ({ next }: Stay) => next !== null;
    const old = [
      ...all.filter(({ at }) => Math.abs(Date.now() - at) > KEPT_MS),
      ...all.filter((stay) => !isMark(stay)).slice(0, -STAYS_MOST),
      ...all.filter(isMark).slice(0, -MARKS_MOST),
    ];
    for (const { key } of old) attempt(() => this.#find().removeItem(key));
  }

  #read(key: string): Stay | undefined {
    return attempt(() => parseStay(key, this.#find().getItem(key)));
  }

  /** All whose keys begin so, oldest first. */
  #stays(prefix: string): (Stay & { readonly key: string })[] {
    const keys = attempt(() => {
      const cupboard = this.#find();
      return Array.from({ length: cupboard.length }, (_, at) => cupboard.key(at) ?? "");
    });
    return (keys ?? [])
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ ...GONE, next: "", ...this.#read(key), key }))
      .sort((a, b) => a.at - b.at);
  }
}

/** @throws for anything else */
function parseStay(key: string, text: string | null): Stay {
  const { at, isLeft, kept, given, next } = fieldsOf(JSON.parse(textOf(text)));
  const mark = { ...GONE, id: key.slice(key.indexOf(" ") + 1), at: numberOf(at) ?? 0 };
  if (next !== undefined) return { ...mark, next: textOf(next) };
  const parse = (value: unknown) => parseKept(JSON.stringify(value));
  return { ...mark, isLeft: isLeft === true, kept: parse(kept), unsent: parse(given).outbox };
}

/** With as many of its messages as are kept, the oldest. */
function fitting({ outbox, ...kept }: Kept): Kept {
  let characters = 0;
  const isFitting = ({ content }: KeptSend, at: number) => {
    characters += content.length;
    return at < MESSAGES_MOST && characters <= CHARACTERS_MOST;
  };
  return { ...kept, outbox: outbox.filter(isFitting) };
}
