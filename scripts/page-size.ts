/**
 * `bun scripts/page-size.ts` builds the web client as the server does, prints what a first visit loads, and exits with 1
 * when its JavaScript has grown above the limit.
 */
import { buildClient } from "../src/server/pages.ts";

const SCRIPT_MOST_BYTES = 49_000;

let scriptBytes = 0;
for (const { name, bytes } of await buildClient()) {
  const gzippedBytes = Bun.gzipSync(bytes, { level: 9 }).length;
  if (name.endsWith(".js")) scriptBytes += gzippedBytes;
  console.log(`${name.replace(/-[0-9a-f]{32}\./, ".")}: ${bytes.length} bytes, ${gzippedBytes} gzipped`);
}
console.log(
  `JavaScript of the page: ${scriptBytes} bytes of at most ${SCRIPT_MOST_BYTES}, minified and gzipped`,
);
process.exitCode = scriptBytes > SCRIPT_MOST_BYTES ? 1 : 0;
