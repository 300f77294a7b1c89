import { isNickname, isVisible } from "../../protocol/characters.ts";
import { NICKNAME_MAX } from "../../protocol/limits.ts";
import type { Words } from "../words/en.ts";

/** Explains what is wrong with a nickname before it is sent; undefined if nothing is. */
export function nicknameFault(nickname: string, { nicknameFault: words }: Words): string | undefined {
  if (isNickname(nickname)) return undefined;
  if (nickname === "") return words.empty;
  const length = [...nickname].length;
  if (length > NICKNAME_MAX) return words.long(length, NICKNAME_MAX);
  return isVisible(nickname) ? words.forbidden : words.invisible;
}
