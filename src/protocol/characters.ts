import { CONTENT_MAX, NICKNAME_MAX } from "./limits.ts";

/** Control characters, line and paragraph separators, and the marks that turn the direction of foreign text. */
const FORBIDDEN_IN_NICKNAME = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

/**
 * At least one character that leaves ink. White space, format characters and the default-ignorable ones leave
 * none, and neither does U+2800, the empty Braille pattern, which Unicode counts as a symbol.
 */
const INK = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

const PLAIN_NICKNAME = /^[!-~]+$/;

/** Whether `text` has 1 to `max` code points and no lone surrogate. */
export function isTextOf(text: string, max: number): boolean {
  // A code point takes one or two UTF-16 units, so most texts are settled without counting.
  if (text.length === 0 || text.length > 2 * max || !text.isWellFormed()) return false;
  if (text.length <= max) return true;
  let codePoints = 0;
  for (const _ of text) codePoints++;
  return codePoints <= max;
}

/** Whether a value is a legal nickname: 1 to 100 code points, something visible, nothing that disturbs a line. */
export function isNickname(value: unknown): value is string {
  if (typeof value !== "string" || !isTextOf(value, NICKNAME_MAX)) return false;
  // The classes of Unicode's properties are slow to test, and most nicknames do not need them.
  return PLAIN_NICKNAME.test(value) || (!FORBIDDEN_IN_NICKNAME.test(value) && INK.test(value));
}

/** Whether a value is a legal message content: 1 to 4,000 code points, any characters but lone surrogates. */
export function isContent(value: unknown): value is string {
  return typeof value === "string" && isTextOf(value, CONTENT_MAX);
}
