/** The texts about the tokens of programs, loaded together with them. */
import type { Scope } from "../../protocol/kinds/tokens.ts";
import { DAYS_MOST, type TokenFault } from "../store/token-form.ts";
import type { Language } from "./languages.ts";

const EN = new Intl.NumberFormat("en");
const VI = new Intl.NumberFormat("vi");

const en = {
  lead: "A token lets a program take part in the chat. Anyone who has its secret can do what it allows.",
  none: "There are no tokens.",
  list: "Tokens",
  writesAs: <T>(name: T): readonly (T | string)[] => ["writes as ", name],
  hook: "hook",
  allRooms: "all rooms",
  mainRoom: "main room",
  created: (moment: string) => `created ${moment}`,
  ends: (moment: string) => `expires ${moment}`,
  over: "expired",
  revoke: "Revoke…",
  revokeWhat: (name: string) => `Revoke ${name}`,
  revokeAsk: "The program is cut off at once, and its nickname becomes free. This can’t be undone.",
  revokeIt: "Revoke",
  cancel: "Cancel",
  revoked: "The token is revoked.",
  create: "New token",
  name: "Name",
  bot: "Nickname in the chat",
  botNote: "If you leave this empty, it is the name above. It will be reserved for the program.",
  use: "What is it for?",
  uses: {
    program: "A program, which uses the API",
    hook: "Another service, which only posts messages in one room",
  },
  rooms: "Rooms",
  roomsNote: "Room names, separated by spaces; / is the main room. Leave empty for all rooms.",
  scopes: "What may it do?",
  scope: {
    read: "Read rooms, messages and events",
    post: "Send messages and react",
    edit: "Edit and delete its own messages",
    moderate: "Moderate",
    rooms: "Change a room’s settings, such as its title",
    diagnose: "Learn how the server sees a request",
  } as Readonly<Record<Scope, string>>,
  days: "Days until it expires",
  daysNote: "Leave empty for never.",
  createIt: "Create",
  madeTitle: (name: string) => `Token ${name} created`,
  once: "This is shown only once. Copy it now to a place that only the program can read.",
  secret: "Secret",
  address: "Address to post to",
  done: "Done",
  loading: "Loading…",
  fault: (wrong: TokenFault): string => {
    switch (wrong.fault) {
      case "name":
        return "This needs 1 to 100 characters, as a nickname does.";
      case "room":
        return `${wrong.room} cannot be the name of a room: these have small letters a to z, digits, -, _ and dots.`;
      case "one":
        return "Enter the one room that it posts in.";
      case "none":
        return "Choose at least one.";
      case "number":
        return `This must be a whole number from 1 to ${EN.format(DAYS_MOST)}.`;
    }
  },
  faults: {
    taken: "Someone has reserved this nickname, or one that looks like it.",
    many: "There are as many tokens as this chat allows. Revoke one that is not needed.",
    unknown: "This token no longer exists.",
    uncertain:
      "The connection was lost. If the token is in the list without a secret, revoke it and create another.",
  },
};

const vi: typeof en = {
  lead: "Mã truy cập cho phép một chương trình tham gia trò chuyện. Ai có chuỗi bí mật của mã đều làm được những gì mã cho phép.",
  none: "Chưa có mã truy cập nào.",
  list: "Mã truy cập",
  writesAs: (name) => ["viết với biệt danh ", name],
  hook: "địa chỉ nhận tin",
  allRooms: "mọi phòng",
  mainRoom: "phòng chính",
  created: (moment) => `tạo ${moment}`,
  ends: (moment) => `hết hạn ${moment}`,
  over: "đã hết hạn",
  revoke: "Thu hồi…",
  revokeWhat: (name) => `Thu hồi ${name}`,
  revokeAsk: "Chương trình bị ngắt ngay và biệt danh của nó không còn được giữ. Không thể hoàn tác.",
  revokeIt: "Thu hồi",
  cancel: "Hủy",
  revoked: "Đã thu hồi mã truy cập.",
  create: "Mã truy cập mới",
  name: "Tên gọi",
  bot: "Biệt danh trong phòng",
  botNote: "Nếu để trống thì dùng tên ở trên. Biệt danh được giữ riêng cho chương trình.",
  use: "Dùng để làm gì?",
  uses: {
    program: "Cho một chương trình dùng API",
    hook: "Cho một dịch vụ khác, chỉ gửi tin nhắn vào một phòng",
  },
  rooms: "Các phòng",
  roomsNote: "Tên các phòng, cách nhau bằng dấu cách; / là phòng chính. Để trống là mọi phòng.",
  scopes: "Được làm gì?",
  scope: {
    read: "Đọc phòng, tin nhắn và sự kiện",
    post: "Gửi tin nhắn và bày tỏ cảm xúc",
    edit: "Sửa và xóa tin nhắn của chính nó",
    moderate: "Điều hành phòng",
    rooms: "Đổi cài đặt phòng, chẳng hạn tên phòng",
    diagnose: "Xem máy chủ nhìn nhận yêu cầu thế nào",
  },
  days: "Số ngày đến khi hết hạn",
  daysNote: "Để trống là không bao giờ.",
  createIt: "Tạo",
  madeTitle: (name) => `Đã tạo mã truy cập ${name}`,
  once: "Chuỗi này chỉ hiện một lần. Hãy sao chép ngay vào nơi chỉ chương trình đọc được.",
  secret: "Chuỗi bí mật",
  address: "Địa chỉ để gửi tin",
  done: "Xong",
  loading: "Đang tải…",
  fault: (wrong) => {
    switch (wrong.fault) {
      case "name":
        return "Cần từ 1 đến 100 ký tự, giống như biệt danh.";
      case "room":
        return `${wrong.room} không thể là tên phòng: tên phòng gồm chữ thường a đến z, chữ số, -, _ và dấu chấm.`;
      case "one":
        return "Hãy ghi đúng một phòng mà nó gửi tin vào.";
      case "none":
        return "Hãy chọn ít nhất một mục.";
      case "number":
        return `Phải là số nguyên từ 1 đến ${VI.format(DAYS_MOST)}.`;
    }
  },
  faults: {
    taken: "Biệt danh này, hoặc một biệt danh trông rất giống, đã có người giữ.",
    many: "Số mã truy cập đã đến giới hạn. Hãy thu hồi mã nào không cần nữa.",
    unknown: "Mã truy cập này không còn nữa.",
    uncertain:
      "Mất kết nối giữa chừng. Nếu mã đã có trong danh sách mà bạn chưa thấy chuỗi bí mật, hãy thu hồi rồi tạo mã khác.",
  },
};

export type TokenWords = typeof en;

export const TOKEN_WORDS: Readonly<Record<Language, TokenWords>> = { en, vi };
