import { isNickname, isVisible } from "../../protocol/characters.ts";
import { NICKNAME_MAX } from "../../protocol/limits.ts";
import type { Words } from "../words/en.ts";
import { memoize } from "./memoize.ts";

/** Explains what is wrong with a nickname before it is sent; undefined if nothing is. */
export function nicknameFault(nickname: string, { nicknameFault: words }: Words): string | undefined {
  if (isNickname(nickname)) return undefined;
  if (nickname === "") return words.empty;
  const length = [...nickname].length;
  if (length > NICKNAME_MAX) return words.long(length, NICKNAME_MAX);
  return isVisible(nickname) ? words.forbidden : words.invisible;
}

const HUES = 8;

/** Which of the eight colours a nickname has, the same in every tab and on every day. */
export function hueOf(nickname: string): number {
  let hash = 7;
  for (const character of nickname) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return hash % HUES;
}

const GRAPHEMES = new Intl.Segmenter();

/** The letter of a nickname's avatar: its first visible character. */
export const initialOf = memoize((nickname) => {
  for (const { segment } of GRAPHEMES.segment(nickname)) {
    // A stack of marks would extend beyond the avatar.
    if (isVisible(segment)) return segment.length > 12 ? segment.slice(0, 1) : segment.toUpperCase();
  }
  return "";
}, 2_000);
