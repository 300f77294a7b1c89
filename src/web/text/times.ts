import type { Words } from "../words/en.ts";

/** Formats times in one language and the user's time zone. Times are in Unix milliseconds. */
export interface Times {
  /** `09:08`. */
  clock(time: number): string;
  /** The full date and time. */
  full(time: number): string;
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

/** A number that identifies the minute of a time. */
export function minuteOf(time: number): number {
  return Math.floor(time / 60_000);
}
