import type { Language } from "../words/languages.ts";

/** A time in words: `9 min 12 s`, with at most two units. */
export type Duration = (seconds: number) => string;

const UNITS = [
  ["day", 24 * 60 * 60],
  ["hour", 60 * 60],
  ["minute", 60],
  ["second", 1],
] as const;

/** Formats durations in one language. */
export function durationIn(language: Language): Duration {
  const formats = new Map(
    UNITS.map(([unit]) => [
      unit,
      new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }),
    ]),
  );
  return (seconds) => {
    const parts: string[] = [];
    let left = Math.round(seconds);
    const first = UNITS.findIndex(([, length]) => left >= length);
    for (const [unit, length] of UNITS.slice(Math.max(0, first < 0 ? UNITS.length - 1 : first)).slice(0, 2)) {
      const count = Math.floor(left / length);
      left -= count * length;
      if (count > 0 || seconds < 1) parts.push(formats.get(unit)?.format(count) ?? "");
    }
    return parts.join(" ");
  };
}
