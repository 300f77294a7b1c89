import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Times, timesIn } from "../text/times.ts";
import { chooseLanguage, isLanguage, LANGUAGES, type Language, type Words } from "../words/languages.ts";
import { type Keeper, readKept } from "./keeper.ts";

export const THEMES = ["system", "light", "dark", "classic"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "classic-chatbox.settings";

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
  readonly words: ReadonlySignal<Words>;
  readonly times: ReadonlySignal<Times>;
  /** The reader's day and time zone, in whatever form: times are written anew when it changes. */
  readonly calendar = signal("");
  readonly #keeper: Keeper;
  readonly #readers: (() => void)[] = [];

  /** @param preferred the languages of the browser, the best first */
  constructor(keeper: Keeper, preferred: readonly string[]) {
    this.#keeper = keeper;
    this.theme = this.#setting("theme", (kept) => THEMES.find((theme) => theme === kept) ?? "system");
    this.language = this.#setting("language", (kept) => (isLanguage(kept) ? kept : null));
    this.sound = this.#setting("sound", (kept) => kept === true);
    this.notify = this.#setting("notify", (kept) => kept === true);
    this.words = computed(() => LANGUAGES[this.language.value ?? chooseLanguage(preferred)]);
    this.times = computed(() => {
      this.calendar.value;
      return timesIn(this.words.value);
    });
  }

  /** Takes over what other tabs have changed. */
  share(): void {
    for (const read of this.#readers) read();
  }

  #setting<T>(name: string, parse: (kept: unknown) => T): Signal<T> {
    const read = () => parse(this.#kept(name));
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

  #kept(name: string): unknown {
    const kept = readKept(this.#keeper, `${KEY}.${name}`);
    // Earlier versions of this page kept all of them under one key.
    return kept === undefined ? fieldsOf(readKept(this.#keeper, KEY))[name] : kept;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
