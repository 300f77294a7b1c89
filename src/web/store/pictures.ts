import { type ReadonlySignal, signal } from "@preact/signals";
import { type Keeper, readKept } from "./keeper.ts";

/** Where the classic theme has a picture behind what is shown. */
export const PLACES = ["page", "chat", "roster", "dialog"] as const;
export type Place = (typeof PLACES)[number];

/** Keeps files: the browser's database, or a map in a test. */
export interface Vault {
  get(place: Place): Promise<Blob | undefined>;
  put(place: Place, file: Blob): Promise<void>;
  remove(place: Place): Promise<void>;
}

/** Under which lie the addresses, and when any picture was changed: other tabs are told of that. */
export const PICTURES_KEY = "classic-chatbox.pictures";

/** The background pictures of the classic theme, kept in this browser. */
export class PictureStore {
  readonly #urls = signal<Readonly<Partial<Record<Place, string>>>>({});
  readonly #vault: Vault;
  readonly #keeper: Keeper;

  constructor(vault: Vault, keeper: Keeper) {
    this.#vault = vault;
    this.#keeper = keeper;
    for (const [place, address] of this.#addresses) this.#show(place, address);
  }

  /** The URL of each picture there is. */
  get urls(): ReadonlySignal<Readonly<Partial<Record<Place, string>>>> {
    return this.#urls;
  }

  /** Whether any picture is to be fetched from elsewhere. */
  get hasAddresses(): boolean {
    return this.#addresses.length > 0;
  }

  /** Shows the files that were chosen before, or now in another tab; what is fetched from elsewhere stays as it is. */
  async load(): Promise<void> {
    for (const place of PLACES) {
      const file = await this.#vault.get(place).catch(() => undefined);
      if (this.#urls.value[place]?.startsWith("https:")) continue;
      this.#hide(place);
      if (file) this.#show(place, URL.createObjectURL(file));
    }
  }

  /** Takes a file that the browser can show as a picture. */
  async choose(place: Place, file: Blob): Promise<void> {
    await this.clear(place);
    // Without a place to keep it, it lasts as long as the page.
    await this.#vault.put(place, file).catch(() => {});
    this.#show(place, URL.createObjectURL(file));
    this.#keepAddresses(this.#addresses);
  }

  /**
   * Takes the address of a picture.
   *
   * @param isAllowed asked once it is kept: whether this page may fetch it, or only the next one
   * @returns whether it is one that can be used
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
    await this.#vault.remove(place).catch(() => {});
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
    const kept = readKept(this.#keeper, PICTURES_KEY);
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((each: unknown): [Place, string][] => {
      const [name, address]: unknown[] = Array.isArray(each) ? each : [];
      const place = PLACES.find((one) => one === name);
      return place && typeof address === "string" && address.startsWith("https://") ? [[place, address]] : [];
    });
  }

  #keepAddresses(addresses: readonly (readonly [Place, string])[]): void {
    this.#keeper.setItem(PICTURES_KEY, JSON.stringify([...addresses, Date.now()]));
  }
}
