import type { StoredEvent } from "../record.ts";
import { withoutKey, withoutText } from "./replaced-texts.ts";

/** Messages of a room and changes to them, in the order of their ids, and how much of the room has been read with them: 0 to 1. */
export interface Portion {
  readonly events: readonly StoredEvent[];
  readonly fraction: number;
}

/** Histories that can be read. */
export interface HistorySource {
  rooms(): Promise<string[]>;
  /**
   * All messages of a room and all changes to them. Texts that are not shown any more are empty: of a message that was edited,
   * only the newest edit has one.
   *
   * @throws MoveError when the room has something that cannot be moved
   */
  events(room: string): AsyncIterable<Portion>;
  close(): Promise<void>;
}

/** Histories that can be added to. */
export interface HistoryTarget extends HistorySource {
  /** The id of the newest message or change of a room, 0 if there is none. */
  lastId(room: string): Promise<number>;
  /** Stores messages and changes with ids above the last one, durably. */
  append(room: string, events: readonly StoredEvent[]): Promise<void>;
}

/** The histories cannot be moved. The message is one sentence for the operator. */
export class MoveError extends Error {
  override readonly name = "MoveError";
}

/** What was moved. The checksum is the SHA-256 of the names, messages and changes of all rooms, in order. */
export interface Moved {
  readonly rooms: number;
  readonly messages: number;
  /** How many of the messages were not there before. */
  readonly added: number;
  readonly checksum: string;
}

/** Called as the move goes on. */
export type Progress = (room: string, messages: number, fraction: number) => void;

/**
 * Copies all rooms. What is there already is compared and left alone, except for messages that were edited or deleted since,
 * so that a move that was interrupted, or is over, can be repeated. The source is read to its end before anything is
 * written, and at the end the target is read back.
 *
 * @throws MoveError when the source has something that cannot be moved, and then nothing was written; or when a room of
 * the target has other messages, and then nothing of that room was written
 */
export async function move(source: HistorySource, target: HistoryTarget, progress: Progress): Promise<Moved> {
  const rooms = (await source.rooms()).toSorted();
  for (const room of rooms) for await (const _ of source.events(room));
  const all = new Bun.CryptoHasher("sha256");
  let messages = 0;
  let added = 0;
  for (const room of rooms) {
    const moved = await moveRoom(room, source, target, progress);
    messages += moved.whole.messages;
    added += moved.added;
    all.update(`${room}\n${moved.whole.checksum}\n`);
  }
  return { rooms: rooms.length, messages, added, checksum: all.digest("hex") };
}

async function moveRoom(
  room: string,
  source: HistorySource,
  target: HistoryTarget,
  progress: Progress,
): Promise<{ whole: Sum; added: number }> {
  const there = await target.lastId(room);
  const changed = there === 0 ? NONE : await changedAfter(source, room, there);
  const first = new Summing(there, changed);
  const whole = new Summing();
  const lastId = await sumUp(source, room, first, whole);
  const before = new Summing(lastId, changed);
  await sumUp(target, room, before);
  if (before.end().checksum !== first.end().checksum) {
    throw new MoveError(`The room ${room} has other messages already; nothing was written to it.`);
  }
  const added = await addRest(room, there, source, target, progress);
  const after = new Summing(lastId);
  await sumUp(target, room, after);
  const sum = whole.end();
  if (after.end().checksum !== sum.checksum) {
    throw new MoveError(`The room ${room} is not the same after the move: another program is writing to it.`);
  }
  return { whole: sum, added };
}

const NONE: ReadonlySet<number> = new Set();

/** The messages that were edited or deleted after an id: the source does not have the texts any more that they had before. */
async function changedAfter(
  source: HistorySource,
  room: string,
  after: number,
): Promise<ReadonlySet<number>> {
  const changed = new Set<number>();
  for await (const { events } of source.events(room))
    for (const event of events)
      if (event.id > after && (event.kind === "edit" || event.kind === "delete")) changed.add(event.of);
  return changed;
}

async function addRest(
  room: string,
  there: number,
  source: HistorySource,
  target: HistoryTarget,
  progress: Progress,
): Promise<number> {
  let read = 0;
  let added = 0;
  for await (const { events, fraction } of source.events(room)) {
    const rest = events.filter(({ id }) => id > there);
    if (rest.length > 0) await target.append(room, rest);
    read += messagesAmong(events);
    added += messagesAmong(rest);
    progress(room, read, fraction);
  }
  return added;
}

function messagesAmong(events: readonly StoredEvent[]): number {
  return events.filter(({ kind }) => kind === "message").length;
}

/** How many messages there are, and the checksum of all events. */
interface Sum {
  readonly messages: number;
  readonly checksum: string;
}

class Summing {
  readonly #hash = new Bun.CryptoHasher("sha256");
  readonly #upTo: number;
  readonly #changed: ReadonlySet<number>;
  #messages = 0;
  #sum: Sum | null = null;

  /** @param upTo the last id that counts @param changed the messages whose texts do not count */
  constructor(upTo = Number.POSITIVE_INFINITY, changed = NONE) {
    this.#upTo = upTo;
    this.#changed = changed;
  }

  add(event: StoredEvent): void {
    if (event.id > this.#upTo) return;
    const message = event.kind === "edit" ? event.of : event.id;
    // A key is not part of what was said.
    const counted = withoutKey(this.#changed.has(message) ? withoutText(event) : event);
    this.#hash.update(`${counted.text}\n`);
    if (event.kind === "message") this.#messages++;
  }

  end(): Sum {
    this.#sum ??= { messages: this.#messages, checksum: this.#hash.digest("hex") };
    return this.#sum;
  }
}

/** Adds the events of a room to sums. @returns the last id */
async function sumUp(source: HistorySource, room: string, ...sums: readonly Summing[]): Promise<number> {
  let last = 0;
  for await (const { events } of source.events(room)) {
    for (const event of events) {
      last = event.id;
      for (const sum of sums) sum.add(event);
    }
  }
  return last;
}
