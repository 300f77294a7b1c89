/** Copies of the project in folders of their own, as another server or another version of it has them. */
import { appendFileSync, cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { COMMAND, SOURCE_COMMAND } from "./server.ts";

const ROOT = join(import.meta.dir, "../..");
const SOURCES = ["src", "package.json", "tsconfig.json", "bunfig.toml"];
/** What the page is built from besides the sources. */
const PACKAGES = ["preact", "@preact/signals", "@preact/signals-core", "lean-qr", "altcha-lib"];

/** Copies all that the page is built from into a folder. */
export function copyPage(folder: string): void {
  for (const each of SOURCES) cpSync(join(ROOT, each), join(folder, each), { recursive: true });
  for (const each of PACKAGES) {
    cpSync(join(ROOT, "node_modules", each), join(folder, "node_modules", each), { recursive: true });
  }
}

/**
 * Makes another version of the server in a folder: its page has another script, style and icon.
 *
 * @returns what starts that one instead of this project's, as `startServer` takes it
 */
export function otherVersion(folder: string): { wrap: (command: readonly string[]) => string[] } {
  for (const each of SOURCES) cpSync(join(ROOT, each), join(folder, each), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  appendFileSync(join(folder, "src/web/style/tokens.css"), "\n:root { --other-version: 1; }\n");
  appendFileSync(join(folder, "src/web/main.tsx"), '\ndocument.documentElement.dataset.version = "other";\n');
  appendFileSync(join(folder, "src/web/icon-unread.svg"), "<!-- other -->\n");
  const own = SOURCE_COMMAND.map((part) => part.replaceAll(ROOT, folder));
  return { wrap: (command) => [...own, ...command.slice(COMMAND.length)] };
}

/** A page as a browser gets it: each of its files by its path, with its headers. */
export async function loadPage(from: string): Promise<Map<string, LoadedFile>> {
  const html = await (await fetch(from)).text();
  const files = new Map<string, LoadedFile>();
  const waiting = pathsIn(html);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const file = await loadFile(new URL(path, from).href);
    files.set(path, file);
    waiting.push(...pathsIn(file.text));
  }
  return files;
}

export interface LoadedFile {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export async function loadFile(url: string): Promise<LoadedFile> {
  const response = await fetch(url, { headers: { "Accept-Encoding": "br" } });
  response.headers.delete("Date");
  // A file is compressed better after its first request.
  response.headers.delete("Content-Length");
  return {
    status: response.status,
    text: await response.text(),
    headers: Object.fromEntries(response.headers),
  };
}

function pathsIn(text: string): string[] {
  return (text.match(/[a-z][a-z-]*-[0-9a-f]{32}\.\w+/g) ?? []).map((name) => `/assets/${name}`);
}
