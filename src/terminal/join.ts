import { createInterface } from "node:readline";
import { createInterface as createQuestions } from "node:readline/promises";
import { type Message, commands as roomCommands } from "../client/index.ts";
import type { Chat } from "../node/index.ts";
import { printable } from "../protocol/printable.ts";
import { openChat, type Speaking, stateSentence, systemName } from "./connect.ts";
import { reasonOf, TerminalError } from "./failure.ts";
import { Lines, textLine } from "./lines.ts";
import { Screen } from "./screen.ts";

/** `join`: a chat in the terminal. */
export interface JoinCommand extends Speaking {
  readonly kind: "join";
}

const HISTORY = 50;
/** How many messages are remembered, to say which one was edited or deleted. */
const KNOWN_MAX = 1000;
/** How long what is unsent may take at the end. */
const LAST_MS = 10_000;
const HELP = "/nick NAME, /who, /password TEXT, /quit. A message that begins with / is written with //.";

/** Chats until the user ends it. @throws TerminalError when that cannot go on */
export async function join(command: JoinCommand): Promise<void> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const name = command.name ?? (isTerminal ? await askName() : systemName());
  if (name === null) return;
  const chat = openChat({ ...command, name }, { name, historyLimit: HISTORY });
  try {
    await (isTerminal ? chatOnScreen(chat, name) : chatByLines(chat));
  } finally {
    await chat.close();
  }
}

/** @returns null if the user wants none, and so to leave */
async function askName(): Promise<string | null> {
  const questions = createQuestions({ input: process.stdin, output: process.stdout });
  const proposed = systemName();
  const ended = new Promise<null>((resolve) => questions.once("close", () => resolve(null)));
  const answer = await Promise.race([questions.question(`Nickname (${proposed}): `), ended]);
  questions.close();
  return answer === null ? null : answer.trim() || proposed;
}

function chatOnScreen(chat: Chat, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const screen = new Screen({
      line: (text) => enter(text),
      end: () => end(),
      complete: (word) => completions(word, [...chat.online, ...authors]),
    });
    const { NO_COLOR, TERM }: NodeJS.ProcessEnv = process.env;
    const lines = new Lines(!NO_COLOR && TERM !== "dumb", () => screen.width);
    const known = new Map<number, Message>();
    const authors = new Set<string>();
    let isAway = false;
    const showPrompt = () => {
      const waiting = chat.outbox.length;
      const away = !isAway ? "" : waiting > 0 ? `[offline, ${waiting} waiting] ` : "[offline] ";
      screen.prompt(`${away}${printable(chat.name ?? wanted)}> `);
    };
    const notice = (text: string) => screen.print(lines.notice(text));
    const show = (message: Message, mark = "") => {
      if (message.id !== null) known.set(message.id, message);
      for (const id of known.keys()) if (known.size > KNOWN_MAX) known.delete(id);
      authors.add(message.name);
      const isBot = chat.marks.values().some(({ by, bot }) => bot && by === message.by);
      screen.print(lines.message(message, [isBot ? "bot" : "", mark].filter(Boolean).join(", ")));
    };
    const end = (error?: TerminalError) => {
      screen.close();
      if (chat.outbox.length > 0) process.stderr.write(`Not sent: ${chat.outbox.length}\n`);
      if (error) reject(error);
      else resolve();
    };
    const failed = (error: unknown) => notice(reasonOf(error));
    const commands: Readonly<Record<string, (rest: string) => void>> = {
      quit: () => end(),
      help: () => notice(HELP),
      who: () => notice(`Here: ${chat.online.join(", ") || "nobody yet"}`),
      nick: (rest) => void chat.register(rest).then(showPrompt, failed),
      password: (rest) => void chat.enter(rest).catch(failed),
    };
    /** What begins like a command of the terminal's, but is none: a bot's, perhaps. */
    const other = async (text: string, command: string) => {
      const known = await roomCommands(chat, { timeoutMs: LAST_MS }).catch(() => null);
      if (known === null) notice(`The bots cannot be asked now whether one takes /${command}. ${HELP}`);
      else if (known.some(({ name }) => name === command)) chat.send(text).catch(failed);
      else notice(`There is no command /${command}. ${HELP}`);
    };
    const enter = (text: string) => {
      const [, command = "", rest = ""] = /^\/(?!\/)(\S*)\s*(.*)$/s.exec(text) ?? [];
      if (text.trim() === "") return;
      if (!text.startsWith("/") || text.startsWith("//")) {
        chat.send(text.replace(/^\/\//, "/")).catch(failed);
        return;
      }
      const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
      if (run) run(rest);
      else void other(text, command);
    };

    chat.on("state", ({ state }) => {
      if (state.kind !== "connecting") isAway = state.kind === "waiting";
      if (state.kind === "refused") return end(new TerminalError(printable(stateSentence(state) ?? "")));
      if (state.kind === "waiting" && state.attempt <= 1) notice(stateSentence(state) ?? "");
      showPrompt();
    });
    chat.on("history", ({ messages, more, reset }) => {
      if (reset) notice("The history of the room was replaced.");
      else if (more) notice("There are older messages.");
      for (const message of messages) show(message);
    });
    chat.on("entered", ({ name, online, resumed }) => {
      if (!resumed) notice(`You are ${name}. Here: ${online.length}. /help lists the commands.`);
      else notice("Connected again.");
      showPrompt();
    });
    chat.on("message", ({ message }) => show(message));
    chat.on("edited", ({ of, content }) => {
      const before = known.get(of);
      if (before) show({ ...before, content }, "edited");
    });
    chat.on("deleted", ({ of }) => {
      const before = known.get(of);
      if (before) notice(`A message of ${before.name} was deleted.`);
    });
    chat.on("register", ({ name }) => notice(`${name} has joined.`));
    chat.on("leave", ({ name }) => notice(`${name} has left.`));
    chat.on("change", ({ oldname, newname }) => notice(`${oldname} is now ${newname}.`));
    chat.on("gap", () => notice("Some messages were missed, and the server no longer has them."));
    chat.on("nickname-lost", ({ error }) => notice(`${error.message} Choose another one: /nick NAME`));
    chat.on("kept-out", ({ error }) =>
      notice(
        error.code === "PasswordRequired" ? "The room asks for a password: /password TEXT" : error.message,
      ),
    );
    chat.on("outbox", () => {
      if (isAway) showPrompt();
    });
    showPrompt();
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => end());
  });
}

/** Without a terminal: each line of the input is a message, and each message of the others a line of the output. */
function chatByLines(chat: Chat): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new TerminalError(reason));
    chat.on("state", ({ state }) => {
      if (state.kind === "refused") fail(stateSentence(state) ?? "");
      if (state.kind === "waiting") process.stderr.write("No connection. Trying again.\n");
    });
    chat.on("nickname-lost", ({ error }) => fail(error.message));
    chat.on("kept-out", ({ error }) => fail(error.message));
    chat.on("history", ({ messages }) => {
      for (const message of messages) process.stdout.write(`${textLine(message)}\n`);
    });
    chat.on("message", ({ message, own }) => {
      if (!own) process.stdout.write(`${textLine(message)}\n`);
    });
    const input = createInterface({ input: process.stdin });
    const sends: Promise<unknown>[] = [];
    input.on("line", (text) => {
      if (text.trim() !== "") sends.push(chat.send(text));
    });
    input.on("close", () => {
      const late = new Promise((_, give) =>
        setTimeout(() => give(new TerminalError("Not everything could be sent.")), LAST_MS),
      );
      Promise.race([Promise.all([chat.ready(), ...sends]), late]).then(
        () => resolve(),
        (error: unknown) => fail(reasonOf(error)),
      );
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

/** The nicknames that a word may become, as a mention or at the beginning of a line. */
function completions(word: string, names: readonly string[]): readonly string[] {
  const mark = word.startsWith("@") ? "@" : "";
  const begun = word.slice(mark.length).toLowerCase();
  const found = names.filter((name) => name.toLowerCase().startsWith(begun));
  return [...new Set(found)].map((name) => `${mark}${printable(name)} `);
}
