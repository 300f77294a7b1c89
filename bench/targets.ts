import type { ContenderName } from "./contenders.ts";
import { CONTROLS } from "./load/attack/controls.ts";
import { STYLES } from "./load/raid/styles.ts";
import { median, type Section, type TargetResult } from "./results.ts";

/** A goal that the project sets itself. Ratios are taken within each round; their median counts. */
interface Target {
  readonly text: string;
  readonly limit: number;
  readonly sense: "at most" | "at least";
  readonly unit: string;
  readonly measure: (of: Measured) => number | InRow | null;
}

/** A value, and the row that it is from. */
interface InRow {
  readonly value: number;
  readonly row: string;
}

/** The rows that are only there for comparison. */
const COMPARED = new Set([
  ...CONTROLS.map(({ key }) => key),
  ...STYLES.flatMap(({ key, isProven }) => (isProven ? key : [])),
]);

/** The medians of a run. Null if something was not measured. */
class Measured {
  readonly #sections: readonly Section[];

  constructor(sections: readonly Section[]) {
    this.#sections = sections;
  }

  value(section: string, row: string, column: string): number | null {
    const values = this.#values(section, row, column);
    return values === null ? null : median(values);
  }

  /** The highest or the lowest of a column's medians, without the rows that are only there for comparison. */
  extreme(which: "highest" | "lowest", section: string, column: string): InRow | null {
    const rows = this.#sections.find(({ id }) => id === section)?.rows ?? [];
    const all = rows
      .filter(({ key }) => !COMPARED.has(key))
      .flatMap(({ title, values }) => (values[column] ? [{ value: median(values[column]), row: title }] : []))
      .toSorted((a, b) => a.value - b.value);
    return (which === "highest" ? all.at(-1) : all[0]) ?? null;
  }

  /** One row's column as a multiple of another row's. */
  ratio(section: string, row: string, other: string, column: string): number | null {
    const values = this.#values(section, row, column);
    const others = this.#values(section, other, column);
    if (values === null || others === null) return null;
    return median(values.map((value, round) => value / (others[round] ?? Number.NaN)));
  }

  #values(section: string, row: string, column: string): readonly number[] | null {
    const found = this.#sections.find(({ id }) => id === section)?.rows.find(({ key }) => key === row);
    return found?.values[column] ?? null;
  }
}

const cpuRatio = (section: string, row: ContenderName, other: ContenderName) => (of: Measured) =>
  of.ratio(section, row, other, "cpuUs");

const TARGETS: readonly Target[] = [
  {
    text: "sparse, v2: CPU per delivery, as a multiple of the floor with one write per message",
    limit: 1.1,
    sense: "at most",
    unit: "×",
    measure: cpuRatio("sparse", "v2", "floor-message"),
  },
  {
    text: "sparse: CPU per delivery of ws in a loop, as a multiple of v2",
    limit: 2,
    sense: "at least",
    unit: "×",
    measure: cpuRatio("sparse", "ws-loop", "v2"),
  },
  {
    text: "flood, v2: CPU per delivery, as a multiple of the floor with one write per batch",
    limit: 2,
    sense: "at most",
    unit: "×",
    measure: cpuRatio("flood", "v2", "floor-batch"),
  },
  {
    text: "flood: CPU per delivery of Bun's publish, as a multiple of v2",
    limit: 1,
    sense: "at least",
    unit: "×",
    measure: cpuRatio("flood", "bun-publish", "v2"),
  },
  {
    text: "flood, v3: CPU per delivery, as a multiple of the floor with one write per batch",
    limit: 1.2,
    sense: "at most",
    unit: "×",
    measure: cpuRatio("flood", "v3", "floor-batch"),
  },
  {
    text: "flood, v3 compressed, as browsers request it: CPU per delivery, as a multiple of the floor with one write per batch",
    limit: 1.2,
    sense: "at most",
    unit: "×",
    measure: cpuRatio("flood", "v3-deflate", "floor-batch"),
  },
  {
    text: "paced, v2: p99, as a multiple of Bun's publish",
    limit: 3,
    sense: "at most",
    unit: "×",
    measure: (of) => of.ratio("paced", "v2", "bun-publish", "p99Ms"),
  },
  ...(["v2", "v3"] as const).flatMap((form): Target[] => [
    {
      text: `join storm of 5,000, ${form}: events delivered`,
      limit: 100,
      sense: "at least",
      unit: "%",
      measure: (of) => of.value("join-storm-5000", form, "complete"),
    },
    {
      text: `join storm of 5,000, ${form}: CPU per event, as a multiple of that per message in a flood`,
      limit: 1.5,
      sense: "at most",
      unit: "×",
      measure: (of) => of.value("join-storm-5000", form, "ratio"),
    },
    {
      text: `idle, ${form}: resident memory per connection, above the empty server`,
      limit: 8,
      sense: "at most",
      unit: "KiB",
      measure: (of) => of.value("idle", form, "kibAConnection"),
    },
    {
      text: `idle, ${form}: CPU of one core`,
      limit: 5,
      sense: "at most",
      unit: "%",
      measure: (of) => of.value("idle", form, "cpuPercent"),
    },
  ]),
  {
    text: "history of 1 million: sends/s, as a multiple of those with an empty history",
    limit: 0.95,
    sense: "at least",
    unit: "×",
    measure: (of) => of.ratio("history", "1000000", "0", "sendsPerS"),
  },
  {
    text: "history of 1 million: time to start",
    limit: 1500,
    sense: "at most",
    unit: "ms",
    measure: (of) => of.value("history", "1000000", "startMs"),
  },
  {
    text: "history of 1 million: time for the newest page, as a multiple of that with 10,000",
    limit: 2,
    sense: "at most",
    unit: "×",
    measure: (of) => of.ratio("history", "1000000", "10000", "pageMs"),
  },
  {
    text: "history of 1 million: resident memory three seconds after sends and pages",
    limit: 120,
    sense: "at most",
    unit: "MiB",
    measure: (of) => of.value("history", "1000000", "restedMiB"),
  },
  {
    text: "changes: CPU per delivery, as a multiple of that of messages",
    limit: 1.3,
    sense: "at most",
    unit: "×",
    measure: (of) => of.ratio("changes", "changes", "messages", "cpuUs"),
  },
  {
    text: "history of 1 million with 100,000 changes: time to start, as a multiple of that without",
    limit: 1.5,
    sense: "at most",
    unit: "×",
    measure: (of) => of.ratio("changed-history", "changed", "plain", "startMs"),
  },
  ...(
    [
      ["the newest page", "newestMs", 1.5],
      ["an older page", "beforeMs", 1.5],
      // It has the messages that changes concern besides, which are anywhere in the file.
      ["a page after a message", "afterMs", 2],
    ] as const
  ).map(
    ([text, column, limit]): Target => ({
      text: `history of 1 million with 100,000 changes: time for ${text}, as a multiple of that without`,
      limit,
      sense: "at most",
      unit: "×",
      measure: (of) => of.ratio("changed-history", "changed", "plain", column),
    }),
  ),
  {
    text: "history of 1 million with 100,000 changes: resident memory three seconds after pages",
    limit: 150,
    sense: "at most",
    unit: "MiB",
    measure: (of) => of.value("changed-history", "changed", "restedMiB"),
  },
  {
    text: "abuse, the worst attack: p99 of other people's messages",
    limit: 50,
    sense: "at most",
    unit: "ms",
    measure: (of) => of.extreme("highest", "abuse", "p99Ms"),
  },
  ...(
    [
      ["other people's messages refused", "refused"],
      ["other people disconnected", "disconnected"],
      ["newcomers turned away", "turnedAway"],
    ] as const
  ).map(
    ([text, column]): Target => ({
      text: `abuse, the worst attack: ${text}`,
      limit: 0,
      sense: "at most",
      unit: "",
      measure: (of) => of.extreme("highest", "abuse", column),
    }),
  ),
  {
    text: "abuse, the worst attack: other people's gets answered",
    limit: 100,
    sense: "at least",
    unit: "%",
    measure: (of) => of.extreme("lowest", "abuse", "getsAnswered"),
  },
  {
    text: "abuse, the worst attack: rooms out of 20 that somebody else can enter",
    limit: 20,
    sense: "at least",
    unit: "",
    measure: (of) => of.extreme("lowest", "abuse", "roomsEntered"),
  },
  {
    text: "abuse, the worst attack: growth of the history",
    limit: 10,
    sense: "at most",
    unit: "MiB/min",
    measure: (of) => of.extreme("highest", "abuse-cost", "historyMiBAMinute"),
  },
  ...(
    [
      ["messages of raiders that somebody saw", "raidSeen", 60, ""],
      ["from the first of them to the last", "quietS", 10, "s"],
      ["p99 of regulars' messages, as a multiple of that without a raid", "delay", 3, "×"],
      ["regulars' messages refused", "refused", 0, ""],
      ["from a moderator's click until nothing of it is left", "sweepMs", 1000, "ms"],
      ["other people's messages that are swept away with it", "wronglyGone", 0, ""],
    ] as const
  ).map(
    ([text, column, limit, unit]): Target => ({
      text: `raid, the worst one of those without proofs: ${text}`,
      limit,
      sense: "at most",
      unit,
      measure: (of) => of.extreme("highest", "raid", column),
    }),
  ),
  {
    text: "raid, the worst one of those without proofs: newcomers out of 10 who are in within 30 s",
    limit: 10,
    sense: "at least",
    unit: "",
    measure: (of) => of.extreme("lowest", "raid", "newcomersIn"),
  },
];

/** Compares the targets with the measurements. */
export function targetResults(sections: readonly Section[]): TargetResult[] {
  const measured = new Measured(sections);
  return TARGETS.map(({ text, limit, sense, unit, measure }) => {
    const found = measure(measured);
    const wanted = { text, limit: `${sense} ${limit.toLocaleString("en")} ${unit}`.trimEnd() };
    if (found === null) return { ...wanted, measured: null, isMet: null };
    const { value, row } = typeof found === "number" ? { value: found, row: null } : found;
    const where = row === null || value === 0 ? "" : ` (${row})`;
    return {
      ...wanted,
      measured: `${format(value)} ${unit}`.trimEnd() + where,
      isMet: sense === "at most" ? value <= limit : value >= limit,
    };
  });
}

/** To three significant digits, or to all digits before the decimal point. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(decimals);
}
