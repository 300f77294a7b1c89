/** What the pages that work without JavaScript have in common. */

/** Where the pages' scripts, styles and pictures are, below the root. */
export const ASSETS_FOLDER = "assets/";

/** The languages of these pages: those of `web/words`. */
export const READING_LANGUAGES = ["en", "vi"] as const;
export type ReadingLanguage = (typeof READING_LANGUAGES)[number];

/** The language for an `Accept-Language` header: the first in it that the pages have. */
export function readingLanguage(header: string): ReadingLanguage {
  const [first] = header.toLowerCase().match(/\b(?:en|vi)\b/g) ?? [];
  return first === "vi" ? "vi" : "en";
}

/** What the operator's site adds to each page. */
export interface SiteLook {
  /** The files that the pages load, by name. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** The title of the chat; null for none. */
  readonly title: string | null;
  /** What the operator says to people before they join; null for nothing. */
  readonly welcome: string | null;
  /** The colour of the program's window, where browsers install the page; null for that of the chat. */
  readonly themeColour: string | null;
  /** What belongs at the end of a page's head. @param assets the address of the folder of files */
  head(assets: string): string;
  /** The bar above a page: logo, title and links. Empty if there are none. */
  bar(assets: string, language: ReadingLanguage): string;
}

/** Where a page finds its files. */
export interface PageLinks {
  /** What the operator's site adds. */
  readonly site: SiteLook;
  /** The address of the chat's root, relative or absolute, with a slash at its end. */
  readonly root: string;
  /** The name of the style sheet's file. */
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
  { root, stylesheet, site }: PageLinks,
  title: string,
  body: string,
): string {
  const assets = root + ASSETS_FOLDER;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(site.title === null ? title : `${title} · ${site.title}`)}</title>
<link rel="icon" href="${root}favicon.ico">
<link rel="stylesheet" href="${assets}${stylesheet}">${site.head(assets)}
</head>
<body>
${site.bar(assets, language)}
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
