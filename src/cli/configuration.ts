/** What is in force, and where each value comes from: a flag, a variable, the file, or the default. */
import { type Command, InvalidArgumentError } from "commander";
import { type ConfigFile, isReadableByAll, readConfigFile } from "./config-file.ts";
import { withoutPasswords } from "./database-url.ts";
import { type Environment, isOn, unknownVariables, variableFor } from "./environment.ts";
import { flagOf, type ServerOption, variableOf } from "./option.ts";
import { type Flags, OPTION_GROUPS } from "./option-table.ts";

export type Source =
  | { readonly kind: "flag" }
  | { readonly kind: "variable"; readonly variable: string }
  | { readonly kind: "file"; readonly file: string; readonly line: number };

/** What was found in all the places that settings come from. */
export interface Configuration {
  readonly flags: Flags;
  /** Where the options come from that are not as they are by default. */
  readonly sources: ReadonlyMap<string, Source>;
  /** All that is wrong: one sentence each. */
  readonly faults: readonly string[];
  /** What looks like a mistake: one sentence each. */
  readonly warnings: readonly string[];
}

/** All options by their names. */
export const OPTIONS: ReadonlyMap<string, ServerOption> = new Map(
  OPTION_GROUPS.flatMap(([, group]) => Object.entries(group)),
);

const NO_FILE: ConfigFile = { settings: new Map(), faults: [] };

/** The name under which commander keeps the value of an option, such as `maxRooms`. */
export function attributeOf(name: string): string {
  return name.replace(/^no-/, "").replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Puts what variables and the file set into a parsed command, whose flags have been read. */
export function configurationOf(command: Command, environment: Environment): Configuration {
  const sources = new Map<string, Source>();
  const faults: string[] = [];
  /** A value is read even if it is overridden: it may be wrong. */
  const offer = (name: string, source: Source, place: string, texts: readonly string[]) => {
    const option = OPTIONS.get(name);
    if (option === undefined) return;
    const value = readValue(name, option, texts);
    if (value instanceof InvalidArgumentError) {
      const said = option.isSecret ? "" : `'${texts.join(",")}' is invalid. `;
      faults.push(withoutPasswords(`${place}: ${said}${value.message}`));
    } else if (!sources.has(name)) command.setOptionValue(attributeOf(name), value);
    if (!sources.has(name)) sources.set(name, source);
  };

  for (const [name, option] of OPTIONS) {
    if (command.getOptionValueSource(attributeOf(name)) === "cli") sources.set(name, { kind: "flag" });
    const found = variableFor(name, option, environment);
    if (found === undefined) continue;
    const { variable, text } = found;
    offer(name, { kind: "variable", variable }, variable, separated(option, text));
  }
  const { config: file } = command.opts<Flags>();
  const { settings, faults: ofFile } = file === undefined ? NO_FILE : fileAt(file);
  faults.push(...ofFile);
  for (const [name, { line, texts }] of settings)
    offer(name, { kind: "file", file: file ?? "", line }, `${file}:${line}: ${name}`, texts);
  return {
    flags: command.opts<Flags>(),
    sources,
    faults,
    warnings: [
      ...unknownVariables([...OPTIONS.keys()], environment),
      ...visibleSecrets(sources),
      ...readableSecrets(file, settings),
    ],
  };
}

/** A sentence about a flag, such as `--logo: …`, with the place that the value comes from instead. */
export function placed(sentence: string, { sources }: Configuration): string {
  const [flag, name = ""] = /^--([a-z-]+)(?=: )/.exec(sentence) ?? [];
  const source = sources.get(name);
  if (flag === undefined || source === undefined || source.kind === "flag") return sentence;
  const place = source.kind === "variable" ? source.variable : `${source.file}:${source.line}: ${name}`;
  return place + sentence.slice(flag.length);
}

function fileAt(file: string): ConfigFile {
  try {
    return readConfigFile(file, new Map([...OPTIONS].filter(([name]) => name !== "config")));
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return { ...NO_FILE, faults: [error.message] };
  }
}

function separated({ kind }: ServerOption, text: string): readonly string[] {
  return kind === "list" ? text.split(",").map((part) => part.trim()) : [text];
}

function readValue(name: string, option: ServerOption, texts: readonly string[]): unknown {
  const [text = ""] = texts;
  try {
    switch (option.kind) {
      case "switch":
        return isOn(text) !== name.startsWith("no-");
      case "list":
        return texts.map(option.read);
      case "number":
      case "size":
      case "text":
        return option.read(text);
    }
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error;
    throw error;
  }
}

function visibleSecrets(sources: ReadonlyMap<string, Source>): string[] {
  return [...OPTIONS]
    .filter(([name, { isSecret }]) => isSecret && sources.get(name)?.kind === "flag")
    .map(
      ([name]) =>
        `Everybody on this machine can see the secret of ${flagOf(name)} in the list of processes; use ${variableOf(name)} or a file instead.`,
    );
}

function readableSecrets(file: string | undefined, settings: ConfigFile["settings"]): string[] {
  const secrets = [...settings].flatMap(([name, { texts }]) =>
    OPTIONS.get(name)?.isSecret || texts.some((text) => withoutPasswords(text) !== text) ? [name] : [],
  );
  if (file === undefined || secrets.length === 0 || !isReadableByAll(file)) return [];
  return [
    `${file} has secrets (${secrets.join(", ")}), and everybody on this machine can read it; chmod o-r takes that away.`,
  ];
}
