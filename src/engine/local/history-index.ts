const MESSAGES_PER_BLOCK = 64;
const FIELDS = 3;
const OFFSET = 0;
const ID = 1;
const REPLY_BYTES = 2;
/** Where the first event begins in a file that was rewritten: after the bracket and a line break. */
export const FIRST_LINE_AT = "[\n".length;

/** Where a block of messages begins: at which byte of the file, with which id, after how many reply bytes. */
export interface BlockStart {
  readonly offset: number;
  readonly id: number;
  readonly replyBytesBefore: number;
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
 * Where the messages of a history file are. It holds one entry for every 64 messages (24 bytes, so 375 KB for a
 * million messages); a message between two entries is found by reading up to 64.
 */
export class HistoryIndex {
  /** How many messages there are. */
  count = 0;
  /** How many changes there are. */
  changes = 0;
  /** The id of the newest message, 0 if there is none. */
  lastId = 0;
  /** The id of the newest event, 0 if there is none: no event that follows may have this id or a lower one. */
  lastEventId = 0;
  /** The `MessageRecord.replyBytes` of all messages together. */
  replyBytes = 0;
  #blocks = new Float64Array(16 * FIELDS);
  /** Messages of the first block that have expired. */
  #expired = 0;

  /** Notes the message that follows the last event; `offset` is where its brace opens. */
  add(offset: number, id: number, replyBytes: number): void {
    if ((this.#expired + this.count) % MESSAGES_PER_BLOCK === 0) this.#open(offset, id);
    this.count++;
    this.lastId = id;
    this.lastEventId = id;
    this.replyBytes += replyBytes;
  }

  /** Notes the change that follows the last event. It cannot be looked up. */
  skip(id: number): void {
    this.changes++;
    this.lastEventId = id;
  }

  /** Whether the file has no event at all. */
  get isEmpty(): boolean {
    return this.lastEventId === 0;
  }

  /** Forgets the oldest messages, once the file was rewritten without them. At least one must stay. */
  expire({ count, changes, bytes, replyBytes, firstId }: ExpiredRecords): void {
    const whole = Math.floor((this.#expired + count) / MESSAGES_PER_BLOCK);
    this.#blocks = this.#blocks.slice(whole * FIELDS, this.#length * FIELDS);
    this.#expired = (this.#expired + count) % MESSAGES_PER_BLOCK;
    this.count -= count;
    this.changes -= changes;
    this.replyBytes -= replyBytes;
    for (let at = 0; at < this.#blocks.length; at += FIELDS) {
      this.#blocks[at + OFFSET] = (this.#blocks[at + OFFSET] ?? 0) - bytes;
      this.#blocks[at + REPLY_BYTES] = (this.#blocks[at + REPLY_BYTES] ?? 0) - replyBytes;
    }
    this.#blocks.set([FIRST_LINE_AT, firstId, 0]);
  }

  /** The id of the oldest message, 0 if there is none. */
  get firstId(): number {
    return this.count === 0 ? 0 : this.#block(0).id;
  }

  /**
   * Where to read for messages with ids below `before`: from a block on behind whose start there are `count` of them, or
   * `budgetBytes`, if there are so many, to the end of the block that holds the last of them.
   */
  blocksBelow(
    before: number,
    count: number,
    budgetBytes: number,
  ): { readonly start: number; readonly stop: number | undefined } {
    const after = this.#firstBlock((block) => block.id >= before);
    // The block before it may hold all of the wanted messages or none.
    const end = this.#block(after - 1).replyBytesBefore;
    const byBytes = this.#firstBlock((block) => block.replyBytesBefore > end - budgetBytes) - 1;
    const byCount = after - 1 - Math.ceil(count / MESSAGES_PER_BLOCK);
    return {
      start: this.#block(Math.max(byBytes, byCount)).offset,
      stop: after < this.#length ? this.#block(after).offset : undefined,
    };
  }

  /** Where to read for messages with ids above `after`: the block that holds the first of them. */
  blockAbove(after: number): number {
    return this.#block(this.#firstBlock((block) => block.id > after) - 1).offset;
  }

  /** Starts of blocks from the newest backwards, in growing steps, the oldest last. */
  *blocksBackwards(): Generator<number> {
    let number = this.#length - 1;
    for (let step = 1; number > 0; step *= 2) {
      yield this.#block(number).offset;
      number -= step;
    }
    if (this.count > 0) yield this.#block(0).offset;
  }

  /** A block at or before the oldest message from which on all messages together take at most `budgetBytes`. */
  blockWithin(budgetBytes: number): BlockStart | undefined {
    if (this.count === 0) return undefined;
    const before = this.replyBytes - budgetBytes;
    return this.#block(this.#firstBlock((at) => at.replyBytesBefore >= before) - 1);
  }

  #open(offset: number, id: number): void {
    const at = this.#length * FIELDS;
    if (at === this.#blocks.length) {
      const larger = new Float64Array(at * 2);
      larger.set(this.#blocks);
      this.#blocks = larger;
    }
    this.#blocks[at + OFFSET] = offset;
    this.#blocks[at + ID] = id;
    this.#blocks[at + REPLY_BYTES] = this.replyBytes;
  }

  get #length(): number {
    return Math.ceil((this.#expired + this.count) / MESSAGES_PER_BLOCK);
  }

  #block(number: number): BlockStart {
    const at = Math.max(number, 0) * FIELDS;
    return {
      offset: this.#blocks[at + OFFSET] ?? 0,
      id: this.#blocks[at + ID] ?? 0,
      replyBytesBefore: this.#blocks[at + REPLY_BYTES] ?? 0,
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
