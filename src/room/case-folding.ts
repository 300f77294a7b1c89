const ASCII = /^[\0-\x7f]*$/;

/**
 * Full case folding (CaseFolding.txt, statuses C and F). JavaScript has no function for it, but lower, upper and lower
 * case again gives the same classes: `ẞ`, `ß` and `SS`; `Σ`, `σ` and `ς`. It goes code point by code point, so that the
 * rule for a final sigma never applies. Only the dotless `ı` is an exception: Unicode folds it to itself.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = "";
  for (const character of text) {
    folded += character === "ı" ? character : character.toLowerCase().toUpperCase().toLowerCase();
  }
  return folded;
}
