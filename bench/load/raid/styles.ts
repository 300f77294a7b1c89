import { contentOf } from "./authors.ts";
import type { Version } from "./line.ts";

export type StyleKey = "fast" | "alike" | "lookalike" | "proven";

/** How raiders behave. All of them join, and write as soon as they may. */
export interface Style {
  readonly key: StyleKey;
  readonly title: string;
  /** What they do, for the report. */
  readonly about: string;
  readonly version: Version;
  /** How long one waits before its next message, in milliseconds. @param sent how many it has sent on its connection */
  readonly pauseMs: (sent: number) => number;
  readonly text: (raider: number, sent: number) => string;
  /** @param tries how many names it has tried before */
  readonly name: (raider: number, tries: number, regulars: readonly string[]) => string;
  /** Whether it writes without a nickname, too, which is refused, and takes tokens of rates. */
  readonly isHeedless: boolean;
  /** Whether it tries again under another name if a message is refused. */
  readonly isRenamed: boolean;
  /** Whether it solves challenges, which costs a second of work on a telephone. */
  readonly isProven: boolean;
}

/** What the default limits let one connection send: a burst, then five messages a second. */
const BURST = 50;
const SEND_EVERY_MS = 200;
/** How a person is imitated who says something now and then. */
const HUMAN_EVERY_MS = 1000;
const SLOW_MS = [10_000, 20_000] as const;
const ENDINGS = ["", "!", "!!", " :)"];

const fast = {
  version: 3,
  pauseMs: (sent) => (sent < BURST ? 0 : SEND_EVERY_MS),
  text: (raider, sent) => contentOf("raider", `${raider} shouts for the ${sent}. time`),
  name: (raider, tries) => `stranger ${raider}${tries === 0 ? "" : `.${tries}`}`,
  isHeedless: true,
  isRenamed: false,
  isProven: false,
} satisfies Partial<Style>;

export const STYLES: readonly Style[] = [
  {
    ...fast,
    key: "fast",
    title: "fast",
    about:
      "version 3, messages as fast as the limits allow, with a nickname or without: 50 at once, then 5 a second",
  },
  {
    ...fast,
    key: "alike",
    title: "slow and alike",
    about: "version 3, all say nearly the same, each every 10 to 20 s",
    isHeedless: false,
    pauseMs: (sent) => (sent === 0 ? between(0, SLOW_MS[0]) : between(...SLOW_MS)),
    text: (raider, sent) =>
      contentOf("raider", `everybody come to us${ENDINGS[(raider + sent) % ENDINGS.length]}`),
  },
  {
    ...fast,
    key: "lookalike",
    title: "look-alike names",
    about:
      "version 2, names that look like those of the regulars, a message a second; what is refused is tried again under another name",
    version: 2,
    isHeedless: false,
    pauseMs: () => HUMAN_EVERY_MS,
    name: (raider, tries, regulars) => {
      const disguise = Math.floor(raider / regulars.length) + tries * 7;
      return disguised(regulars[raider % regulars.length] ?? "", disguise);
    },
    isRenamed: true,
  },
  {
    ...fast,
    key: "proven",
    title: "proven",
    about: "as fast ones, but they solve the challenges that they are given",
    isProven: true,
  },
];

const CYRILLIC: Readonly<Record<string, string>> = { a: "а", c: "с", e: "е", i: "і", o: "о", p: "р" };
const DISGUISES: readonly ((name: string) => string)[] = [
  (name) => name.replace(/[aceiop]/g, (letter) => CYRILLIC[letter] ?? letter),
  (name) => name.toUpperCase(),
  (name) => name.replace(/i/g, "1").replace(/o/g, "0"),
  (name) => `${name}\u200b`,
  (name) => `${name}.`,
  (name) => `_${name}_`,
  (name) => `${name}${name.at(-1)}`,
];

/** A name that looks like another. @param number which one; there is one for each */
function disguised(name: string, number: number): string {
  const disguise = DISGUISES[number % DISGUISES.length];
  const round = Math.floor(number / DISGUISES.length);
  return `${disguise?.(name)}${round === 0 ? "" : round}`;
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

export function styleOf(key: StyleKey): Style {
  const found = STYLES.find((style) => style.key === key);
  if (found === undefined) throw new RangeError(`There is no style named ${key}.`);
  return found;
}
