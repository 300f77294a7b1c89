import { type ReadonlySignal, signal } from "@preact/signals";
import type { Message, Position } from "../../client/index.ts";
import type { TextStorage } from "./browser-storage.ts";

/** The prefix of the keys of read marks. The path of the room follows. */
export const READ_KEY = "classic-chatbox.read:";

/** How many unread messages are kept individually, since another tab may read some of them. */
const KNOWN_MAX = 1_000;

/**
 * The messages the user has not seen: how many, and where they begin. The read mark is shared by all tabs of the
 * browser. It is the position of a message, since in another history, such as a restored backup, an id alone means
 * nothing.
 */
export class UnreadStore {
  readonly #count = signal(0);
  readonly count: ReadonlySignal<number> = this.#count;
  readonly #firstId = signal<number | null>(null);
  /** The first message that was unread when it arrived. The line above it stays while the user reads on. */
  readonly firstId: ReadonlySignal<number | null> = this.#firstId;
  /** The line that the user has been near. Another one, which was not found yet, stays where it is. */
  foundId: number | null = null;
  readonly #storage: TextStorage;
  readonly #key: string;
  #isReading = false;
  #newest: Position | undefined;
  /** The newest unread messages. */
  #unread: readonly Position[] = [];

  /** @param room the path of the room, each of which has its own read mark */
  constructor(storage: TextStorage, room: string) {
    this.#storage = storage;
    this.#key = READ_KEY + room;
  }

  /**
   * Handles the newest page of the history: messages since the last visit are unread, except those that this browser
   * sent.
   *
   * @param isSeen whether the user sees the page, so that nothing is to be counted
   * @returns the position after which the unread messages begin, if that may be before the page; otherwise null
   */
  setNewestPage(
    messages: readonly Message[],
    isOwn: (message: Message) => boolean,
    isSeen: boolean,
  ): Position | null {
    const mark = this.#mark;
    const stored = messages.filter(isStored);
    const isSame = mark !== null && isOf(mark, stored);
    // In another history, only the time tells what the user has read.
    const isNew = ({ id, time }: Position) => mark !== null && (isSame ? id > mark.id : time > mark.time);
    const unread = stored.filter((message) => isNew(message) && !message.deleted && !isOwn(message));
    this.#newest = stored.at(-1);
    this.#firstId.value = unread[0]?.id ?? null;
    this.foundId = null;
    this.#count.value = isSeen ? 0 : unread.length;
    this.#unread = isSeen ? [] : unread;
    this.#note();
    return mark && isSame && stored.every(isNew) ? mark : null;
  }

  /** Sets the first unread message when it is before the newest page. */
  setFirst({ id }: Message): void {
    // Unless the user has sent something in the meantime.
    if (this.#firstId.value !== null) this.#firstId.value = id;
  }

  /** Adds a message that has arrived. */
  add(message: Message, own: boolean): void {
    const [stored] = [message].filter(isStored);
    if (own) this.#firstId.value = this.foundId = null;
    else if (!message.deleted && !this.#isReading && !isRead(stored, this.#mark)) {
      if (this.#count.value === 0 && this.foundId === this.#firstId.value) this.#firstId.value = message.id;
      this.#count.value++;
      if (stored) this.#unread = [...this.#unread.slice(1 - KNOWN_MAX), stored];
    }
    this.#newest = stored;
    this.#note();
  }

  /** A message was deleted: nobody has to read it any more. */
  forget(id: number): void {
    const unread = this.#unread.filter((each) => each.id !== id);
    this.#count.value -= this.#unread.length - unread.length;
    this.#unread = unread;
  }

  /** Sets whether the user sees the newest messages. */
  setReading(isReading: boolean): void {
    this.#isReading = isReading;
    if (isReading) {
      this.#count.value = 0;
      this.#unread = [];
    }
    this.#note();
  }

  /** Takes over what was read in other tabs. */
  syncTabs(): void {
    const mark = this.#mark;
    const unread = this.#unread.filter((each) => !isRead(each, mark));
    if (unread.length === this.#unread.length) return;
    this.#unread = unread;
    this.#count.value = unread.length;
  }

  /** Stores the read mark. Another tab may be further on, and a mark never goes back. */
  #note(): void {
    const mark = this.#mark;
    const newest = this.#newest;
    if (!this.#isReading || !newest || (isRead(newest, mark) && mark?.time !== Infinity)) return;
    this.#storage.setItem(this.#key, `${newest.time} ${newest.id}`);
  }

  get #mark(): Position | null {
    const [time = Number.NaN, id] = (this.#storage.getItem(this.#key) || "-").split(" ").map(Number);
    // Earlier versions of this page stored only the id.
    const mark = id === undefined ? { id: time, time: Infinity } : { id, time };
    return mark.id >= 0 && mark.time >= 0 ? mark : null;
  }
}

/** Messages of a version 2 server have no position. */
function isStored(message: Message): message is Message & Position {
  return message.id !== null && message.time !== null;
}

/** Within one history, id and time agree. A mark of another history, which may be too high, does not count. */
function isRead(at: Position | undefined, mark: Position | null): boolean {
  return !!at && !!mark && at.id <= mark.id && at.time <= mark.time;
}

/** Whether a mark belongs to the history that ends with these messages, as far as they show. */
function isOf(mark: Position, [oldest, ...others]: readonly Position[]): boolean {
  if (!oldest) return false;
  const isMarked = ({ id, time }: Position) =>
    id === mark.id && (time === mark.time || mark.time === Infinity);
  return mark.id < oldest.id || [oldest, ...others].some(isMarked);
}
