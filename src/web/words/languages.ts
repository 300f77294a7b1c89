/** The languages of the page, by their tag, and what each calls itself. */
export const LANGUAGES = { en: "English", vi: "Tiếng Việt" } as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

/** The first of the reader's languages that the page has, else English. @param preferred such as `vi-VN` */
export function chooseLanguage(preferred: readonly string[]): Language {
  return preferred.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "en";
}
