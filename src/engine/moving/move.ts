import type { MessageRecord } from "../record.ts";

/** Messages of a room, oldest first, and how much of the room has been read with them: 0 to 1. */
export interface Portion {
  readonly messages: readonly MessageRecord[];
  readonly fraction: number;
}

/** Histories that can be read. */
export interface MessageSource {
  rooms(): Promise<string[]>;
  /**
   * All messages of a room, as they are now.
   *
   * @throws MoveError when the room has something that cannot be moved
   */
  messages(room: string): AsyncIterable<Portion>;
  close(): Promise<void>;
}

/** Histories that can be added to. */
export interface MessageTarget extends MessageSource {
  /** The id of the newest message of a room, 0 if there is none. */
  lastId(room: string): Promise<number>;
  /** Stores messages with ids above the last one, durably. */
  append(room: string, messages: readonly MessageRecord[]): Promise<void>;
}

/** The histories cannot be moved. The message is one sentence for the operator. */
export class MoveError extends Error {
  override readonly name = "MoveError";
}

/** What was moved. The checksum is the SHA-256 of the names and messages of all rooms, in order. */
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
 * Copies all rooms. What is there already is compared and left alone, so that a move that was interrupted, or is over,
 * can be repeated. The source is read to its end before anything is written, and at the end the target is read back.
 *
 * @throws MoveError when the source has something that cannot be moved, and then nothing was written; or when a room of
 * the target has other messages, and then nothing of that room was written
 */
export async function move(source: MessageSource, target: MessageTarget, progress: Progress): Promise<Moved> {
  const rooms = (await source.rooms()).toSorted();
  for (const room of rooms) for await (const _ of source.messages(room));
  const all = new Bun.CryptoHasher("sha256");
  let messages = 0;
  let added = 0;
  for (const room of rooms) {
    const moved = await moveRoom(room, source, target, progress);
    messages += moved.whole.count;
    added += moved.added;
    all.update(`${room}\n${moved.whole.checksum}\n`);
  }
  return { rooms: rooms.length, messages, added, checksum: all.digest("hex") };
}

async function moveRoom(
  room: string,
  source: MessageSource,
  target: MessageTarget,
  progress: Progress,
): Promise<{ whole: Sum; added: number }> {
  const there = await target.lastId(room);
  const first = new Summing();
  const whole = new Summing();
  const lastId = await sumUp(source, room, [first, there], [whole, Number.POSITIVE_INFINITY]);
  const before = new Summing();
  await sumUp(target, room, [before, lastId]);
  if (before.end().checksum !== first.end().checksum) {
    throw new MoveError(`The room ${room} has other messages already; nothing was written to it.`);
  }
  const added = await addRest(room, there, source, target, progress);
  const after = new Summing();
  await sumUp(target, room, [after, lastId]);
  const sum = whole.end();
  if (after.end().checksum !== sum.checksum) {
    throw new MoveError(`The room ${room} is not the same after the move: another program is writing to it.`);
  }
  return { whole: sum, added };
}

async function addRest(
  room: string,
  there: number,
  source: MessageSource,
  target: MessageTarget,
  progress: Progress,
): Promise<number> {
  let read = 0;
  let added = 0;
  for await (const { messages, fraction } of source.messages(room)) {
    const rest = messages.filter(({ id }) => id > there);
    if (rest.length > 0) await target.append(room, rest);
    read += messages.length;
    added += rest.length;
    progress(room, read, fraction);
  }
  return added;
}

/** How many messages there are, and their checksum. */
interface Sum {
  readonly count: number;
  readonly checksum: string;
}

class Summing {
  readonly #hash = new Bun.CryptoHasher("sha256");
  #count = 0;
  #sum: Sum | null = null;

  add(message: MessageRecord): void {
    // A key has no meaning after ten minutes, and is not part of what was said.
    this.#hash.update(`${message.shown}\n`);
    this.#count++;
  }

  end(): Sum {
    this.#sum ??= { count: this.#count, checksum: this.#hash.digest("hex") };
    return this.#sum;
  }
}

/** Adds the messages of a room to sums, to each those up to an id. @returns the last id */
async function sumUp(
  source: MessageSource,
  room: string,
  ...sums: readonly (readonly [Summing, number])[]
): Promise<number> {
  let last = 0;
  for await (const { messages } of source.messages(room)) {
    for (const message of messages) {
      last = message.id;
      for (const [sum, upTo] of sums) if (message.id <= upTo) sum.add(message);
    }
  }
  return last;
}
