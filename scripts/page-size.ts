/**
 * `bun scripts/page-size.ts` builds the web client as the server does, prints what a first visit loads, and exits with 1
 * if its JavaScript is larger than the limit.
 */
import { buildClient } from "../src/server/web-build.ts";

const SCRIPT_MOST_BYTES = 48_000;

/** Loaded when needed; a first visit loads one of the languages. Every visit loads all other scripts. */
const LATER = ["settings.js", "emoji.js", "vietnamese.js", "qr.js", "key.js", "login.js", "token.js"];
const LANGUAGES = ["en.js", "vi.js"];

const sizes = new Map<string, number>();
for (const { name, bytes } of await buildClient()) {
  const shortName = name.replace(/-[0-9a-f]{32}\./, ".");
  const gzippedBytes = Bun.gzipSync(bytes, { level: 9 }).length;
  if (shortName.endsWith(".js") && !LATER.includes(shortName))
    sizes.set(LANGUAGES.includes(shortName) ? shortName : name, gzippedBytes);
  console.log(`${shortName}: ${bytes.length} bytes, ${gzippedBytes} gzipped`);
}
const languageBytes = LANGUAGES.map((name) => sizes.get(name) ?? Number.NaN);
const allBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
const scriptBytes = allBytes - Math.min(...languageBytes);
console.log(
  `JavaScript of a first visit: ${scriptBytes} bytes of at most ${SCRIPT_MOST_BYTES}, minified and gzipped`,
);
// NaN if a language is missing.
process.exitCode = scriptBytes <= SCRIPT_MOST_BYTES ? 0 : 1;
