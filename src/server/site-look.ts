import { assetName } from "../engine/assets.ts";
import { accentVariables } from "../protocol/accent.ts";
import type { SiteSettings } from "./settings.ts";
import { escaped, type ReadingLanguage, type SiteLook } from "./static-page.ts";

/** What the list of links is called for those who hear the page. */
const LABEL: Readonly<Record<ReadingLanguage, string>> = { en: "Site", vi: "Trang web" };

/** Makes the look of a site. Its styles come after those of the page. */
export function siteLook({ accent, logo, title, welcome, links, style }: SiteSettings): SiteLook {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const keep = (stem: string, bytes: Uint8Array<ArrayBuffer>, ending: string) => {
    const name = assetName(stem, bytes, ending);
    files.set(name, bytes);
    return name;
  };
  const styles: string[] = [];
  const variables = Object.entries(accentVariables(accent ?? ""));
  if (variables.length > 0) {
    const rule = `:root{${variables.map(([name, value]) => `${name}:${value}`).join(";")}}`;
    styles.push(keep("accent", new TextEncoder().encode(rule), "css"));
  }
  if (style !== null) styles.push(keep("site", style, "css"));
  const picture = logo && keep("logo", logo.bytes, logo.ending);
  return {
    files,
    title,
    welcome,
    themeColour: accent,
    head: (assets) => styles.map((name) => `<link rel="stylesheet" href="${assets}${name}">`).join(""),
    bar(assets, language) {
      if (picture === null && title === null && links.length === 0) return "";
      const parts = [
        picture === null ? "" : `<img src="${assets}${picture}" alt="">`,
        title === null ? "" : `<span class="site-title" dir="auto">${escaped(title)}</span>`,
        ...links.map(
          ({ label, url }) =>
            `<a href="${escaped(url)}" target="_blank" rel="noopener noreferrer"><bdi>${escaped(label)}</bdi></a>`,
        ),
      ];
      return `<nav class="site" aria-label="${LABEL[language]}">${parts.join("")}</nav>`;
    },
  };
}
