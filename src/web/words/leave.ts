/** What leaves the chat, loaded together with it. */
import type { Language } from "./languages.ts";

export const LEAVE_WORDS: Readonly<Record<Language, string>> = { en: "Leave the chat", vi: "Rời phòng" };
