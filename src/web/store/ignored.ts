import { type ReadonlySignal, signal } from "@preact/signals";
import { readJson, type TextStorage } from "./browser-storage.ts";
import type { Item } from "./item.ts";

const KEY = "classic-chatbox.ignored";
/** The number of people who are kept, the newest. */
const PEOPLE_MAX = 500;

/**
 * The people whom the user ignores, in all rooms: their public ids, which stay the same under another nickname, and the
 * nicknames that they had when the user chose to ignore them.
 */
export class IgnoredStore {
  readonly #people = signal<ReadonlyMap<string, string>>(new Map());
  readonly people: ReadonlySignal<ReadonlyMap<string, string>> = this.#people;
  readonly #storage: TextStorage;

  constructor(storage: TextStorage) {
    this.#storage = storage;
    this.syncTabs();
  }

  /** @param by the public id of somebody, if that is known */
  has(by: string | undefined): boolean {
    return by !== undefined && this.#people.value.has(by);
  }

  add(by: string, name: string): void {
    this.syncTabs();
    const others = [...this.#people.value].filter(([each]) => each !== by);
    this.#keep([...others, [by, name] as const].slice(-PEOPLE_MAX));
  }

  remove(by: string): void {
    this.syncTabs();
    this.#keep([...this.#people.value].filter(([each]) => each !== by));
  }

  /** Takes over what other tabs have changed. */
  syncTabs(): void {
    const kept = readJson(this.#storage, KEY);
    const people = (Array.isArray(kept) ? kept : []).flatMap((each: unknown): [string, string][] => {
      const [by, name]: unknown[] = Array.isArray(each) ? each : [];
      return typeof by === "string" && typeof name === "string" ? [[by, name]] : [];
    });
    if (JSON.stringify(people) !== JSON.stringify([...this.#people.peek()]))
      this.#people.value = new Map(people);
  }

  /**
   * Puts a line in the place of each run of messages that the user does not want to see, which can be opened.
   *
   * @param opened the keys of the lines that are open
   */
  fold(items: readonly Item[], opened: ReadonlySet<string>): readonly Item[] {
    if (this.#people.value.size === 0) return items;
    const folded: Item[] = [];
    let run: Item[] = [];
    const close = () => {
      const [first] = run;
      if (!first) return;
      const key = `i${first.key}`;
      folded.push({ kind: "ignored", key, messages: run });
      if (opened.has(key)) folded.push(...run);
      run = [];
    };
    for (const item of items) {
      if (item.kind === "message" && !item.own && this.has(item.message.by)) run.push(item);
      else {
        close();
        folded.push(item);
      }
    }
    close();
    return folded;
  }

  #keep(people: readonly (readonly [by: string, name: string])[]): void {
    this.#people.value = new Map(people);
    this.#storage.setItem(KEY, JSON.stringify(people));
  }
}
