import { attempt } from "../../client/frame.ts";
import type { Words } from "../words/en.ts";

/** How many hours a clock has. */
export type Clock = 12 | 24;

/** Formats times in one language and the user's time zone. Times are in Unix milliseconds. */
export interface Times {
  readonly hours: Clock;
  /** `09:08` or `9:08 AM`. */
  clock(time: number): string;
  /** The same without `AM`, for where there is little room and another time is near. */
  shortClock(time: number): string;
  /** The full date and time. */
  full(time: number): string;
  /** The date. */
  date(time: number): string;
  /** `Today`, `Yesterday`, or the date. */
  day(time: number, now: number): string;
}

/** @param hours how many hours the clock has, or a locale that tells: that of the browser */
export function timesIn(words: Words, hours: Clock | string): Times {
  const hourCycle = hours === 12 || (hours !== 24 && has12Hours(hours)) ? "h12" : "h23";
  const clock = new Intl.DateTimeFormat(words.locale, {
    hour: hourCycle === "h12" ? "numeric" : "2-digit",
    minute: "2-digit",
    hourCycle,
  });
  const full = new Intl.DateTimeFormat(words.locale, { dateStyle: "full", timeStyle: "medium", hourCycle });
  const day = new Intl.DateTimeFormat(words.locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  return {
    hours: hourCycle === "h12" ? 12 : 24,
    clock: (time) => clock.format(time),
    shortClock: (time) =>
      clock
        .formatToParts(time)
        .map(({ type, value }) => (type === "dayPeriod" ? "" : value))
        .join("")
        .trim(),
    full: (time) => full.format(time),
    date: (time) => day.format(time),
    day(time, now) {
      if (dayOf(time) === dayOf(now)) return words.today;
      // Counted by the calendar, since days on which the clocks change have 23 or 25 hours.
      const yesterday = new Date(now);
      yesterday.setDate(yesterday.getDate() - 1);
      return dayOf(time) === dayOf(yesterday) ? words.yesterday : day.format(time);
    },
  };
}

function has12Hours(locale: string): boolean {
  return (
    attempt(() => new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions().hour12) === true
  );
}

/** A number that identifies the day of a time in the user's time zone. */
export function dayOf(time: number | Date): number {
  const date = new Date(time);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/** Messages of one author are a group, with one head, if less than this is between one and the next. */
const GROUP_MS = 5 * 60_000;

/** Whether two messages of one author, one after the other, belong together. */
export function isOneGroup(before: number | null, time: number | null): boolean {
  return (
    before !== null && time !== null && dayOf(before) === dayOf(time) && Math.abs(time - before) < GROUP_MS
  );
}
