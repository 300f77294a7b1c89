/** The texts of what is shown when the server has closed the connection, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  taken: <T>(name: T): readonly (T | string)[] => ["In that tab, you are ", name, "."],
  takeOver: "Continue here",
  refusedTitle: "The server closed the connection",
  refused: (code: number, reason: string) =>
    `Code ${code}${reason === "" ? "" : ` (${reason})`}. The messages already shown stay here.`,
  again: "Reconnect",
};

const vi: typeof en = {
  taken: (name) => ["Ở thẻ đó, biệt danh của bạn là ", name, "."],
  takeOver: "Tiếp tục ở đây",
  refusedTitle: "Máy chủ đã ngắt kết nối",
  refused: (code, reason) =>
    `Mã lỗi: ${code}${reason === "" ? "" : ` (${reason})`}. Những tin nhắn đang hiển thị vẫn còn ở đây.`,
  again: "Kết nối lại",
};

export const ENDED_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };
