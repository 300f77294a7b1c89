import type { SettingsInput } from "../../protocol/kinds/room.ts";
import { isSearchable } from "../../room/message-rules.ts";
import { type RoomSettings, SETTINGS_MOST, type SettingsPatch } from "../../room/room-settings.ts";

/** Reads one key of what is to be set; undefined if it is malformed. */
type Read<T> = (value: unknown) => T | undefined;

type PlainKey = Exclude<keyof SettingsInput, "password" | "listed">;

const READERS: { readonly [K in PlainKey]: Read<RoomSettings[K]> } = {
  title: line(SETTINGS_MOST.title),
  topic: line(SETTINGS_MOST.topic),
  rules: text(SETTINGS_MOST.rules),
  entry: oneOf("everyone", "password", "members"),
  writers: oneOf("everyone", "known", "members", "moderators"),
  knownMinutes: whole(0, SETTINGS_MOST.knownMinutes),
  slowSeconds: whole(0, SETTINGS_MOST.slowSeconds),
  links: oneOf("everyone", "known", "nobody"),
  words: readWords,
  wordRule: oneOf("refuse", "hold"),
  heldMessages: whole(0, SETTINGS_MOST.heldMessages),
  keepDays: (value) => (value === null ? null : whole(1, SETTINGS_MOST.keepDays)(value)),
};

/** The longest password, in UTF-16 code units, and the shortest. */
const PASSWORD = { least: 4, most: 200 };

/** What is to be set, or one sentence on what is wrong with that. */
export type ReadSettings =
  | {
      readonly patch: SettingsPatch;
      /** Null to take it away, undefined to leave it. */
      readonly password: string | null | undefined;
    }
  | { readonly error: string };

/**
 * Reads what a moderator wants to set. Unknown keys are ignored, as in all requests. Whether it goes together with what is set
 * already is known only when it is stored.
 *
 * @param set any JSON object
 */
export function readSettings(set: object): ReadSettings {
  const fields: Readonly<Record<string, unknown>> = { ...set };
  const changed: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(READERS)) {
    if (!(key in fields)) continue;
    const value = read(fields[key]);
    if (value === undefined) return { error: `The setting "${key}" is malformed, too long or out of range.` };
    changed[key] = value;
  }
  const patch: SettingsPatch = { ...changed };
  const empty = patch.words?.find((word) => !isSearchable(word));
  if (empty !== undefined)
    return { error: `The word ${JSON.stringify(empty)} has no letter and no digit to be found by.` };
  const { listed } = fields;
  if ("listed" in fields && typeof listed !== "boolean")
    return { error: 'The setting "listed" is true or false.' };
  const { password } = fields;
  if (password !== undefined && password !== null && !isPassword(password))
    return { error: `A password has ${PASSWORD.least} to ${PASSWORD.most} characters.` };
  return { patch: { ...patch, ...(typeof listed === "boolean" ? { isListed: listed } : {}) }, password };
}

function isPassword(value: unknown): value is string {
  return typeof value === "string" && value.length >= PASSWORD.least && value.length <= PASSWORD.most;
}

/** A text of at most so many characters (code points). */
function text(most: number): Read<string> {
  return (value) => {
    if (typeof value !== "string" || value.length > 2 * most || !value.isWellFormed()) return undefined;
    return [...value].length <= most ? value.trim() : undefined;
  };
}

/** The same in one line. */
function line(most: number): Read<string> {
  const read = text(most);
  return (value) => read(value)?.replace(/\s+/g, " ");
}

function whole(least: number, most: number): Read<number> {
  return (value) => {
    const isWhole = typeof value === "number" && Number.isSafeInteger(value);
    return isWhole && value >= least && value <= most ? value : undefined;
  };
}

function oneOf<T extends string>(...values: readonly T[]): Read<T> {
  return (value) => values.find((each) => each === value);
}

function readWords(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > SETTINGS_MOST.words) return undefined;
  const words = value.map(line(SETTINGS_MOST.word));
  return words.every((word) => word !== undefined && word !== "") ? (words as string[]) : undefined;
}
