/** The texts about a room before one joins, loaded together with it. */
import type { Language } from "./languages.ts";

const EN = new Intl.NumberFormat("en");
const VI = new Intl.NumberFormat("vi");

const en = {
  rules: "Rules",
  keeps: (days: number | null, messages: number | null) => {
    const last = messages === null ? "" : `the last ${EN.format(messages)} messages`;
    if (days === null)
      return last === "" ? "Messages are kept until someone deletes them." : `The chat keeps ${last}.`;
    const time = days === 1 ? "1 day" : `${EN.format(days)} days`;
    return `Messages are kept for ${time}${last === "" ? "" : `, but only ${last}`}.`;
  },
  addresses: "The server logs your network address.",
  noAddresses: "The server doesn’t log your network address.",
  proving: "Many people are joining, so your browser is solving a puzzle first. This takes a few seconds…",
  members:
    "This room is for members. Ask a moderator to add you: your public ID is in Settings, under Your key.",
  password: "Room password",
};

const vi: typeof en = {
  rules: "Nội quy",
  keeps: (days, messages) => {
    const last = messages === null ? "" : `${VI.format(messages)} tin nhắn gần nhất`;
    if (days === null)
      return last === "" ? "Tin nhắn được lưu cho đến khi có người xóa." : `Phòng lưu ${last}.`;
    return `Tin nhắn được lưu trong ${VI.format(days)} ngày${last === "" ? "" : `, và chỉ lưu ${last}`}.`;
  },
  addresses: "Địa chỉ mạng của bạn được ghi vào nhật ký máy chủ.",
  noAddresses: "Địa chỉ mạng của bạn không bị ghi lại.",
  proving:
    "Đang có nhiều người vào phòng nên trình duyệt phải giải một bài toán trước. Việc này mất vài giây…",
  members:
    "Phòng này chỉ dành cho thành viên. Hãy nhờ điều hành viên thêm bạn: mã công khai của bạn nằm trong Cài đặt, mục Khóa của bạn.",
  password: "Mật khẩu phòng",
};

export const ABOUT_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
