import type { Attack } from "./attack.ts";
import { CONTROLS } from "./controls.ts";
import { COSTLY } from "./costly.ts";
import { CROWDING } from "./crowding.ts";
import { FRAMING } from "./framing.ts";
import { READING } from "./reading.ts";

/** All that one address can do, within the rates and a little beyond them. */
export const ATTACKS: readonly Attack[] = [...CONTROLS, ...COSTLY, ...READING, ...FRAMING, ...CROWDING];

/** @throws RangeError when there is none of this key */
export function attackNamed(key: string): Attack {
  const found = ATTACKS.find((each) => each.key === key);
  if (found === undefined) throw new RangeError(`There is no attack named ${key}.`);
  return found;
}

/**
 * The attacks that are done: all but the rare ones, or all whose keys begin with one of some words.
 *
 * @returns none when a word fits none
 */
export function attacksOf(words: readonly string[] | null): readonly Attack[] {
  if (words === null) return ATTACKS.filter(({ isRare }) => !isRare);
  const isUseless = words.some((word) => !ATTACKS.some(({ key }) => key.startsWith(word)));
  return isUseless ? [] : ATTACKS.filter(({ key }) => words.some((word) => key.startsWith(word)));
}
