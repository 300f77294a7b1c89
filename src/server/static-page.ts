/** What the pages that need no JavaScript have in common. */

/** The languages of the page, those of `web/words`. */
export const READING_LANGUAGES = ["en", "vi"] as const;
export type ReadingLanguage = (typeof READING_LANGUAGES)[number];

/** The language for an `Accept-Language` header: the first one that there are words for. */
export function readingLanguage(header: string): ReadingLanguage {
  const [first] = header.toLowerCase().match(/\b(?:en|vi)\b/g) ?? [];
  return first === "vi" ? "vi" : "en";
}

/** Where a page finds what belongs to it. */
export interface Surroundings {
  /** What leads to the chat's root, with a slash at its end. */
  readonly root: string;
  /** The path of the style sheet from there. */
  readonly stylesheet: string;
}

/**
 * A page of its own.
 *
 * @param title as text
 * @param body what stands below the title, as HTML
 */
export function staticPage(
  language: ReadingLanguage,
  { root, stylesheet }: Surroundings,
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

/** Text for an element or an attribute in quotation marks. One character after the other: a text may be full of them. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
