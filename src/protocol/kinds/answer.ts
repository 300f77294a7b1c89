/** What the replies to requests of moderation have in common. Of version 3. */

/** A refusal with one sentence for a person. */
export interface RefusedAnswer<T extends string, R extends string> {
  type: T;
  status: false;
  reason: R;
  error: string;
}

/** The text of a key with at most so many characters (code points); undefined if it is malformed, `missing` if it is missing. */
export function readText<M>(value: object, key: string, most: number, missing: M): string | M | undefined {
  const text: unknown = Reflect.get(value, key);
  if (text === undefined) return missing;
  // UTF-16 code units first: counting characters takes long for a long text.
  const isText = typeof text === "string" && text.length <= 2 * most && text.isWellFormed();
  return isText && [...text].length <= most ? text : undefined;
}

/** A text without control characters other than line breaks: it is shown in places where they would do harm. */
export function withoutControls(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/[^\P{Cc}\n]/gu, " ");
}

/** The number of a key, a whole one from `least` to `most`; likewise. */
export function readWhole<M>(
  value: object,
  key: string,
  [least, most]: readonly [number, number],
  missing: M,
): number | M | undefined {
  const number: unknown = Reflect.get(value, key);
  if (number === undefined) return missing;
  const isWhole = typeof number === "number" && Number.isSafeInteger(number);
  return isWhole && number >= least && number <= most ? number : undefined;
}
