/** Keeps small texts in this browser: `localStorage`, or whatever else has its two methods. */
export interface Keeper {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A keeper that can be looked through. */
export interface OpenKeeper extends Keeper {
  removeItem(key: string): void;
  keys(): readonly string[];
}

/**
 * What the keys of a chat begin with: chats under different paths of one site share what the browser keeps for it, and must
 * not mix it. Nothing for the one at the site's root.
 *
 * @param root the chat's, such as `/chat/`
 */
export function keyPrefix(root: string): string {
  return root === "/" ? "" : root;
}

/** `localStorage` or `sessionStorage`, as far as the keys begin with a prefix. */
export function prefixed(
  prefix: string,
  storage: Pick<OpenKeeper, "getItem" | "setItem" | "removeItem">,
): OpenKeeper {
  return {
    getItem: (key) => storage.getItem(prefix + key),
    setItem: (key, value) => storage.setItem(prefix + key, value),
    removeItem: (key) => storage.removeItem(prefix + key),
    keys: () =>
      Object.keys(storage).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
  };
}

/** A keeper for browsers that forbid theirs, as they do in some frames, or have no room left: the rest lasts as long as the page. */
export function keeperOver(find: () => OpenKeeper): OpenKeeper {
  const values = new Map<string, string>();
  const attempt = <T>(act: () => T): T | null => {
    try {
      return act();
    } catch {
      return null;
    }
  };
  return {
    // What the browser has kept may have been changed by another tab.
    getItem: (key) => values.get(key) ?? attempt(() => find().getItem(key)),
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
 * Forgets all but the newest items of a kind, or the browser's storage would be full one day.
 *
 * @param prefix of their keys; their values begin with the time of each, in Unix milliseconds
 * @param most that stay
 */
export function keepNewest(keeper: OpenKeeper, prefix: string, most: number): void {
  for (const key of newestFirst(keeper, prefix).slice(most)) keeper.removeItem(key);
}

/** The keys that begin with a prefix, those of the newest values first. */
export function newestFirst(keeper: OpenKeeper, prefix: string): readonly string[] {
  const timeOf = (key: string) => Number.parseInt(keeper.getItem(key) ?? "", 10) || 0;
  const keys = keeper.keys().filter((key) => key.startsWith(prefix));
  return keys.sort((a, b) => timeOf(b) - timeOf(a));
}

/** The JSON value kept under a key, with whatever shape it has; undefined when there is none. */
export function readKept(keeper: Keeper, key: string): unknown {
  try {
    return JSON.parse(keeper.getItem(key) ?? "");
  } catch {
    return undefined;
  }
}
