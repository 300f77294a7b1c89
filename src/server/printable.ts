/** What moves a cursor, breaks a line or turns its direction: of no use in a log, and a trick on whoever reads it. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
/** The same but for what is left of it in JSON, which has no line breaks and the like in its texts. */
const UNPRINTABLE_IN_JSON = /[\u007F-\u009F\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A text for the eyes of an operator: what is unprintable in it is written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** JSON that says the same, and is printable as it stands. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, escaped);
}

/** A value whose texts are {@link printable}, at any depth. A stack keeps its lines. */
export function printableValue(value: unknown, key = ""): unknown {
  if (typeof value === "string")
    return key === "stack" ? value.split("\n").map(printable).join("\n") : printable(value);
  if (Array.isArray(value)) return value.map((each) => printableValue(each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [printable(name), printableValue(each, name)]),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
