/** The texts of the dialog for another nickname, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  field: "New nickname",
  button: "Rename",
  waiting: "Renaming…",
};

const vi: typeof en = {
  field: "Biệt danh mới",
  button: "Đổi",
  waiting: "Đang đổi…",
};

export const RENAME_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
