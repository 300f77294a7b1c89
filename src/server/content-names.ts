import { extname } from "node:path";
import { assetName } from "../engine/assets.ts";

/** How the page's files name each other, and how the page names them as the bundler writes it. */
export const BESIDE = "./";

/** A file of the built page. */
export interface ClientFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, compressed as well as can be, if that was done beforehand. */
  readonly brotli?: Uint8Array<ArrayBuffer>;
}

/** The files that can name other files. */
const TEXTS = [".css", ".html", ".js", ".svg"];
/** A name as the bundler gives it. Its hash covers the paths of the sources too, and so differs from folder to folder. */
const BUNDLED = /^(?<stem>.+)-[a-z0-9]{8,}\.(?<ending>\w+)$/;

/**
 * Names files by their contents alone, so that the same page has the same files wherever it was built. References from
 * one file to another are changed accordingly.
 *
 * @param files with names as the bundler gives them
 * @throws Error when files name each other in a circle, so that none of them can be named first
 */
export function namedByContents(files: readonly ClientFile[]): ClientFile[] {
  const named = new Map<ClientFile, ClientFile | "at work">();
  const visit = (file: ClientFile): ClientFile => {
    const known = named.get(file);
    if (known === "at work") throw new Error(`${file.name} names a file that names it`);
    if (known !== undefined) return known;
    named.set(file, "at work");
    const bytes = TEXTS.includes(extname(file.name)) ? withNewNames(file) : file.bytes;
    const { stem, ending } = BUNDLED.exec(file.name)?.groups ?? {};
    if (stem === undefined || ending === undefined) throw new Error(`${file.name} has no hash in its name`);
    const result = { ...file, bytes, name: assetName(stem, bytes, ending) };
    named.set(file, result);
    return result;
  };
  const withNewNames = (file: ClientFile): Uint8Array<ArrayBuffer> => {
    let text = new TextDecoder().decode(file.bytes);
    for (const other of files) {
      if (other !== file && text.includes(other.name)) text = text.replaceAll(other.name, visit(other).name);
    }
    return new TextEncoder().encode(text);
  };
  return files.map(visit);
}
