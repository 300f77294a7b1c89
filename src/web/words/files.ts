/** What is said of pictures and files, loaded together with what takes them. */
import type { Language } from "./languages.ts";

export const FILE_WORDS: Readonly<Record<Language, string>> = {
  en: "Pictures and files cannot be sent here. Paste a link instead.",
  vi: "Ở đây không gửi được ảnh hoặc tệp. Bạn hãy dán liên kết.",
};
