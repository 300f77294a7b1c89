/** `config`, which shows what is in force, and `config check`. */
import { type Command, Option } from "commander";
import { attributeOf, type Configuration, configurationOf, type Source } from "./configuration.ts";
import { withoutPasswords } from "./database-url.ts";
import { flagOf, type ServerOption, sizeText } from "./option.ts";
import { OPTION_GROUPS } from "./option-table.ts";

export type ConfigCommand =
  | { readonly kind: "show"; readonly onlyChanged: boolean }
  | { readonly kind: "check" };

/** Adds the commands about the configuration. @param choose called with the one that was given */
export function addConfigCommands(command: Command, choose: (chosen: ConfigCommand) => void): void {
  const config = command
    .command("config")
    .description("print what is in force, where it comes from and what it means, as a file for --config")
    .addOption(new Option("--changed", "only what is not as it is by default"))
    .action(({ changed }: { changed?: boolean }) => choose({ kind: "show", onlyChanged: changed ?? false }));
  config
    .command("check")
    .description(
      "say all that is wrong with the file, the variables and the flags; exit with 2 if anything is",
    )
    .action(() => choose({ kind: "check" }));
}

/**
 * What a command about the configuration prints.
 *
 * @param command the parsed command, whose settings have no faults
 */
export function configText(chosen: ConfigCommand, command: Command): string {
  const configuration = configurationOf(command, process.env);
  if (chosen.kind === "check")
    return `No fault found. ${configuration.sources.size} of the settings are not as they are by default.\n`;
  const groups = OPTION_GROUPS.flatMap(([heading, group]) => {
    const shown = Object.entries(group)
      .filter(([name]) => !chosen.onlyChanged || configuration.sources.has(name))
      .map(([name, option]) => entryText(name, option, configuration, command));
    return shown.length === 0 ? [] : [`## ${heading}\n\n${shown.join("\n")}`];
  });
  return groups.length === 0 ? "# Everything is as it is by default.\n" : groups.join("\n");
}

function entryText(name: string, option: ServerOption, { sources }: Configuration, command: Command): string {
  const value: unknown = command.getOptionValue(attributeOf(name));
  const source = sources.get(name);
  const shown = shownValue(name, option, value);
  // The file cannot name a file, and what is masked cannot be used.
  const isUsable = source !== undefined && shown.isWhole && name !== "config";
  const line = `${name} = ${shown.text}`;
  return `# ${option.means}\n${isUsable ? line : `# ${line}`}  # ${sourceText(name, source)}\n`;
}

function sourceText(name: string, source: Source | undefined): string {
  switch (source?.kind) {
    case "flag":
      return flagOf(name);
    case "variable":
      return source.variable;
    case "file":
      return `${source.file}:${source.line}`;
    case undefined:
      return "default";
  }
}

/** A value as TOML, and whether it is the whole value. */
function shownValue(
  name: string,
  { kind, isSecret, presetText }: ServerOption,
  value: unknown,
): { text: string; isWhole: boolean } {
  if (value === undefined) return { text: "(not set)", isWhole: false };
  if (isSecret) return { text: '"…"', isWhole: false };
  if (kind === "switch") return { text: String(value !== name.startsWith("no-")), isWhole: true };
  if (kind === "size") return { text: quoted(sizeText(Number(value))), isWhole: true };
  if (kind === "number") return { text: String(value), isWhole: true };
  if (Array.isArray(value))
    return { text: `[${value.map((each) => quoted(String(each))).join(", ")}]`, isWhole: true };
  const text = String(value);
  const masked = withoutPasswords(text);
  const hint = text === "" && presetText !== null ? presetText : masked;
  return { text: quoted(hint), isWhole: masked === text };
}

/** A text as TOML writes it: as JSON does, and without DEL. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
