/**
 * `bun scripts/page-size.ts` builds the web client as the server does, prints what a first visit loads, and what a room does in
 * addition, and exits with 1 if the JavaScript of either, or the script for host sites, is larger than its limit.
 */
import { buildClient, buildEmbedScript } from "../src/server/web-build.ts";

const SCRIPT_MOST_BYTES = 48_000;
/** What comes in addition when somebody joins. */
const ROOM_MOST_BYTES = 10_000;

/** The script that host sites include. */
const EMBED_MOST_BYTES = 4_000;

/** A first visit loads one of them. */
const LANGUAGES = ["en", "vi"];

/** What a script imports before it runs. What it loads later has no name in it. */
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g;
/** The script that the page begins with. */
const FIRST_SCRIPT = /<script [^>]*\bsrc="\.\/([^"]+)"/;

const files = new Map((await buildClient()).map((file) => [file.name, file.bytes]));
const textOf = (name: string) => new TextDecoder().decode(files.get(name));
const gzippedBytes = (name: string) => Bun.gzipSync(files.get(name) ?? new Uint8Array(), { level: 9 }).length;
const stemOf = (name: string) => name.replace(/-[0-9a-f]{32}\..*/, "");

for (const [name, bytes] of files)
  console.log(
    `${name.replace(/-[0-9a-f]{32}\./, ".")}: ${bytes.length} bytes, ${gzippedBytes(name)} gzipped`,
  );

const first = new Set<string>();
const visit = (name: string) => {
  if (first.has(name)) return;
  first.add(name);
  for (const [, imported] of textOf(name).matchAll(STATIC_IMPORT)) visit(imported ?? "");
};
const page = [...files.keys()].find((name) => name.endsWith(".html")) ?? "";
visit(FIRST_SCRIPT.exec(textOf(page))?.[1] ?? "");

const scripts = [...first].map(gzippedBytes);
const languages = [...files.keys()].filter((name) => LANGUAGES.includes(stemOf(name))).map(gzippedBytes);
const scriptBytes = scripts.reduce((sum, size) => sum + size, 0) + Math.max(...languages);
console.log(
  `JavaScript of a first visit: ${scriptBytes} bytes of at most ${SCRIPT_MOST_BYTES}, minified and gzipped`,
);
const room = [...files.keys()].filter((name) => stemOf(name) === "room" && name.endsWith(".js"));
const roomBytes = room.map(gzippedBytes).reduce((sum, size) => sum + size, 0);
console.log(`JavaScript of a room: ${roomBytes} bytes more, of at most ${ROOM_MOST_BYTES}`);
const embedBytes = Bun.gzipSync(await buildEmbedScript(), { level: 9 }).length;
console.log(
  `The script for host sites: ${embedBytes} bytes of at most ${EMBED_MOST_BYTES}, minified and gzipped`,
);
// Without a script or a language, something is wrong with what is counted here.
const isCounted = !scripts.includes(0) && languages.length === LANGUAGES.length && room.length === 1;
const isSmall =
  scriptBytes <= SCRIPT_MOST_BYTES && roomBytes <= ROOM_MOST_BYTES && embedBytes <= EMBED_MOST_BYTES;
process.exitCode = isCounted && isSmall ? 0 : 1;
