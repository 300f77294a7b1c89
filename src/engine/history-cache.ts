import { PAGE_MAX } from "../protocol/limits.ts";
import type { Page, PageRequest } from "../protocol/page.ts";
import type { Archive, EventPlace, EventRun } from "./archive.ts";
import { RecentChanges, type Taken } from "./recent-changes.ts";
import type { MessageRecord } from "./record.ts";

/** How many newest pages are remembered at a time: clients of one kind request pages of one size. */
const NEWEST_PAGES_MOST = 4;
/**
 * Records are dropped once they exceed the budget by this share, so that few batches have to move them; and so much more is
 * read, so that few deletions leave less than the budget.
 */
const SLACK = 1 / 8;
/** About how many messages are read to find those since a moment among a million. */
const SEARCHED = 256;

/** What part of the history is requested; null for the whole, as in version 2. */
export type HistoryRequest = PageRequest | null;

/** What was read from the archive for one request. */
export interface HistoryRead {
  /** Oldest first. */
  readonly records: readonly MessageRecord[];
  /** What follows a place, for a request for that. */
  readonly run?: EventRun;
  /** Nothing is missing between what was read and this id. */
  readonly upTo: number;
  /** The id of the newest event when the reading began: messages may have been changed since. */
  readonly asOf: number;
  /** Whether what was read alone answers the request, whatever comes later. */
  readonly isWhole: boolean;
  /**
   * Whether the position in the request belongs to another history: the records are those of the newest page instead.
   */
  readonly isForeign?: boolean;
  /** For a request from a moment on: the id of the message that the page begins with; null if all are older. */
  readonly start?: number | null;
}

/** The newest messages of a room, as one `get` of version 2 shows them. */
export interface HistorySnapshot {
  /** Their size as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** Their JSON texts joined by commas, oldest first, in UTF-8. Shared: it must not be changed. */
  encoded(): Uint8Array;
}

/** A request for what follows a message or change. */
type RequestAfter = PageRequest & { readonly after: number };

/** A request for what begins at a moment. */
type RequestSince = PageRequest & { readonly since: number };

/**
 * The newest messages of a room, in memory, and older ones that were read. Reading never changes what is shown: a page
 * or a snapshot is a function of the request and of the id up to which it shows events. So each `get` of a batch
 * shows the history at its own place in the order, although the cache takes in the whole batch first. Only changes to
 * messages are shown from the moment when they are taken in.
 *
 * A request for what follows an event also looks at that event: its id and time tell whether this is the history
 * that the client knows.
 */
export class HistoryCache {
  readonly #archive: Archive;
  readonly #budgetBytes: number;
  /** Oldest first: all messages with ids above `#above`. */
  #recent: MessageRecord[] = [];
  #above: number;
  readonly #changes: RecentChanges;
  #newestId: number;
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
    this.#newestId = archive.lastEventId;
    this.#changes = new RecentChanges(archive.lastEventId);
  }

  /** How much is kept in memory, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes + this.#changes.bytes + this.#encodedHistory.text.length;
  }

  /** The id of the newest event that was taken in, 0 for none. The archive may have newer ones for a moment. */
  get newestId(): number {
    return this.#newestId;
  }

  /** Takes in events that were stored, unless the archive had them already when the cache was made. */
  take(events: readonly Taken[]): void {
    if (events.length === 0) return;
    for (const { place, record } of events) {
      if (place.id <= this.#newestId) continue;
      this.#newestId = place.id;
      if (place.of !== null || record === null) this.#takeChange(place, record);
      else {
        this.#recent.push(record.compact());
        this.#count(record, 1);
      }
    }
    this.#forgetMade();
  }

  #takeChange(place: EventPlace, record: MessageRecord | null): void {
    const at = place.of === null ? -1 : this.#indexOf(place.of);
    const before = this.#recent[at];
    this.#changes.add(place, record, before !== undefined);
    // What was encoded may have the message as it was.
    if (before?.classic !== record?.classic || before === undefined)
      this.#encodedHistory = { upTo: 0, text: new Uint8Array(0) };
    // A message that is not known as it is now must not be shown as it was.
    if (before !== undefined && record === null) this.#dropTo(before.id);
    else if (before !== undefined && record !== null) this.#replace(at, before, record);
    // A message that was too long may fit now, or one that is shorter may leave room for older ones.
    if (this.#classicBytes < this.#budgetBytes) this.#holdsHistory = false;
  }

  #replace(at: number, before: MessageRecord, record: MessageRecord): void {
    this.#count(before, -1);
    this.#recent[at] = record.compact();
    this.#count(record, 1);
  }

  /** Drops the messages up to an id from memory. */
  #dropTo(id: number): void {
    for (const record of this.#recent.splice(0, firstAbove(this.#recent, id))) {
      this.#count(record, -1);
      if (record.id !== id) this.#changes.left(record);
    }
    this.#above = Math.max(this.#above, id);
    this.#holdsHistory = false;
  }

  /** A message that is in memory, as it is now. */
  message(id: number): MessageRecord | undefined {
    return this.#recent[this.#indexOf(id)] ?? this.#changes.view(id);
  }

  /** Where a message is in `#recent`, -1 if it is not there. */
  #indexOf(id: number): number {
    const at = firstAbove(this.#recent, id - 1);
    return this.#recent[at]?.id === id ? at : -1;
  }

  /** How many messages must be read for a request, at most; infinity means as many as fit. */
  missing(request: HistoryRequest): number {
    if (request === null) return this.#holdsHistory || this.#isWhole ? 0 : Number.POSITIVE_INFINITY;
    if (isSince(request)) return mostRead(request);
    if (this.#isKnownPlace(request)) return this.#missingAfter(request);
    return this.#hasBelow(request) ? 0 : request.limit;
  }

  /** Whether something must be read before a request can be answered. @param read what was read for it */
  needsRead(request: HistoryRequest, read?: HistoryRead): boolean {
    if (isSince(request))
      return !this.#isSearched(read) || this.needsRead(this.#placed(request, this.newestId, read), read);
    if (this.#lacks(request, read)) return true;
    return read !== undefined && (this.#isOutdated(read) || (request === null && this.#hasShrunk(read)));
  }

  /** Whether deletions since it was read may have made room for older messages than were read. */
  #hasShrunk(read: HistoryRead): boolean {
    if (this.#changes.range(read.asOf + 1, Number.POSITIVE_INFINITY, 1).length === 0) return false;
    const shown = this.#last(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, read);
    return sizeOf(shown) < this.#budgetBytes && (shown.length === 0 || this.#isBehind(shown));
  }

  /** Whether a message has changed since it was read, and is not in memory. */
  #isOutdated({ records, run, asOf }: HistoryRead): boolean {
    const isOutdated = (id: number) => this.message(id) === undefined && this.#changes.isOutdated(id, asOf);
    return records.some(({ id }) => isOutdated(id)) || (run?.messages.keys().some(isOutdated) ?? false);
  }

  #lacks(request: HistoryRequest, read: HistoryRead | undefined): boolean {
    if (request === null || !this.#isKnownPlace(request) || read?.isForeign)
      return !read?.isWhole && !this.#isConnected(read) && this.missing(request) > 0;
    if (!read?.isWhole && !this.#isConnected(read) && this.#missingAfter(request) > 0) return true;
    if (!read?.isWhole && this.#hasUnseen(request, read)) return true;
    // If the history has no such event, its newest page is shown instead.
    return this.#isForeign(request, this.newestId, read) && !this.#hasBelow(request);
  }

  /** Reads what a request needs. It may run beside batches. Rejects if the store fails. */
  async read(request: HistoryRequest): Promise<HistoryRead> {
    if (request === null) return this.#readHistory();
    if (isSince(request)) return this.#readSince(request);
    const { before, limit } = request;
    if (this.#isKnownPlace(request)) {
      const isInMemory = this.#missingAfter(request) === 0 && !this.#hasUnseen(request);
      const read = isInMemory ? this.#nothingRead() : await this.#readAfter(request);
      if (!this.#isForeign(request, this.newestId, read)) return read;
      return { ...(await this.#readNewest(limit)), isForeign: true };
    }
    return before !== null && before <= this.#above
      ? this.#readBelow(before, limit)
      : this.#readNewest(limit);
  }

  /** A page. What it needs must have been read. @param upTo the id of the newest event that it may show */
  page(request: PageRequest, upTo: number, read?: HistoryRead): Page {
    const { limit, before } = request;
    if (isSince(request)) return this.#pageAfter(this.#placed(request, upTo, read), upTo, read);
    if (isAfter(request)) return this.#pageAfter(request, upTo, read);
    if (before === null) return this.#newestPage(limit, upTo, read);
    const shown = read?.isWhole
      ? this.#asTheyAre(read.records)
      : this.#last(limit + 1, Math.min(before - 1, upTo), read);
    return this.#pageOf(shown.slice(-limit), shown.length > limit || this.#isBehind(shown));
  }

  /**
   * The newest messages, for version 2. They must have been read.
   *
   * @param upTo the id of the newest event that it may show
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
    if (known > 0 && shown[known - 1]?.id === upTo && text.length > 0) {
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
    this.#changes.trim();
    for (const record of this.#recent) {
      const stays = this.#budgeted - (this.#holdsHistory ? classicSize(record) : record.shownBytes + 1);
      if (drop >= least && !(isOverBudget && stays >= this.#budgetBytes)) break;
      this.#count(record, -1);
      this.#above = record.id;
      drop++;
    }
    if (drop === 0) return;
    for (const record of this.#recent.splice(0, drop)) this.#changes.left(record);
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
    return { records: [], upTo: this.newestId, asOf: this.newestId, isWhole: false };
  }

  async #readHistory(): Promise<HistoryRead> {
    const upTo = this.#archive.lastId;
    const asOf = this.newestId;
    const records = await this.#archive.tail(this.#budgetBytes * (1 + SLACK));
    const read: HistoryRead = { records, upTo, asOf, isWhole: false };
    // If there are none, the newest message may be too large for a reply of version 2.
    if (this.#keep(read, records[0] === undefined ? upTo : undefined))
      this.#holdsHistory = this.#above <= upTo && !this.#hasShrunk(read);
    return read;
  }

  async #readNewest(limit: number): Promise<HistoryRead> {
    const upTo = this.#above;
    const asOf = this.newestId;
    const records = await this.#archive.below(upTo + 1, limit, this.#budgetBytes);
    const read: HistoryRead = { records, upTo, asOf, isWhole: false };
    this.#keep(read);
    return read;
  }

  async #readBelow(before: number, limit: number): Promise<HistoryRead> {
    const asOf = this.newestId;
    const records = await this.#archive.below(before, limit, this.#budgetBytes);
    return { records, upTo: this.#archive.lastId, asOf, isWhole: true };
  }

  async #readSince({ limit, since }: RequestSince): Promise<HistoryRead> {
    const searched = this.#nothingRead();
    const start = await this.#archive.firstSince(since);
    if (start === null) return { ...searched, start };
    return { ...(await this.read({ limit, before: null, after: start - 1 })), start };
  }

  /** Whether all messages that are not in memory were searched for a moment. */
  #isSearched(read: HistoryRead | undefined): boolean {
    return read?.start !== undefined && (read.start !== null || this.#above <= read.upTo);
  }

  /** The request for what follows the place that a search for a moment has found, or that later messages have made. */
  #placed({ limit, since }: RequestSince, upTo: number, read: HistoryRead | undefined): RequestAfter {
    const isFirst = ({ id, time }: MessageRecord) => id > (read?.upTo ?? 0) && id <= upTo && time >= since;
    const start = read?.start ?? this.#recent.find(isFirst)?.id ?? upTo + 1;
    return { limit, before: null, after: start - 1 };
  }

  async #readAfter(request: RequestAfter): Promise<HistoryRead> {
    const upTo = this.#archive.lastEventId;
    const asOf = this.newestId;
    const run = await this.#runFrom(request);
    const isWhole = (run.events.at(-1)?.id ?? upTo) < upTo;
    const read: HistoryRead = { records: [], run, upTo, asOf, isWhole };
    // Events that are stored from now on belong to the page as well.
    if (!isWhole) this.#keepRun(read, run, Math.max(0, request.after - 1));
    return read;
  }

  /** The event with the id `after`, if it exists, and at least one that follows it, if any do. */
  async #runFrom({ limit, after }: RequestAfter): Promise<EventRun> {
    const run = await this.#archive.events(after, limit + 1, this.#budgetBytes);
    const isAlone = run.events.length === 1 && run.events[0]?.id === after;
    if (!isAlone || after === this.#archive.lastEventId) return run;
    const rest = await this.#archive.events(after + 1, limit, this.#budgetBytes);
    return {
      events: [...run.events, ...rest.events],
      messages: new Map([...run.messages, ...rest.messages]),
    };
  }

  #keepRun(read: HistoryRead, { events, messages }: EventRun, above: number): void {
    const isNew = ({ of }: EventPlace) => of === null;
    const records = events.filter(isNew).flatMap(({ id }) => messages.get(id) ?? []);
    const { above: changesAbove } = this.#changes;
    // What was changed since it was read is not kept, and nor is what is not connected to what is in memory.
    if (changesAbove > read.upTo || !this.#keep({ ...read, records }, above)) return;
    this.#changes.prepend(
      events.filter((each) => !isNew(each) || !messages.has(each.id)),
      above,
    );
    for (const record of messages.values())
      if (this.message(record.id) === undefined) this.#changes.keepView(record);
  }

  /**
   * Keeps records older than those in memory.
   *
   * @param above the records have all messages with ids above it
   * @returns false if they could not be kept
   */
  #keep(read: HistoryRead, above?: number): boolean {
    // Batches have gone on meanwhile, and what they stored may have left memory again.
    if (this.#above > read.upTo || this.#isOutdated(read)) return false;
    const older = this.#asTheyAre(read.records.filter(({ id }) => id <= this.#above));
    for (const record of older) this.#count(record, 1);
    this.#recent = [...older, ...this.#recent];
    this.#forgetMade();
    const [oldest] = this.#recent;
    // Where nothing is kept, not even the newest message may have fitted.
    const reached = oldest === undefined ? this.#above : this.#isBehind(this.#recent) ? oldest.id - 1 : 0;
    this.#above = Math.min(this.#above, above ?? reached, reached);
    return true;
  }

  /** Messages that were read, as they are now. */
  #asTheyAre(records: readonly MessageRecord[]): readonly MessageRecord[] {
    return records.map((record) => this.message(record.id) ?? record);
  }

  #count(record: MessageRecord, sign: 1 | -1): void {
    this.#bytes += sign * (record.shownBytes + 1);
    this.#classicBytes += sign * classicSize(record);
  }

  /** Whether a request asks for what follows an event that may exist. */
  #isKnownPlace(request: PageRequest): request is RequestAfter {
    return isAfter(request) && request.after <= this.newestId;
  }

  /** Whether nothing is missing between what was read and what is in memory. */
  #isConnected(read: HistoryRead | undefined): boolean {
    if (read === undefined) return false;
    return read.run === undefined ? this.#above <= read.upTo : this.#floor <= read.upTo;
  }

  /** All events with ids above this one are in memory. */
  get #floor(): number {
    return Math.max(this.#above, this.#changes.above);
  }

  #missingAfter({ limit, after, time }: RequestAfter): number {
    const first = time === undefined ? after + 1 : after;
    return first <= this.#floor ? Math.min(limit + 1, this.#archive.lastEventId - after + 1) : 0;
  }

  /** Whether messages were changed after a place and are not known as they are now. @param read what was read */
  #hasUnseen({ limit, after }: RequestAfter, read?: HistoryRead): boolean {
    const places = this.#changes.range(after + 1, Number.POSITIVE_INFINITY, limit + 1);
    const isKnown = (id: number) => this.message(id) !== undefined || read?.run?.messages.has(id) === true;
    // Of a change that was read along with what follows the place, the message is there, or is not kept any more.
    const readTo = read?.run?.events.at(-1)?.id ?? 0;
    const { firstId } = this.#archive;
    return places.some(({ id, of }) => of !== null && of >= firstId && id > readTo && !isKnown(of));
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
    return recent.length === most ? recent : [...this.#olderIn(read, upTo), ...recent].slice(-most);
  }

  /** The messages that were read and are not in memory. */
  #olderIn(read: HistoryRead | undefined, upTo: number): readonly MessageRecord[] {
    // Otherwise what is in memory answers the request alone.
    if (!this.#isConnected(read)) return [];
    const first = this.#recent[0]?.id ?? Number.POSITIVE_INFINITY;
    return this.#asTheyAre(read?.records.filter(({ id }) => id < first && id <= upTo) ?? []);
  }

  /** Whether there are messages before these. */
  #isBehind([oldest]: readonly MessageRecord[]): boolean {
    return oldest !== undefined && oldest.id > this.#archive.firstId;
  }

  #pageAfter(request: RequestAfter, upTo: number, read: HistoryRead | undefined): Page {
    const { limit, after } = request;
    if (this.#isForeign(request, upTo, read)) return { ...this.#newestPage(limit, upTo, read), reset: true };
    const from = this.#eventsFrom(request, upTo, limit + 2, read);
    const events = from[0]?.id === after ? from.slice(1) : from;
    const viewOf = (id: number) => this.message(id) ?? read?.run?.messages.get(id);
    const covered = this.#cover(events.slice(0, limit), after, viewOf);
    const last = covered.events.at(-1);
    return {
      messages: Buffer.from(covered.messages.map(({ shown }) => shown).join(",")),
      changed: Array.from(covered.changed.values(), ({ shown }) => shown).join(","),
      cursor: last === undefined ? null : { id: last.id, time: last.time },
      more: covered.events.length < events.length || (read?.isWhole === true && !read.isForeign),
      gap: this.#gap(after),
      reset: false,
    };
  }

  /** The first events that fit into the budget, with the messages that they are or concern. */
  #cover(
    events: readonly EventPlace[],
    after: number,
    viewOf: (id: number) => MessageRecord | undefined,
  ): { events: EventPlace[]; messages: MessageRecord[]; changed: Map<number, MessageRecord> } {
    const covered: EventPlace[] = [];
    const messages: MessageRecord[] = [];
    const changed = new Map<number, MessageRecord>();
    let bytes = 0;
    for (const event of events) {
      // What was sent after the place is shown as it is now, whatever became of it.
      const isShown = event.of !== null && (event.of > after || changed.has(event.of));
      const record = isShown ? undefined : viewOf(event.of ?? event.id);
      bytes += record === undefined ? 0 : record.shownBytes + 1;
      if (bytes > this.#budgetBytes && covered.length > 0) break;
      covered.push(event);
      if (record === undefined) continue;
      if (event.of === null) messages.push(record);
      else changed.set(event.of, record);
    }
    return { events: covered, messages, changed };
  }

  /** The event with the id `after`, if it exists, and what follows it; at most `most` in all. */
  #eventsFrom(
    { after }: RequestAfter,
    upTo: number,
    most: number,
    read: HistoryRead | undefined,
  ): readonly EventPlace[] {
    const older = read?.run?.events.filter(({ id }) => id <= upTo) ?? [];
    if (read?.isWhole && read.run !== undefined) return older;
    const floor = this.#floor;
    const before = older.filter(({ id }) => id <= floor);
    const recent = before.length < most ? this.#eventsInMemory(Math.max(after, floor + 1), upTo, most) : [];
    return [...before, ...recent].slice(0, most);
  }

  /** The events in memory with ids from `from` to `upTo`, the oldest `most`. */
  #eventsInMemory(from: number, upTo: number, most: number): readonly EventPlace[] {
    const start = firstAbove(this.#recent, from - 1);
    const end = Math.min(firstAbove(this.#recent, upTo), start + most);
    const sent = this.#recent.slice(start, end).map(({ id, time }) => ({ id, time, of: null }));
    const changes = this.#changes.range(from, upTo, most);
    if (changes.length === 0) return sent;
    return [...sent, ...changes].sort((a, b) => a.id - b.id).slice(0, most);
  }

  /**
   * Whether the event that the request names belongs to another history: this one neither has it nor has pruned it.
   */
  #isForeign(request: RequestAfter, upTo: number, read: HistoryRead | undefined): boolean {
    const { after, time } = request;
    if (after === 0) return false;
    if (after > upTo || read?.isForeign) return true;
    if (time === undefined) return false;
    const [first] = this.#eventsFrom(request, upTo, 1, read);
    if (first?.id === after) return first.time !== time;
    const { firstId, emptiedTo } = this.#archive;
    const isPruned = after < firstId && after > emptiedTo;
    // A pruned event of this history cannot be younger than the oldest one kept, unless a clock was set back.
    return !(isPruned && first !== undefined && time <= first.time);
  }

  /** The newest page. It is made once and shared by all requests until the next message. */
  #newestPage(limit: number, upTo: number, read: HistoryRead | undefined): Page {
    const key = `${limit} ${upTo}`;
    const made = this.#newest.get(key);
    if (made !== undefined) return made;
    const shown = this.#last(limit + 1, upTo, read);
    const page = this.#pageOf(shown.slice(-limit), shown.length > limit || this.#isBehind(shown));
    if (this.#newest.size >= NEWEST_PAGES_MOST) this.#newest.clear();
    this.#newest.set(key, page);
    return page;
  }

  /** A page of the newest of these messages that fit into the budget. */
  #pageOf(shown: readonly MessageRecord[], more: boolean): Page {
    let bytes = 0;
    let count = 0;
    for (const { shownBytes } of shown.toReversed()) {
      bytes += shownBytes + 1;
      if (bytes > this.#budgetBytes && count > 0) break;
      count++;
    }
    const kept = shown.slice(shown.length - count);
    return {
      messages: Buffer.from(kept.map((record) => record.shown).join(",")),
      more: more || count < shown.length,
      changed: "",
      cursor: null,
      gap: null,
      reset: false,
    };
  }

  #gap(after: number): Page["gap"] {
    const { firstId, emptiedTo } = this.#archive;
    // Messages up to `emptiedTo` are not part of this history: all of them were removed together.
    const from = Math.max(after, emptiedTo) + 1;
    return firstId > from ? { from, to: firstId - 1 } : null;
  }

  /** The newest records that fit into a reply of version 2. */
  #newestWithin(records: readonly MessageRecord[]): readonly MessageRecord[] {
    let bytes = 0;
    const excess = records.findLastIndex((record) => {
      bytes += classicSize(record);
      return bytes > this.#budgetBytes;
    });
    return records.slice(excess + 1).filter(({ isDeleted }) => !isDeleted);
  }
}

function isAfter(request: PageRequest): request is RequestAfter {
  return request.after !== null;
}

function isSince(request: HistoryRequest): request is RequestSince {
  return request?.since !== undefined;
}

/** How many messages are read for a page, at most, of which nothing is in memory. */
export function mostRead({ limit, since }: PageRequest): number {
  return since === undefined ? limit : limit + SEARCHED;
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
  for (const record of records) bytes += classicSize(record);
  return bytes;
}

/** The size of a message as version 2 shows it, with a comma. Deleted messages are not shown. */
function classicSize({ classicBytes, isDeleted }: MessageRecord): number {
  return isDeleted ? 0 : classicBytes + 1;
}
