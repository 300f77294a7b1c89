import { attempt } from "../../client/frame.ts";

/** Stores short texts in this browser: `localStorage`, or anything else with these two methods. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A storage whose keys can be listed. */
export interface ListableStorage extends TextStorage {
  removeItem(key: string): void;
  keys(): readonly string[];
}

/**
 * The prefix of all keys of a chat. Chats under different paths of one site share its storage and must not mix their
 * keys. The prefix is empty for a chat at the root of the site.
 *
 * @param root the path of the chat's root, such as `/chat/`
 */
export function keyPrefix(root: string): string {
  return root === "/" ? "" : root;
}

/** Limits `localStorage` or `sessionStorage` to keys with a prefix, which callers do not see. */
export function prefixed(
  prefix: string,
  storage: Pick<ListableStorage, "getItem" | "setItem" | "removeItem">,
): ListableStorage {
  return {
    getItem: (key) => storage.getItem(prefix + key),
    setItem: (key, value) => storage.setItem(prefix + key, value),
    removeItem: (key) => storage.removeItem(prefix + key),
    keys: () =>
      Object.keys(storage).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
  };
}

/**
 * Keeps values in memory where the browser forbids its storage, as in some frames, or has no space left. They last as
 * long as the page.
 */
export function withMemoryFallback(find: () => ListableStorage): ListableStorage {
  const values = new Map<string, string>();
  return {
    // Stored values are read from the browser each time, since another tab may have changed them.
    getItem: (key) => values.get(key) ?? attempt(() => find().getItem(key)) ?? null,
    setItem(key, value) {
      values.set(key, value);
      attempt(() => {
        find().setItem(key, value);
        values.delete(key);
      });
    },
    removeItem(key) {
      values.delete(key);
      attempt(() => find().removeItem(key));
    },
    keys: () => [...values.keys(), ...(attempt(() => find().keys()) ?? [])],
  };
}

/**
 * Removes all but the newest items of a kind, which would otherwise fill the browser's storage some day.
 *
 * @param prefix the prefix of their keys; their values begin with a time in Unix milliseconds
 * @param max the number of items to keep
 */
export function keepNewest(storage: ListableStorage, prefix: string, max: number): void {
  for (const key of newestFirst(storage, prefix).slice(max)) storage.removeItem(key);
}

/** The keys that begin with a prefix, newest value first. */
export function newestFirst(storage: ListableStorage, prefix: string): readonly string[] {
  const timeOf = (key: string) => Number.parseInt(storage.getItem(key) ?? "", 10) || 0;
  const keys = storage.keys().filter((key) => key.startsWith(prefix));
  return keys.sort((a, b) => timeOf(b) - timeOf(a));
}

/** The JSON value under a key, in whatever shape; undefined if there is none. */
export function readJson(storage: TextStorage, key: string): unknown {
  return attempt(() => JSON.parse(storage.getItem(key) ?? ""));
}
