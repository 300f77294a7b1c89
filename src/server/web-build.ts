import { basename, join } from "node:path";
import { BESIDE, type ClientFile, namedByContents } from "./content-names.ts";

export const WEB_FOLDER = join(import.meta.dir, "../web");
const BUNDLED_NAME = "[name]-[hash].[ext]";

/** A part of the page as the bundler has a script load it. */
const PART_IMPORT = /\bimport\("(\.\/([a-z]+)-\w+\.js)"\)/g;

/** Builds the web client. @throws AggregateError when the sources do not build */
export async function buildClient(): Promise<ClientFile[]> {
  // A worker has a scope of its own, so its script shares no file with the page's.
  const [page, worker] = await Promise.all([bundle("page.html"), bundle("worker.ts")]);
  const workers = worker.map(({ name }) => ["worker", BESIDE + name] as const);
  const minified = [...withPartsNamedByPage(page, workers), ...worker].map(minifiedAgain);
  return namedByContents(await Promise.all(minified));
}

/** @param entry a file in the folder of the web client */
async function bundle(entry: string): Promise<ClientFile[]> {
  const build = await Bun.build({
    entrypoints: [join(WEB_FOLDER, entry)],
    // Otherwise the bundler would obey the one of the folder that the server was started in.
    tsconfig: join(WEB_FOLDER, "../../tsconfig.json"),
    target: "browser",
    minify: true,
    splitting: true,
    // Everything that is needed at once is in one file, so there is nothing to preload.
    modulePreload: false,
    // The page's files lie beside each other. The page says where that is.
    publicPath: BESIDE,
    naming: { entry: BUNDLED_NAME, chunk: BUNDLED_NAME, asset: BUNDLED_NAME },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files = build.outputs.map(async (output) => ({
    name: basename(output.path),
    type: output.type,
    bytes: new Uint8Array(await output.arrayBuffer()),
  }));
  return Promise.all(files);
}

/**
 * Builds the script that host sites include: one file, since its address is fixed.
 *
 * @throws AggregateError when the sources do not build
 */
export function buildEmbedScript(): Promise<Uint8Array<ArrayBuffer>> {
  return buildSingle("embed/main.ts");
}

/**
 * Builds the script of the service worker: one file, since its address is fixed.
 *
 * @throws AggregateError when the sources do not build
 */
export function buildServiceWorker(): Promise<Uint8Array<ArrayBuffer>> {
  return buildSingle("service-worker.ts");
}

/** @param entry a file in the folder of the web client */
async function buildSingle(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  const build = await Bun.build({
    entrypoints: [join(WEB_FOLDER, entry)],
    tsconfig: join(WEB_FOLDER, "../../tsconfig.json"),
    target: "browser",
    // Not a module: a module does not know the attributes of its element, and not every browser takes one as a service worker.
    format: "iife",
    minify: true,
  });
  const [output] = build.outputs;
  if (!output) throw new Error(`building ${entry} did not give a file`);
  return new Uint8Array(await output.arrayBuffer());
}

/**
 * Minifies a script once more, as a whole: the bundler minifies each module before it puts them together, and leaves about a
 * hundredth that only then can be left out.
 */
async function minifiedAgain(file: ClientFile): Promise<ClientFile> {
  if (!file.name.endsWith(".js")) return file;
  const build = await Bun.build({
    entrypoints: [`/${file.name}`],
    files: { [`/${file.name}`]: new TextDecoder().decode(file.bytes) },
    // The files that it imports stay files of their own.
    external: ["*"],
    target: "browser",
    minify: true,
  });
  const [output] = build.outputs;
  return output ? { ...file, bytes: new Uint8Array(await output.arrayBuffer()) } : file;
}

/**
 * Has the page name the parts that its script loads on demand, and the script ask the page (web/page/parts.ts). Parts
 * import from the script, and two files that name each other cannot be named by their contents.
 *
 * @param more what the page is to name as well: names and addresses
 */
function withPartsNamedByPage(
  files: readonly ClientFile[],
  more: readonly (readonly [name: string, address: string])[],
): ClientFile[] {
  const parts = new Map(more);
  const without = files.map((file) =>
    changed(file, ".js", (script) =>
      script.replace(PART_IMPORT, (_, address: string, part: string) => {
        parts.set(part, address);
        return `import(partAddress("${part}"))`;
      }),
    ),
  );
  const named = [...parts].map(([part, address]) => `data-${part}="${address}" `).join("");
  return without.map((file) =>
    changed(file, ".html", (page) => page.replace("<script ", `<script ${named}`)),
  );
}

function changed(file: ClientFile, ending: string, change: (text: string) => string): ClientFile {
  if (!file.name.endsWith(ending)) return file;
  const text = change(new TextDecoder().decode(file.bytes));
  return { ...file, bytes: new TextEncoder().encode(text) };
}
