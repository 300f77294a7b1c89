import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { isContent } from "../../protocol/characters.ts";
import { CONTENT_MAX } from "../../protocol/limits.ts";
import { complete, type Mentions, type Query, queryAt } from "../text/mentions.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import { type Keeper, keepNewest, newestFirst, type OpenKeeper } from "./keeper.ts";

/** The counter shows when so many characters are left. */
const COUNT_FROM = 500;
const SUGGESTIONS_MOST = 6;

const KEY = "classic-chatbox.draft:";
/** So many drafts of tabs that are closed are kept. */
const DRAFTS_MOST = 20;
/** In code units, more than a message can have: so much of a draft is kept, and put into the field at all. */
export const DRAFT_MOST = 20_000;

/** What is wrong with a draft: too long, or half a character in it. */
export type DraftFault = { readonly kind: "long"; readonly length: number } | { readonly kind: "broken" };

/**
 * The message that is being written. Each tab has its own, which a reload gives back to it. It also lies where all tabs
 * keep theirs: one that is new in a room takes over the newest there, unless the tab that wrote it is still open and says so.
 */
export class DraftStore {
  readonly text: Signal<string>;
  readonly caret = signal(0);
  /** Which suggestion is chosen. */
  readonly chosen = signal(0);
  /** Characters left, when they are few; negative when there are too many. */
  readonly left: ReadonlySignal<number | null>;
  /** Nicknames that the mention before the caret may become. */
  readonly suggestions: ReadonlySignal<readonly string[]>;
  readonly #keeper: OpenKeeper;
  readonly #tab: Keeper;
  readonly #room: string;
  /** One of this page's own: a duplicated tab has all that the first one kept. */
  readonly #key: string;
  /** The drafts of tabs that have said that they are open. */
  readonly #open = new Set<string>();
  /** What was taken over, and where it lay. */
  #taken: { readonly key: string; readonly text: string } | undefined;
  readonly #dismissed = signal<number | null>(null);
  /** Whether a suggestion was gone to. */
  #hasChosen = false;

  /**
   * @param keeper what all tabs share
   * @param tab what this tab keeps over a reload
   * @param names who can be mentioned
   */
  constructor(keeper: OpenKeeper, tab: Keeper, room: string, names: ReadonlySignal<readonly string[]>) {
    this.#keeper = keeper;
    this.#tab = tab;
    this.#room = KEY + room;
    this.#key = `${this.#room}#${Math.random()}`;
    this.text = signal(this.#begin());
    keepNewest(keeper, KEY, DRAFTS_MOST);
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
    if (text !== this.text.value) {
      this.#keep(text);
      this.#keepForReload(text);
    }
    this.text.value = text;
    this.caret.value = caret;
    this.chosen.value = 0;
    this.#hasChosen = false;
    if (this.#query?.index !== this.#dismissed.value) this.#dismissed.value = null;
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

  /** Another tab has changed what is kept. @param value null: it took it away */
  share(key: string, value: string | null): void {
    // It took this draft for one that was left.
    if (key === this.#key && value === null) this.#keep(this.text.value);
    // Its tab has put it back: another one may have been left.
    const taken = this.#taken;
    if (key !== taken?.key || value === null) return;
    this.#open.add(key);
    if (taken.text === "" || this.text.value !== taken.text) return;
    this.#keeper.removeItem(this.#key);
    const text = this.#take(this.#newest);
    this.text.value = text;
    this.caret.value = text.length;
  }

  /** The draft to go on with. */
  #begin(): string {
    const [, key, own] = /^(\S+) (.*)$/s.exec(this.#tab.getItem(this.#room) ?? "") ?? [];
    return this.#take(key ?? this.#newest, own);
  }

  /** Where the newest draft lies that may have been left. Earlier versions of this page kept one for each room, without a time. */
  get #newest(): string {
    const all = newestFirst(this.#keeper, `${this.#room}#`);
    return all.find((key) => !this.#open.has(key)) ?? this.#room;
  }

  /** Goes on with what lies there. @param own what this tab has of it itself */
  #take(from: string, own?: string): string {
    const found = this.#keeper.getItem(from);
    const kept = found && from === this.#room ? `0 ${found}` : found;
    // What is not there any more was sent by a tab that had taken it over: it is not put back for later visits.
    if (kept) this.#keeper.setItem(this.#key, kept);
    this.#keeper.removeItem(from);
    const text = own ?? kept?.replace(/^\d+ /, "") ?? "";
    if (own === undefined) this.#taken = { key: from, text };
    this.#keepForReload(text);
    return text;
  }

  #keep(text: string): void {
    if (text === "") this.#keeper.removeItem(this.#key);
    else this.#keeper.setItem(this.#key, `${Date.now()} ${text.slice(0, DRAFT_MOST)}`);
  }

  #keepForReload(text: string): void {
    this.#tab.setItem(this.#room, `${this.#key} ${text.slice(0, DRAFT_MOST)}`);
  }

  get #query(): Query | null {
    return queryAt(this.text.value, this.caret.value);
  }
}
