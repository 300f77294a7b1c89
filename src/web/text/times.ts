import type { Words } from "../words/en.ts";

/** Formats times in one language and the user's time zone. Times are in Unix milliseconds. */
export interface Times {
  /** `09:08`. */
  clock(time: number): string;
  /** The full date and time. */
  full(time: number): string;
  /** The date. */
  date(time: number): string;
  /** `Today`, `Yesterday`, or the date. */
  day(time: number, now: number): string;
}

export function timesIn(words: Words): Times {
  const clock = new Intl.DateTimeFormat(words.locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const full = new Intl.DateTimeFormat(words.locale, { dateStyle: "full", timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(words.locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  return {
    clock: (time) => clock.format(time),
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
