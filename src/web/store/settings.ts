import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { attempt, fieldsOf } from "../../client/frame.ts";
import type { Clock } from "../text/times.ts";
import type { Words } from "../words/en.ts";
import type { RoomWords } from "../words/enroom.ts";
import { chooseLanguage, isLanguage, type Language } from "../words/languages.ts";
import { readJson, type TextStorage } from "./browser-storage.ts";

export const THEMES = ["system", "light", "dark", "classic"] as const;
export type Theme = (typeof THEMES)[number];

/** How it is shown who came and went: with their nicknames, in a line that can be opened, or not at all. */
export const JOINS = ["shown", "condensed", "hidden"] as const;
export type Joins = (typeof JOINS)[number];

/** The prefix of the keys of settings. A dot and the name follow. */
export const SETTINGS_KEY = "classic-chatbox.settings";
/** The time between attempts to load the first texts. */
const AGAIN_MS = 2_000;

/** Loads the texts of a language. Rejects if they cannot be loaded; the next call tries again. */
export type LoadWords = Readonly<Record<Language, () => Promise<Words>>>;
export type LoadRoomWords = Readonly<Record<Language, () => Promise<RoomWords>>>;

/** All texts of one language that a room needs. */
export type AllWords = Words & RoomWords;

/**
 * The user's settings, stored in this browser for all rooms. Each setting has a key of its own, so that a tab does
 * not undo what another tab has changed.
 */
export class SettingsStore {
  readonly theme: Signal<Theme>;
  /** Null for the browser's language. */
  readonly language: Signal<Language | null>;
  /** Whether Enter sends a message; null for what is usual on the device. */
  readonly enterSends: Signal<boolean | null>;
  /** How many hours clocks have; null for what is usual where the browser is set to. */
  readonly clock: Signal<Clock | null>;
  readonly joins: Signal<Joins>;
  /** Whether messages take as little room as possible. */
  readonly compact: Signal<boolean>;
  readonly sound: Signal<boolean>;
  readonly notify: Signal<boolean>;
  /** The skin tone of emoji, from 1 for light to 5 for dark; 0 for none. */
  readonly tone: Signal<number>;
  /** The texts of the language last chosen whose texts could be loaded. */
  readonly words: Signal<Words>;
  readonly #roomWords = signal<AllWords | null>(null);
  /** The texts of the same language with those of a room; null before a room needs them. */
  readonly roomWords: ReadonlySignal<AllWords | null> = this.#roomWords;
  #loadRoom: LoadRoomWords | null = null;
  /** Whether the texts of the chosen language could not be loaded. */
  readonly hasLoadFailed = signal(false);
  /** Identifies the user's current day and time zone. Times are formatted again when it changes. */
  readonly calendar = signal("");
  readonly #storage: TextStorage;
  readonly #load: LoadWords;
  readonly #wanted: ReadonlySignal<Language>;
  readonly #readers: (() => void)[] = [];

  /**
   * Resolves when the first texts are loaded, however many attempts that takes: there is no page without texts.
   *
   * @param preferred the browser's languages, best first
   */
  static async open(
    storage: TextStorage,
    preferred: readonly string[],
    load: LoadWords,
  ): Promise<SettingsStore> {
    for (;;) {
      const language = languageIn(keptIn(storage, "language")) ?? chooseLanguage(preferred);
      const words = await load[language]().catch(() => null);
      if (words) return new SettingsStore(storage, preferred, load, words);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** @param words the texts of the initial language */
  private constructor(storage: TextStorage, preferred: readonly string[], load: LoadWords, words: Words) {
    this.#storage = storage;
    this.#load = load;
    this.words = signal(words);
    this.theme = this.#setting("theme", (kept) => THEMES.find((theme) => theme === kept) ?? "system");
    this.language = this.#setting("language", languageIn);
    this.enterSends = this.#setting("enter", (kept) => (typeof kept === "boolean" ? kept : null));
    this.clock = this.#setting("clock", (kept) => (kept === 12 || kept === 24 ? kept : null));
    this.joins = this.#setting("joins", (kept) => JOINS.find((joins) => joins === kept) ?? "shown");
    this.compact = this.#setting("compact", isTrue);
    this.sound = this.#setting("sound", isTrue);
    this.notify = this.#setting("notify", isTrue);
    this.tone = this.#setting("tone", (kept) => (typeof kept === "number" ? kept : 0));
    this.#wanted = computed(() => this.language.value ?? chooseLanguage(preferred));
    effect(() => {
      if (this.#wanted.value !== this.words.peek().locale) void this.loadWords();
      else this.hasLoadFailed.value = false;
    });
  }

  /** Loads the texts of the chosen language. If they cannot be loaded, the current ones stay. */
  async loadWords(): Promise<void> {
    const wanted = this.#wanted.peek();
    const loaded = await Promise.all([this.#load[wanted](), this.#loadRoom?.[wanted]()]).catch(() => null);
    // Another language was chosen in the meantime.
    if (wanted !== this.#wanted.peek()) return;
    if (loaded) this.#show(...loaded);
    this.hasLoadFailed.value = loaded === null;
  }

  /** Loads the texts of a room, in the present language and in all that are chosen later. Rejects if they cannot be loaded. */
  async loadRoomWords(load: LoadRoomWords): Promise<void> {
    this.#loadRoom = load;
    const words = this.words.peek();
    const ofRoom = await load[words.locale]();
    // If another language was chosen in the meantime, its texts were loaded together.
    if (words === this.words.peek()) this.#show(words, ofRoom);
  }

  #show(words: Words, ofRoom: RoomWords | undefined): void {
    batch(() => {
      this.words.value = words;
      if (ofRoom) this.#roomWords.value = { ...words, ...ofRoom };
    });
  }

  /** Takes over what other tabs have changed. */
  syncTabs(): void {
    for (const read of this.#readers) read();
  }

  #setting<T>(name: string, parse: (kept: unknown) => T): Signal<T> {
    const read = () => parse(keptIn(this.#storage, name));
    const setting = signal(read());
    this.#readers.push(() => {
      setting.value = read();
    });
    effect(() => {
      const { value } = setting;
      // A value that another tab stored is not stored again, or two tabs would do so in turn forever.
      if (value !== read()) this.#storage.setItem(`${SETTINGS_KEY}.${name}`, JSON.stringify(value));
    });
    return setting;
  }
}

function keptIn(storage: TextStorage, name: string): unknown {
  const kept = readJson(storage, `${SETTINGS_KEY}.${name}`);
  // Earlier versions of this page stored all settings under one key.
  return kept === undefined ? attempt(() => fieldsOf(readJson(storage, SETTINGS_KEY))[name]) : kept;
}

function isTrue(kept: unknown): boolean {
  return kept === true;
}

function languageIn(kept: unknown): Language | null {
  return isLanguage(kept) ? kept : null;
}
