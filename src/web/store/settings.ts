import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Times, timesIn } from "../text/times.ts";
import { chooseLanguage, isLanguage, LANGUAGES, type Language, type Words } from "../words/languages.ts";
import { type Keeper, readKept } from "./keeper.ts";

export const THEMES = ["system", "light", "dark", "classic"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "classic-chatbox.settings";

/** What a reader has chosen, kept in this browser for all rooms. */
export class SettingsStore {
  readonly theme: Signal<Theme>;
  /** Null: as the browser. */
  readonly language: Signal<Language | null>;
  readonly sound: Signal<boolean>;
  readonly notify: Signal<boolean>;
  readonly words: ReadonlySignal<Words>;
  readonly times: ReadonlySignal<Times>;

  /** @param preferred the languages of the browser, the best first */
  constructor(keeper: Keeper, preferred: readonly string[]) {
    const kept = fieldsOf(readKept(keeper, KEY));
    this.theme = signal(THEMES.find((theme) => theme === kept.theme) ?? "system");
    this.language = signal(isLanguage(kept.language) ? kept.language : null);
    this.sound = signal(kept.sound === true);
    this.notify = signal(kept.notify === true);
    this.words = computed(() => LANGUAGES[this.language.value ?? chooseLanguage(preferred)]);
    this.times = computed(() => timesIn(this.words.value));
    effect(() => {
      const { theme, language, sound, notify } = this;
      const now = { theme: theme.value, language: language.value, sound: sound.value, notify: notify.value };
      keeper.setItem(KEY, JSON.stringify(now));
    });
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
