/** What one option of the server is: a row of `option-table.ts`. */
import { InvalidArgumentError } from "commander";
import { parseBytes, parseCount, parsePositive } from "./units.ts";

const MIB = 1024 * 1024;

/** How the values of an option are written in a file, where they have types. */
type OptionKind = "switch" | "number" | "size" | "text" | "list";

/**
 * One option, which is a flag, a variable and a key of the file at the same time.
 *
 * @typeParam Value what the option results in; for a list, the items
 */
export interface ServerOption<Value = unknown> {
  readonly kind: OptionKind;
  /** What stands behind the flag, such as `<n>`; null for a switch. */
  readonly takes: string | null;
  readonly means: string;
  /** Reads one value; of a list, one item. It throws an InvalidArgumentError that says what would be right. */
  readonly read: (text: string) => unknown;
  readonly preset: Value;
  /** The preset in words, where its value does not say what it means. */
  readonly presetText: string | null;
  readonly choices: readonly string[] | null;
  /** Whether nobody may see the value who reads the configuration. */
  readonly isSecret: boolean;
  /** Whether a value names a file, which is then relative to the folder of the file of settings. */
  readonly isPath: (text: string) => boolean;
  /** Another variable that sets the option. */
  readonly otherVariable: string | null;
}

/** Options by their names, such as `max-rooms`. */
export type OptionGroup = Readonly<Record<string, ServerOption>>;

type Camel<Name> = Name extends `${infer Word}-${infer Rest}` ? `${Word}${Capitalize<Camel<Rest>>}` : Name;
/** `--no-limits` takes away what is there without it: `limits`. */
type Attribute<Name> = Name extends `no-${infer Rest}` ? Camel<Rest> : Camel<Name>;

/** The values of a group, by names such as `maxRooms`, as commander has them. */
export type ValuesOf<Group extends OptionGroup> = {
  readonly [Name in keyof Group as Attribute<Name> & string]: Group[Name] extends ServerOption<infer Value>
    ? Value
    : never;
};

const PLAIN = {
  kind: "text",
  takes: "<text>",
  means: "",
  read: (text: string): string => text,
  preset: undefined,
  presetText: null,
  choices: null,
  isSecret: false,
  isPath: () => false,
  otherVariable: null,
} as const satisfies ServerOption;

/** An option with any value that `read` takes; undefined unless it is set. */
export function text<Value = string>(
  takes: string,
  means: string,
  read?: (text: string) => Value,
): ServerOption<Value | undefined> {
  return { ...PLAIN, takes, means, ...(read && { read }) };
}

/** The same option, with a value unless it is set. @param presetText what that value means, in words */
export function preset<Value>(
  option: ServerOption<Value | undefined>,
  value: Value,
  presetText: string | null = null,
): ServerOption<Value> {
  return { ...option, preset: value, presetText };
}

/** A number above zero, unless `read` takes others. */
export function number(
  takes: string,
  means: string,
  value: number,
  read: (text: string) => number = parsePositive,
): ServerOption<number> {
  return { ...PLAIN, kind: "number", takes, means, read, preset: value };
}

/** A number that is not set unless it is given. */
export function optionalNumber(
  takes: string,
  means: string,
  read: (text: string) => number,
): ServerOption<number | undefined> {
  return { ...PLAIN, kind: "number", takes, means, read };
}

/** A whole number above zero. */
export function count(means: string, value: number): ServerOption<number> {
  return number("<n>", means, value, parseCount);
}

/** A size in bytes. */
export function size(means: string, value: number): ServerOption<number> {
  const shape = { kind: "size", takes: "<size>", read: parseBytes } as const;
  return { ...PLAIN, ...shape, means, preset: value, presetText: sizeText(value) };
}

/** The shortest text for a size in bytes. */
export function sizeText(bytes: number): string {
  if (bytes % MIB === 0) return `${bytes / MIB}MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : String(bytes);
}

/** One of a few words. */
export function choice<const Choice extends string>(
  takes: string,
  means: string,
  choices: readonly Choice[],
): ServerOption<Choice | undefined> {
  const read = (text: string): Choice => {
    const chosen = choices.find((each) => each === text);
    if (chosen === undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
    return chosen;
  };
  return { ...PLAIN, takes, means, read, choices };
}

/** On or off. One whose name begins with `no-` is true unless it is set. */
export function toggle(means: string): ServerOption<boolean> {
  return { ...PLAIN, kind: "switch", takes: null, means, preset: false };
}

/** Values that are collected: the flag is repeated, and a variable separates them by commas. */
export function list(
  takes: string,
  means: string,
  read: (text: string) => string = (text) => text,
): ServerOption<readonly string[] | undefined> {
  return { ...PLAIN, kind: "list", takes, means, read };
}

/** The same option, whose value is shown to nobody. */
export function secret<Value>(option: ServerOption<Value>): ServerOption<Value> {
  return { ...option, isSecret: true };
}

/** The same option, whose value names a file. @param isPath if it can be something else, whether a value is one */
export function path<Value>(
  option: ServerOption<Value>,
  isPath: (text: string) => boolean = () => true,
): ServerOption<Value> {
  return { ...option, isPath };
}

/** The flag of an option without its value. */
export function flagOf(name: string): string {
  return `--${name}`;
}

/** The variable of an option. */
export function variableOf(name: string): string {
  return `CHATBOX_${name.replaceAll("-", "_").toUpperCase()}`;
}
