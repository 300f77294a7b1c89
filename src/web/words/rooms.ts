/** The texts of the list of rooms, loaded together with it. */
import type { Language } from "./languages.ts";

const EN = new Intl.NumberFormat("en");
const VI = new Intl.NumberFormat("vi");

const en = {
  field: "Go to a room by its name",
  go: "Go",
  rule: "Room names have 1 to 64 characters: letters without accents, digits, hyphens, underscores and dots.",
  missing: (name: string) => `There is no room called “${name}”.`,
  make: (name: string) => `Create the room “${name}”`,
  mayNotMake: "You can’t create rooms in this chat.",
  makeFailed: "The room could not be created. Try again.",
  visited: "Recently visited",
  forget: (name: string) => `Forget ${name}`,
  forgetAll: "Forget these rooms",
  listed: "Listed rooms",
  others: "Other rooms",
  none: "No other rooms are listed here.",
  failed: "The list of rooms could not be loaded.",
  people: (n: number) => (n === 0 ? "no one there now" : n === 1 ? "1 person" : `${EN.format(n)} people`),
  entry: { everyone: "", password: "password required", members: "members only" },
  unread: (n: number) => (n === 1 ? "1 new message" : `${n} new messages`),
  moreUnread: (n: number) => `more than ${n} new messages`,
  here: "You are here",
};

const vi: typeof en = {
  field: "Vào phòng theo tên",
  go: "Vào",
  rule: "Tên phòng có từ 1 đến 64 ký tự: chữ cái không dấu, chữ số, dấu gạch nối, dấu gạch dưới và dấu chấm.",
  missing: (name) => `Không có phòng nào tên là “${name}”.`,
  make: (name) => `Tạo phòng “${name}”`,
  mayNotMake: "Bạn không được phép tạo phòng ở đây.",
  makeFailed: "Không tạo được phòng. Hãy thử lại.",
  visited: "Đã vào gần đây",
  forget: (name) => `Xóa ${name} khỏi danh sách`,
  forgetAll: "Xóa hết khỏi danh sách",
  listed: "Danh sách phòng",
  others: "Các phòng khác",
  none: "Không có phòng nào khác trong danh sách.",
  failed: "Không tải được danh sách phòng.",
  people: (n) => (n === 0 ? "hiện không có ai" : `${VI.format(n)} người`),
  entry: { everyone: "", password: "cần mật khẩu", members: "chỉ dành cho thành viên" },
  unread: (n) => `${n} tin nhắn mới`,
  moreUnread: (n) => `hơn ${n} tin nhắn mới`,
  here: "Bạn đang ở đây",
};

export const ROOMS_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
