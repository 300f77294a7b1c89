/** The texts of what is shown when the server has closed the connection, loaded together with it. */
import type { Language } from "./languages.ts";

/** The close code for a message that is too large. */
const TOO_LARGE = 1009;
/** From this close code on, what it means is up to the server. */
const PRIVATE = 4000;

const en = {
  taken: <T>(name: T): readonly (T | string)[] => ["In that tab, you are ", name, "."],
  takeOver: "Continue here",
  refusedTitle: "The server closed the connection",
  /** Why, by the close code. */
  refused: (code: number): string =>
    code === TOO_LARGE
      ? "What this page sent was too large for the server."
      : code < PRIVATE
        ? "This page and the server do not understand each other. Reload the page; if that does not help, tell whoever runs the server."
        : "The server asked this page not to reconnect by itself.",
  stays: "The messages already shown stay here.",
  code: (code: number, reason: string) => `Code ${code}${reason === "" ? "" : `: ${reason}`}`,
  again: "Reconnect",
};

const vi: typeof en = {
  taken: (name) => ["Ở thẻ đó, biệt danh của bạn là ", name, "."],
  takeOver: "Tiếp tục ở đây",
  refusedTitle: "Máy chủ đã ngắt kết nối",
  refused: (code) =>
    code === TOO_LARGE
      ? "Dữ liệu mà trang này gửi đi quá lớn đối với máy chủ."
      : code < PRIVATE
        ? "Trang này và máy chủ không hiểu nhau. Hãy tải lại trang; nếu vẫn lỗi, hãy báo cho người quản lý máy chủ."
        : "Máy chủ yêu cầu trang này không tự kết nối lại.",
  stays: "Những tin nhắn đang hiển thị vẫn còn ở đây.",
  code: (code, reason) => `Mã lỗi ${code}${reason === "" ? "" : `: ${reason}`}`,
  again: "Kết nối lại",
};

export const ENDED_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
