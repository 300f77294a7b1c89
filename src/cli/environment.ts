import { InvalidArgumentError, type Option } from "commander";

type Environment = Record<string, string | undefined>;

const ON = ["true", "1", "yes", "on"];
const OFF = ["false", "0", "no", "off"];
/** How many letters a name may differ from another to be taken for a slip of the pen. */
const SLIP_LETTERS = 3;

/**
 * Takes out of the environment what stands for no flag: empty variables, as compose files make them of what is not
 * set, and flags that are said to be off. Commander would take either for a flag that was given.
 *
 * @throws InvalidArgumentError with one sentence when a flag that is on or off is said to be anything else
 */
export function dropUnset(options: readonly Option[], environment: Environment): void {
  for (const option of options) {
    const variable = option.envVar;
    const value = variable === undefined ? undefined : environment[variable];
    if (variable === undefined || value === undefined) continue;
    if (value.trim() === "" || (isSwitch(option) && !isOn(variable, value))) delete environment[variable];
  }
}

/** One sentence for each `CHATBOX_` variable that is no flag's. Its value is not repeated: it may be a password. */
export function unknownVariables(options: readonly Option[], environment: Environment): string[] {
  const known = options.flatMap(({ envVar }) => envVar ?? []);
  return Object.keys(environment)
    .filter((name) => name.startsWith("CHATBOX_") && !known.includes(name))
    .toSorted()
    .map((name) => {
      const meant = mostSimilar(name, known);
      return `${name.replaceAll(/\W/g, "?")} in the environment is no setting${meant ? ` (did you mean ${meant}?)` : ""}; it is ignored.`;
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
    `${variable} in the environment must be true, 1, yes or on, or else false, 0, no, off or empty.`,
  );
}

function mostSimilar(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((each) => ({ each, letters: editDistance(name.toUpperCase(), each) }));
  const [nearest] = distances.toSorted((a, b) => a.letters - b.letters);
  return nearest && nearest.letters <= SLIP_LETTERS ? nearest.each : undefined;
}

/** How many letters must be put in, taken out or exchanged to make one word of the other (Levenshtein). */
function editDistance(one: string, other: string): number {
  let distances = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const exchanged = (distances[j] ?? 0) + (letter === other[j] ? 0 : 1);
      next.push(Math.min(exchanged, (distances[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    distances = next;
  }
  return distances[other.length] ?? 0;
}
