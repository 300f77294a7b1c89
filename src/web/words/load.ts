import { loadOnce } from "../page/parts.ts";
import type { LoadRoomWords, LoadWords } from "../store/settings.ts";

export const LOAD_WORDS: LoadWords = {
  en: loadOnce(async () => (await import("./en.ts")).en),
  vi: loadOnce(async () => (await import("./vi.ts")).vi),
};

export const LOAD_ROOM_WORDS: LoadRoomWords = {
  en: loadOnce(async () => (await import("./enroom.ts")).enRoom),
  vi: loadOnce(async () => (await import("./viroom.ts")).viRoom),
};
