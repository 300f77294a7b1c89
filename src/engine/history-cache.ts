import { PAGE_MAX } from "../protocol/limits.ts";
import type { Page, PageRequest } from "../protocol/page.ts";
import type { Archive } from "./archive.ts";
import type { MessageRecord } from "./record.ts";

/** So many newest pages are remembered at one time: clients of one kind ask for one size. */
const NEWEST_PAGES_MOST = 4;
/** Records go once they exceed the budget by this share, so that few batches move them. */
const SLACK = 1 / 8;

/** What somebody asks of the history; null for the whole, as version 2 has it. */
export type HistoryRequest = PageRequest | null;

/** What was read from the archive for one request. */
export interface HistoryRead {
  /** Oldest first. */
  readonly records: readonly MessageRecord[];
  /** Nothing is missing between the records and this id. */
  readonly upTo: number;
  /** Whether the records are all that the request is shown, whatever comes later. */
  readonly isWhole: boolean;
  /** Whether this is another history than the request names: the records are of its newest page. */
  readonly isForeign?: boolean;
}

/** The newest messages of a room, as one `get` of version 2 shows them. */
export interface HistorySnapshot {
  /** Their size as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** Their JSON texts joined by commas, oldest first, in UTF-8. Shared: it must not be changed. */
  encoded(): Uint8Array;
}

/** Asks for what follows a message. */
type RequestAfter = PageRequest & { readonly after: number };

/**
 * The newest messages of a room, in memory, and what was read of older ones. Reading changes nothing that is shown: a page
 * or a snapshot is a function of the request and of the id up to which it shows messages, so that each `get` of a batch
 * sees its own place in the order, though the whole batch is taken in first.
 *
 * A request for what follows a message also looks at that message: its id and time tell whether this is the history that
 * the client knows.
 */
export class HistoryCache {
  readonly #archive: Archive;
  readonly #budgetBytes: number;
  /** Oldest first: all messages with ids above `#above`. */
  #recent: MessageRecord[] = [];
  #above: number;
  /** Of `#recent`, as version 3 and as version 2 show it, commas included. */
  #bytes = 0;
  #classicBytes = 0;
  /** Whether `#recent` has all that version 2 is shown. */
  #holdsHistory = false;
  #snapshot: (HistorySnapshot & { readonly upTo: number }) | null = null;
  /** The snapshot that was encoded last: how far it goes. */
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

  /** What is kept in memory, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes + this.#encodedHistory.text.length;
  }

  /** The id of the newest message, 0 for none. */
  get newestId(): number {
    return this.#recent.at(-1)?.id ?? this.#archive.lastId;
  }

  /** Takes in messages that were stored. */
  take(records: readonly MessageRecord[]): void {
    if (records.length === 0) return;
    for (const record of records) {
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

  /** How many messages must be read for a request, at most; infinitely many for all that fit. */
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
    // A history that has no such message shows its newest page instead.
    return this.#isForeign(request, this.newestId, read) && !this.#hasBelow(request);
  }

  /** Reads what a request needs. It may run beside batches. Rejects as the store does. */
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

  /** A page. What it needs must have been read. @param upTo the newest message that it may show */
  page(request: PageRequest, upTo: number, read?: HistoryRead): Page {
    const { limit, before } = request;
    if (isAfter(request)) return this.#pageAfter(request, upTo, read);
    if (before === null) return this.#newestPage(limit, upTo, read);
    const shown = read?.isWhole ? read.records : this.#last(limit + 1, Math.min(before - 1, upTo), read);
    return this.#pageOf(shown.slice(-limit), shown.length > limit || this.#isBehind(shown), null);
  }

  /** The newest messages as version 2 has them. They must have been read. @param upTo the newest that it may show */
  history(upTo: number, read?: HistoryRead): HistorySnapshot {
    if (this.#snapshot?.upTo === upTo) return this.#snapshot;
    const shown = this.#newestWithin(this.#last(Number.POSITIVE_INFINITY, upTo, read));
    const bytes = sizeOf(shown);
    this.#snapshot = { upTo, bytes, encoded: () => this.#encoded(shown, bytes) };
    return this.#snapshot;
  }

  /** Only what is new since the last time is encoded: a long history is shown again and again. */
  #encoded(shown: readonly MessageRecord[], bytes: number): Uint8Array {
    const { upTo, text } = this.#encodedHistory;
    const known = firstAbove(shown, upTo);
    if (known > 0 && shown[known - 1]?.id === upTo) {
      const added = shown.slice(known);
      if (added.length === 0 && bytes === text.length + 1) return text;
      // With a comma at its beginning, or without one where nothing is added.
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

  /** Lets go of all but the newest messages, as many as the largest replies show. To be called between batches. */
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

  /** What the budget is for, in bytes. */
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
    this.#keep(records, upTo);
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
    // What is stored from now on belongs to the page as well.
    if (!isWhole) this.#keep(records, upTo, Math.max(0, request.after - 1));
    return { records, upTo, isWhole };
  }

  /** The message with the id `after`, if there is one, and what follows it: something, if there is anything. */
  async #recordsFrom({ limit, after }: RequestAfter): Promise<MessageRecord[]> {
    const records = await this.#archive.above(after - 1, limit + 1, this.#budgetBytes);
    const isAlone = records.length === 1 && records[0]?.id === after;
    if (!isAlone || after === this.#archive.lastId) return records;
    return [...records, ...(await this.#archive.above(after, limit, this.#budgetBytes))];
  }

  /** Keeps records that stand before those that are kept. @param above all messages with ids above it are among them */
  #keep(records: readonly MessageRecord[], upTo: number, above?: number): void {
    // Batches may have gone on, and what they stored have left memory again.
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

  /** Whether a request asks for what follows a message that there may be. */
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

  /** Whether memory has a page of the newest messages, or of those below an id. */
  #hasBelow({ limit, before, after }: PageRequest): boolean {
    if (this.#isWhole) return true;
    const upTo = after !== null || before === null ? Number.POSITIVE_INFINITY : before - 1;
    const count = firstAbove(this.#recent, upTo);
    return count >= limit || (count === this.#recent.length && this.#bytes >= this.#budgetBytes);
  }

  /** Whether memory has all there is. */
  get #isWhole(): boolean {
    const { firstId } = this.#archive;
    return firstId === 0 || firstId > this.#above;
  }

  /** The newest `most` messages up to an id, out of what was read and what is in memory of later ones. */
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

  /** What was read of messages that are not in memory. */
  #olderIn(read: HistoryRead | undefined, above: number, upTo: number): readonly MessageRecord[] {
    const first = this.#recent[0]?.id ?? Number.POSITIVE_INFINITY;
    return read?.records.filter(({ id }) => id > above && id < first && id <= upTo) ?? [];
  }

  /** Whether there are messages before those. */
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

  /** The message with the id `after`, if there is one, and what follows it, `most` in all. */
  #from({ after }: RequestAfter, upTo: number, most: number, read?: HistoryRead): readonly MessageRecord[] {
    return read?.isWhole ? read.records : this.#first(most, after - 1, upTo, read);
  }

  /** Whether this history does not have the message that the request names, nor had it before it was pruned. */
  #isForeign(request: RequestAfter, upTo: number, read: HistoryRead | undefined): boolean {
    const { after, time } = request;
    if (after === 0) return false;
    if (after > upTo || read?.isForeign) return true;
    if (time === undefined) return false;
    const [first] = this.#from(request, upTo, 1, read);
    if (first?.id === after) return first.time !== time;
    const { firstId, emptiedTo } = this.#archive;
    const isPruned = after < firstId && after > emptiedTo;
    // An earlier message of this history was not sent later, unless a clock was set back.
    return !(isPruned && first !== undefined && time <= first.time);
  }

  /** The newest page, made once for all who ask until the next message. */
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

  /** A page within the budget: what does not fit is left out at the end where the next page goes on. */
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
    // What was taken away with all there was is no part of this history.
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

/** Where the first record with an id above `id` stands. */
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

/** The size of messages as version 2 shows them, each with a comma, in bytes. */
function sizeOf(records: readonly MessageRecord[]): number {
  let bytes = 0;
  for (const { classicBytes } of records) bytes += classicBytes + 1;
  return bytes;
}
