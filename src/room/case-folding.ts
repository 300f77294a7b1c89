const ASCII = /^[\0-\x7f]*$/;

/**
 * Full case folding (CaseFolding.txt, statuses C and F). JavaScript has no such function, but lower, upper and
 * lower case again, code point by code point so that no rule of a final sigma applies, gives classes as wide:
 * `ẞ`, `ß` and `SS`, `Σ`, `σ` and `ς`. The dotless `ı` alone must be kept from it: Unicode folds it to itself.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = "";
  for (const character of text) {
    folded += character === "ı" ? character : character.toLowerCase().toUpperCase().toLowerCase();
  }
  return folded;
}
