import { type ReadonlySignal, signal } from "@preact/signals";
import { commands, type RoomCommand } from "../../client/commands.ts";
import type { Chat } from "../../client/index.ts";
import { OWN_COMMANDS } from "../../protocol/bot-command.ts";
import { completeWord } from "../text/command-word.ts";
import type { CommandNote, Completer } from "./draft.ts";

/** A moderator's command waits for them no longer. */
const PATIENCE_MS = 5_000;
/** After this time they are asked for again when somebody begins to write one. */
const FRESH_MS = 60_000;
const WORD = /^\/(\S+)/;

/** The commands that the programs of a room take. They are asked for when somebody begins to write one. */
export class BotCommands {
  readonly #notes = signal<ReadonlyMap<string, CommandNote>>(new Map());
  readonly #now: () => number;
  #asked: Promise<void> | null = null;
  #askedAt = -Infinity;
  #chat: Chat | null = null;

  /** @param now a clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is said of each command, by its word with the slash. */
  get notes(): ReadonlySignal<ReadonlyMap<string, CommandNote>> {
    return this.#notes;
  }

  /** Asks for the commands, unless that was done just now. Resolves when it is known which there are, or are not. Never rejects. */
  refresh(chat: Chat): Promise<void> {
    const isFresh = chat === this.#chat && this.#now() - this.#askedAt < FRESH_MS;
    if (isFresh && this.#asked) return this.#asked;
    this.#chat = chat;
    this.#askedAt = this.#now();
    this.#asked = commands(chat, { timeoutMs: PATIENCE_MS }).then(
      (list) => {
        this.#notes.value = notesOf(list);
      },
      // An older server has none. Otherwise the ones from before will do.
      () => {},
    );
    return this.#asked;
  }

  /** Whether a message is for a program, since it begins with a command of one. */
  has(content: string): boolean {
    return this.#notes.peek().has((WORD.exec(content)?.[0] ?? "").toLowerCase());
  }

  /** Completes the word of a command. @param own completes those of the page, if the user may give them; they win */
  completer(own: Completer | null): Completer {
    return (before, names) => {
      const notes = this.#notes.value;
      const mine = own?.(before, names) ?? null;
      if (/\s/.test(before)) return this.has(before) ? null : mine;
      return completeWord(before, new Map([...notes, ...(mine?.notes ?? [])].sort(byWord)));
    };
  }
}

/** Each command once. The server sees to it; but the page may know commands of its own that the server did not. */
function notesOf(list: readonly RoomCommand[]): ReadonlyMap<string, CommandNote> {
  const own: readonly string[] = OWN_COMMANDS;
  const notes = new Map<string, CommandNote>();
  for (const { name, about, bot } of list)
    if (!own.includes(name) && !notes.has(`/${name}`)) notes.set(`/${name}`, { about, bot });
  return notes;
}

function byWord([one]: readonly [string, CommandNote], [other]: readonly [string, CommandNote]): number {
  return one < other ? -1 : 1;
}
