const RECORDS_A_BLOCK = 64;
const FIELDS = 3;
const OFFSET = 0;
const ID = 1;
const REPLY_BYTES = 2;

/** Where a block of records begins: at which byte of the file, with which id, after how many reply bytes. */
export interface BlockStart {
  readonly offset: number;
  readonly id: number;
  readonly replyBytesBefore: number;
}

/** The oldest records of a file, which are to go. */
export interface Cut {
  readonly count: number;
  readonly bytes: number;
  readonly replyBytes: number;
  /** The id of the first record that stays. */
  readonly firstId: number;
}

/**
 * Where the records of a history file stand. It holds one entry for every 64 records (24 bytes, so 375 KB for a
 * million records); what lies between two entries is found by reading the 64.
 */
export class HistoryIndex {
  count = 0;
  lastId = 0;
  /** The `MessageRecord.replyBytes` of all records together. */
  replyBytes = 0;
  #blocks = new Float64Array(16 * FIELDS);
  /** Records that were cut off the first block. */
  #cutOff = 0;

  /** Notes the record that follows the last one; `offset` is where its brace opens. */
  add(offset: number, id: number, replyBytes: number): void {
    if ((this.#cutOff + this.count) % RECORDS_A_BLOCK === 0) this.#open(offset, id);
    this.count++;
    this.lastId = id;
    this.replyBytes += replyBytes;
  }

  /** Forgets the oldest records, which went out of the file. One at least must stay. */
  cut({ count, bytes, replyBytes, firstId }: Cut): void {
    const { offset } = this.#block(0);
    const whole = Math.floor((this.#cutOff + count) / RECORDS_A_BLOCK);
    this.#blocks = this.#blocks.slice(whole * FIELDS, this.#length * FIELDS);
    this.#cutOff = (this.#cutOff + count) % RECORDS_A_BLOCK;
    this.count -= count;
    this.replyBytes -= replyBytes;
    for (let at = 0; at < this.#blocks.length; at += FIELDS) {
      this.#blocks[at + OFFSET] = (this.#blocks[at + OFFSET] ?? 0) - bytes;
      this.#blocks[at + REPLY_BYTES] = (this.#blocks[at + REPLY_BYTES] ?? 0) - replyBytes;
    }
    this.#blocks.set([offset, firstId, 0]);
  }

  /** The id of the oldest record, 0 when there is none. */
  get firstId(): number {
    return this.count === 0 ? 0 : this.#block(0).id;
  }

  /**
   * Where to read for some records with ids below `before` and no more: from a block on that has `count` of them, or
   * `budgetBytes`, behind its start, as far as there are so many, to the end of the block that the last of them is in.
   */
  blocksBelow(
    before: number,
    count: number,
    budgetBytes: number,
  ): { readonly start: number; readonly stop: number | undefined } {
    const after = this.#firstBlock((block) => block.id >= before);
    // The block before may hold all or none of those that are wanted.
    const end = this.#block(after - 1).replyBytesBefore;
    const byBytes = this.#firstBlock((block) => block.replyBytesBefore > end - budgetBytes) - 1;
    const byCount = after - 1 - Math.ceil(count / RECORDS_A_BLOCK);
    return {
      start: this.#block(Math.max(byBytes, byCount)).offset,
      stop: after < this.#length ? this.#block(after).offset : undefined,
    };
  }

  /** Where to read for the records with ids above `after`: the block in which the first of them is. */
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

  /** A block at or before the oldest record from which on everything takes at most `budgetBytes`. */
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
    return Math.ceil((this.#cutOff + this.count) / RECORDS_A_BLOCK);
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
