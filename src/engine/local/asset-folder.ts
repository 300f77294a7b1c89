import { lstat, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AssetLimits, type AssetStore, isAssetName } from "../assets.ts";
import { makeFolder } from "./disk-file.ts";
import { errorCode } from "./fault.ts";

/** The name of the file that an interrupted write leaves behind. */
const UNFINISHED = /-[0-9a-f]{32}\.\w+\.\d+\.tmp$/;
const UNFINISHED_FOR_MS = 60 * 60 * 1000;

/** Keeps the page's files in a folder beside the history. The time of a file is when it was last kept. */
export class AssetFolder implements AssetStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async names(): Promise<ReadonlySet<string>> {
    return new Set((await this.#list()).filter(isAssetName));
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const path = join(this.#folder, name);
    const isFile = isAssetName(name) && (await unlessMissing(() => lstat(path), null))?.isFile();
    return isFile ? unlessMissing(async () => new Uint8Array(await readFile(path)), null) : null;
  }

  async keep(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, most: AssetLimits): Promise<void> {
    await makeFolder(this.#folder);
    for (const [name, contents] of files) if (isAssetName(name)) await this.#keep(name, contents);
    await this.#drop(most);
  }

  async #keep(name: string, contents: Uint8Array): Promise<void> {
    const path = join(this.#folder, name);
    const there = await this.read(name);
    // A file that was damaged by a crash of the machine is written again.
    if (there !== null && Buffer.compare(there, contents) === 0) {
      const now = new Date();
      await utimes(path, now, now);
      return;
    }
    const unfinished = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(unfinished, contents, { mode: 0o600 });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async #drop({ ageMs, bytes }: AssetLimits): Promise<void> {
    const now = Date.now();
    const kept: { path: string; size: number; keptAt: number }[] = [];
    for (const name of await this.#list()) {
      const path = join(this.#folder, name);
      const file = await unlessMissing(() => lstat(path), null);
      if (!file?.isFile()) continue;
      if (isAssetName(name)) kept.push({ path, size: file.size, keptAt: file.mtimeMs });
      else if (UNFINISHED.test(name) && now - file.mtimeMs > UNFINISHED_FOR_MS)
        await rm(path, { force: true });
    }
    let sum = 0;
    for (const { path, size, keptAt } of kept.sort((a, b) => b.keptAt - a.keptAt)) {
      sum += size;
      if (sum > bytes || now - keptAt > ageMs) await rm(path, { force: true });
    }
  }

  #list(): Promise<string[]> {
    return unlessMissing(() => readdir(this.#folder), []);
  }
}

async function unlessMissing<T, Missing>(work: () => Promise<T>, missing: Missing): Promise<T | Missing> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return missing;
    throw error;
  }
}
