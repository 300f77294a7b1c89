import type { Words } from "../words/en.ts";

/** Writes times in one language and the reader's own time zone. */
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
      // By the calendar: days on which the clocks are changed have 23 or 25 hours.
      const yesterday = new Date(now);
      yesterday.setDate(yesterday.getDate() - 1);
      return dayOf(time) === dayOf(yesterday) ? words.yesterday : day.format(time);
    },
  };
}

/** A number for each day of the reader's time zone; times of one day have the same one. */
export function dayOf(time: number | Date): number {
  const date = new Date(time);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/** Likewise for minutes. */
export function minuteOf(time: number): number {
  return Math.floor(time / 60_000);
}
