import { type AssetLimits, type AssetStore, isAssetName, isWhole } from "../engine/assets.ts";
import { ASSETS } from "./web-pages.ts";
import { answer, assetResource, type Resource } from "./web-resource.ts";

/** Enough for some thirty versions of the page. Costs this much memory at most, and half as much again for compressed forms. */
const LIMIT_BYTES = 4 * 1024 * 1024;
/** How often this server marks its own files as in use, and retries what could not be kept. */
const KEEP_EVERY_MS = 60 * 60 * 1000;
/** The store is not listed more often, however many requests for missing files come. */
const LIST_EVERY_MS = 1_000;

/**
 * The files of pages that this server has not built: those that a server of another version serves or has served. They
 * lie in the store that all these servers share.
 */
export class KeptAssets {
  readonly #store: AssetStore;
  readonly #own: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly #limits: AssetLimits;
  readonly #fault: (error: unknown) => void;
  readonly #resources = new Map<string, Promise<Resource | undefined>>();
  /** What is in the store, as far as this server knows. */
  #names = new Set<string>();
  #timer: Timer | null = null;
  /** The next listing of the store, while it has not begun. */
  #nextListing: Promise<void> | null = null;
  /** The listing before that, and when it began. */
  #listing: Promise<void> = Promise.resolve();
  #listedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  /**
   * @param own the files of this server's page, by name
   * @param ageMs how long files are kept that no server uses any more
   * @param fault is called when the store cannot be used, once until it can be used again
   */
  constructor(
    store: AssetStore,
    own: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    ageMs: number,
    fault: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#own = own;
    this.#limits = { ageMs, bytes: LIMIT_BYTES };
    this.#fault = fault;
  }

  /** Keeps this server's own files for the others, regularly. Resolves when that was done for the first time, or failed. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#keep(), KEEP_EVERY_MS);
    await this.#keep();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The answer to a request for a file of another server's page; undefined when there is no such file. */
  async respond(path: string, request: Request): Promise<Response | undefined> {
    const name = path.startsWith(ASSETS) ? path.slice(ASSETS.length) : "";
    if (!isAssetName(name)) return undefined;
    // A server that has just started keeps its files before it serves its page, so a listing finds them.
    if (!this.#names.has(name)) await this.#listAgain();
    if (!this.#names.has(name)) return undefined;
    const resource = await this.#resource(name);
    return resource && answer(resource, request);
  }

  async #keep(): Promise<void> {
    await this.#use(() => this.#store.keep(this.#own, this.#limits));
  }

  /** Lists the store later than this call; all calls before the listing begins share it. */
  #listAgain(): Promise<void> {
    this.#nextListing ??= this.#listSoon();
    return this.#nextListing;
  }

  async #listSoon(): Promise<void> {
    await this.#listing;
    await Bun.sleep(Math.max(0, this.#listedAt + LIST_EVERY_MS - performance.now()));
    this.#nextListing = null;
    this.#listedAt = performance.now();
    this.#listing = this.#use(async () => {
      this.#names = new Set(await this.#store.names());
      for (const name of this.#resources.keys()) if (!this.#names.has(name)) this.#resources.delete(name);
    });
    await this.#listing;
  }

  #resource(name: string): Promise<Resource | undefined> {
    const known = this.#resources.get(name);
    if (known !== undefined) return known;
    const resource = this.#load(name);
    this.#resources.set(name, resource);
    return resource;
  }

  async #load(name: string): Promise<Resource | undefined> {
    const contents = await this.#use(() => this.#store.read(name));
    if (contents && isWhole(name, contents)) return assetResource({ name, bytes: contents });
    // The next request lists the store again.
    this.#resources.delete(name);
    this.#names.delete(name);
    return undefined;
  }

  async #use<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.#isFailing = false;
      return result;
    } catch (error) {
      if (!this.#isFailing && this.#timer !== null) this.#fault(error);
      this.#isFailing = true;
      return undefined;
    }
  }
}
