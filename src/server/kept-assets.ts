import { type AssetLimits, type AssetStore, isAssetName, isWhole } from "../engine/assets.ts";
import { ASSETS } from "./web-pages.ts";
import { answer, assetResource, type Resource } from "./web-resource.ts";

/** Some thirty versions of the page. It costs no more memory than this, and half as much again for compressed forms. */
const LIMIT_BYTES = 4 * 1024 * 1024;
/** How often this server says that its own files are in use. What could not be kept is tried again then. */
const KEEP_EVERY_MS = 60 * 60 * 1000;
/** The store is asked no more often, however many ask for files that are not there. */
const LIST_EVERY_MS = 1_000;

/**
 * The files of pages that this server has not built: of those that a server of another version gave out, before this one
 * or beside it. They lie in the store that all of them share.
 */
export class KeptAssets {
  readonly #store: AssetStore;
  readonly #own: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly #limits: AssetLimits;
  readonly #fault: (error: unknown) => void;
  readonly #resources = new Map<string, Promise<Resource | undefined>>();
  /** What is in the store, as far as is known. */
  #names = new Set<string>();
  #timer: Timer | null = null;
  /** The next look into the store, while it has not begun. */
  #nextLook: Promise<void> | null = null;
  /** The one before it, and when it began. */
  #look: Promise<void> = Promise.resolve();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  /**
   * @param own the files of this server's page, by name
   * @param ageMs how long files are kept that no server uses any more
   * @param fault is told why the store could not be used, once until it could again
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

  /** Keeps this server's own files for the others, now and then. Resolves when it was done for the first time, or failed. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#keep(), KEEP_EVERY_MS);
    await this.#keep();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The answer to a request for a file that another server's page asks for; undefined when there is none. */
  async respond(path: string, request: Request): Promise<Response | undefined> {
    const name = path.startsWith(ASSETS) ? path.slice(ASSETS.length) : "";
    if (!isAssetName(name)) return undefined;
    // A server that has just started has kept its files before its page was given out.
    if (!this.#names.has(name)) await this.#lookAgain();
    if (!this.#names.has(name)) return undefined;
    const resource = await this.#resource(name);
    return resource && answer(resource, request);
  }

  async #keep(): Promise<void> {
    await this.#use(() => this.#store.keep(this.#own, this.#limits));
  }

  /** Looks into the store, after whoever calls this; all who do so before it begins share the look. */
  #lookAgain(): Promise<void> {
    this.#nextLook ??= this.#lookSoon();
    return this.#nextLook;
  }

  async #lookSoon(): Promise<void> {
    await this.#look;
    await Bun.sleep(Math.max(0, this.#lookedAt + LIST_EVERY_MS - performance.now()));
    this.#nextLook = null;
    this.#lookedAt = performance.now();
    this.#look = this.#use(async () => {
      this.#names = new Set(await this.#store.names());
      for (const name of this.#resources.keys()) if (!this.#names.has(name)) this.#resources.delete(name);
    });
    await this.#look;
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
    if (contents && isWhole(name, contents)) return assetResource(name, contents);
    // Whoever asks next looks again whether it is there.
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
