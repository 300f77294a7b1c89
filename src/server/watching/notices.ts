import type { NoticeKeys, NoticeKind, NoticeValues } from "../../protocol/kinds/health.ts";
import { NOTICE_RULES } from "./notice-rules.ts";

const REMIND_EVERY_MS = 24 * 60 * 60 * 1000;

/** Something that needs the operator. */
export type Notice<K extends NoticeKind = NoticeKind> = {
  readonly [Each in K]: {
    readonly kind: Each;
    /** Which one of its kind: an option, say. Empty if there can be only one. */
    readonly about: string;
    readonly values: Readonly<NoticeValues[Each]>;
    /** Unix milliseconds. */
    readonly since: number;
  };
}[K];

/** What has become of a notice: it is new, it still stands a day later, or it is over. */
export type NoticeState = "raised" | "standing" | "cleared";

export type NoticeListener = (state: NoticeState, notice: Notice) => void;

export interface RaiseOptions {
  readonly about?: string;
  /** The notice is over by itself when it was not raised again for so long. Never unless given. */
  readonly lapsesAfterMs?: number;
}

interface Standing {
  readonly notice: Notice;
  readonly lapsesAt: number;
  readonly toldAt: number;
}

/**
 * All that needs the operator now. Whatever part of the server notices something raises it here, and clears it when it is over;
 * whoever tells the operator (the log, the page, a program) subscribes or asks.
 *
 * What is raised again is the same notice. There must not be more of them than there are options: strangers can cause notices.
 */
export class Notices {
  readonly #now: () => number;
  readonly #standing = new Map<string, Standing>();
  readonly #listeners = new Set<NoticeListener>();

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  raise<K extends NoticeKind>(
    kind: K,
    values: NoticeValues[K],
    { about = "", lapsesAfterMs = Number.POSITIVE_INFINITY }: RaiseOptions = {},
  ): void {
    const now = this.#now();
    const key = keyOf(kind, about);
    const before = this.#standing.get(key);
    // TypeScript does not see that the kind and the values belong together.
    const notice = { kind, about, values, since: before?.notice.since ?? now } as Notice;
    this.#standing.set(key, { notice, lapsesAt: now + lapsesAfterMs, toldAt: before?.toldAt ?? now });
    if (before === undefined) this.#tell("raised", notice);
  }

  clear(kind: NoticeKind, about = ""): void {
    const before = this.#standing.get(keyOf(kind, about));
    if (before === undefined) return;
    this.#standing.delete(keyOf(kind, about));
    this.#tell("cleared", before.notice);
  }

  /** Raises a notice, or clears it if there are no values. */
  set<K extends NoticeKind>(kind: K, values: NoticeValues[K] | null): void {
    if (values === null) this.clear(kind);
    else this.raise(kind, values);
  }

  /** The notices that stand, the oldest first. */
  list(): readonly Notice[] {
    return [...this.#standing.values()].map(({ notice }) => notice).toSorted((a, b) => a.since - b.since);
  }

  /** Ends what lapses, and reminds of what stands. Should be called now and then. */
  tend(): void {
    const now = this.#now();
    for (const [key, { notice, lapsesAt, toldAt }] of this.#standing) {
      if (now >= lapsesAt) this.clear(notice.kind, notice.about);
      // Also when the clock was set back.
      else if (Math.abs(now - toldAt) >= REMIND_EVERY_MS) {
        this.#standing.set(key, { notice, lapsesAt, toldAt: now });
        this.#tell("standing", notice);
      }
    }
  }

  /** Calls a listener whenever a notice is raised or over. It must not throw. @returns what ends that */
  subscribe(listener: NoticeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(state: NoticeState, notice: Notice): void {
    for (const listener of this.#listeners) listener(state, notice);
  }
}

/** A notice as it travels. */
export function noticeKeys(notice: Notice): NoticeKeys {
  const { kind, about, values, since } = notice;
  const text = sentenceOf(notice);
  const { severity } = NOTICE_RULES[kind];
  return { kind, ...(about === "" ? {} : { about }), severity, text, values: { ...values }, since };
}

/** The notice in words, with what to do. */
export function sentenceOf({ kind, about, values }: Notice): string {
  // TypeScript does not see that the rule and the values are of one kind.
  const sentence = NOTICE_RULES[kind].sentence as (values: Notice["values"], about: string) => string;
  return sentence(values, about);
}

function keyOf(kind: NoticeKind, about: string): string {
  return `${kind} ${about}`;
}
