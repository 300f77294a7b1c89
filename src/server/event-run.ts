import type { Ref } from "../protocol/extension.ts";
import type { Version } from "../protocol/version.ts";
import type { Dialect, EventText, ReplyText } from "./dialect.ts";

/** An event of a batch: gives its text in a version, and null where the version has no such event. */
export type BatchEvent = (version: Version) => EventText | null;

/** One recipient's part of a batch in which it has made a request. */
export interface Share {
  /** The first event of the batch that it hears; null while it has no nickname. */
  hearsFrom: number | null;
  /** How many events of the batch come before its end; null while it goes on. */
  hearsUntil: number | null;
  /** Its replies, each in the place of an event, or between two. Its own events are left out. */
  readonly replies: PlacedReply[];
}

interface PlacedReply {
  /** How many events come before it. */
  readonly before: number;
  /** After how many events the recipient hears on. */
  readonly after: number;
  /** Null if the event is left out, and nothing takes its place. */
  readonly reply: { readonly text: ReplyText; readonly ref: Ref | undefined } | null;
}

/** The part of all recipients that have made no request. */
const LISTENING: Share = { hearsFrom: 0, hearsUntil: null, replies: [] };

const NOTHING = new Uint8Array(0);

/** The events of a batch in one dialect: encoded once, and then split as each recipient needs them. */
export class EventRun {
  readonly #dialect: Dialect;
  /** Empty if the version has no such event. */
  readonly #units: readonly Uint8Array[];
  readonly #bytes: Uint8Array;
  /** Where each event begins in all of them together, and where the last one ends. */
  readonly #starts: readonly number[];

  constructor(dialect: Dialect, events: readonly BatchEvent[]) {
    this.#dialect = dialect;
    this.#units = events.map((event) => {
      const text = event(dialect.version);
      return text === null ? NOTHING : dialect.event(text);
    });
    const [only] = this.#units;
    this.#bytes = only !== undefined && this.#units.length === 1 ? only : Buffer.concat(this.#units);
    this.#starts = startsOf(this.#units);
  }

  /** The frames for a recipient: its replies, and the events between them. */
  framesOf({ hearsFrom, hearsUntil, replies }: Share = LISTENING): Uint8Array[] {
    const end = hearsUntil ?? this.#units.length;
    const runs: Uint8Array[] = [];
    let count = 0;
    let next = hearsFrom ?? Number.POSITIVE_INFINITY;
    const hear = (until: number) => {
      if (until <= next) return;
      const run = this.#bytes.subarray(this.#starts[next], this.#starts[until]);
      if (run.length > 0) runs.push(run);
      for (let at = next; at < until; at++) if (this.#units[at]?.length) count++;
    };
    for (const { before, after, reply } of replies) {
      hear(before);
      if (reply !== null) {
        runs.push(...this.#dialect.reply(reply.text, reply.ref));
        count++;
      }
      next = Math.max(next, after);
    }
    hear(end);
    return this.#dialect.frames(runs, count);
  }
}

function startsOf(units: readonly Uint8Array[]): number[] {
  const starts = [0];
  let end = 0;
  for (const unit of units) {
    end += unit.length;
    starts.push(end);
  }
  return starts;
}
