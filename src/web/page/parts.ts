/**
 * Parts of the page that are loaded when they are needed. They import from the page's script, so it cannot name them, whose
 * names hold their contents: the document does. The build has each `import()` ask here for the address.
 */

let attempt = 0;

Object.assign(globalThis, {
  partAddress: (name: string) => {
    const { href } = new URL(document.querySelector("script")?.dataset[name] ?? "", document.baseURI);
    // Browsers remember that a file could not be loaded, and would not ask for it again.
    return attempt === 0 ? href : `${href}?${attempt}`;
  },
});

/**
 * What makes a part of the page be loaded, once.
 *
 * @returns rejects when the part could not be loaded; whoever calls it again tries again
 */
export function loading<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      attempt++;
      loaded = null;
      throw error;
    });
    return loaded;
  };
}
