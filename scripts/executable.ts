/** Makes single executables of the server: its sources, the page that they build, and Bun, in one file. */
import { join } from "node:path";
import { BESIDE, buildClient, buildEmbedScript, ICONS, readIcon } from "../src/server/web-build.ts";

const root = join(import.meta.dir, "..");
/** The module that reads or builds what the server hands out; in an executable all of it is there already. */
const WEB_BUILD = /[\\/]src[\\/]server[\\/]web-build\.ts$/;

export interface Executable {
  /** As Bun names it, such as `bun-linux-x64`. */
  readonly target: Bun.Build.CompileTarget;
  /** The path of Bun's program for this target. */
  readonly runtime: string;
  readonly outfile: string;
}

/** What takes the place of {@link WEB_BUILD}: the same functions, with what they gave when the release was made. */
export async function prebuiltPage(): Promise<string> {
  const text = (bytes: Uint8Array) => bytes.toBase64();
  const files = (await buildClient()).map(({ name, type, bytes }) => ({ name, type, bytes: text(bytes) }));
  const icons = await Promise.all(ICONS.map(async (name) => [name, text(await readIcon(name))] as const));
  return `
    const bytesOf = (text) => Uint8Array.fromBase64(text);
    const files = ${JSON.stringify(files)};
    const icons = new Map(${JSON.stringify(icons)});
    export const BESIDE = ${JSON.stringify(BESIDE)};
    export const ICONS = [...icons.keys()];
    export const buildClient = async () => files.map((file) => ({ ...file, bytes: bytesOf(file.bytes) }));
    export const buildEmbedScript = async () => bytesOf(${JSON.stringify(text(await buildEmbedScript()))});
    export const readIcon = async (name) => bytesOf(icons.get(name));
  `;
}

/**
 * Makes one. It reads no settings from the folder in which it is started.
 *
 * @param page {@link prebuiltPage}
 * @throws AggregateError when the sources do not build
 */
export async function makeExecutable({ target, runtime, outfile }: Executable, page: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(root, "src", "cli", "main.ts")],
    tsconfig: join(root, "tsconfig.json"),
    target: "bun",
    minify: { whitespace: true, syntax: true, identifiers: false },
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [
      {
        name: "prebuilt page",
        setup: (build) => void build.onLoad({ filter: WEB_BUILD }, () => ({ contents: page, loader: "js" })),
      },
    ],
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
