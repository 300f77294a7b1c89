import { InvalidArgumentError } from "commander";
import { didYouMean } from "./nearest.ts";
import { type ServerOption, variableOf } from "./option.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const ON = ["true", "1", "yes", "on"];
const OFF = ["false", "0", "no", "off"];

/** A variable that sets an option, with its text. */
export interface Variable {
  readonly variable: string;
  readonly text: string;
}

/** The variable that sets an option; undefined if none does. An empty one does not: compose files create such. */
export function variableFor(
  name: string,
  { otherVariable }: ServerOption,
  environment: Environment,
): Variable | undefined {
  return [variableOf(name), otherVariable ?? ""]
    .map((variable) => ({ variable, text: environment[variable] ?? "" }))
    .find(({ text }) => text.trim() !== "");
}

/**
 * Returns one sentence for each `CHATBOX_` variable that belongs to no option. Its value is not repeated, because it may be a
 * password.
 *
 * @param names those of all options
 */
export function unknownVariables(names: readonly string[], environment: Environment): string[] {
  const known = names.map(variableOf);
  return Object.keys(environment)
    .filter((name) => name.startsWith("CHATBOX_") && !known.includes(name))
    .toSorted()
    .map(
      (name) =>
        `${name.replaceAll(/\W/g, "?")} in the environment is not a setting${didYouMean(name, known)}; it is ignored.`,
    );
}

/** Whether a word turns a switch on. @throws InvalidArgumentError when it turns it neither on nor off */
export function isOn(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (ON.includes(word)) return true;
  if (OFF.includes(word)) return false;
  throw new InvalidArgumentError("It must be true, 1, yes or on, or it must be false, 0, no, off or empty.");
}
