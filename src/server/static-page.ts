/** What the pages that work without JavaScript have in common. */

/** The languages of these pages: those of `web/words`. */
export const READING_LANGUAGES = ["en", "vi"] as const;
export type ReadingLanguage = (typeof READING_LANGUAGES)[number];

/** The language for an `Accept-Language` header: the first in it that the pages have. */
export function readingLanguage(header: string): ReadingLanguage {
  const [first] = header.toLowerCase().match(/\b(?:en|vi)\b/g) ?? [];
  return first === "vi" ? "vi" : "en";
}

/** Where a page finds its files. */
export interface PageLinks {
  /** The address of the chat's root, relative or absolute, with a slash at its end. */
  readonly root: string;
  /** The path of the style sheet below the root. */
  readonly stylesheet: string;
}

/**
 * A whole page.
 *
 * @param title as text
 * @param body everything below the title, as HTML
 */
export function staticPage(
  language: ReadingLanguage,
  { root, stylesheet }: PageLinks,
  title: string,
  body: string,
): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="${root}favicon.ico">
<link rel="stylesheet" href="${root}${stylesheet}">
</head>
<body>
<main class="reading">
<h1>${escaped(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** Text for an element or a quoted attribute. Replaces one character at a time: a text may consist of nothing else. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
