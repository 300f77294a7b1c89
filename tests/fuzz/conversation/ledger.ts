import type { History } from "./history.ts";
import { MARGIN_MS } from "./orders.ts";
import { markOf, type Origin, originOf } from "./text.ts";

/** A text that somebody was shown. */
interface Showing {
  readonly who: string;
  /** How many backups had been put back. */
  readonly epoch: number;
  readonly id: number;
  readonly mark: string;
  /** When the message was edited last, as it was shown. */
  readonly edited: number | undefined;
  /** The newest event that this client has seen, this one included. */
  readonly seen: number;
  /** In what it was shown, and when, in Unix ms. */
  readonly how: string;
  readonly at: number;
}

/** A text, and of which message it is. */
interface ShownText {
  readonly id: number;
  readonly time: number | null;
  readonly content: string;
  readonly edited: number | undefined;
}

/** What a client of version 2 was shown of the history, where nothing has an id. */
interface ClassicShowing {
  readonly who: string;
  readonly epoch: number;
  readonly marks: readonly string[];
  /** What it was told before. */
  readonly before: readonly string[];
}

/** From when on a text was there, in Unix ms, and the change that replaced it. */
interface Span {
  readonly since: number;
  readonly to: number;
}

type Fault = (sentence: string) => void;

/**
 * Takes down every text of a room that anybody is shown, to hold it against the order of what was stored: whoever has seen an
 * event must not be shown a text that was replaced or deleted before it.
 */
export class Ledger {
  /** Those that are the same and say less are left out: by client, message and text, the one that has seen most. */
  readonly #showings = new Map<string, Showing>();
  readonly #classic: ClassicShowing[] = [];
  /** By ids and times: a message that a backup has as well is the same one. */
  readonly #origins = new Map<string, Origin>();
  readonly #faults = new Set<string>();

  /** How many texts were held against the order. */
  get size(): number {
    return this.#showings.size + this.#classic.reduce((sum, { marks }) => sum + marks.length, 0);
  }

  /** Somebody was shown a message of version 3, or its new text alone: then its time is null. */
  shown(
    who: string,
    epoch: number,
    { id, time, content, edited }: ShownText,
    seen: number,
    how: string,
  ): void {
    const mark = markOf(content);
    const origin = originOf(content);
    if (mark === null || origin === null) return;
    const key = `${id} ${time}`;
    const known = this.#origins.get(key) ?? origin;
    if (time !== null) this.#origins.set(key, known);
    if (known !== origin) this.#faults.add(`EDIT-1 ${id} is a message of ${known} and of ${origin}`);
    const shown = `${who} ${epoch} ${id} ${mark} ${edited}`;
    if ((this.#showings.get(shown)?.seen ?? -1) < seen)
      this.#showings.set(shown, { who, epoch, id, mark, edited, seen, how, at: Date.now() });
  }

  /** Somebody was shown the history in version 2. */
  shownClassic(who: string, epoch: number, contents: readonly string[], before: readonly string[]): void {
    const marks = contents.flatMap((content) => markOf(content) ?? []);
    this.#classic.push({ who, epoch, marks, before: before.flatMap((content) => markOf(content) ?? []) });
  }

  /** Which send a message was, as far as anybody was shown its text. */
  originOf(id: number, time: number): Origin | undefined {
    return this.#origins.get(`${id} ${time}`);
  }

  /** Whether anybody was shown a text. */
  hasShown(mark: string): boolean {
    return (
      this.#showings.values().some((showing) => showing.mark === mark) ||
      this.#classic.some(({ marks }) => marks.includes(mark))
    );
  }

  /** Holds all that was shown against what was stored. @param doubled what may be there twice */
  check(history: History, epoch: number, doubled: ReadonlySet<Origin>, fault: Fault): void {
    for (const each of this.#faults) fault(each);
    /** Which message each text is a version of, and its spans: one that was removed may be there for several. */
    const spans = new Map<string, { readonly id: number; readonly each: Span[] }>();
    const shown = [...this.#showings.values()].filter((showing) => showing.epoch === epoch);
    for (const { who, id, mark, edited } of shown) {
      const rewrites = history.rewrites(id);
      const at =
        edited === undefined
          ? -1
          : rewrites.findLastIndex(({ kind, time }) => kind === "edit" && time === edited);
      if (history.message(id) === undefined || (edited !== undefined && at < 0)) {
        fault(`DUR-1 ${who} was shown ${mark} as ${id}, which is not stored`);
        continue;
      }
      const to = rewrites[at + 1]?.id ?? Number.POSITIVE_INFINITY;
      const known = spans.get(mark);
      if (known !== undefined && known.id !== id && !doubled.has(originOf(mark) ?? ""))
        fault(`KEY-2 ${mark} was shown as ${known.id} and as ${id}, to ${who}`);
      // An edit that is told late has the text of a later one, and its own time; and edits of one millisecond look alike.
      spans.set(mark, { id, each: [...(known?.each ?? []), { since: rewrites[at]?.time ?? 0, to }] });
    }
    for (const { who, id, mark, seen, how, at } of shown) {
      // Nobody can be shown what a later edit has brought back.
      const each = spans.get(mark)?.each.filter(({ since }) => since <= at + MARGIN_MS) ?? [];
      if (endOf(each) <= seen)
        fault(
          `PAGE-8 ${who} was shown ${mark} of ${id}, which ${endOf(each)} replaced, after ${seen}, in ${how}`,
        );
    }
    for (const { who, epoch: shownIn, marks, before } of this.#classic) {
      if (shownIn !== epoch) continue;
      const seen = Math.max(0, ...[...before, ...marks].map((mark) => spans.get(mark)?.id ?? 0));
      for (const mark of marks) {
        const to = endOf(spans.get(mark)?.each ?? []);
        if (to <= seen) fault(`PAGE-9 ${who} was shown ${mark}, which ${to} replaced, after ${seen}`);
      }
    }
  }
}

/** @returns infinity for a text that was never replaced, as far as it is known */
function endOf(spans: readonly Span[]): number {
  return spans.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...spans.map(({ to }) => to));
}
