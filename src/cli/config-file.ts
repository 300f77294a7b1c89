/** The file of settings: TOML, with the names of the flags as its keys. */
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { bytesOfFile, decoded } from "./file.ts";
import { didYouMean } from "./nearest.ts";
import { flagOf, type ServerOption } from "./option.ts";

const MAX_BYTES = 1024 * 1024;
const READABLE_BY_ALL = 0o004;

type Node = AST.TOMLContentNode;

/** What one key of the file says, as texts that the option reads: one, or for a list, any number. */
interface FileSetting {
  readonly line: number;
  readonly texts: readonly string[];
}

/** What a file says, and all that is wrong with it, one sentence each. */
export interface ConfigFile {
  readonly settings: ReadonlyMap<string, FileSetting>;
  readonly faults: readonly string[];
}

/**
 * Reads a file of settings. After an error of syntax, what follows it cannot be checked.
 *
 * @param options by their names, without those that a file cannot set
 * @throws InvalidArgumentError with one sentence when the file cannot be read
 */
export function readConfigFile(file: string, options: ReadonlyMap<string, ServerOption>): ConfigFile {
  const text = decoded(flagOf("config"), file, bytesOfFile(flagOf("config"), file, MAX_BYTES));
  const settings = new Map<string, FileSetting>();
  const faults: string[] = [];
  try {
    for (const node of parseTOML(text, { tomlVersion: "1.0" }).body[0].body) {
      const { line } = node.loc.start;
      const read = node.type === "TOMLTable" ? tableFault(node) : settingOf(node, file, options);
      if (typeof read === "string") faults.push(`${file}:${line}: ${read}`);
      else settings.set(read.name, { line, texts: read.texts });
    }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    faults.push(`${file}:${error.lineNumber}:${error.column + 1}: ${sentence(error.message)}`);
  }
  return { settings, faults };
}

/** Whether everybody on this machine can read the file. */
export function isReadableByAll(file: string): boolean {
  return process.platform !== "win32" && (statSync(file).mode & READABLE_BY_ALL) !== 0;
}

function tableFault({ key }: AST.TOMLTable): string {
  return `settings are not in tables; write those of [${nameOf(key)}] without it, above all tables.`;
}

/** What a key says, or what is wrong with it. */
function settingOf(
  { key, value }: AST.TOMLKeyValue,
  file: string,
  options: ReadonlyMap<string, ServerOption>,
): { name: string; texts: readonly string[] } | string {
  const name = nameOf(key);
  const option = options.get(name);
  if (option === undefined)
    return `${JSON.stringify(name)} is not a setting${didYouMean(name, [...options.keys()])}.`;
  const texts = textsOf(value, option);
  if (typeof texts === "string") return `${name} ${texts}`;
  return {
    name,
    texts: texts.map((text) => (option.isPath(text) ? resolve(dirname(file), text) : text)),
  };
}

function nameOf({ keys }: AST.TOMLKey): string {
  return keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value)).join(".");
}

/** The texts of a value, or what the value must be. */
function textsOf(value: Node, { kind }: ServerOption): readonly string[] | string {
  if (kind === "switch") return isKind(value, "boolean") ? [String(value.value)] : "must be true or false.";
  if (kind === "list") {
    const items = value.type === "TOMLArray" ? value.elements : [value];
    const texts = items.flatMap((item) => textOf(item) ?? []);
    return texts.length === items.length
      ? texts
      : 'must be a list of texts in quotes, such as ["one", "two"].';
  }
  const text = textOf(value);
  if (text !== null) return [text];
  if (kind === "text") return "must be a text in quotes.";
  if (isKind(value, "integer") || isKind(value, "float")) return [String(value.value)];
  return kind === "size" ? 'must be a number of bytes, or a size such as "16MiB".' : "must be a number.";
}

function textOf(value: Node): string | null {
  return isKind(value, "string") ? value.value : null;
}

function isKind<Kind extends AST.TOMLValue["kind"]>(
  value: Node,
  kind: Kind,
): value is Extract<AST.TOMLValue, { kind: Kind }> {
  return value.type === "TOMLValue" && value.kind === kind;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
