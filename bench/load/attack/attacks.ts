import type { Attack } from "./attack.ts";
import { CONTROLS } from "./controls.ts";
import { COSTLY } from "./costly.ts";
import { CROWDING } from "./crowding.ts";
import { FRAMING } from "./framing.ts";
import { READING } from "./reading.ts";

/** Everything that one address can do, within the rates and a little beyond them. */
export const ATTACKS: readonly Attack[] = [...CONTROLS, ...COSTLY, ...READING, ...FRAMING, ...CROWDING];

/** @throws RangeError if there is no attack with this key */
export function attackNamed(key: string): Attack {
  const found = ATTACKS.find((each) => each.key === key);
  if (found === undefined) throw new RangeError(`There is no attack named ${key}.`);
  return found;
}

/**
 * The attacks to run: all except the rare ones, or all whose keys begin with one of the given words.
 *
 * @returns an empty list if a word does not match any
 */
export function attacksOf(words: readonly string[] | null): readonly Attack[] {
  if (words === null) return ATTACKS.filter(({ isRare }) => !isRare);
  const isUseless = words.some((word) => !ATTACKS.some(({ key }) => key.startsWith(word)));
  return isUseless ? [] : ATTACKS.filter(({ key }) => words.some((word) => key.startsWith(word)));
}
