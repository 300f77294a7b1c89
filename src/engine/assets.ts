/**
 * The files of the page that servers keep for each other and for their successors: a page that one server gave out asks
 * whichever server it reaches for its scripts and styles. A file's name has the digest of its contents in it, so that nobody
 * can be given another file under that name.
 */
export interface AssetStore {
  /** The names of all files kept. May reject as the store does. */
  names(): Promise<ReadonlySet<string>>;

  /** The contents of a file, null when it is not kept (any more). May reject as the store does. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;

  /**
   * Keeps files; the time of those that are kept already starts anew. Drops what is over. May reject as the store does.
   *
   * @param files contents by name
   */
  keep(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, most: AssetLimits): Promise<void>;
}

/** What a store holds at most. The oldest files go first. */
export interface AssetLimits {
  /** How long a file is kept after a server has last kept it. */
  readonly ageMs: number;
  /** All files together. */
  readonly bytes: number;
}

/** Names of files that a page may ask for: there is no other that a store takes or gives. */
const ASSET_NAME = /^[a-z0-9][a-z0-9-]{0,63}-[0-9a-f]{32}\.(?:avif|css|jpg|js|json|png|svg|wasm|webp|woff2)$/;

export function isAssetName(name: string): boolean {
  return ASSET_NAME.test(name);
}

/** The name of a file: what it is called, the digest of its contents, and its ending without the dot. */
export function assetName(stem: string, contents: Uint8Array, ending: string): string {
  return `${stem}-${digestOf(contents)}.${ending}`;
}

/** Whether contents are those that a file's name stands for. */
export function isWhole(name: string, contents: Uint8Array): boolean {
  return name.includes(`-${digestOf(contents)}.`);
}

/** 128 bits: enough that nobody finds other contents for a name. */
function digestOf(contents: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex").slice(0, 32);
}
