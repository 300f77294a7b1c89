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
  notifications: "Notifications",
  sound: "Play a sound when someone mentions you",
  notify: "Show a notification when someone mentions you",
  notifyDenied: "The browser does not allow notifications for this page.",
  key: "Your key",
  keyLead: "By it the chat recognises you. Reserve your nickname, or use the key on another device.",
  keyOpen: "Show",
};

const vi: typeof en = {
  language: "Ngôn ngữ",
  languageAuto: "Theo trình duyệt",
  theme: "Giao diện",
  system: "Hệ thống",
  light: "Sáng",
  dark: "Tối",
  classic: "Cổ điển",
  notifications: "Thông báo",
  sound: "Phát âm thanh khi có người nhắc đến bạn",
  notify: "Hiện thông báo khi có người nhắc đến bạn",
  notifyDenied: "Trình duyệt không cho phép trang này hiện thông báo.",
  key: "Khóa của bạn",
  keyLead:
    "Nhờ khóa này, phòng trò chuyện nhận ra bạn. Bạn có thể giữ biệt danh hoặc dùng khóa trên thiết bị khác.",
  keyOpen: "Xem",
};

export const SETTINGS_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
