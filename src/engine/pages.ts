import { PAGE_MAX } from "../protocol/limits.ts";
import type { Page, PageRequest } from "../protocol/page.ts";
import type { Archive } from "./archive.ts";
import type { MessageRecord } from "./record.ts";

/** Newest pages that are kept at one time: clients of one kind ask for one size. */
const NEWEST_PAGES_MOST = 4;

/** What was looked up for a page; for one behind a message, that message as well. */
interface Found {
  readonly shown: Shown[];
  readonly more: boolean;
}

/** Asks for what comes behind a message. */
type RequestAbove = PageRequest & { readonly after: number };

/** A message as a page shows it. */
interface Shown {
  readonly id: number;
  readonly time: number;
  readonly text: string;
}

/**
 * The pages of a room's history: recent ones from memory, older ones from the archive. What is asked for in a batch is
 * first looked up, before the batch is stored, and then made at its place in the batch: the newest messages may be of
 * the batch itself, and only memory has these in time.
 *
 * Who asks for what comes behind a message has that message looked up along with it: by its id and time it is known
 * whether this is the history that it was told of.
 */
export class Pages {
  readonly #archive: Archive;
  readonly #budgetBytes: number;
  /** The newest messages, oldest first: all those with ids above `#above`. */
  #recent: Shown[] = [];
  #above: number;
  #bytes = 0;
  /** What was looked up in the archive, by the request it is for. */
  readonly #found = new Map<PageRequest, Found>();
  /** Newest pages by how many messages were asked for. */
  readonly #newest = new Map<number, Page>();

  /** @param budgetBytes the most one page may have, and the most that is kept, in bytes of JSON */
  constructor(archive: Archive, budgetBytes: number) {
    this.#archive = archive;
    this.#budgetBytes = budgetBytes;
    this.#above = archive.lastId;
  }

  /** What is kept in memory, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes in a message that was stored. */
  push(record: MessageRecord): void {
    this.#newest.clear();
    const shown = shownOf(record);
    this.#recent.push(shown);
    this.#bytes += cost(shown.text);
  }

  /** How many messages must be looked up for a page. */
  missing(request: PageRequest): number {
    const { limit, before } = request;
    if (isAbove(request) && request.after <= this.#newestId) return this.#missingAbove(request);
    return this.#isWhole || this.#below(before).length >= limit ? 0 : limit;
  }

  #missingAbove({ limit, after, time }: RequestAbove): number {
    const first = time === undefined ? after + 1 : after;
    return first <= this.#above ? Math.min(limit + 1, this.#archive.lastId - after + 1) : 0;
  }

  /** Looks up what a page needs that is not in memory. May reject as the disk does. */
  async lookUp(request: PageRequest): Promise<void> {
    if (isAbove(request)) {
      if (this.#missingAbove(request) > 0) await this.#lookUpAbove(request);
      // By what comes first in the batch it may turn out that it is none.
      if (this.#isForeign(request, this.#fromPosition(request))) await this.lookUp(newest(request.limit));
    } else if (this.missing(request) === 0) return;
    else if (request.before !== null && request.before <= this.#above)
      await this.#lookUpBelow(request, request.before);
    else this.#keep(await this.#archive.below(this.#above + 1, request.limit, this.#budgetBytes));
  }

  async #lookUpAbove(request: RequestAbove): Promise<void> {
    const { lastId } = this.#archive;
    const records = await this.#recordsFrom(request);
    if ((records.at(-1)?.id ?? lastId) < lastId) {
      this.#found.set(request, { shown: records.map(shownOf), more: true });
    } else {
      // What the batch adds belongs to the page as well.
      this.#keep(records.filter(({ id }) => id <= this.#above));
      this.#above = Math.max(0, request.after - 1);
    }
  }

  /** The message with the id `after`, if there is one, and what follows it: something, if there is anything. */
  async #recordsFrom({ limit, after }: RequestAbove): Promise<MessageRecord[]> {
    const records = await this.#archive.above(after - 1, limit + 1, this.#budgetBytes);
    const isAlone = records.length === 1 && records[0]?.id === after;
    if (!isAlone || after === this.#archive.lastId) return records;
    return [...records, ...(await this.#archive.above(after, limit, this.#budgetBytes))];
  }

  async #lookUpBelow(request: PageRequest, before: number): Promise<void> {
    const records = await this.#archive.below(before, request.limit, this.#budgetBytes);
    const shown = records.map(shownOf);
    this.#found.set(request, { shown, more: this.#isBehind(shown) });
  }

  /** Whether there are messages before those. */
  #isBehind([oldest]: readonly Shown[]): boolean {
    return oldest !== undefined && oldest.id > this.#archive.firstId;
  }

  /** The page at this moment. What it needs must have been looked up. */
  page(request: PageRequest): Page {
    const { limit, before } = request;
    if (isAbove(request)) return this.#pageAbove(request);
    const found = this.#found.get(request);
    this.#found.delete(request);
    return before === null ? this.#newestPage(limit) : this.#pageBelow(before, limit, found);
  }

  #pageAbove(request: RequestAbove): Page {
    const { limit, after } = request;
    const from = this.#fromPosition(request);
    const more = this.#found.get(request)?.more;
    this.#found.delete(request);
    if (this.#isForeign(request, from)) return { ...this.#newestPage(limit), reset: true };
    const shown = from[0]?.id === after ? from.slice(1) : from;
    return this.#cut(shown.slice(0, limit), more ?? shown.length > limit, after);
  }

  /** The message with the id `after`, if there is one and it is held, and what follows it. */
  #fromPosition(request: RequestAbove): readonly Shown[] {
    const found = this.#found.get(request);
    return found?.shown ?? this.#recent.slice(firstAbove(this.#recent, request.after - 1));
  }

  /**
   * Whether the history has no such message as is asked to go on from, nor had one that it no longer keeps.
   *
   * @param from that message, if there is one, and what follows it
   */
  #isForeign({ after, time }: RequestAbove, [first]: readonly Shown[]): boolean {
    if (after === 0) return false;
    if (after > this.#newestId) return true;
    if (time === undefined) return false;
    if (first?.id === after) return first.time !== time;
    const { firstId, emptiedTo } = this.#archive;
    const isPruned = after < firstId && after > emptiedTo;
    // An earlier message of this history was not sent later, but for a clock that was set back.
    return !(isPruned && first !== undefined && time <= first.time);
  }

  get #newestId(): number {
    return this.#recent.at(-1)?.id ?? this.#archive.lastId;
  }

  /** The newest page, made once for all who ask until the next message. */
  #newestPage(limit: number): Page {
    const made = this.#newest.get(limit);
    if (made !== undefined) return made;
    const page = this.#pageBelow(null, limit, undefined);
    if (this.#newest.size < NEWEST_PAGES_MOST) this.#newest.set(limit, page);
    return page;
  }

  #pageBelow(before: number | null, limit: number, found: Found | undefined): Page {
    const shown = found?.shown ?? this.#below(before);
    const more = found?.more ?? (shown.length > limit || !this.#isWhole);
    return this.#cut(shown.slice(-limit), more, null);
  }

  /** Lets go of all but the newest messages, enough for the largest page. */
  trim(): void {
    this.#found.clear();
    const excess = this.#recent.length > 2 * PAGE_MAX ? this.#recent.length - PAGE_MAX : 0;
    let drop = 0;
    for (const { id, text } of this.#recent) {
      if (drop >= excess && this.#bytes <= this.#budgetBytes) break;
      this.#bytes -= cost(text);
      this.#above = id;
      drop++;
    }
    this.#recent.splice(0, drop);
    if (drop > 0) this.#newest.clear();
  }

  /** Whether memory has all there is. */
  get #isWhole(): boolean {
    const { firstId } = this.#archive;
    return firstId === 0 || firstId > this.#above;
  }

  #below(before: number | null): Shown[] {
    return before === null ? this.#recent : this.#recent.slice(0, firstAbove(this.#recent, before - 1));
  }

  /** Keeps records that stand before what is kept. */
  #keep(records: readonly MessageRecord[]): void {
    const shown = records.map(shownOf);
    for (const { text } of shown) this.#bytes += cost(text);
    this.#newest.clear();
    this.#recent = [...shown, ...this.#recent];
    this.#above = this.#isBehind(shown) ? (shown[0]?.id ?? 1) - 1 : 0;
  }

  /** A page within the budget: what does not fit is left out on the side where the next page goes on. */
  #cut(shown: readonly Shown[], more: boolean, after: number | null): Page {
    const inOrder = after === null ? shown.toReversed() : shown;
    let bytes = 0;
    let count = 0;
    for (const { text } of inOrder) {
      bytes += cost(text);
      if (bytes > this.#budgetBytes && count > 0) break;
      count++;
    }
    const kept = after === null ? shown.slice(shown.length - count) : shown.slice(0, count);
    return {
      messages: Buffer.from(kept.map(({ text }) => text).join(",")),
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
}

function newest(limit: number): PageRequest {
  return { limit, before: null, after: null };
}

function isAbove(request: PageRequest): request is RequestAbove {
  return request.after !== null;
}

function shownOf({ id, time, shown }: MessageRecord): Shown {
  return { id, time, text: shown };
}

function cost(text: string): number {
  return Buffer.byteLength(text) + 1;
}

/** Where the first message with an id above `id` stands. */
function firstAbove(shown: readonly Shown[], id: number): number {
  let low = 0;
  let high = shown.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((shown[middle]?.id ?? 0) > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
