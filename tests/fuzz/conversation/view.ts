import { type Current, type Further, seenOf, type Told as ToldMessage } from "./history.ts";
import type { Story } from "./story.ts";

/** How many people a message names for each reaction. */
const REACTORS_SHOWN = 20;

/** A message, or a change to one, as an object of the protocol has it. */
export type Told = ToldMessage & {
  readonly datatype?: unknown;
  readonly of?: unknown;
  readonly emoji?: unknown;
  readonly on?: unknown;
  readonly count?: unknown;
  readonly restored?: unknown;
};

/** The `data` of a page. */
export interface PageData {
  readonly message: readonly Told[];
  readonly more: boolean;
  readonly changed?: readonly Told[];
  readonly cursor?: Position;
  readonly reset?: true;
}

export interface Position {
  readonly id: number;
  readonly time: number;
}

/**
 * The messages of a room as somebody knows them who is told of each message and change once, by pages and by events. What comes out
 * of order, or concerns a message that was not told, is a fault.
 */
export class View {
  readonly messages: Current[] = [];
  /** The newest message or change. */
  cursor: Position = { id: 0, time: 0 };
  readonly #who: string;
  readonly #story: Story;
  /** Whether the first message of the history is among them. */
  #isWhole = true;
  #isClosed = false;

  constructor(who: string, story: Story) {
    this.#who = who;
    this.#story = story;
  }

  /** From now on it stays as it is. */
  close(): void {
    this.#isClosed = true;
  }

  /** The history is another one. */
  forget(): void {
    if (this.#story.pasts.length === 0) this.#story.fault(`PAGE-6 ${this.#who} was told of another history`);
    this.messages.length = 0;
    this.cursor = { id: 0, time: 0 };
  }

  /** What followed the cursor, as it is now. */
  page({ message, changed = [], cursor }: PageData): void {
    for (const each of changed) this.#replace(seenOf(each));
    for (const each of message) this.see(each);
    if (cursor !== undefined) this.cursor = cursor;
  }

  /** The newest page of another history: before it there may be others. */
  startOver(page: PageData): void {
    this.forget();
    this.#isWhole = !page.more;
    this.page(page);
  }

  see(told: Told): void {
    const message = seenOf(told);
    const last = this.messages.at(-1)?.id ?? 0;
    if (!(Number(message.id) > last))
      this.#story.fault(`ID-2 ${this.#who} was told ${message.id} after ${last}`);
    if (!this.#isClosed) this.messages.push(message);
    this.#move(told);
  }

  /** A message has changed, by this client or by others. */
  changed(frame: Told): void {
    this.#move(frame);
    const message = this.#known(frame.of);
    if (message === undefined) return;
    const { further } = message;
    // A page may have been ahead of this.
    if ((further.isDeleted && frame.restored !== true) || this.#isClosed) return;
    if (frame.datatype === "edit")
      this.#replace({
        ...message,
        content: String(frame.content),
        further: { ...further, edited: Number(frame.time), isDeleted: false },
      });
    else if (frame.datatype === "delete")
      this.#replace({
        ...message,
        content: "",
        further: { ...further, edited: undefined, isDeleted: true, reactions: [] },
      });
    else
      this.#replace({
        ...message,
        further: { ...further, reactions: afterReaction(further.reactions, frame) },
      });
  }

  /** The message that a change concerns; undefined if it is not known. */
  #known(of: unknown): Current | undefined {
    const message = this.messages.findLast(({ id }) => id === of);
    const isBefore = !this.#isWhole && Number(of) < Number(this.messages[0]?.id ?? Number.POSITIVE_INFINITY);
    if (message === undefined && !isBefore)
      this.#story.fault(`ORD-1 ${this.#who} was told of a change to ${of}, which it does not have`);
    return message;
  }

  #replace(message: Current): void {
    if (this.#known(message.id) === undefined) return;
    this.messages[this.messages.findLastIndex(({ id }) => id === message.id)] = message;
  }

  /** The cursor follows what is told. */
  #move({ id, time }: Told): void {
    if (Number(id) > this.cursor.id) this.cursor = { id: Number(id), time: Number(time) };
  }
}

function afterReaction(
  reactions: Further["reactions"],
  { emoji: told, on, count: toldCount, by, name }: Told,
): Further["reactions"] {
  const emoji = String(told);
  const count = Number(toldCount);
  const person = { by: String(by), name: String(name) };
  const before = reactions.find((each) => each.emoji === emoji);
  const isKnown = before?.by.some((each) => each.by === person.by) ?? false;
  const others = before?.by.filter((each) => each.by !== person.by) ?? [];
  const reactors = on !== true ? others : isKnown ? (before?.by ?? []) : [...others, person];
  const now = { emoji, count, by: reactors.slice(0, REACTORS_SHOWN) };
  const all =
    before === undefined ? [...reactions, now] : reactions.map((each) => (each === before ? now : each));
  return all.filter((each) => each.count > 0);
}
