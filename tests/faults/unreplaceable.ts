// Preloaded, or imported: no file under a name that ends in `.json` can be replaced by another one, as where it is mounted by
// itself.
import { mock } from "bun:test";
import * as files from "node:fs/promises";

const real = { ...files };

/** Lets files be replaced, or not. */
export function setReplaceable(isReplaceable: boolean): void {
  const rename: typeof real.rename = (from, to) =>
    isReplaceable || !String(to).endsWith(".json")
      ? real.rename(from, to)
      : Promise.reject(Object.assign(new Error("EBUSY: resource busy or locked, rename"), { code: "EBUSY" }));
  mock.module("node:fs/promises", () => ({ ...real, rename }));
}

setReplaceable(false);
