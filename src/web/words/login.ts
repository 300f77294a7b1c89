/** The texts about the host's login, loaded where a site has one. */
import type { Language } from "./languages.ts";

const en = {
  required:
    "This chat is for people who are signed in. Sign in to the site it belongs to, and open the chat from there.",
  waiting: "Signing you in…",
  refused: "The chat could not confirm your sign-in. Reload the site, or sign in there again.",
  over: "Your sign-in has ended. Messages you write wait until the site renews it. If that takes long, reload the site.",
  again: "Try again",
  given: <T>(name: T): readonly (T | string)[] => ["The site gives you the nickname ", name, "."],
  join: <T>(name: T): readonly (T | string)[] => ["Join as ", name],
  taken: "Someone else in this room has this nickname at the moment.",
};

const vi: typeof en = {
  required:
    "Phòng trò chuyện này dành cho người đã đăng nhập. Hãy đăng nhập ở trang web có phòng này rồi mở phòng từ đó.",
  waiting: "Đang đăng nhập…",
  refused: "Không xác nhận được đăng nhập của bạn. Hãy tải lại trang web, hoặc đăng nhập lại ở đó.",
  over: "Phiên đăng nhập của bạn đã hết hạn. Tin nhắn bạn viết sẽ chờ đến khi trang web gia hạn. Nếu lâu quá, hãy tải lại trang web.",
  again: "Thử lại",
  given: (name) => ["Trang web đặt cho bạn biệt danh ", name, "."],
  join: (name) => ["Vào phòng với biệt danh ", name],
  taken: "Hiện có người khác trong phòng đang dùng biệt danh này.",
};

export const LOGIN_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
