const EVENTS_PER_BLOCK = 16;
const FIELDS = 4;
const OFFSET = 0;
const ID = 1;
const COUNT = 2;
const REPLY_BYTES = 3;
/** Where the first event begins in a file that was rewritten: after the bracket and a line break. */
export const FIRST_LINE_AT = "[\n".length;

/** Where a block of events begins, and what comes before it. */
interface BlockStart {
  /** At which byte of the file. */
  readonly offset: number;
  /** The id of its first event. */
  readonly id: number;
  /** How many messages come before it, and how many reply bytes they have as they are stored. */
  readonly countBefore: number;
  readonly replyBytesBefore: number;
}

/** Blocks that follow each other: at which byte of the file they begin, and end; undefined at the end of the history. */
export interface BlockRange {
  /** The id of the first event. */
  readonly firstId: number;
  readonly start: number;
  readonly stop: number | undefined;
}

/** The oldest messages of a file, which are not kept any longer, and the changes before and between them. */
export interface ExpiredRecords {
  /** How many messages. */
  readonly count: number;
  readonly changes: number;
  /** The size of all their lines. */
  readonly bytes: number;
  readonly replyBytes: number;
  /** The id of the first message that stays. */
  readonly firstId: number;
}

/**
 * Where the events of a history file are. It holds one entry for every 16 messages and changes (32 bytes, so 2 MB for a
 * million); an event between two entries is found by reading up to 16.
 */
export class HistoryIndex {
  /** How many messages there are. */
  count = 0;
  /** How many changes there are. */
  changes = 0;
  /** The id of the oldest message, 0 if there is none. */
  firstId = 0;
  /** The id of the newest message, 0 if there is none. */
  lastId = 0;
  /** The id of the newest event, 0 if there is none: no event that follows may have this id or a lower one. */
  lastEventId = 0;
  /** The `MessageRecord.replyBytes` of all messages together, as they are stored. */
  replyBytes = 0;
  #blocks = new Float64Array(16 * FIELDS);
  #length = 0;
  /** Events in the newest block. */
  #inBlock = 0;

  /** Notes the message that follows the last event; `offset` is where its brace opens. */
  add(offset: number, id: number, replyBytes: number): void {
    this.#note(offset, id);
    if (this.count === 0) this.firstId = id;
    this.count++;
    this.lastId = id;
    this.replyBytes += replyBytes;
  }

  /** Notes the change that follows the last event, likewise. */
  addChange(offset: number, id: number): void {
    this.#note(offset, id);
    this.changes++;
  }

  /** Whether the file has no event at all. */
  get isEmpty(): boolean {
    return this.lastEventId === 0;
  }

  /** Forgets the oldest messages, once the file was rewritten without them. At least one must stay. */
  expire({ count, changes, bytes, replyBytes, firstId }: ExpiredRecords): void {
    const first = this.#firstBlock(({ offset }) => offset > FIRST_LINE_AT + bytes) - 1;
    this.#blocks = this.#blocks.slice(first * FIELDS, this.#length * FIELDS);
    this.#length -= first;
    this.count -= count;
    this.changes -= changes;
    this.replyBytes -= replyBytes;
    this.firstId = firstId;
    for (let at = 0; at < this.#blocks.length; at += FIELDS) {
      this.#subtract(at + OFFSET, bytes);
      this.#subtract(at + COUNT, count);
      this.#subtract(at + REPLY_BYTES, replyBytes);
    }
    this.#blocks.set([FIRST_LINE_AT, firstId, 0, 0]);
  }

  /**
   * Where to read for messages with ids below `before`: from a block on behind whose start there are `count` of them, or
   * about `budgetBytes`, if there are so many, to the end of the block that holds the last of them.
   */
  blocksBelow(before: number, count: number, budgetBytes: number): BlockRange {
    const after = this.#firstBlock(({ id }) => id >= before);
    // The block before it may hold all of the wanted messages or none.
    const { countBefore, replyBytesBefore } = this.#block(after - 1);
    const byBytes = this.#firstBlock((block) => block.replyBytesBefore > replyBytesBefore - budgetBytes) - 1;
    const byCount = this.#firstBlock((block) => block.countBefore > countBefore - count) - 1;
    return this.#range(Math.max(byBytes, byCount), after);
  }

  /** Where to read for the newest `count` messages with ids above `after` and below `before`, if there are so many. */
  blocksBetween(after: number, before: number, count: number): BlockRange {
    const end = this.#firstBlock(({ id }) => id >= before);
    const { countBefore } = this.#block(end - 1);
    const byCount = this.#firstBlock((block) => block.countBefore > countBefore - count) - 1;
    const byId = this.#firstBlock(({ id }) => id > after) - 1;
    return this.#range(Math.max(byCount, byId), end);
  }

  /** Where to read for the first `count` events with ids above `after`, if there are so many. */
  blocksAbove(after: number, count: number): BlockRange {
    const first = Math.max(0, this.#firstBlock(({ id }) => id > after) - 1);
    // The first block may hold none of the wanted events; those behind it are full.
    return this.#range(first, first + 1 + Math.ceil(count / EVENTS_PER_BLOCK));
  }

  /** Where to read for the event with an id: the block that holds it. */
  blockOf(id: number): BlockRange {
    const after = this.#firstBlock((block) => block.id > id);
    return this.#range(after - 1, after);
  }

  /** Where to read for a message, given how many come before it: the block that holds it, and how many come before the block. */
  blockWith(countBefore: number): BlockRange & Pick<BlockStart, "countBefore"> {
    const after = this.#firstBlock((block) => block.countBefore > countBefore);
    return { ...this.#range(after - 1, after), countBefore: this.#block(after - 1).countBefore };
  }

  /** Starts of blocks from the newest backwards, in growing steps, the oldest last. */
  *blocksBackwards(): Generator<number> {
    let number = this.#length - 1;
    for (let step = 1; number > 0; step *= 2) {
      yield this.#block(number).offset;
      number -= step;
    }
    if (this.#length > 0) yield this.#block(0).offset;
  }

  #note(offset: number, id: number): void {
    if (this.#length === 0 || this.#inBlock === EVENTS_PER_BLOCK) this.#open(offset, id);
    this.#inBlock++;
    this.lastEventId = id;
  }

  #open(offset: number, id: number): void {
    const at = this.#length * FIELDS;
    if (at + FIELDS > this.#blocks.length) {
      const larger = new Float64Array((at + FIELDS) * 2);
      larger.set(this.#blocks);
      this.#blocks = larger;
    }
    this.#blocks.set([offset, id, this.count, this.replyBytes], at);
    this.#length++;
    this.#inBlock = 0;
  }

  #subtract(at: number, value: number): void {
    this.#blocks[at] = (this.#blocks[at] ?? 0) - value;
  }

  #block(number: number): BlockStart {
    const at = Math.max(number, 0) * FIELDS;
    return {
      offset: this.#blocks[at + OFFSET] ?? 0,
      id: this.#blocks[at + ID] ?? 0,
      countBefore: this.#blocks[at + COUNT] ?? 0,
      replyBytesBefore: this.#blocks[at + REPLY_BYTES] ?? 0,
    };
  }

  /** The blocks with numbers from `first` on, to the one before `end`. */
  #range(first: number, end: number): BlockRange {
    const { id: firstId, offset: start } = this.#block(first);
    return {
      firstId,
      start,
      stop: end < this.#length ? this.#block(end).offset : undefined,
    };
  }

  /** The number of the first block for which `holds`, which must hold for all blocks after it too. */
  #firstBlock(holds: (block: BlockStart) => boolean): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#block(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
