import type { RoomSettings } from "../../client/moderation.ts";
import type { SettingsInput } from "../../protocol/kinds/room.ts";

/** The most that the server takes: characters of texts, and numbers. */
export const MOST = {
  title: 100,
  topic: 300,
  rules: 4_000,
  password: 200,
  words: 200,
  word: 50,
  knownMinutes: 7 * 24 * 60,
  slowSeconds: 3_600,
  heldMessages: 20,
  keepDays: 3_650,
} as const;

/** What is wrong with a field of the room's settings. */
export type RoomFault =
  | {
      readonly field: "title" | "topic" | "rules" | "password";
      readonly fault: "long";
      readonly most: number;
    }
  | { readonly field: "password"; readonly fault: "missing" }
  | { readonly field: "words"; readonly fault: "many" | "long"; readonly most: number }
  | {
      readonly field: "knownMinutes" | "slowSeconds" | "heldMessages" | "keepDays";
      readonly fault: "number";
      readonly least: number;
      readonly most: number;
    };

const TEXTS = ["title", "topic", "rules"] as const;
const NUMBERS = ["knownMinutes", "slowSeconds", "heldMessages"] as const;

/** Reads what is written in the form. @returns what was changed in it, or what is wrong */
export function readRoomForm(form: FormData, before: RoomSettings): SettingsInput | RoomFault {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  for (const field of TEXTS)
    if ([...text(field)].length > MOST[field]) return { field, fault: "long", most: MOST[field] };
  const numbers: Partial<Record<(typeof NUMBERS)[number] | "keepDays", number | null>> = {};
  for (const field of NUMBERS) {
    const number = wholeOf(text(field), 0, MOST[field]);
    if (number === null) return { field, fault: "number", least: 0, most: MOST[field] };
    numbers[field] = number;
  }
  const keepDays = text("keepDays") === "" ? null : wholeOf(text("keepDays"), 1, MOST.keepDays);
  if (keepDays === null && text("keepDays") !== "")
    return { field: "keepDays", fault: "number", least: 1, most: MOST.keepDays };
  const words = text("words")
    .split("\n")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  if (words.length > MOST.words) return { field: "words", fault: "many", most: MOST.words };
  if (words.some((word) => [...word].length > MOST.word))
    return { field: "words", fault: "long", most: MOST.word };
  const entry = oneOf(text("entry"), ["everyone", "password", "members"] as const);
  const password = String(form.get("password") ?? "");
  if (password.length > MOST.password) return { field: "password", fault: "long", most: MOST.password };
  if (entry === "password" && password === "" && !before.password)
    return { field: "password", fault: "missing" };
  const set: SettingsInput = {
    title: text("title"),
    topic: text("topic"),
    rules: text("rules"),
    listed: form.has("listed"),
    entry,
    // An empty field keeps the password that there is.
    ...(password === "" ? {} : { password }),
    writers: oneOf(text("writers"), ["everyone", "known", "members", "moderators"] as const),
    links: oneOf(text("links"), ["everyone", "known", "nobody"] as const),
    wordRule: oneOf(text("wordRule"), ["refuse", "hold"] as const),
    words,
    knownMinutes: numbers.knownMinutes ?? 0,
    slowSeconds: numbers.slowSeconds ?? 0,
    heldMessages: numbers.heldMessages ?? 0,
    // Only owners have the field.
    ...(form.has("keepDays") ? { keepDays } : {}),
  };
  // What is as before is left out: another moderator may be changing it.
  const changed = Object.entries(set).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(before, key)),
  );
  return Object.fromEntries(changed);
}

function wholeOf(text: string, least: number, most: number): number | null {
  const number = text === "" ? least : Number(text);
  return Number.isInteger(number) && number >= least && number <= most ? number : null;
}

function oneOf<const T extends readonly [string, ...string[]]>(value: string, all: T): T[number] {
  return all.find((each) => each === value) ?? all[0];
}
