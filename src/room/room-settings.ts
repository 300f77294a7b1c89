/**
 * What moderators set in a room. It is in force from its place in the room's order, for clients of every version.
 */

/** Who may take a nickname in a room, and see what is said there. */
export type Entry = "everyone" | "password" | "members";

/** Who may write. `known`: people who have had their key for some minutes, members and moderators. */
export type Writers = "everyone" | "known" | "members" | "moderators";

/** Who may post links. `known` is as for {@link Writers}, with the minutes of the same setting. */
export type LinkPosters = "everyone" | "known" | "nobody";

/** What becomes of a message that has one of the listed words. */
export type WordRule = "refuse" | "hold";

export interface RoomSettings {
  /** What people call the room; empty for its name in the path. */
  readonly title: string;
  readonly topic: string;
  /** Shown before one joins. */
  readonly rules: string;
  /** Whether the list of rooms shows it. */
  readonly isListed: boolean;
  readonly entry: Entry;
  /** A salted hash of the password, as `Bun.password` makes it; null for none. Never shown. */
  readonly passwordHash: string | null;
  readonly writers: Writers;
  /** How long people must have had their key to count as known, in minutes. */
  readonly knownMinutes: number;
  /** Seconds between two messages of one person, 0 for none. Moderators may always write. */
  readonly slowSeconds: number;
  readonly links: LinkPosters;
  /** Compared without regard to case and look-alike characters. */
  readonly words: readonly string[];
  readonly wordRule: WordRule;
  /** How many messages of a newcomer wait for a moderator, 0 for none. */
  readonly heldMessages: number;
  /** Days for which messages are kept, if the server does not delete them earlier; null for as long as the server keeps them. */
  readonly keepDays: number | null;
  /** For how long messages are kept meanwhile, after that was made shorter: see {@link keptDays}. Never shown. */
  readonly keptBefore: KeptBefore | null;
}

interface KeptBefore {
  readonly days: number | null;
  /** Until when, in Unix milliseconds. */
  readonly until: number;
}

/** What is to be changed of settings: keys that are missing stay as they are. `keptBefore` follows from the others. */
export type SettingsPatch = Partial<Omit<RoomSettings, "keptBefore">>;

/** What holds in a room that nobody has set anything in. */
export const DEFAULT_SETTINGS: RoomSettings = {
  title: "",
  topic: "",
  rules: "",
  isListed: false,
  entry: "everyone",
  passwordHash: null,
  writers: "everyone",
  knownMinutes: 10,
  slowSeconds: 0,
  links: "everyone",
  words: [],
  wordRule: "refuse",
  heldMessages: 0,
  keepDays: null,
  keptBefore: null,
};

/** The longest texts, in characters (code points), and the largest numbers. */
export const SETTINGS_MOST = {
  title: 100,
  topic: 300,
  rules: 4_000,
  knownMinutes: 7 * 24 * 60,
  slowSeconds: 3_600,
  words: 200,
  word: 50,
  heldMessages: 20,
  keepDays: 3_650,
} as const;

/** What everybody may know of a room's settings. */
export interface PublicSettings
  extends Omit<RoomSettings, "passwordHash" | "words" | "wordRule" | "keptBefore"> {
  readonly hasPassword: boolean;
}

export function publicSettings({
  passwordHash,
  words: _words,
  wordRule: _wordRule,
  keptBefore: _keptBefore,
  ...settings
}: RoomSettings): PublicSettings {
  return { ...settings, hasPassword: passwordHash !== null };
}

/** How long it takes until messages are kept for a shorter time than before: long enough to notice it, and to undo it. */
const SHORTER_AFTER_MS = 24 * 60 * 60 * 1000;

/** Settings after a change. @param now Unix milliseconds */
export function changedSettings(before: RoomSettings, patch: SettingsPatch, now: number): RoomSettings {
  const after = { ...before, ...patch, keptBefore: before.keptBefore };
  if (after.keepDays === before.keepDays) return after;
  const days = keptDays(before, now);
  const isShorter = isKeptShorter(after.keepDays, days);
  return { ...after, keptBefore: isShorter ? { days, until: now + SHORTER_AFTER_MS } : null };
}

/** For how many days messages are kept at a moment. @param now Unix milliseconds */
export function keptDays(
  { keepDays, keptBefore }: Pick<RoomSettings, "keepDays" | "keptBefore">,
  now: number,
): number | null {
  return keptBefore !== null && now < keptBefore.until ? keptBefore.days : keepDays;
}

/** Whether fewer days are kept than others: null stands for as many as the server keeps. */
export function isKeptShorter(days: number | null, than: number | null): boolean {
  return (days ?? Number.POSITIVE_INFINITY) < (than ?? Number.POSITIVE_INFINITY);
}
