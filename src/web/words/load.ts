import { loading } from "../page/parts.ts";
import type { LoadWords } from "../store/settings.ts";

export const LOAD_WORDS: LoadWords = {
  en: loading(async () => (await import("./en.ts")).en),
  vi: loading(async () => (await import("./vi.ts")).vi),
};
