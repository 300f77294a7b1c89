/** The texts of the way to a date, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  title: "Go to a date",
  field: "Date",
  go: "Go",
  note: "Shows the first message of that day.",
  needed: "Choose a date.",
  failed: "The messages could not be loaded. Try again when you are connected.",
  empty: "There are no messages yet.",
  next: "No messages that day. This is the next one.",
  newest: "No messages since then. This is the latest one.",
};

const vi: typeof en = {
  title: "Chuyển đến ngày",
  field: "Ngày",
  go: "Xem",
  note: "Hiển thị tin nhắn đầu tiên trong ngày.",
  needed: "Hãy chọn ngày.",
  failed: "Không tải được tin nhắn. Hãy thử lại khi có kết nối.",
  empty: "Chưa có tin nhắn nào.",
  next: "Ngày đó không có tin nhắn. Đây là tin kế tiếp.",
  newest: "Sau đó không còn tin nhắn nào. Đây là tin mới nhất.",
};

export const DATE_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
