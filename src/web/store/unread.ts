import { type ReadonlySignal, signal } from "@preact/signals";
import type { Message, Position } from "../../client/index.ts";
import type { Keeper } from "./keeper.ts";

/** The keys of read marks begin so; the path of the room follows. */
export const READ_KEY = "classic-chatbox.read:";

/** Of so many unread messages it is known which they are: another tab may read some of them. */
const KNOWN_MOST = 1_000;

/**
 * What a reader has not seen: how many, and where they begin. How far one has read is kept for all tabs of the browser,
 * as the position of a message: in another history, such as a backup that was put back, its id alone means nothing.
 */
export class UnreadStore {
  readonly #count = signal(0);
  readonly #firstId = signal<number | null>(null);
  readonly #keeper: Keeper;
  readonly #key: string;
  #isReading = false;
  #newest: Position | undefined;
  /** The newest of those that are counted. */
  #unread: readonly Position[] = [];

  /** @param room its path: what was read is kept for each room */
  constructor(keeper: Keeper, room: string) {
    this.#keeper = keeper;
    this.#key = READ_KEY + room;
  }

  get count(): ReadonlySignal<number> {
    return this.#count;
  }

  /** The first message that was not read when it came. The line above it stays while one reads on. */
  get firstId(): ReadonlySignal<number | null> {
    return this.#firstId;
  }

  /**
   * The newest page of the history: what came since the last visit is unread, but for what this browser sent.
   *
   * @param isSeen whether the page is before the reader's eyes: then there is nothing to count
   * @returns the position behind which what is unread begins, if that may be before the page; else null
   */
  entered(
    messages: readonly Message[],
    isOwn: (message: Message) => boolean,
    isSeen: boolean,
  ): Position | null {
    const mark = this.#mark;
    const stored = messages.filter(isStored);
    const isSame = mark !== null && isOf(mark, stored);
    // Of another history only the time tells what one has read.
    const isNew = ({ id, time }: Position) => mark !== null && (isSame ? id > mark.id : time > mark.time);
    const unread = stored.filter((message) => isNew(message) && !isOwn(message));
    this.#newest = stored.at(-1);
    this.#firstId.value = unread[0]?.id ?? null;
    this.#count.value = isSeen ? 0 : unread.length;
    this.#unread = isSeen ? [] : unread;
    this.#note();
    return mark && isSame && stored.every(isNew) ? mark : null;
  }

  /** What is unread begins before the newest page. */
  begin({ id }: Message): void {
    // Unless one has written something meanwhile.
    if (this.#firstId.value !== null) this.#firstId.value = id;
  }

  /** A message came. */
  add(message: Message, own: boolean): void {
    const [stored] = [message].filter(isStored);
    if (own) this.#firstId.value = null;
    else if (!this.#isReading && !isRead(stored, this.#mark)) {
      if (this.#count.value === 0) this.#firstId.value = message.id;
      this.#count.value++;
      if (stored) this.#unread = [...this.#unread.slice(1 - KNOWN_MOST), stored];
    }
    this.#newest = stored;
    this.#note();
  }

  /** Whether the reader has the newest messages before the eyes. */
  setReading(isReading: boolean): void {
    this.#isReading = isReading;
    if (isReading) {
      this.#count.value = 0;
      this.#unread = [];
    }
    this.#note();
  }

  /** Takes over what was read in other tabs. */
  share(): void {
    const mark = this.#mark;
    const unread = this.#unread.filter((each) => !isRead(each, mark));
    if (unread.length === this.#unread.length) return;
    this.#unread = unread;
    this.#count.value = unread.length;
  }

  /** Another tab may be further on: a mark never goes back. */
  #note(): void {
    const mark = this.#mark;
    const newest = this.#newest;
    if (!this.#isReading || !newest || (isRead(newest, mark) && mark?.time !== Infinity)) return;
    this.#keeper.setItem(this.#key, `${newest.time} ${newest.id}`);
  }

  get #mark(): Position | null {
    const [time = Number.NaN, id] = (this.#keeper.getItem(this.#key) || "-").split(" ").map(Number);
    // Earlier versions of this page kept the id alone.
    const mark = id === undefined ? { id: time, time: Infinity } : { id, time };
    return mark.id >= 0 && mark.time >= 0 ? mark : null;
  }
}

/** Messages of a server of version 2 have no position. */
function isStored(message: Message): message is Message & Position {
  return message.id !== null && message.time !== null;
}

/** In one history, id and time say the same. A mark of another one, which may be too high, does not count. */
function isRead(at: Position | undefined, mark: Position | null): boolean {
  return !!at && !!mark && at.id <= mark.id && at.time <= mark.time;
}

/** Whether a mark is of the history that these messages are the end of, as far as they tell. */
function isOf(mark: Position, [oldest, ...others]: readonly Position[]): boolean {
  if (!oldest) return false;
  const isMarked = ({ id, time }: Position) =>
    id === mark.id && (time === mark.time || mark.time === Infinity);
  return mark.id < oldest.id || [oldest, ...others].some(isMarked);
}
