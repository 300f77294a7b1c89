import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Times, timesIn } from "../text/times.ts";
import type { Words } from "../words/en.ts";
import { chooseLanguage, isLanguage, type Language } from "../words/languages.ts";
import { type Keeper, readKept } from "./keeper.ts";

export const THEMES = ["system", "light", "dark", "classic"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "classic-chatbox.settings";
/** Between attempts to load the first words. */
const AGAIN_MS = 2_000;

/** Loads the words of a language. Rejects when they could not be loaded; the next call tries again. */
export type LoadWords = Readonly<Record<Language, () => Promise<Words>>>;

/**
 * What a reader has chosen, kept in this browser for all rooms. Each setting lies under a key of its own, so that tabs do
 * not put back what another one has changed.
 */
export class SettingsStore {
  readonly theme: Signal<Theme>;
  /** Null: as the browser. */
  readonly language: Signal<Language | null>;
  readonly sound: Signal<boolean>;
  readonly notify: Signal<boolean>;
  /** Of the language last chosen whose words could be loaded. */
  readonly words: Signal<Words>;
  /** Whether the words of the chosen language could not be loaded. */
  readonly isUnworded = signal(false);
  readonly times: ReadonlySignal<Times>;
  /** The reader's day and time zone, in whatever form: times are written anew when it changes. */
  readonly calendar = signal("");
  readonly #keeper: Keeper;
  readonly #load: LoadWords;
  readonly #wanted: ReadonlySignal<Language>;
  readonly #readers: (() => void)[] = [];

  /**
   * Resolves when the first words are there, however often it takes to load them: without words there is no page.
   *
   * @param preferred the languages of the browser, the best first
   */
  static async open(keeper: Keeper, preferred: readonly string[], load: LoadWords): Promise<SettingsStore> {
    for (;;) {
      const language = languageIn(keptIn(keeper, "language")) ?? chooseLanguage(preferred);
      const words = await load[language]().catch(() => null);
      if (words) return new SettingsStore(keeper, preferred, load, words);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** @param words those of the language to begin with */
  private constructor(keeper: Keeper, preferred: readonly string[], load: LoadWords, words: Words) {
    this.#keeper = keeper;
    this.#load = load;
    this.words = signal(words);
    this.theme = this.#setting("theme", (kept) => THEMES.find((theme) => theme === kept) ?? "system");
    this.language = this.#setting("language", languageIn);
    this.sound = this.#setting("sound", (kept) => kept === true);
    this.notify = this.#setting("notify", (kept) => kept === true);
    this.#wanted = computed(() => this.language.value ?? chooseLanguage(preferred));
    this.times = computed(() => {
      this.calendar.value;
      return timesIn(this.words.value);
    });
    effect(() => {
      if (this.#wanted.value !== this.words.peek().locale) void this.loadWords();
      else this.isUnworded.value = false;
    });
  }

  /** Has the words be those of the chosen language. When they cannot be loaded, those that are there stay. */
  async loadWords(): Promise<void> {
    const wanted = this.#wanted.peek();
    const words = await this.#load[wanted]().catch(() => null);
    // Another one was chosen meanwhile.
    if (wanted !== this.#wanted.peek()) return;
    if (words) this.words.value = words;
    this.isUnworded.value = words === null;
  }

  /** Takes over what other tabs have changed. */
  share(): void {
    for (const read of this.#readers) read();
  }

  #setting<T>(name: string, parse: (kept: unknown) => T): Signal<T> {
    const read = () => parse(keptIn(this.#keeper, name));
    const setting = signal(read());
    this.#readers.push(() => {
      setting.value = read();
    });
    effect(() => {
      const { value } = setting;
      // What another tab has written is not written again: two would do so in turn for ever.
      if (value !== read()) this.#keeper.setItem(`${KEY}.${name}`, JSON.stringify(value));
    });
    return setting;
  }
}

function keptIn(keeper: Keeper, name: string): unknown {
  const kept = readKept(keeper, `${KEY}.${name}`);
  // Earlier versions of this page kept all of them under one key.
  return kept === undefined ? fieldsOf(readKept(keeper, KEY))[name] : kept;
}

function languageIn(kept: unknown): Language | null {
  return isLanguage(kept) ? kept : null;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
