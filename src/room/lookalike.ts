/**
 * The key under which a nickname is unique: two nicknames are the same when their keys are equal, so sameness is
 * an equivalence by construction. After Unicode's NFKC_Casefold (UAX #31, section 5.1), with white space collapsed.
 */
export function lookalikeKey(nickname: string): string {
  let key = nickname.normalize("NFKC");
  // Folding can leave text that is no longer NFKC, and removing what is ignorable can bring marks together.
  // The key is the fixed point; it is reached after two or three rounds.
  for (;;) {
    const next = foldCase(key.replace(IGNORABLE, "")).normalize("NFKC");
    if (next === key) break;
    key = next;
  }
  return key.replace(WHITE_SPACE, " ").trim();
}

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const WHITE_SPACE = /\p{White_Space}+/gu;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Full case folding (CaseFolding.txt, statuses C and F). JavaScript has no such function, but lower, upper and
 * lower case again, code point by code point so that no rule of a final sigma applies, gives classes as wide:
 * `ẞ`, `ß` and `SS`, `Σ`, `σ` and `ς`. The dotless `ı` alone must be kept from it: Unicode folds it to itself.
 */
function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = "";
  for (const character of text) {
    folded += character === "ı" ? character : character.toLowerCase().toUpperCase().toLowerCase();
  }
  return folded;
}
