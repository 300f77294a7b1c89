/** The texts of the emoji picker, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  search: "Search emoji",
  tone: "Skin tone",
  tones: ["Default", "Light", "Medium-light", "Medium", "Medium-dark", "Dark"],
  jump: "Groups",
  frequent: "Frequently used",
  groups: [
    "Smileys and emotions",
    "People and body",
    "Animals and nature",
    "Food and drink",
    "Travel and places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
  ],
  results: "Search results",
  found: (n: number) => (n === 1 ? "1 emoji found" : `${n} emoji found`),
  none: "No emoji found. Try another word.",
};

const vi: typeof en = {
  search: "Tìm biểu tượng cảm xúc",
  tone: "Màu da",
  tones: ["Mặc định", "Sáng", "Sáng trung bình", "Trung bình", "Tối trung bình", "Tối"],
  jump: "Nhóm",
  frequent: "Thường dùng",
  groups: [
    "Mặt cười và cảm xúc",
    "Con người và cơ thể",
    "Động vật và thiên nhiên",
    "Đồ ăn và thức uống",
    "Du lịch và địa điểm",
    "Hoạt động",
    "Đồ vật",
    "Ký hiệu",
    "Cờ",
  ],
  results: "Kết quả tìm kiếm",
  found: (n) => `Tìm thấy ${n} biểu tượng`,
  none: "Không tìm thấy biểu tượng nào. Hãy thử từ khác.",
};

export const EMOJI_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
