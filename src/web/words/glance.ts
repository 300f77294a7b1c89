/** The texts about what goes on in a room before one joins, loaded together with it. */
import type { Language } from "./languages.ts";

const EN = new Intl.NumberFormat("en");
const VI = new Intl.NumberFormat("vi");

/** Names (elements) with commas between them. */
function listed<T>(names: readonly T[]): readonly (T | string)[] {
  return names.flatMap((name, at) => (at === 0 ? [name] : [", ", name]));
}

const en = {
  label: "What is going on here",
  nobody: "No one is here right now.",
  here: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    "Here now: ",
    ...listed(names),
    others === 0
      ? ""
      : names.length === 0
        ? EN.format(others)
        : ` and ${EN.format(others)} ${others === 1 ? "other" : "others"}`,
  ],
  open: "Anyone can read along without joining.",
  read: "Latest messages",
};

const vi: typeof en = {
  label: "Trong phòng đang có gì",
  nobody: "Hiện không có ai ở đây.",
  here: (names, others) => [
    "Đang ở đây: ",
    ...listed(names),
    others === 0
      ? ""
      : names.length === 0
        ? `${VI.format(others)} người`
        : ` và ${VI.format(others)} người khác`,
  ],
  open: "Ai cũng đọc được mà không cần vào phòng.",
  read: "Tin nhắn mới nhất",
};

export const GLANCE_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
