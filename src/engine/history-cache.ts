import { PAGE_MAX } from "../protocol/limits.ts";
import type { Page, PageRequest } from "../protocol/page.ts";
import type { Archive } from "./archive.ts";
import type { MessageRecord } from "./record.ts";

/** How many newest pages are remembered at a time: clients of one kind request pages of one size. */
const NEWEST_PAGES_MOST = 4;
/** Records are dropped once they exceed the budget by this share, so that few batches have to move them. */
const SLACK = 1 / 8;

/** What part of the history is requested; null for the whole, as in version 2. */
export type HistoryRequest = PageRequest | null;

/** What was read from the archive for one request. */
export interface HistoryRead {
  /** Oldest first. */
  readonly records: readonly MessageRecord[];
  /** Nothing is missing between the records and this id. */
  readonly upTo: number;
  /** Whether the records alone answer the request, whatever comes later. */
  readonly isWhole: boolean;
  /**
   * Whether the position in the request belongs to another history: the records are those of the newest page instead.
   */
  readonly isForeign?: boolean;
}

/** The newest messages of a room, as one `get` of version 2 shows them. */
export interface HistorySnapshot {
  /** Their size as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** Their JSON texts joined by commas, oldest first, in UTF-8. Shared: it must not be changed. */
  encoded(): Uint8Array;
}

/** A request for what follows a message. */
type RequestAfter = PageRequest & { readonly after: number };

/**
 * The newest messages of a room, in memory, and older ones that were read. Reading never changes what is shown: a page
 * or a snapshot is a function of the request and of the id up to which it shows messages. So each `get` of a batch
 * shows the history at its own place in the order, although the cache takes in the whole batch first.
 *
 * A request for what follows a message also looks at that message: its id and time tell whether this is the history
 * that the client knows.
 */
export class HistoryCache {
  readonly #archive: Archive;
  readonly #budgetBytes: number;
  /** Oldest first: all messages with ids above `#above`. */
  #recent: MessageRecord[] = [];
  #above: number;
  /** The size of `#recent` as version 3 and as version 2 show it, commas included. */
  #bytes = 0;
  #classicBytes = 0;
  /** Whether `#recent` has everything that version 2 shows. */
  #holdsHistory = false;
  #snapshot: (HistorySnapshot & { readonly upTo: number }) | null = null;
  /** The snapshot that was encoded last, and the id up to which it goes. */
  #encodedHistory: { readonly upTo: number; readonly text: Uint8Array } = {
    upTo: 0,
    text: new Uint8Array(0),
  };
  /** Newest pages, by limit and last id. */
  readonly #newest = new Map<string, Page>();

  /** @param budgetBytes the most that one reply shows, and about the most that is kept, in bytes of JSON */
  constructor(archive: Archive, budgetBytes: number) {
    this.#archive = archive;
    this.#budgetBytes = budgetBytes;
    this.#above = archive.lastId;
  }

  /** How much is kept in memory, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes + this.#encodedHistory.text.length;
  }

  /** The id of the newest message that was taken in, 0 for none. The archive may have newer ones for a moment. */
  get newestId(): number {
    return this.#recent.at(-1)?.id ?? this.#above;
  }

  /** Takes in messages that were stored, unless the archive had them already when the cache was made. */
  take(records: readonly MessageRecord[]): void {
    if (records.length === 0) return;
    for (const record of records) {
      if (record.id <= this.newestId) continue;
      this.#recent.push(record.compact());
      this.#count(record, 1);
    }
    this.#forgetMade();
  }

  /** A message that is in memory. */
  message(id: number): MessageRecord | undefined {
    const record = this.#recent[firstAbove(this.#recent, id - 1)];
    return record?.id === id ? record : undefined;
  }

  /** How many messages must be read for a request, at most; infinity means as many as fit. */
  missing(request: HistoryRequest): number {
    if (request === null) return this.#holdsHistory || this.#isWhole ? 0 : Number.POSITIVE_INFINITY;
    if (this.#isKnownPlace(request)) return this.#missingAfter(request);
    return this.#hasBelow(request) ? 0 : request.limit;
  }

  /** Whether something must be read before a request can be answered. @param read what was read for it */
  needsRead(request: HistoryRequest, read?: HistoryRead): boolean {
    if (request === null || !this.#isKnownPlace(request) || read?.isForeign)
      return !read?.isWhole && !this.#isConnected(read) && this.missing(request) > 0;
    if (!read?.isWhole && !this.#isConnected(read) && this.#missingAfter(request) > 0) return true;
    // If the history has no such message, its newest page is shown instead.
    return this.#isForeign(request, this.newestId, read) && !this.#hasBelow(request);
  }

  /** Reads what a request needs. It may run beside batches. Rejects if the store fails. */
  async read(request: HistoryRequest): Promise<HistoryRead> {
    if (request === null) return this.#readHistory();
    const { before, limit } = request;
    if (this.#isKnownPlace(request)) {
      const read = this.#missingAfter(request) > 0 ? await this.#readAfter(request) : this.#nothingRead();
      if (!this.#isForeign(request, this.newestId, read)) return read;
      return { ...(await this.#readNewest(limit)), isForeign: true };
    }
    return before !== null && before <= this.#above
      ? this.#readBelow(before, limit)
      : this.#readNewest(limit);
  }

  /** A page. What it needs must have been read. @param upTo the id of the newest message that it may show */
  page(request: PageRequest, upTo: number, read?: HistoryRead): Page {
    const { limit, before } = request;
    if (isAfter(request)) return this.#pageAfter(request, upTo, read);
    if (before === null) return this.#newestPage(limit, upTo, read);
    const shown = read?.isWhole ? read.records : this.#last(limit + 1, Math.min(before - 1, upTo), read);
    return this.#pageOf(shown.slice(-limit), shown.length > limit || this.#isBehind(shown), null);
  }

  /**
   * The newest messages, for version 2. They must have been read.
   *
   * @param upTo the id of the newest one that it may show
   */
  history(upTo: number, read?: HistoryRead): HistorySnapshot {
    if (this.#snapshot?.upTo === upTo) return this.#snapshot;
    const shown = this.#newestWithin(this.#last(Number.POSITIVE_INFINITY, upTo, read));
    const bytes = sizeOf(shown);
    this.#snapshot = { upTo, bytes, encoded: () => this.#encoded(shown, bytes) };
    return this.#snapshot;
  }

  /** Encodes only what is new since the last time, because a long history is shown again and again. */
  #encoded(shown: readonly MessageRecord[], bytes: number): Uint8Array {
    const { upTo, text } = this.#encodedHistory;
    const known = firstAbove(shown, upTo);
    if (known > 0 && shown[known - 1]?.id === upTo) {
      const added = shown.slice(known);
      if (added.length === 0 && bytes === text.length + 1) return text;
      // Begins with a comma, unless nothing is added.
      const rest = Buffer.from(added.map(({ classic }) => `,${classic}`).join(""));
      const keptBytes = bytes - 1 - rest.length;
      if (keptBytes <= text.length)
        return this.#keepEncoded(shown, Buffer.concat([text.subarray(text.length - keptBytes), rest]));
    }
    return this.#keepEncoded(shown, Buffer.from(shown.map(({ classic }) => classic).join(",")));
  }

  #keepEncoded(shown: readonly MessageRecord[], text: Uint8Array): Uint8Array {
    this.#encodedHistory = { upTo: shown.at(-1)?.id ?? 0, text };
    return text;
  }

  /**
   * Drops all but the newest messages: it keeps as many as the largest replies show. Must be called between batches.
   */
  trim(): void {
    const { length } = this.#recent;
    const least = this.#holdsHistory || length <= 2 * PAGE_MAX ? 0 : length - PAGE_MAX;
    const isOverBudget = this.#budgeted > this.#budgetBytes * (1 + SLACK);
    let drop = 0;
    for (const record of this.#recent) {
      const stays = this.#budgeted - (this.#holdsHistory ? record.classicBytes : record.shownBytes) - 1;
      if (drop >= least && !(isOverBudget && stays >= this.#budgetBytes)) break;
      this.#count(record, -1);
      this.#above = record.id;
      drop++;
    }
    if (drop === 0) return;
    this.#recent.splice(0, drop);
    this.#forgetMade();
  }

  /** The bytes that count towards the budget. */
  get #budgeted(): number {
    return this.#holdsHistory ? this.#classicBytes : this.#bytes;
  }

  #forgetMade(): void {
    this.#snapshot = null;
    this.#newest.clear();
  }

  #nothingRead(): HistoryRead {
    return { records: [], upTo: this.newestId, isWhole: false };
  }

  async #readHistory(): Promise<HistoryRead> {
    const upTo = this.#archive.lastId;
    const records = await this.#archive.tail(this.#budgetBytes);
    // If there are none, the newest message may be too large for a reply of version 2.
    this.#keep(records, upTo, records[0] === undefined ? upTo : undefined);
    this.#holdsHistory = this.#above <= upTo;
    return { records, upTo, isWhole: false };
  }

  async #readNewest(limit: number): Promise<HistoryRead> {
    const upTo = this.#above;
    const records = await this.#archive.below(upTo + 1, limit, this.#budgetBytes);
    this.#keep(records, upTo);
    return { records, upTo, isWhole: false };
  }

  async #readBelow(before: number, limit: number): Promise<HistoryRead> {
    const records = await this.#archive.below(before, limit, this.#budgetBytes);
    return { records, upTo: this.#archive.lastId, isWhole: true };
  }

  async #readAfter(request: RequestAfter): Promise<HistoryRead> {
    const upTo = this.#archive.lastId;
    const records = await this.#recordsFrom(request);
    const isWhole = (records.at(-1)?.id ?? upTo) < upTo;
    // Messages that are stored from now on belong to the page as well.
    if (!isWhole) this.#keep(records, upTo, Math.max(0, request.after - 1));
    return { records, upTo, isWhole };
  }

  /** The message with the id `after`, if it exists, and at least one that follows it, if any do. */
  async #recordsFrom({ limit, after }: RequestAfter): Promise<MessageRecord[]> {
    const records = await this.#archive.above(after - 1, limit + 1, this.#budgetBytes);
    const isAlone = records.length === 1 && records[0]?.id === after;
    if (!isAlone || after === this.#archive.lastId) return records;
    return [...records, ...(await this.#archive.above(after, limit, this.#budgetBytes))];
  }

  /** Keeps records older than those in memory. @param above the records have all messages with ids above it */
  #keep(records: readonly MessageRecord[], upTo: number, above?: number): void {
    // Batches have gone on meanwhile, and what they stored may have left memory again.
    if (this.#above > upTo) return;
    const older = records.filter(({ id }) => id <= this.#above);
    for (const record of older) this.#count(record, 1);
    this.#recent = [...older, ...this.#recent];
    this.#forgetMade();
    const [oldest] = this.#recent;
    // Where nothing is kept, not even the newest message may have fitted.
    const reached = oldest === undefined ? this.#above : this.#isBehind(this.#recent) ? oldest.id - 1 : 0;
    this.#above = Math.min(this.#above, above ?? reached, reached);
  }

  #count({ shownBytes, classicBytes }: MessageRecord, sign: 1 | -1): void {
    this.#bytes += sign * (shownBytes + 1);
    this.#classicBytes += sign * (classicBytes + 1);
  }

  /** Whether a request asks for what follows a message that may exist. */
  #isKnownPlace(request: PageRequest): request is RequestAfter {
    return isAfter(request) && request.after <= this.newestId;
  }

  /** Whether nothing is missing between what was read and what is in memory. */
  #isConnected(read: HistoryRead | undefined): boolean {
    return read !== undefined && this.#above <= read.upTo;
  }

  #missingAfter({ limit, after, time }: RequestAfter): number {
    const first = time === undefined ? after + 1 : after;
    return first <= this.#above ? Math.min(limit + 1, this.#archive.lastId - after + 1) : 0;
  }

  /** Whether memory has a whole page of the newest messages, or of those below an id. */
  #hasBelow({ limit, before, after }: PageRequest): boolean {
    if (this.#isWhole) return true;
    const upTo = after !== null || before === null ? Number.POSITIVE_INFINITY : before - 1;
    const count = firstAbove(this.#recent, upTo);
    return count >= limit || (count === this.#recent.length && this.#bytes >= this.#budgetBytes);
  }

  /** Whether memory has the whole history. */
  get #isWhole(): boolean {
    const { firstId } = this.#archive;
    return firstId === 0 || firstId > this.#above;
  }

  /** The newest `most` messages up to an id, from what was read and from the later ones in memory. */
  #last(most: number, upTo: number, read: HistoryRead | undefined): readonly MessageRecord[] {
    const end = firstAbove(this.#recent, upTo);
    const recent = this.#recent.slice(Math.max(0, end - most), end);
    return recent.length === most ? recent : [...this.#olderIn(read, 0, upTo), ...recent].slice(-most);
  }

  /** The oldest `most` messages above an id, likewise. */
  #first(most: number, above: number, upTo: number, read: HistoryRead | undefined): readonly MessageRecord[] {
    const older = this.#olderIn(read, above, upTo);
    const start = firstAbove(this.#recent, above);
    const end = Math.min(firstAbove(this.#recent, upTo), start + Math.max(0, most - older.length));
    const recent = this.#recent.slice(start, end);
    return older.length === 0 ? recent : [...older, ...recent].slice(0, most);
  }

  /** The messages that were read and are not in memory. */
  #olderIn(read: HistoryRead | undefined, above: number, upTo: number): readonly MessageRecord[] {
    const first = this.#recent[0]?.id ?? Number.POSITIVE_INFINITY;
    return read?.records.filter(({ id }) => id > above && id < first && id <= upTo) ?? [];
  }

  /** Whether there are messages before these. */
  #isBehind([oldest]: readonly MessageRecord[]): boolean {
    return oldest !== undefined && oldest.id > this.#archive.firstId;
  }

  #pageAfter(request: RequestAfter, upTo: number, read: HistoryRead | undefined): Page {
    const { limit, after } = request;
    if (this.#isForeign(request, upTo, read)) return { ...this.#newestPage(limit, upTo, read), reset: true };
    const from = this.#from(request, upTo, limit + 2, read);
    const shown = from[0]?.id === after ? from.slice(1) : from;
    return this.#pageOf(shown.slice(0, limit), read?.isWhole === true || shown.length > limit, after);
  }

  /** The message with the id `after`, if it exists, and what follows it; at most `most` in all. */
  #from({ after }: RequestAfter, upTo: number, most: number, read?: HistoryRead): readonly MessageRecord[] {
    return read?.isWhole ? read.records : this.#first(most, after - 1, upTo, read);
  }

  /**
   * Whether the message that the request names belongs to another history: this one neither has it nor has pruned it.
   */
  #isForeign(request: RequestAfter, upTo: number, read: HistoryRead | undefined): boolean {
    const { after, time } = request;
    if (after === 0) return false;
    if (after > upTo || read?.isForeign) return true;
    if (time === undefined) return false;
    const [first] = this.#from(request, upTo, 1, read);
    if (first?.id === after) return first.time !== time;
    const { firstId, emptiedTo } = this.#archive;
    const isPruned = after < firstId && after > emptiedTo;
    // A pruned message of this history cannot be younger than the oldest one kept, unless a clock was set back.
    return !(isPruned && first !== undefined && time <= first.time);
  }

  /** The newest page. It is made once and shared by all requests until the next message. */
  #newestPage(limit: number, upTo: number, read: HistoryRead | undefined): Page {
    const key = `${limit} ${upTo}`;
    const made = this.#newest.get(key);
    if (made !== undefined) return made;
    const shown = this.#last(limit + 1, upTo, read);
    const page = this.#pageOf(shown.slice(-limit), shown.length > limit || this.#isBehind(shown), null);
    if (this.#newest.size >= NEWEST_PAGES_MOST) this.#newest.clear();
    this.#newest.set(key, page);
    return page;
  }

  /** A page within the budget. What does not fit is left out at the end where the next page continues. */
  #pageOf(shown: readonly MessageRecord[], more: boolean, after: number | null): Page {
    const inOrder = after === null ? shown.toReversed() : shown;
    let bytes = 0;
    let count = 0;
    for (const { shownBytes } of inOrder) {
      bytes += shownBytes + 1;
      if (bytes > this.#budgetBytes && count > 0) break;
      count++;
    }
    const kept = after === null ? shown.slice(shown.length - count) : shown.slice(0, count);
    return {
      messages: Buffer.from(kept.map((record) => record.shown).join(",")),
      more: more || count < shown.length,
      gap: this.#gap(after),
      reset: false,
    };
  }

  #gap(after: number | null): Page["gap"] {
    if (after === null) return null;
    const { firstId, emptiedTo } = this.#archive;
    // Messages up to `emptiedTo` are not part of this history: all of them were removed together.
    const from = Math.max(after, emptiedTo) + 1;
    return firstId > from ? { from, to: firstId - 1 } : null;
  }

  /** The newest records that fit into a reply of version 2. */
  #newestWithin(records: readonly MessageRecord[]): readonly MessageRecord[] {
    let bytes = 0;
    const excess = records.findLastIndex(({ classicBytes }) => {
      bytes += classicBytes + 1;
      return bytes > this.#budgetBytes;
    });
    return records.slice(excess + 1);
  }
}

function isAfter(request: PageRequest): request is RequestAfter {
  return request.after !== null;
}

/** The index of the first record with an id above `id`. */
function firstAbove(records: readonly MessageRecord[], id: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.id ?? 0) > id) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The size in bytes of messages as version 2 shows them, each with a comma. */
function sizeOf(records: readonly MessageRecord[]): number {
  let bytes = 0;
  for (const { classicBytes } of records) bytes += classicBytes + 1;
  return bytes;
}
