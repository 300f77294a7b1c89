import { loadOnce } from "../page/parts.ts";
import type { LoadWords } from "../store/settings.ts";

export const LOAD_WORDS: LoadWords = {
  en: loadOnce(async () => (await import("./en.ts")).en),
  vi: loadOnce(async () => (await import("./vi.ts")).vi),
};
