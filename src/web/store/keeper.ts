/** Keeps small texts in this browser: `localStorage`, or whatever else has its two methods. */
export interface Keeper {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
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

/** A keeper whose keys begin with a prefix. */
export function prefixed(prefix: string, keeper: Keeper): Keeper {
  return {
    getItem: (key) => keeper.getItem(prefix + key),
    setItem: (key, value) => keeper.setItem(prefix + key, value),
  };
}

/** A keeper for browsers that forbid theirs, as they do in some frames, or have no room left: the rest lasts as long as the page. */
export function keeperOver(find: () => Keeper): Keeper {
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
  };
}

/** The JSON value kept under a key, with whatever shape it has; undefined when there is none. */
export function readKept(keeper: Keeper, key: string): unknown {
  try {
    return JSON.parse(keeper.getItem(key) ?? "");
  } catch {
    return undefined;
  }
}
