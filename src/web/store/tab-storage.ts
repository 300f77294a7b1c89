import type { ChatStorage } from "../../client/index.ts";

/** What one tab keeps of its stay, so that a reload resumes it and another tab can take it over. */
export class TabStorage implements ChatStorage {
  readonly #find: () => ChatStorage;
  #kept: readonly [key: string, value: string] | null = null;

  /** @param find gives `sessionStorage`; it throws where the browser forbids that */
  constructor(find: () => ChatStorage) {
    this.#find = find;
  }

  /** The newest thing kept, for another tab. */
  get kept(): readonly [key: string, value: string] | null {
    return this.#kept;
  }

  getItem(key: string): string | null {
    const value = this.#find().getItem(key);
    this.#kept = value === null ? null : [key, value];
    return value;
  }

  setItem(key: string, value: string): void {
    this.#kept = [key, value];
    this.#find().setItem(key, value);
  }

  removeItem(key: string): void {
    this.#kept = null;
    this.#find().removeItem(key);
  }
}
