/**
 * The files of the page, which servers keep for each other and for later versions: a page from one server requests its
 * scripts and styles from any server that it reaches. A file's name contains the digest of its contents, so that a name
 * always means the same file.
 */
export interface AssetStore {
  /** The names of all files kept. Rejects if the store fails. */
  names(): Promise<ReadonlySet<string>>;

  /** The contents of a file, null if it is not kept (any more). Rejects if the store fails. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;

  /**
   * Keeps files, restarts the age of those that are kept already, and drops what exceeds the limits. Rejects if the
   * store fails.
   *
   * @param files contents by name
   */
  keep(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, most: AssetLimits): Promise<void>;
}

/** How much a store holds at most. The oldest files are dropped first. */
export interface AssetLimits {
  /** How long a file is kept after a server has last kept it. */
  readonly ageMs: number;
  /** The size of all files together. */
  readonly bytes: number;
}

/** The names of files that a page may request. A store accepts no others. */
const ASSET_NAME = /^[a-z0-9][a-z0-9-]{0,63}-[0-9a-f]{32}\.(?:avif|css|jpg|js|json|png|svg|wasm|webp|woff2)$/;

export function isAssetName(name: string): boolean {
  return ASSET_NAME.test(name);
}

/** The name of a file: its stem, the digest of its contents, and its ending, which is given without the dot. */
export function assetName(stem: string, contents: Uint8Array, ending: string): string {
  return `${stem}-${digestOf(contents)}.${ending}`;
}

/** Whether contents match the digest in a file's name. */
export function isWhole(name: string, contents: Uint8Array): boolean {
  return name.includes(`-${digestOf(contents)}.`);
}

/** 128 bits: enough that nobody finds other contents with the same name. */
function digestOf(contents: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex").slice(0, 32);
}
