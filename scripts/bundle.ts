/**
 * `bun scripts/bundle.ts FOLDER` writes the compiled entries of the client's package into FOLDER: each as an ES module in
 * FOLDER/esm and as a CommonJS module in FOLDER/cjs, one file each, as readable as their sources. With `--size` instead of
 * FOLDER it bundles and minifies the client for browsers, prints its size, and exits with 1 if that is above the limit.
 */
import { join } from "node:path";

/**
 * Two KiB above 9 are for changes of messages: their frames, their way through the outbox, and their place in the stream. Two
 * and three quarters more are for persons: keys, tokens and their renewal, reserved nicknames, and what is known about those who are
 * here. Three and three quarters more are for moderation: its requests and refusals, passwords, and proofs of work. A quarter more
 * is for finding out whether a connection has survived a change of the network.
 */
const SIZE_MOST_BYTES = 17.75 * 1024;

const source = join(import.meta.dir, "..", "src");

/** The sources of the package's entries, by file name. */
const ENTRIES = {
  client: "client/index.ts",
  "client-node": "node/index.ts",
  node: "node/file-storage.ts",
  protocol: "protocol/index.ts",
};

async function bundle(entry: keyof typeof ENTRIES, format: "esm" | "cjs", minify = false): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(source, ENTRIES[entry])],
    target: entry.includes("node") ? "node" : "browser",
    format,
    minify,
    // A CommonJS module gets its own path at run time. Otherwise the source's path on this machine would be built in.
    define: format === "cjs" ? { "import.meta.url": "module.filename" } : {},
  });
  const [output] = outputs;
  if (!output) throw new Error(`bundling ${entry} did not give a file`);
  return output.text();
}

const [argument] = process.argv.slice(2);
if (argument === "--size") {
  const bytes = Bun.gzipSync(Buffer.from(await bundle("client", "esm", true)), { level: 9 }).length;
  console.log(`client: ${bytes} bytes of at most ${SIZE_MOST_BYTES}, minified and gzipped`);
  process.exitCode = bytes > SIZE_MOST_BYTES ? 1 : 0;
} else if (argument) {
  for (const entry of Object.keys(ENTRIES) as (keyof typeof ENTRIES)[]) {
    for (const format of ["esm", "cjs"] as const) {
      await Bun.write(join(argument, format, `${entry}.js`), await bundle(entry, format));
    }
  }
} else {
  throw new Error("usage: bun scripts/bundle.ts FOLDER|--size");
}
