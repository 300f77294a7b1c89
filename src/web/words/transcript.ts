/** The texts of the transcript, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  transcript: "Transcript",
  lead: "All messages of this room, or those of some days, as a file or on paper.",
  first: "From",
  last: "To",
  none: "There are no messages to save.",
  text: "Save as text",
  json: "Save as JSON",
  print: "Print",
  cancel: "Cancel",
  loading: (n: string) => `Loading messages: ${n}`,
  saved: (n: string) => `Saved, with ${n} messages.`,
  savedNewest: (n: string) => `Saved, with the newest ${n} messages. Earlier ones did not fit.`,
  newest: (n: string) => `The newest ${n} messages. A file can have all of them.`,
  failed: "The messages could not be loaded. Try again when you are connected.",
  title: (room: string, time: string) => `${room}, ${time}`,
};

const vi: typeof en = {
  transcript: "Bản ghi trò chuyện",
  lead: "Mọi tin nhắn của phòng này, hoặc tin nhắn trong một khoảng ngày, lưu thành tệp hoặc in ra giấy.",
  first: "Từ ngày",
  last: "Đến ngày",
  none: "Không có tin nhắn nào để lưu.",
  text: "Lưu dạng văn bản",
  json: "Lưu dạng JSON",
  print: "In",
  cancel: "Hủy",
  loading: (n) => `Đang tải tin nhắn: ${n}`,
  saved: (n) => `Đã lưu ${n} tin nhắn.`,
  savedNewest: (n) => `Đã lưu ${n} tin nhắn mới nhất. Các tin nhắn cũ hơn không đủ chỗ.`,
  newest: (n) => `${n} tin nhắn mới nhất. Hãy lưu thành tệp để có tất cả.`,
  failed: "Không tải được tin nhắn. Hãy thử lại khi có kết nối.",
  title: (room, time) => `${room}, ${time}`,
};

export const TRANSCRIPT_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
