/**
 * `bun scripts/bundle.ts FOLDER` writes the compiled entries into FOLDER: client.js and protocol.js, one file each, as
 * readable as their sources. `bun scripts/bundle.ts --size` bundles and minifies the client for browsers instead, prints
 * its size, and exits with 1 when it has grown above the limit.
 */
import { join } from "node:path";

const SIZE_MOST_BYTES = 7 * 1024;

const source = join(import.meta.dir, "..", "src");

async function bundle(entry: string, minify: boolean): Promise<string> {
  const entrypoint = join(source, entry, "index.ts");
  const { outputs } = await Bun.build({
    entrypoints: [entrypoint],
    target: "browser",
    format: "esm",
    minify,
  });
  const [output] = outputs;
  if (!output) throw new Error(`${entry} gave no file`);
  return output.text();
}

const [argument] = process.argv.slice(2);
if (argument === "--size") {
  const bytes = Bun.gzipSync(Buffer.from(await bundle("client", true)), { level: 9 }).length;
  console.log(`client: ${bytes} bytes of at most ${SIZE_MOST_BYTES}, minified and gzipped`);
  process.exitCode = bytes > SIZE_MOST_BYTES ? 1 : 0;
} else if (argument) {
  for (const entry of ["client", "protocol"]) {
    await Bun.write(join(argument, `${entry}.js`), await bundle(entry, false));
  }
} else {
  throw new Error("usage: bun scripts/bundle.ts FOLDER|--size");
}
