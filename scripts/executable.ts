/**
 * Makes single executables of the server: its sources, the page that they build, and Bun, in one file, which needs nothing else
 * to run. `bun scripts/executable.ts FILE` makes one for this system.
 */
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { type WebFiles, webFiles } from "../src/server/web-files.ts";
import { brotliOf } from "../src/server/web-resource.ts";

const root = join(import.meta.dir, "..");
/** The module that builds what the server hands out; in an executable all of it is there already. */
const WEB_FILES = /[\\/]src[\\/]server[\\/]web-files\.ts$/;

export interface Executable {
  /** As Bun names it, such as `bun-linux-x64`. */
  readonly target: Bun.Build.CompileTarget;
  /** The path of Bun's program for this target. */
  readonly runtime: string;
  readonly outfile: string;
}

/** For this system, with the program that runs this. */
export function executableHere(outfile: string): Executable {
  return {
    target: `bun-${process.platform}-${process.arch}` as Bun.Build.CompileTarget,
    runtime: process.execPath,
    outfile,
  };
}

/**
 * What takes the place of {@link WEB_FILES}: the same function, with what it gave now. Files are compressed now, so that no
 * start has to do it. Pages are not: the server puts the operator's choices into them.
 */
export async function prebuiltPage(): Promise<string> {
  const { client, embedScript, serviceWorker, icons }: WebFiles = await webFiles();
  const files = client.map(async ({ name, type, bytes }) => ({
    name,
    type,
    bytes: bytes.toBase64(),
    ...(name.endsWith(".html") ? {} : { brotli: (await brotliOf(bytes)).toBase64() }),
  }));
  const data = {
    client: await Promise.all(files),
    embedScript: embedScript.toBase64(),
    serviceWorker: serviceWorker.toBase64(),
    icons: [...icons].map(([name, bytes]) => [name, bytes.toBase64()]),
  };
  return `
    const bytesOf = (text) => Uint8Array.fromBase64(text);
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

/**
 * Makes one. It reads no settings from the folder in which it is started. One for this sort of system has bytecode as well,
 * with which it starts in half the time. It is not known to work on others.
 *
 * @param page {@link prebuiltPage}
 * @throws AggregateError when the sources do not build
 */
export async function makeExecutable({ target, runtime, outfile }: Executable, page: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(root, "src", "cli", "main.ts")],
    tsconfig: join(root, "tsconfig.json"),
    target: "bun",
    format: "esm",
    bytecode: target.startsWith(`bun-${process.platform}-`),
    minify: { whitespace: true, syntax: true, identifiers: false },
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [builtIn(page)],
    compile: {
      target,
      executablePath: runtime,
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
}

/** Puts the built page in the place of the module that builds it. */
function builtIn(contents: string): BunPlugin {
  return {
    name: "built-in web files",
    setup(build) {
      build.onLoad({ filter: WEB_FILES }, () => ({ contents, loader: "js" }));
    },
  };
}

if (import.meta.main) {
  const [outfile] = process.argv.slice(2);
  if (outfile === undefined) throw new Error("usage: bun scripts/executable.ts FILE");
  await makeExecutable(executableHere(outfile), await prebuiltPage());
}
