import { InvalidArgumentError } from "commander";
import type { SettingsInput } from "../protocol/kinds/room.ts";
import { printable } from "../protocol/printable.ts";
import { isKeyOf } from "../protocol/table.ts";
import { publicSettings, type RoomSettings } from "../room/room-settings.ts";
import { settingsKeys } from "../server/kinds/moderation.ts";
import { readSettings } from "../server/moderation/settings-input.ts";

/** The settings that a command sets by `key=value`: a password is on no command line. */
export type PlainSettings = Omit<SettingsInput, "password">;

/** What a value stands for. What is wrong with it is found out by {@link readSettings}. */
const VALUES: { readonly [K in keyof Required<PlainSettings>]: (text: string) => unknown } = {
  title: asIs,
  topic: asIs,
  rules: asIs,
  listed: (text) => (text === "true" ? true : text === "false" ? false : text),
  entry: asIs,
  writers: asIs,
  knownMinutes: whole,
  slowSeconds: whole,
  links: asIs,
  words: (text) => (text === "" ? [] : text.split(",").map((word) => word.trim())),
  wordRule: asIs,
  heldMessages: whole,
  keepDays: (text) => (text === "none" ? null : whole(text)),
};

/**
 * Reads settings such as `slowSeconds=10`.
 *
 * @throws InvalidArgumentError with one sentence
 */
export function parseSettings(texts: readonly string[]): PlainSettings {
  const set: Record<string, unknown> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    const key = at < 0 ? text : text.slice(0, at);
    if (key === "password")
      throw new InvalidArgumentError("A password is read from standard input: use --password-stdin.");
    if (!isKeyOf(VALUES, key))
      throw new InvalidArgumentError(
        `Settings are key=value, with a key of ${Object.keys(VALUES).join(", ")}.`,
      );
    if (at < 0) throw new InvalidArgumentError(`The setting "${key}" needs a value: ${key}=…`);
    set[key] = VALUES[key](text.slice(at + 1));
  }
  const read = readSettings(set);
  if ("error" in read) throw new InvalidArgumentError(read.error);
  return set;
}

export function isSettingsKey(key: string): key is keyof PlainSettings {
  return isKeyOf(VALUES, key);
}

/** Settings as they are set, without the password. */
export function plainSettings(settings: RoomSettings): Required<PlainSettings> {
  const { password: _, ...keys } = settingsKeys(publicSettings(settings));
  const { words, wordRule } = settings;
  return { ...keys, words, wordRule };
}

/** Settings as the text that sets them, one in a line. */
export function settingsText(settings: RoomSettings): string {
  const lines = Object.entries(plainSettings(settings)).map(([key, value]) =>
    printable(`${key}=${textOf(value)}`),
  );
  return [...lines, `password: ${settings.passwordHash === null ? "none" : "set"}`].join("\n");
}

function textOf(value: PlainSettings[keyof PlainSettings]): string {
  if (value === null) return "none";
  return typeof value === "object" ? value.join(",") : String(value);
}

function asIs(text: string): string {
  return text;
}

function whole(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
