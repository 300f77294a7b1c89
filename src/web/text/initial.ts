import { isVisible } from "../../protocol/characters.ts";
import { memoize } from "./memoize.ts";

const GRAPHEMES = new Intl.Segmenter();

/** The letter of a nickname's avatar: its first visible character. */
export const initialOf = memoize((nickname) => {
  for (const { segment } of GRAPHEMES.segment(nickname)) {
    // A stack of marks would extend beyond the avatar.
    if (isVisible(segment)) return segment.length > 12 ? segment.slice(0, 1) : segment.toUpperCase();
  }
  return "";
}, 2_000);
