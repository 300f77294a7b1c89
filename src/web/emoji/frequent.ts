import { readJson, type TextStorage } from "../store/browser-storage.ts";

const KEY = "classic-chatbox.emoji";
/** The number of emoji that are remembered. */
const KEPT_MAX = 40;
/** What an earlier choice counts less with each later one, so that last year's favourite gives way. */
const FADING = 0.95;

/** An emoji without a skin tone, and how often it was chosen lately. */
type Use = readonly [text: string, weight: number];

/** The emoji that were chosen in this browser, the most frequent first. Nothing is stored before the first choice. */
export function frequentEmoji(storage: TextStorage): readonly string[] {
  return usesIn(storage).map(([text]) => text);
}

/** Counts a choice. Reads what is stored anew, since another tab may have counted as well. */
export function countEmoji(storage: TextStorage, text: string): void {
  const faded = usesIn(storage).map(([other, weight]): Use => [other, weight * FADING]);
  const before = faded.find(([other]) => other === text)?.[1] ?? 0;
  const uses: Use[] = [[text, before + 1], ...faded.filter(([other]) => other !== text)];
  uses.sort(([, a], [, b]) => b - a);
  storage.setItem(KEY, JSON.stringify(uses.slice(0, KEPT_MAX)));
}

function usesIn(storage: TextStorage): readonly Use[] {
  const kept = readJson(storage, KEY);
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((use: unknown): Use[] => {
    if (!Array.isArray(use)) return [];
    const [text, weight]: unknown[] = use;
    return typeof text === "string" && typeof weight === "number" ? [[text, weight]] : [];
  });
}
