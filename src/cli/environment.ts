import { InvalidArgumentError, type Option } from "commander";

type Environment = Record<string, string | undefined>;

const ON = ["true", "1", "yes", "on"];
const OFF = ["false", "0", "no", "off"];
/** The largest edit distance at which a name is taken for a misspelling of another one. */
const TYPO_MAX_DISTANCE = 3;

/**
 * Removes variables from the environment that set no flag: empty ones, which compose files create for values that are
 * not set, and those that turn a flag off. Commander would treat either as a flag that was given.
 *
 * @throws InvalidArgumentError with one sentence when the value of an on/off flag is neither on nor off
 */
export function dropUnset(options: readonly Option[], environment: Environment): void {
  for (const option of options) {
    const variable = option.envVar;
    const value = variable === undefined ? undefined : environment[variable];
    if (variable === undefined || value === undefined) continue;
    if (value.trim() === "" || (isSwitch(option) && !isOn(variable, value))) delete environment[variable];
  }
}

/**
 * Returns one sentence for each `CHATBOX_` variable that belongs to no flag. Its value is not repeated, because it
 * may be a password.
 */
export function unknownVariables(options: readonly Option[], environment: Environment): string[] {
  const known = options.flatMap(({ envVar }) => envVar ?? []);
  return Object.keys(environment)
    .filter((name) => name.startsWith("CHATBOX_") && !known.includes(name))
    .toSorted()
    .map((name) => {
      const meant = mostSimilar(name, known);
      return `${name.replaceAll(/\W/g, "?")} in the environment is not a setting${meant ? ` (did you mean ${meant}?)` : ""}; it is ignored.`;
    });
}

/** Whether a flag takes no value. */
function isSwitch(option: Option): boolean {
  return !option.required && !option.optional;
}

function isOn(variable: string, value: string): boolean {
  const word = value.trim().toLowerCase();
  if (ON.includes(word)) return true;
  if (OFF.includes(word)) return false;
  throw new InvalidArgumentError(
    `${variable} in the environment must be true, 1, yes or on, or it must be false, 0, no, off or empty.`,
  );
}

function mostSimilar(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((each) => ({ each, distance: editDistance(name.toUpperCase(), each) }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= TYPO_MAX_DISTANCE ? nearest.each : undefined;
}

/** The number of letters to insert, delete or replace to turn one word into the other (Levenshtein distance). */
function editDistance(one: string, other: string): number {
  let distances = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const replaced = (distances[j] ?? 0) + (letter === other[j] ? 0 : 1);
      next.push(Math.min(replaced, (distances[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    distances = next;
  }
  return distances[other.length] ?? 0;
}
