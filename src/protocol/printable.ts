/** Characters that move the cursor, break a line or change its direction, and so could deceive the reader of a log. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
/** Those of them that can occur in JSON, whose strings contain no line breaks and the like. */
const UNPRINTABLE_IN_JSON = /[\u007F-\u009F\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A text for an operator to read: unprintable characters in it are written like `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** JSON with the same meaning that is printable. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, escaped);
}

/** A value whose strings are made {@link printable}, at any depth. A stack keeps its lines. */
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
