/** The texts of the settings dialog, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  language: "Language",
  languageAuto: "Same as browser",
  theme: "Theme",
  system: "System",
  light: "Light",
  dark: "Dark",
  classic: "Classic",
  enter: "Enter key",
  enterSends: "Sends the message",
  enterBreaks: "Starts a new line",
  enterNote: "Ctrl+Enter always sends, and Shift+Enter always starts a new line.",
  key: "Your key",
  keyLead: "The chat recognises you by this key. Reserve your nickname, or use the key on another device.",
  keyOpen: "Show",
};

const vi: typeof en = {
  language: "Ngôn ngữ",
  languageAuto: "Theo trình duyệt",
  theme: "Giao diện",
  system: "Theo hệ thống",
  light: "Sáng",
  dark: "Tối",
  classic: "Cổ điển",
  enter: "Phím Enter",
  enterSends: "Gửi tin nhắn",
  enterBreaks: "Xuống dòng",
  enterNote: "Ctrl+Enter luôn gửi tin nhắn, Shift+Enter luôn xuống dòng.",
  key: "Khóa của bạn",
  keyLead:
    "Nhờ khóa này, phòng trò chuyện nhận ra bạn. Bạn có thể giữ biệt danh hoặc dùng khóa trên thiết bị khác.",
  keyOpen: "Xem",
};

export const SETTINGS_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
