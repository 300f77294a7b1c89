import type { OwnCommand } from "../../protocol/bot-command.ts";
import type { Completer } from "../store/draft.ts";
import { completeWord } from "./command-word.ts";
import { Mentions } from "./mentions.ts";
import { searchForm } from "./nickname-key.ts";

/** What a moderator asks for by writing it. Without minutes, it is for good. */
export type Command =
  | {
      readonly kind: "mute" | "ban";
      readonly name: string;
      readonly minutes: number | undefined;
      readonly reason: string;
    }
  | { readonly kind: "kick"; readonly name: string; readonly reason: string }
  | { readonly kind: "unmute" | "unban"; readonly name: string }
  | { readonly kind: "remove"; readonly name: string; readonly minutes: number | undefined }
  | { readonly kind: "slow"; readonly seconds: number }
  | { readonly kind: "topic" | "announce"; readonly text: string }
  | { readonly kind: "raid"; readonly isOn: boolean }
  | { readonly kind: "sweep" | "help" };

/** What is wrong with a command: there is no such word, or it needs something else after it. */
export type CommandFault =
  | { readonly fault: "unknown"; readonly word: string }
  | { readonly fault: "usage"; readonly kind: Command["kind"] };

/** The commands, with what is written after them. */
export const COMMANDS = {
  mute: "NAME [10m | 2h | 1d] [REASON]",
  unmute: "NAME",
  kick: "NAME [REASON]",
  ban: "NAME [10m | 2h | 1d] [REASON]",
  unban: "NAME",
  remove: "NAME [10m]",
  slow: "10 | off",
  topic: "TEXT",
  announce: "TEXT",
  raid: "on | off",
  sweep: "",
  help: "",
} as const satisfies Record<OwnCommand, string>;

const NAMED: readonly string[] = ["mute", "unmute", "kick", "ban", "unban", "remove"];
const SUGGESTIONS_MAX = 6;
const MINUTES = { m: 1, h: 60, d: 24 * 60, w: 7 * 24 * 60 } as const;
const SLOW_MOST_S = 3_600;

/** Reads a command. @param names the nicknames that may be meant, which may contain spaces */
export function parseCommand(text: string, names: readonly string[]): Command | CommandFault {
  const [, word = "", rest = ""] = /^\/(\S*)\s*(.*)$/s.exec(text.trim()) ?? [];
  const kind = word.toLowerCase();
  if (!isKind(kind)) return { fault: "unknown", word: `/${word}` };
  const usage = { fault: "usage", kind } as const;
  switch (kind) {
    case "mute":
    case "ban": {
      const [name, after] = splitName(rest, names);
      const [minutes, reason] = splitTime(after);
      return name === "" || minutes === 0 ? usage : { kind, name, minutes, reason };
    }
    case "kick": {
      const [name, reason] = splitName(rest, names);
      return name === "" ? usage : { kind, name, reason };
    }
    case "unmute":
    case "unban": {
      // Whoever is banned is not here, and the whole rest is the nickname.
      const name = rest.replace(/^@/, "").trim();
      return name === "" ? usage : { kind, name };
    }
    case "remove": {
      const [name, after] = splitName(rest, names);
      const [minutes, more] = splitTime(after);
      return name === "" || minutes === 0 || more !== "" ? usage : { kind, name, minutes };
    }
    case "slow": {
      const seconds = rest.toLowerCase() === "off" ? 0 : /^\d+$/.test(rest) ? Number(rest) : Number.NaN;
      return seconds <= SLOW_MOST_S ? { kind, seconds } : usage;
    }
    case "topic":
      return { kind, text: rest };
    case "announce":
      return rest === "" ? usage : { kind, text: rest };
    case "raid":
      return /^(on|off)$/i.test(rest) ? { kind, isOn: rest.toLowerCase() === "on" } : usage;
    case "sweep":
    case "help":
      return rest === "" ? { kind } : usage;
  }
}

/** Completes a command at the caret: its word, or the nickname after it. */
export const completeCommand: Completer = (before, names) => {
  const [, word = "", space, written = ""] = /^\/(\S*)(\s+)?(.*)$/s.exec(before) ?? [];
  if (space === undefined) {
    const notes = Object.entries(COMMANDS).map(([kind, about]) => [`/${kind}`, { about }] as const);
    return completeWord(before, new Map(notes));
  }
  if (!NAMED.includes(word.toLowerCase()) || written.includes("\n")) return null;
  const start = searchForm(written.replace(/^@/, ""));
  const options = names.filter((name) => searchForm(name).startsWith(start) && searchForm(name) !== start);
  return { index: before.length - written.length, text: written, options: options.slice(0, SUGGESTIONS_MAX) };
};

/** Whether a text begins with a command of the page's own. */
export function isOwnCommand(text: string): boolean {
  return isKind((/^\/(\S*)/.exec(text)?.[1] ?? "").toLowerCase());
}

function isKind(word: string): word is Command["kind"] {
  return Object.hasOwn(COMMANDS, word);
}

/** A nickname at the beginning of a text, and the rest: the longest one that is known, or else the first word. */
function splitName(text: string, names: readonly string[]): [name: string, rest: string] {
  const written = text.replace(/^@/, "");
  const known = new Mentions(names).at(`@${written}`, 0);
  if (known) return [known.name, written.slice(known.end - 1).trim()];
  const [, word = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(written) ?? [];
  return [word, rest];
}

/** A time at the beginning of a text, in minutes, and the rest. */
function splitTime(text: string): [minutes: number | undefined, rest: string] {
  const [whole = "", count, unit = "m"] = /^(\d{1,5})([mhdw])(?=\s|$)/i.exec(text) ?? [];
  if (count === undefined) return [undefined, text];
  const length = MINUTES[unit.toLowerCase() as keyof typeof MINUTES];
  return [Number(count) * length, text.slice(whole.length).trim()];
}
