import { CONTENT_MAX, NICKNAME_MAX } from "./limits.ts";

/**
 * Control characters, line and paragraph separators, and marks that change the direction of other text; private-use code
 * points, noncharacters and unassigned code points, which are drawn as whatever a font has for them, or as nothing.
 */
const FORBIDDEN_IN_NICKNAME = /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cn}\u202A-\u202E\u2066-\u2069]/u;

/**
 * Characters that are drawn as nothing: those that Unicode calls ignorable, and others that have a blank glyph or none. The
 * latter are the Syriac abbreviation mark, the blank Braille pattern, the controls for annotations and objects, the Brahmi
 * number joiner, the controls and blanks among hieroglyphs, the Khitan filler, the Duployan selector and the null notehead.
 */
export const NOTHING =
  /[\p{Default_Ignorable_Code_Point}\u070F\u2800\uFFF9-\uFFFC\u{1107F}\u{13430}-\u{13442}\u{16FE4}\u{1BC9D}\u{1D159}]/gu;

/** Marks that stack the next letter under the one before. Without a next letter they are drawn as nothing, too. */
export const IDLE_STACKERS =
  /[\u1039\u17D2\u1A60\u1BAB\u2D7F\uAAF6\u{10A3F}\u{11133}\u{113D0}\u{1193E}\u{11A47}\u{11A99}\u{11D45}\u{11D97}\u{11F42}](?!\p{Lo})/gu;

/** White space and format characters leave no ink. */
const INK = /[^\p{White_Space}\p{Cc}\p{Cf}]/u;

const PLAIN_NICKNAME = /^[!-~]+$/;

/** Whether a text leaves ink where it is drawn. */
export function isVisible(text: string): boolean {
  return INK.test(text.replace(NOTHING, "").replace(IDLE_STACKERS, ""));
}

/** Whether `text` has 1 to `max` code points and no lone surrogate. */
export function isTextOf(text: string, max: number): boolean {
  // A code point takes one or two UTF-16 units, so most texts need no counting.
  if (text.length === 0 || text.length > 2 * max || !text.isWellFormed()) return false;
  if (text.length <= max) return true;
  let codePoints = 0;
  for (const _ of text) codePoints++;
  return codePoints <= max;
}

/** Whether a value is a valid nickname: 1 to 100 code points, something visible, nothing that disturbs a line. */
export function isNickname(value: unknown): value is string {
  if (typeof value !== "string" || !isTextOf(value, NICKNAME_MAX)) return false;
  // Unicode properties are slow to test, and most nicknames do not need them.
  return PLAIN_NICKNAME.test(value) || (!FORBIDDEN_IN_NICKNAME.test(value) && isVisible(value));
}

/** Whether a value is a valid message content: 1 to 4,000 code points, without lone surrogates (SEND-3). */
export function isContent(value: unknown): value is string {
  return typeof value === "string" && isTextOf(value, CONTENT_MAX);
}
