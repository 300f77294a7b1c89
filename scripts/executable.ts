/**
 * `bun scripts/executable.ts FILE` compiles the server with its page into one executable for this system, which needs nothing
 * else to run. It starts in a fifth of the time that the sources take.
 */
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { type WebFiles, webFiles } from "../src/server/web-files.ts";
import { brotliOf } from "../src/server/web-resource.ts";

const root = join(import.meta.dir, "..");

const [outfile] = process.argv.slice(2);
if (outfile === undefined) throw new Error("usage: bun scripts/executable.ts FILE");
await compile(outfile);

/** @throws AggregateError when the sources do not build */
async function compile(outfile: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(root, "src/cli/main.ts")],
    tsconfig: join(root, "tsconfig.json"),
    target: "bun",
    format: "esm",
    bytecode: true,
    // As with the flags of scripts/install.mjs, nothing is read from the folder that the server is started in.
    compile: {
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
    plugins: [builtIn(await moduleWith(await webFiles()))],
  });
}

/** Puts the built page in the place of the module that builds it. */
function builtIn(contents: string): BunPlugin {
  return {
    name: "built-in web files",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]server[\\/]web-files\.ts$/ }, () => ({
        contents,
        loader: "js",
      }));
    },
  };
}

/** Files are compressed now, so that no start has to do it. Pages are not: the server puts the operator's choices into them. */
async function moduleWith({ client, embedScript, serviceWorker, icons }: WebFiles): Promise<string> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const files = client.map(async ({ name, type, bytes }) => ({
    name,
    type,
    bytes: base64(bytes),
    ...(name.endsWith(".html") ? {} : { brotli: base64(await brotliOf(bytes)) }),
  }));
  const data = {
    client: await Promise.all(files),
    embedScript: base64(embedScript),
    serviceWorker: base64(serviceWorker),
    icons: [...icons].map(([name, bytes]) => [name, base64(bytes)]),
  };
  return `
    const bytesOf = (base64) => new Uint8Array(Buffer.from(base64, "base64"));
    const { client, embedScript, serviceWorker, icons } = ${JSON.stringify(data)};
    export async function webFiles() {
      return {
        client: client.map(({ name, type, bytes, brotli }) => ({
          name,
          type,
          bytes: bytesOf(bytes),
          ...(brotli && { brotli: bytesOf(brotli) }),
        })),
        embedScript: bytesOf(embedScript),
        serviceWorker: bytesOf(serviceWorker),
        icons: new Map(icons.map(([name, bytes]) => [name, bytesOf(bytes)])),
      };
    }`;
}
