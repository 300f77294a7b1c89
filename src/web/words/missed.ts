/** The texts of what leads to missed messages, loaded together with it. */
import type { Language } from "./languages.ts";

const EN = new Intl.NumberFormat("en");
const VI = new Intl.NumberFormat("vi");

const en = {
  /** @param isWhole whether there are no more */
  first: (n: number, isWhole: boolean) =>
    n === 1 && isWhole ? "First new message" : `First of ${EN.format(n)}${isWhole ? "" : "+"} new messages`,
  mentions: (n: number) => (n === 1 ? "1 mention of you" : `${EN.format(n)} mentions of you`),
};

const vi: typeof en = {
  first: (n, isWhole) =>
    n === 1 && isWhole
      ? "Tin nhắn mới đầu tiên"
      : `Đầu tiên trong ${VI.format(n)}${isWhole ? "" : "+"} tin nhắn mới`,
  mentions: (n) => `${VI.format(n)} lần nhắc đến bạn`,
};

export const MISSED_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
