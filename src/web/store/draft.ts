import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { isContent } from "../../protocol/characters.ts";
import { CONTENT_MAX } from "../../protocol/limits.ts";
import { complete, type Query, queryAt } from "../text/completion.ts";
import type { Failure } from "../text/failure.ts";
import type { Mentions } from "../text/mentions.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import { keepNewest, type ListableStorage, newestFirst, type TextStorage } from "./browser-storage.ts";

/** The counter is shown when at most this many characters are left. */
const COUNT_FROM = 500;
const SUGGESTIONS_MAX = 6;

const KEY = "classic-chatbox.draft:";
/** The number of drafts that are kept, including those of closed tabs. */
const DRAFTS_MAX = 20;
/**
 * In code units, more than a message can have: the part of a draft that is stored, and the most that the field
 * accepts.
 */
export const DRAFT_MAX = 20_000;

/** An edit of a message in the place of the draft. */
export interface Editing {
  readonly id: number;
  /** The content that the message had when the user began. */
  readonly content: string;
  /** The draft, until the edit is over. */
  readonly draft: string;
}

/** What is said of a command that is offered. */
export interface CommandNote {
  /** What it does, or what is written after it. */
  readonly about: string;
  /** The nickname of the program that takes it; missing for a command of the page. */
  readonly bot?: string;
}

/** What is being written at the caret, with what completes it; without, it is a nickname. */
export interface Completion extends Query {
  readonly options?: readonly string[];
  /** What is said of the options; missing if they are nicknames. */
  readonly notes?: ReadonlyMap<string, CommandNote>;
  /** Whether the options are emoji, and the notes their names. */
  readonly isEmoji?: boolean;
}

/** Completes a command or an emoji. @param before the text before the caret @returns null where it completes nothing */
export type Completer = (
  before: string,
  names: readonly string[],
) => (Completion & Required<Pick<Completion, "options">>) | null;

/** What is wrong with a draft: it is too long, or it contains half a character. */
export type DraftFault = { readonly kind: "long"; readonly length: number } | { readonly kind: "broken" };

/**
 * The message that is being written. Each tab has its own draft, which survives a reload. It is also stored where all
 * tabs store theirs: a tab that is new in a room takes over the newest draft there, unless the tab that wrote it is
 * still open and says so.
 */
export class DraftStore {
  readonly text: Signal<string>;
  /** The id of the message that the draft replies to. */
  readonly reply = signal<number | null>(null);
  readonly #editing = signal<Editing | null>(null);
  /** The edit that is written instead of the draft. */
  readonly editing: ReadonlySignal<Editing | null> = this.#editing;
  readonly caret = signal(0);
  /** Counts how often the user is to go on in the field. */
  readonly focused = signal(0);
  /** Why the server has refused the message that the draft is or contains. */
  readonly refusal = signal<Failure | null>(null);
  /** The index of the chosen suggestion. */
  readonly chosen = signal(0);
  /** The number of characters left, if they are few; negative if there are too many. */
  readonly left: ReadonlySignal<number | null>;
  /** Nicknames that complete the mention before the caret. */
  readonly suggestions: ReadonlySignal<readonly string[]>;
  readonly #storage: ListableStorage;
  readonly #tab: TextStorage;
  readonly #room: string;
  /** A key that only this page has: a duplicated tab has a copy of everything that the first one stored. */
  readonly #key: string;
  /** The keys of the drafts of tabs that have shown that they are open. */
  readonly #open = new Set<string>();
  /** The draft that was taken over, and its key. */
  #taken: { readonly key: string; readonly text: string } | undefined;
  readonly #completer = signal<Completer | null>(null);
  readonly #emojiCompleter = signal<Completer | null>(null);
  readonly #names: ReadonlySignal<readonly string[]>;
  readonly #dismissed = signal<number | null>(null);
  /** Whether the user has moved to a suggestion. */
  #hasChosen = false;

  /**
   * @param storage what all tabs share
   * @param tab what this tab keeps, which survives a reload
   * @param names the nicknames that can be mentioned
   */
  constructor(
    storage: ListableStorage,
    tab: TextStorage,
    room: string,
    names: ReadonlySignal<readonly string[]>,
  ) {
    this.#storage = storage;
    this.#tab = tab;
    this.#room = KEY + room;
    this.#names = names;
    this.#key = `${this.#room}#${Math.random()}`;
    this.text = signal(this.#begin());
    keepNewest(storage, KEY, DRAFTS_MAX);
    this.left = computed(() => {
      const { value } = this.text;
      if (value.length < CONTENT_MAX - COUNT_FROM) return null;
      const left = CONTENT_MAX - [...value].length;
      return left <= COUNT_FROM ? left : null;
    });
    this.suggestions = computed(() => {
      const query = this.#query;
      if (query === null || query.index === this.#dismissed.value) return [];
      if (query.options) return query.options;
      return complete(query.text, names.value, SUGGESTIONS_MAX).filter(
        (name) => !isSameNickname(name, query.text),
      );
    });
  }

  write(text: string, caret: number): void {
    // What is written into an edit is no draft.
    if (text !== this.text.value && !this.#editing.value) {
      this.#keep(text);
      this.#keepForReload(text);
    }
    this.text.value = text;
    this.caret.value = caret;
    this.chosen.value = 0;
    this.#hasChosen = false;
    if (this.#query?.index !== this.#dismissed.value) this.#dismissed.value = null;
  }

  /** What is said of a command that is suggested; undefined for a nickname. */
  noteOf(suggestion: string): CommandNote | undefined {
    return this.#query?.notes?.get(suggestion);
  }

  /** Sets what completes commands. */
  setCompleter(completer: Completer): void {
    this.#completer.value = completer;
  }

  /** Sets what completes emoji. */
  setEmojiCompleter(completer: Completer): void {
    this.#emojiCompleter.value = completer;
  }

  /** Whether the suggestions are emoji. */
  get offersEmoji(): boolean {
    return this.#query?.isEmoji === true;
  }

  /** Makes the draft a reply to a message. */
  replyTo(id: number): void {
    batch(() => {
      if (this.#editing.value) this.stopEditing();
      this.reply.value = id;
    });
  }

  /** Begins to edit a message. The draft is kept. @param text what to begin with, if not what the message says */
  edit(id: number, content: string, text = content): void {
    batch(() => {
      this.#editing.value = { id, content, draft: this.#draft };
      this.write(text, text.length);
    });
  }

  /** Ends the edit, and shows the draft again. */
  stopEditing(): void {
    batch(() => {
      const draft = this.#draft;
      this.#editing.value = null;
      this.text.value = draft;
      this.write(draft, draft.length);
    });
  }

  /** Adds a text to the draft: that of an edit that cannot be saved. */
  add(text: string): void {
    batch(() => {
      this.stopEditing();
      const all = this.text.value === "" ? text : `${this.text.value}\n${text}`;
      this.write(all, all.length);
    });
  }

  /** The history was replaced: the ids of messages mean nothing any more. No text is lost. */
  reset(): void {
    this.reply.value = null;
    if (this.#editing.value) this.add(this.text.value);
  }

  /** Adds a mention to the end of the text. */
  mention(name: string): void {
    const before =
      this.text.value === "" || /\s$/.test(this.text.value) ? this.text.value : `${this.text.value} `;
    const text = `${before}@${name} `;
    this.write(text, text.length);
    this.focused.value++;
  }

  /** Takes back a message that the server has refused, so that its text can be changed. */
  giveBack(content: string, reply: number | undefined, failure: Failure): void {
    batch(() => {
      const draft = this.#draft;
      if (draft === "" && reply !== undefined) this.reply.value = reply;
      const all = draft === "" ? content : `${content}\n${draft}`;
      // An edit goes on: its draft waits for its end.
      if (this.#editing.value) this.#editing.value = { ...this.#editing.value, draft: all };
      else this.write(all, all.length);
      this.refusal.value = failure;
    });
  }

  /** Moves to the next or previous suggestion, wrapping around at the ends. */
  choose(by: 1 | -1): void {
    const { length } = this.suggestions.value;
    this.chosen.value = (this.chosen.value + by + length) % length;
    this.#hasChosen = true;
  }

  /**
   * Whether Enter accepts a suggestion: one that the user has moved to, or one that continues what is written. A
   * nickname that is written in full is not changed into another one.
   *
   * @param mentions the nicknames that may be written in full
   */
  isCompleting(mentions: Mentions): boolean {
    const query = this.#query;
    if (query === null || this.suggestions.value.length === 0) return false;
    if (query.options) return this.#hasChosen || query.index === 0 || query.isEmoji === true;
    const written = `@${query.text.trimEnd()}`;
    return this.#hasChosen || (written !== "@" && mentions.at(written, 0)?.end !== written.length);
  }

  /** Puts a suggestion into the text. */
  accept(name = this.suggestions.value[this.chosen.value]): void {
    const query = this.#query;
    if (query === null || name === undefined) return;
    const before = `${this.text.value.slice(0, query.index)}${query.options ? "" : "@"}${name} `;
    this.write(before + this.text.value.slice(this.caret.value).replace(/^ /, ""), before.length);
  }

  /** Hides the suggestions until another mention is begun. */
  dismiss(): void {
    this.#dismissed.value = this.#query?.index ?? null;
  }

  /** What prevents the draft from being sent; null if nothing does. */
  get fault(): DraftFault | null {
    const { value } = this.text;
    if (isContent(value)) return null;
    const { length } = [...value];
    return length > CONTENT_MAX ? { kind: "long", length } : { kind: "broken" };
  }

  /** Handles a change of the shared storage by another tab. @param value null if the item was removed */
  syncTabs(key: string, value: string | null): void {
    // The other tab took this draft for an abandoned one.
    if (key === this.#key && value === null) this.#keep(this.#draft);
    // The tab of the taken draft has put it back, so that tab is open. Another draft may be abandoned.
    const taken = this.#taken;
    if (key !== taken?.key || value === null) return;
    this.#open.add(key);
    if (taken.text === "" || this.#editing.value || this.text.value !== taken.text) return;
    this.#storage.removeItem(this.#key);
    const text = this.#take(this.#newest);
    this.text.value = text;
    this.caret.value = text.length;
  }

  /** The draft to begin with. */
  #begin(): string {
    const [, key, own] = /^(\S+) (.*)$/s.exec(this.#tab.getItem(this.#room) ?? "") ?? [];
    return this.#take(key ?? this.#newest, own);
  }

  /**
   * The key of the newest draft that may be abandoned. Earlier versions of this page kept one draft per room, without
   * a time.
   */
  get #newest(): string {
    const all = newestFirst(this.#storage, `${this.#room}#`);
    return all.find((key) => !this.#open.has(key)) ?? this.#room;
  }

  /** Takes over the draft under a key. @param own this tab's own copy of it */
  #take(from: string, own?: string): string {
    const found = this.#storage.getItem(from);
    const kept = found && from === this.#room ? `0 ${found}` : found;
    // A draft that is gone was sent by a tab that had taken it over. It is not stored again for later visits.
    if (kept) this.#storage.setItem(this.#key, kept);
    this.#storage.removeItem(from);
    const text = own ?? kept?.replace(/^\d+ /, "") ?? "";
    if (own === undefined) this.#taken = { key: from, text };
    this.#keepForReload(text);
    return text;
  }

  #keep(text: string): void {
    if (text === "") this.#storage.removeItem(this.#key);
    else this.#storage.setItem(this.#key, `${Date.now()} ${text.slice(0, DRAFT_MAX)}`);
  }

  #keepForReload(text: string): void {
    this.#tab.setItem(this.#room, `${this.#key} ${text.slice(0, DRAFT_MAX)}`);
  }

  get #draft(): string {
    return this.#editing.value?.draft ?? this.text.value;
  }

  get #query(): Completion | null {
    const { text, caret } = this;
    const before = text.value.slice(0, caret.value);
    const command = before.startsWith("/") ? this.#completer.value?.(before, this.#names.value) : null;
    return (
      command ?? this.#emojiCompleter.value?.(before, this.#names.value) ?? queryAt(text.value, caret.value)
    );
  }
}
