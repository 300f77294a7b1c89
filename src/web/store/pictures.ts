import { type ReadonlySignal, signal } from "@preact/signals";
import { readJson, type TextStorage } from "./browser-storage.ts";

/** The parts of the page that have a background picture in the classic theme. */
export const PLACES = ["page", "chat", "roster", "dialog"] as const;
export type Place = (typeof PLACES)[number];

/** Stores files: in the browser's database, or in a map in a test. */
export interface PictureFiles {
  get(place: Place): Promise<Blob | undefined>;
  put(place: Place, file: Blob): Promise<void>;
  remove(place: Place): Promise<void>;
}

/**
 * The key of the pictures' addresses, and of the time when any picture was last changed, which notifies other tabs.
 */
export const PICTURES_KEY = "classic-chatbox.pictures";

/** The background pictures of the classic theme, stored in this browser. */
export class PictureStore {
  readonly #urls = signal<Readonly<Partial<Record<Place, string>>>>({});
  /** The URLs of the pictures, by place. */
  readonly urls: ReadonlySignal<Readonly<Partial<Record<Place, string>>>> = this.#urls;
  readonly #files: PictureFiles;
  readonly #storage: TextStorage;

  constructor(files: PictureFiles, storage: TextStorage) {
    this.#files = files;
    this.#storage = storage;
    for (const [place, address] of this.#addresses) this.#show(place, address);
  }

  /** Whether any picture is fetched from another site. */
  get hasAddresses(): boolean {
    return this.#addresses.length > 0;
  }

  /**
   * Shows the files that were chosen earlier, or just now in another tab. Pictures from other sites stay as they are.
   */
  async load(): Promise<void> {
    for (const place of PLACES) {
      const file = await this.#files.get(place).catch(() => undefined);
      if (this.#urls.value[place]?.startsWith("https:")) continue;
      this.#hide(place);
      if (file) this.#show(place, URL.createObjectURL(file));
    }
  }

  /** Uses a file, which must be a picture that the browser can show. */
  async choose(place: Place, file: Blob): Promise<void> {
    await this.clear(place);
    // If it cannot be stored, it lasts as long as the page.
    await this.#files.put(place, file).catch(() => {});
    this.#show(place, URL.createObjectURL(file));
    this.#keepAddresses(this.#addresses);
  }

  /**
   * Uses the picture at an address.
   *
   * @param isAllowed called once the address is stored: whether this page may fetch it, or only the next one
   * @returns whether the address can be used
   */
  async chooseAddress(place: Place, address: string, isAllowed = () => true): Promise<boolean> {
    const url = URL.canParse(address.trim()) ? new URL(address.trim()) : null;
    if (url?.protocol !== "https:") return false;
    await this.clear(place);
    this.#keepAddresses([...this.#addresses, [place, url.href]]);
    if (isAllowed()) this.#show(place, url.href);
    return true;
  }

  async clear(place: Place): Promise<void> {
    this.#hide(place);
    await this.#files.remove(place).catch(() => {});
    this.#keepAddresses(this.#addresses.filter(([each]) => each !== place));
  }

  #hide(place: Place): void {
    const { [place]: url, ...others } = this.#urls.value;
    if (url?.startsWith("blob:")) URL.revokeObjectURL(url);
    this.#urls.value = others;
  }

  #show(place: Place, url: string): void {
    this.#urls.value = { ...this.#urls.value, [place]: url };
  }

  get #addresses(): [Place, string][] {
    const kept = readJson(this.#storage, PICTURES_KEY);
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((each: unknown): [Place, string][] => {
      const [name, address]: unknown[] = Array.isArray(each) ? each : [];
      const place = PLACES.find((one) => one === name);
      return place && typeof address === "string" && address.startsWith("https://") ? [[place, address]] : [];
    });
  }

  #keepAddresses(addresses: readonly (readonly [Place, string])[]): void {
    this.#storage.setItem(PICTURES_KEY, JSON.stringify([...addresses, Date.now()]));
  }
}
