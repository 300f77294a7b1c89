/**
 * Loads parts of the page when they are needed. The parts import from the page's script, and file names are derived
 * from contents, so the script cannot contain the names of the parts. The document does, and the build makes each
 * `import()` ask here for the address.
 */

let attempt = 0;

/** Where a part of the page is, or the script of its worker, by its name. */
export function partAddress(name: string): string {
  const { href } = new URL(document.querySelector("script")?.dataset[name] ?? "", document.baseURI);
  // Browsers remember that a module failed to load, and do not request the same address again.
  return attempt === 0 ? href : `${href}?${attempt}`;
}

Object.assign(globalThis, { partAddress });

/**
 * Wraps a loader so that it loads a part of the page only once.
 *
 * @returns a function whose promise rejects when the part could not be loaded; calling it again tries again
 */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
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
