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
  #newest: Position | null = null;
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
   */
  entered(messages: readonly Message[], isOwn: (message: Message) => boolean, isSeen: boolean): void {
    const mark = this.#mark;
    const positions = messages.flatMap(positionOf);
    const isSame = mark !== null && isOf(mark, positions);
    // Of another history only the time tells what one has read.
    const isNew = ({ id, time }: Position) => mark !== null && (isSame ? id > mark.id : time > mark.time);
    const isUnread = (message: Message) => positionOf(message).some(isNew) && !isOwn(message);
    const unread = messages.filter(isUnread).flatMap(positionOf);
    this.#newest = positions.at(-1) ?? null;
    this.#firstId.value = unread[0]?.id ?? null;
    this.#count.value = isSeen ? 0 : unread.length;
    this.#unread = isSeen ? [] : unread;
    this.#note();
  }

  /** A message came. */
  add(message: Message, own: boolean): void {
    const positions = positionOf(message);
    if (own) this.#firstId.value = null;
    else if (!this.#isReading && !positions.some((each) => isRead(each, this.#mark))) {
      if (this.#count.value === 0) this.#firstId.value = message.id;
      this.#count.value++;
      this.#unread = [...this.#unread.slice(1 - KNOWN_MOST), ...positions];
    }
    this.#newest = positions[0] ?? this.#newest;
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

/** None with a server of version 2. */
function positionOf({ id, time }: Message): Position[] {
  return id === null ? [] : [{ id, time: time ?? 0 }];
}

/** In one history, id and time say the same. A mark of another one, which may be too high, does not count. */
function isRead({ id, time }: Position, mark: Position | null): boolean {
  return mark !== null && id <= mark.id && time <= mark.time;
}

/** Whether a mark is of the history that these messages are the end of, as far as they tell. */
function isOf(mark: Position, [oldest, ...others]: readonly Position[]): boolean {
  if (!oldest) return false;
  const isMarked = ({ id, time }: Position) =>
    id === mark.id && (time === mark.time || mark.time === Infinity);
  return mark.id < oldest.id || [oldest, ...others].some(isMarked);
}
