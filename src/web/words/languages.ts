/** The languages of the page: the tag of each, and its name in that language. */
export const LANGUAGES = { en: "English", vi: "Tiếng Việt" } as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

/** The first of the preferred languages that the page has, or English. @param preferred language tags such as `vi-VN` */
export function chooseLanguage(preferred: readonly string[]): Language {
  return preferred.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "en";
}
