/** The texts of the menu of a message, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  reply: "Reply",
  edit: "Edit",
  delete: "Delete",
  copyText: "Copy text",
  copyLink: "Copy link",
  textCopied: "Text copied.",
  textNotCopied: "Your browser blocked copying.",
  more: "More emoji",
  reactions: "Reactions",
};

const vi: typeof en = {
  reply: "Trả lời",
  edit: "Sửa",
  delete: "Xóa",
  copyText: "Sao chép nội dung",
  copyLink: "Sao chép liên kết",
  textCopied: "Đã sao chép nội dung.",
  textNotCopied: "Trình duyệt không cho phép sao chép.",
  more: "Thêm biểu tượng cảm xúc",
  reactions: "Cảm xúc",
};

export const ACTION_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
