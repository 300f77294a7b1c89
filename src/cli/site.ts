import { InvalidArgumentError } from "commander";
import { accentOf } from "../protocol/accent.ts";
import type { SiteLink, SiteLogo, SiteSettings } from "../server/settings.ts";
import { bytesOfFile, decoded, failFor } from "./file.ts";

/** Each page loads these files. */
const LOGO_MAX_BYTES = 256 * 1024;
const STYLE_MAX_BYTES = 256 * 1024;
const LINKS_FILE_MAX_BYTES = 64 * 1024;
const TITLE_MAX = 60;
const WELCOME_MAX = 1_000;
const LABEL_MAX = 60;
const LINKS_MAX = 20;
/** Control characters, and others that are not seen. */
const INVISIBLE = /\p{C}/u;
const LINK = /^([^=]+)=\s*(https?:\/\/.+)$/i;

/** The values of the options. */
export interface SiteFlags {
  readonly accent?: string | undefined;
  readonly logo?: string | undefined;
  readonly title?: string | undefined;
  readonly welcome?: string | undefined;
  readonly links?: readonly string[] | undefined;
  readonly style?: string | undefined;
}

/**
 * What the flags say about the operator's site. Reads the files that they name.
 *
 * @throws InvalidArgumentError with one sentence when a value or a file cannot be used
 */
export function siteOf({ accent, logo, title, welcome, links: named = [], style }: SiteFlags): SiteSettings {
  const links = named.flatMap(linksOf);
  if (links.length > LINKS_MAX) failFor("--links", `there can be at most ${LINKS_MAX} links.`);
  return {
    accent: accent ?? null,
    logo: logo === undefined ? null : logoIn(logo),
    title: title ?? null,
    welcome: welcome ?? null,
    links,
    style: style === undefined ? null : styleIn(style),
  };
}

/** @throws InvalidArgumentError when the text is not a colour */
export function parseAccent(text: string): string {
  if (accentOf(text) === null) throw new InvalidArgumentError("It must be a colour such as #0b6e69.");
  return text.trim().toLowerCase();
}

/** @throws InvalidArgumentError when the text is not a title */
export function parseTitle(text: string): string {
  const title = text.trim();
  if (title === "" || title.length > TITLE_MAX || INVISIBLE.test(title))
    throw new InvalidArgumentError(`It must be a text of 1 to ${TITLE_MAX} characters on one line.`);
  return title;
}

/** @throws InvalidArgumentError when the text is too long, or empty */
export function parseWelcome(text: string): string {
  const welcome = text.trim();
  if (welcome === "" || welcome.length > WELCOME_MAX)
    throw new InvalidArgumentError(`It must be a text of 1 to ${WELCOME_MAX} characters.`);
  return welcome;
}

function linksOf(text: string): readonly SiteLink[] {
  if (LINK.test(text)) return [linkOf(text)];
  const bytes = bytesOfFile("--links", text, LINKS_FILE_MAX_BYTES);
  const lines = decoded("--links", text, bytes).split(/\r?\n/);
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(linkOf);
}

function linkOf(text: string): SiteLink {
  const [, written = "", address = ""] = LINK.exec(text) ?? [];
  const label = written.trim();
  const url = URL.parse(address);
  if (url === null || label === "" || label.length > LABEL_MAX || INVISIBLE.test(label))
    failFor(
      "--links",
      `${JSON.stringify(text)} must be a label of at most ${LABEL_MAX} characters, = and an address that begins with https://.`,
    );
  return { label, url: url.href };
}

/** The first bytes of each format, in Latin-1. */
const LOGO_FORMATS: readonly [RegExp, SiteLogo["ending"]][] = [
  [/^\x89PNG\r\n/, "png"],
  [/^\xff\xd8\xff/, "jpg"],
  [/^RIFF.{4}WEBP/s, "webp"],
  [/^(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!--|<!DOCTYPE svg|<svg)/i, "svg"],
];

function logoIn(file: string): SiteLogo {
  const bytes = bytesOfFile("--logo", file, LOGO_MAX_BYTES);
  const beginning = Buffer.from(bytes.subarray(0, 256)).toString("latin1");
  const [, ending] = LOGO_FORMATS.find(([format]) => format.test(beginning)) ?? [];
  if (ending === undefined) failFor("--logo", `${file} must be a picture: SVG, PNG, JPEG or WebP.`);
  return { bytes, ending };
}

function styleIn(file: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfFile("--style", file, STYLE_MAX_BYTES);
  const text = decoded("--style", file, bytes);
  if (text.trimStart().startsWith("<"))
    failFor("--style", `${file} must be a style sheet, and it looks like HTML.`);
  // It would lead to a file that the server does not have, and the styles would lack a part without anybody being told.
  if (/@import\b/i.test(text))
    failFor("--style", `${file} must not contain @import; put everything into one file.`);
  return bytes;
}
