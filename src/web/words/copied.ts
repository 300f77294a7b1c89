/** The texts of a text to copy. */
import type { Language } from "./languages.ts";

const en = {
  copy: "Copy",
  copyWhat: (what: string) => `Copy: ${what}`,
  copied: "Copied.",
  notCopied: "Your browser blocked copying. Select the text and copy it yourself.",
};

const vi: typeof en = {
  copy: "Sao chép",
  copyWhat: (what) => `Sao chép: ${what}`,
  copied: "Đã sao chép.",
  notCopied: "Trình duyệt không cho phép sao chép. Hãy tự chọn và sao chép.",
};

export const COPIED_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
