import { attempt, fieldsOf, numberOf, textOf } from "../../client/frame.ts";
import type { ChatStorage } from "../../client/index.ts";
import { type Kept, type KeptSend, NOTHING as NOBODY, parseKept } from "../../client/memory.ts";

const PREFIX = "classic-chatbox.stay:";

/** Limits that add up to at most 2 MB, of the 5 or 10 MB that browsers grant. */
const SESSIONS_MAX = 20;
const MESSAGES_MAX = 100;
const CHARACTERS_MAX = 50_000;
/** Marks are short. */
const MARKS_MAX = 100;
const KEPT_MS = 7 * 24 * 3_600_000;

const NOTHING: Kept = { ...NOBODY, v3: true };

/** What one page stores for the pages after it. */
export interface SavedSession {
  /** The id of the page that stored it. */
  readonly id: string;
  /** When it was stored, in Unix milliseconds. */
  readonly at: number;
  /** Whether the page reported that it was hidden. Otherwise it is open, or the browser crashed. */
  readonly isLeft: boolean;
  readonly kept: Kept;
  /** Messages that were given up and not removed. */
  readonly unsent: readonly KeptSend[];
  /** Set if this was taken: the id of the page that continues from here, or "" if only the messages were taken. */
  readonly takenBy: string | null;
}

/** Stands for a record that no longer exists. */
const GONE: SavedSession = { id: "", at: 0, isLeft: true, kept: NOTHING, unsent: [], takenBy: null };

/** The part of `localStorage` that is needed here. */
export interface EnumerableStorage extends ChatStorage {
  readonly length: number;
  key(index: number): string | null;
}

/**
 * Stores what the browser's pages leave for later pages of a room, in one item per page, so that no page overwrites
 * another's. A page that takes over an item replaces it by a mark: its own page may come back, and must not send
 * the same messages again.
 */
export class SavedSessions {
  /** The id of this page. */
  readonly id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  readonly room: string;
  readonly #find: () => EnumerableStorage;
  readonly #prefix: string;

  /** @param find returns `localStorage`; it throws where the browser forbids that */
  constructor(find: () => EnumerableStorage, room: string) {
    this.room = room;
    this.#find = find;
    this.#prefix = `${PREFIX}${room} `;
  }

  /** Stores the item of this page. @param text as the chat stores it @throws where nothing can be stored */
  put(text: string | null, unsent: readonly KeptSend[], isLeft: boolean): void {
    const kept = attempt(() => parseKept(text));
    const key = this.#prefix + this.id;
    if (!kept && unsent.length === 0) this.#find().removeItem(key);
    else {
      const session = {
        at: Date.now(),
        isLeft,
        kept: fitting(kept ?? NOTHING),
        given: fitting({ ...NOTHING, outbox: unsent }),
      };
      this.#find().setItem(key, JSON.stringify(session));
    }
  }

  /** Replaces an item by a mark that it was taken. @param takenBy see {@link SavedSession.takenBy} */
  markTaken(id: string, takenBy: string): void {
    attempt(() => this.#find().setItem(this.#prefix + id, JSON.stringify({ at: Date.now(), next: takenBy })));
  }

  /**
   * The item of a page or, if it was taken over, that of the page that continues from it. Undefined if it is unknown.
   */
  follow(id: string): SavedSession | undefined {
    let session = this.#read(this.#prefix + id);
    for (let steps = 0; session?.takenBy && steps < MARKS_MAX; steps++) {
      session = this.#read(this.#prefix + session.takenBy) ?? GONE;
    }
    return session;
  }

  /** The items of the room's other pages, oldest first. */
  others(): readonly SavedSession[] {
    return this.#sessions(this.#prefix).filter(({ id, takenBy }) => id !== this.id && takenBy === null);
  }

  /** Removes items of all rooms that are too old or too many. */
  prune(): void {
    const all = this.#sessions(PREFIX).filter(({ id }) => id !== this.id);
    const isMark = ({ takenBy }: SavedSession) => takenBy !== null;
    const old = [
      ...all.filter(({ at }) => Math.abs(Date.now() - at) > KEPT_MS),
      ...all.filter((session) => !isMark(session)).slice(0, -SESSIONS_MAX),
      ...all.filter(isMark).slice(0, -MARKS_MAX),
    ];
    for (const { key } of old) attempt(() => this.#find().removeItem(key));
  }

  #read(key: string): SavedSession | undefined {
    return attempt(() => parseSavedSession(key, this.#find().getItem(key)));
  }

  /** All items whose keys begin with a prefix, oldest first. */
  #sessions(prefix: string): (SavedSession & { readonly key: string })[] {
    const keys = attempt(() => {
      const storage = this.#find();
      return Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
    });
    return (keys ?? [])
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ ...GONE, takenBy: "", ...this.#read(key), key }))
      .sort((a, b) => a.at - b.at);
  }
}

/** Parses an item. @throws if it is malformed */
function parseSavedSession(key: string, text: string | null): SavedSession {
  const { at, isLeft, kept, given, next } = fieldsOf(JSON.parse(textOf(text)));
  const mark = { ...GONE, id: key.slice(key.indexOf(" ") + 1), at: numberOf(at) ?? 0 };
  if (next !== undefined) return { ...mark, takenBy: textOf(next) };
  const parse = (value: unknown) => parseKept(JSON.stringify(value));
  return { ...mark, isLeft: isLeft === true, kept: parse(kept), unsent: parse(given).outbox };
}

/** Drops the messages beyond the limits; the oldest are kept. */
function fitting({ outbox, ...kept }: Kept): Kept {
  let characters = 0;
  const isFitting = ({ content }: KeptSend, at: number) => {
    characters += content.length;
    return at < MESSAGES_MAX && characters <= CHARACTERS_MAX;
  };
  return { ...kept, outbox: outbox.filter(isFitting) };
}
