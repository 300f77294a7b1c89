/** The chat in a terminal: on a pseudo terminal where the system has one, and without any. */
import { afterEach, expect, test } from "bun:test";
import { Chat } from "../../src/node/index.ts";
import { freePort } from "../support/port.ts";
import { Program } from "../support/program.ts";
import { type ChatServer, COMMAND, startServer, TemporaryFolder } from "../support/server.ts";

/** What begins a colour, after the escape character. */
const COLOUR = /\[3\dm/;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function newServer(): Promise<ChatServer> {
  // The same after a restart.
  const port = String(await freePort());
  const server = await startServer(["--port", port, "--grace", "600", "--restart-grace", "600"]);
  closing.push(() => server[Symbol.asyncDispose]());
  return server;
}

function newChat(server: ChatServer, name: string): Chat {
  const chat = new Chat(server.url("tea"), { name });
  closing.push(() => chat.close());
  return chat;
}

/** A terminal in which the command runs. */
interface Running {
  write(keys: string): void;
  resize(columns: number): void;
  /** Waits until the output since the last call has a text. @returns that output */
  shows(text: string): Promise<string>;
  readonly exited: Promise<number>;
}

/** Runs `join` in a pseudo terminal. */
function runInTerminal(args: readonly string[], env: Record<string, string> = {}): Running {
  let output = "";
  let changed = () => {};
  const decoder = new TextDecoder();
  const child = Bun.spawn([...COMMAND, ...args], {
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: "", ...env },
    terminal: {
      cols: 60,
      rows: 20,
      data(_terminal, data) {
        output += decoder.decode(data, { stream: true });
        changed();
      },
    },
  });
  closing.push(() => {
    child.kill();
    child.terminal?.close();
  });
  return {
    write: (keys) => void child.terminal?.write(keys),
    resize: (columns) => child.terminal?.resize(columns, 20),
    exited: child.exited,
    async shows(text) {
      for (;;) {
        const at = output.indexOf(text);
        if (at >= 0) {
          const shown = output.slice(0, at + text.length);
          output = output.slice(at + text.length);
          return shown;
        }
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
  };
}

const hasTerminal = process.platform !== "win32";
const terminalTest = test.skipIf(!hasTerminal);

terminalTest(
  "a chat: history, what others write, completion, editing, commands, and the end by /quit",
  async () => {
    const server = await newServer();
    const binh = newChat(server, "Bình");
    await binh.send("before");
    const seen: string[] = [];
    binh.on("message", ({ message, own }) => own || seen.push(message.content));
    const terminal = runInTerminal(["join", server.http("/rooms/tea"), "--name", "An"]);
    await terminal.shows("before");
    await terminal.shows("You are An.");
    terminal.write("helo");
    await terminal.shows("helo");
    await binh.send("meanwhile \u001b[2J\u009b2J\u202etxt");
    // It cannot clear the screen, and what was being written stays.
    const shown = await terminal.shows("txt");
    expect(shown).toContain("\\u001b[2J\\u009b2J\\u202e");
    await terminal.shows("An> helo");
    terminal.write("\u007flo @b");
    await terminal.shows("lo @b");
    // By itself: among other characters it would be text that was pasted.
    terminal.write("\t");
    await terminal.shows("@Bình");
    terminal.write("\r");
    await terminal.shows("hello @Bình");
    await binh.send("got it");
    await terminal.shows("got it");
    expect(seen).toEqual(["hello @Bình "]);
    // The last line again.
    const again = binh.once("message");
    terminal.write("\u001b[A");
    await terminal.shows("hello @Bình");
    terminal.write("\r");
    await again;
    expect(seen).toEqual(["hello @Bình ", "hello @Bình "]);
    terminal.write("/who\r");
    await terminal.shows("Here: ");
    terminal.write("/nick Lan\r");
    await terminal.shows("Lan> ");
    terminal.write("/nonsense\r");
    await terminal.shows("There is no command /nonsense.");
    const dice = await Program.of(server, "Dice");
    await dice.call("PUT", "/commands", { commands: [{ name: "roll", about: "Rolls dice" }] });
    const rolled = binh.once("message");
    terminal.write("/roll 2d6\r");
    expect((await rolled).message.content).toBe("/roll 2d6");
    await dice.post("seven", "tea");
    for (const part of ["Dice", "bot", "seven"]) await terminal.shows(part);
    terminal.write("/quit\r");
    expect(await terminal.exited).toBe(0);
  },
);

terminalTest("Ctrl+C and Ctrl+D end it, and it asks for a nickname that was not given", async () => {
  const server = await newServer();
  for (const key of ["\u0003", "\u0004"]) {
    const terminal = runInTerminal(["join", server.url("tea")]);
    await terminal.shows("Nickname (");
    terminal.write("An\r");
    await terminal.shows("You are An.");
    terminal.write(key);
    expect(await terminal.exited).toBe(0);
  }
});

terminalTest("without a connection it says so, and sends what was written when it is back", async () => {
  const server = await newServer();
  const terminal = runInTerminal(["join", server.url("tea"), "--name", "An"]);
  await terminal.shows("You are An.");
  await server.kill();
  await terminal.shows("No connection.");
  terminal.write("while it was away\r");
  await terminal.shows("[offline, 1 waiting]");
  await server.restart();
  await terminal.shows("Connected again.");
  await terminal.shows("while it was away");
});

terminalTest("colours, unless NO_COLOR is set, and lines no longer than the terminal", async () => {
  const server = await newServer();
  const binh = newChat(server, "Bình");
  await binh.send("x");
  const coloured = runInTerminal(["join", server.url("tea"), "--name", "An"]);
  expect(await coloured.shows("Bình")).toMatch(COLOUR);
  const plain = runInTerminal(["join", server.url("tea"), "--name", "Lan"], { NO_COLOR: "1" });
  await plain.shows("You are Lan.");
  plain.resize(40);
  await binh.send(`${"word ".repeat(30)}end`);
  const shown = await plain.shows("end");
  await plain.shows("Lan> ");
  expect(shown).not.toMatch(COLOUR);
  // Sixty columns at first, and forty as soon as the terminal has told so: no line has more words than fit.
  const counts = shown.split("\r\n").map((line) => line.split("word").length - 1);
  expect(Math.max(...counts)).toBeLessThanOrEqual(12);
  expect(counts.reduce((sum, count) => sum + count)).toBe(30);
});

test("without a terminal each line of the input is a message, and those of others are lines of the output", async () => {
  const server = await newServer();
  const binh = newChat(server, "Bình");
  await binh.send("two\nlines\u001b[2J");
  const child = Bun.spawn([...COMMAND, "join", server.url("tea"), "--name", "An"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  child.stdin.write("one\n\ntwo\n");
  await child.stdin.end();
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stdout).text()).toStartWith("Bình: two\\u000alines\\u001b[2J\n");
  const { messages } = await binh.history();
  expect(messages.slice(-2).map(({ content }) => content)).toEqual(["one", "two"]);
});

test("a key is kept in the user's config folder, only if one asks for it, and only for the user", async () => {
  const server = await newServer();
  using folder = new TemporaryFolder();
  const env = { ...process.env, XDG_CONFIG_HOME: folder.path, APPDATA: folder.path };
  const say = async (...flags: string[]) => {
    const child = Bun.spawn(
      [...COMMAND, "say", server.http("/rooms/tea"), "x", "--name", "An", "--json", ...flags],
      {
        env,
        stdout: "pipe",
      },
    );
    const line: unknown = JSON.parse(await new Response(child.stdout).text());
    expect(await child.exited).toBe(0);
    return line as { by: string };
  };
  const kept = Bun.file(`${folder.path}/classic-chatbox/keys.json`);
  await say();
  expect(await kept.exists()).toBe(false);
  const first = await say("--remember");
  const second = await say("--remember");
  expect(second.by).toBe(first.by);
  expect((await kept.stat()).mode & 0o777).toBe(0o600);
});
