import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { isContent } from "../../protocol/characters.ts";
import { CONTENT_MAX } from "../../protocol/limits.ts";
import { complete, type Mentions, type Query, queryAt } from "../text/mentions.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import type { Keeper } from "./keeper.ts";

/** The counter shows when so many characters are left. */
const COUNT_FROM = 500;
const SUGGESTIONS_MOST = 6;

/** What is wrong with a draft: too long, or half a character in it. */
export type DraftFault = { readonly kind: "long"; readonly length: number } | { readonly kind: "broken" };

/** The message that is being written, kept for each room until it is sent. */
export class DraftStore {
  readonly text: Signal<string>;
  readonly caret = signal(0);
  /** Which suggestion is chosen. */
  readonly chosen = signal(0);
  /** Characters left, when they are few; negative when there are too many. */
  readonly left: ReadonlySignal<number | null>;
  /** Nicknames that the mention before the caret may become. */
  readonly suggestions: ReadonlySignal<readonly string[]>;
  readonly #keeper: Keeper;
  readonly #key: string;
  readonly #dismissed = signal<number | null>(null);
  /** Whether a suggestion was gone to. */
  #hasChosen = false;

  /** @param names who can be mentioned */
  constructor(keeper: Keeper, room: string, names: ReadonlySignal<readonly string[]>) {
    this.#keeper = keeper;
    this.#key = `classic-chatbox.draft:${room}`;
    this.text = signal(keeper.getItem(this.#key) ?? "");
    this.left = computed(() => {
      const { value } = this.text;
      if (value.length < CONTENT_MAX - COUNT_FROM) return null;
      const left = CONTENT_MAX - [...value].length;
      return left <= COUNT_FROM ? left : null;
    });
    this.suggestions = computed(() => {
      const query = this.#query;
      if (query === null || query.index === this.#dismissed.value) return [];
      return complete(query.text, names.value, SUGGESTIONS_MOST).filter(
        (name) => !isSameNickname(name, query.text),
      );
    });
  }

  write(text: string, caret: number): void {
    this.text.value = text;
    this.caret.value = caret;
    this.chosen.value = 0;
    this.#hasChosen = false;
    if (this.#query?.index !== this.#dismissed.value) this.#dismissed.value = null;
    this.#keeper.setItem(this.#key, text);
  }

  /** Moves the choice among the suggestions, round at the ends. */
  choose(by: 1 | -1): void {
    const { length } = this.suggestions.value;
    this.chosen.value = (this.chosen.value + by + length) % length;
    this.#hasChosen = true;
  }

  /**
   * Whether Enter takes the suggestion: one that was chosen, or that goes on as what was begun. A nickname that is written in
   * full is not changed into another one.
   *
   * @param mentions whom one may have written in full
   */
  isCompleting(mentions: Mentions): boolean {
    const query = this.#query;
    if (query === null || this.suggestions.value.length === 0) return false;
    const written = `@${query.text.trimEnd()}`;
    return this.#hasChosen || (written !== "@" && mentions.at(written, 0)?.end !== written.length);
  }

  /** Puts the suggestion into the text. */
  accept(name = this.suggestions.value[this.chosen.value]): void {
    const query = this.#query;
    if (query === null || name === undefined) return;
    const before = `${this.text.value.slice(0, query.index)}@${name} `;
    this.write(before + this.text.value.slice(this.caret.value).replace(/^ /, ""), before.length);
  }

  /** Puts the suggestions away until another mention is begun. */
  dismiss(): void {
    this.#dismissed.value = this.#query?.index ?? null;
  }

  /** What keeps the draft from being sent; null when nothing does. */
  get fault(): DraftFault | null {
    const { value } = this.text;
    if (isContent(value)) return null;
    const { length } = [...value];
    return length > CONTENT_MAX ? { kind: "long", length } : { kind: "broken" };
  }

  get #query(): Query | null {
    return queryAt(this.text.value, this.caret.value);
  }
}
