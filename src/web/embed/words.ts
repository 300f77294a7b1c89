import { chooseLanguage, isLanguage, type Language } from "../words/languages.ts";

/** What the button on the host's page says. */
interface EmbedWords {
  readonly chat: string;
  readonly open: string;
  readonly close: string;
  readonly unread: (count: number) => string;
}

const WORDS: Readonly<Record<Language, EmbedWords>> = {
  en: { chat: "Chat", open: "Open chat", close: "Close chat", unread: (count) => `${count} unread` },
  vi: {
    chat: "Trò chuyện",
    open: "Mở trò chuyện",
    close: "Đóng trò chuyện",
    unread: (count) => `${count} tin chưa đọc`,
  },
};

/** The words in a language; in that of the browser, like those of the page, if it is none. */
export function embedWords(language: string): EmbedWords {
  return WORDS[isLanguage(language) ? language : chooseLanguage(navigator.languages)];
}
