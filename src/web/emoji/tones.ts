/** The skin tones, from light to dark. */
export const TONES = ["🏻", "🏼", "🏽", "🏾", "🏿"] as const;

/** A skin tone, or nothing for the yellow of no person. */
export type Tone = (typeof TONES)[number] | "";

/**
 * An emoji in a skin tone; an emoji of several people has all of them in the same one.
 *
 * @param emoji fully qualified, one that can have a tone
 * @returns fully qualified
 */
export function withTone(emoji: string, tone: Tone): string {
  if (tone === "") return emoji;
  // Where two people hold hands, the hands have no tone of their own.
  return emoji.replace(/(?!(?<=\u200d)🤝)(\p{Emoji_Modifier_Base})\ufe0f?/gu, `$1${tone}`);
}
