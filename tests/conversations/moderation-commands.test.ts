/** The commands about moderation, with and without a running server. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openModerationFileBeside } from "../../src/engine/local/moderation-file.ts";
import { MODERATION_LIMITS, type NewAction } from "../../src/engine/moderation.ts";
import { createDatabase } from "../support/postgres.ts";
import {
  type ChatServer,
  type CommandEnd,
  runCommand,
  type ServerOptions,
  startServer,
  TemporaryFolder,
} from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { BEHIND_PROXY, KEY, Visitor } from "../support/visitors.ts";

const AN = "An______________";
const ACTION = /^([\w-]{16}) {2}(\w+) /;

/** Where a chat is stored: the URL of a database, undefined for files. */
const PLACES = {
  files: { place: fileTest, database: async () => undefined },
  database: { place: test, database: createDatabase },
};

/** A chat with a server, beside which commands run. */
class Chat implements AsyncDisposable {
  readonly server: ChatServer;
  readonly #flags: readonly string[];

  private constructor(server: ChatServer, flags: readonly string[]) {
    this.server = server;
    this.#flags = flags;
  }

  static async start(database?: string): Promise<Chat> {
    const server = await startServer(BEHIND_PROXY, database === undefined ? {} : { database });
    return new Chat(
      server,
      database === undefined ? ["--data", server.dataFile] : ["--database-url", database],
    );
  }

  run(args: readonly string[], options: ServerOptions = {}): Promise<CommandEnd> {
    return runCommand([...args, ...this.#flags], options);
  }

  /** Runs a command that must succeed. @returns what it prints */
  async command(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    return stdout.trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** The id of the action that a command has printed. */
function idIn(printed: string): string {
  return ACTION.exec(printed)?.[1] ?? "";
}

/** Asks until the answer is of a status: a running server learns within a second of what commands do. */
async function until(status: boolean, ask: () => Promise<{ status?: unknown }>): Promise<unknown> {
  for (;;) {
    const reply = await ask();
    if (reply.status === status) return reply;
    await Bun.sleep(50);
  }
}

/** Tries to come in, as a newcomer with a key or at an address. */
async function come(server: ChatServer, options: { key?: string; address?: string; room?: string }) {
  using visitor = await Visitor.connect(server, options);
  return await visitor.name("Somebody");
}

for (const [what, { place, database }] of Object.entries(PLACES)) {
  place(`${what}: a ban puts somebody out, a restart keeps it, and an undo lets them in again`, async () => {
    await using chat = await Chat.start(await database());
    const { server } = chat;
    const an = await Visitor.named(server, "An", { key: KEY.an, room: "tea" });
    const printed = await chat.command("ban", an.by, "--hours", "2", "--reason", "shouting");
    expect(printed).toMatch(
      new RegExp(`^[\\w-]{16}  ban       ${an.by}  in all rooms  until 20\\S+Z  shouting$`),
    );
    expect(await an.chat.closed).toMatchObject({ code: 4403 });
    await server.restart();
    expect(await come(server, { key: KEY.an })).toMatchObject({
      reason: "Banned",
      error: "You may not be in this room: shouting",
      until: expect.any(Number),
    });
    expect(await come(server, { key: KEY.binh })).toMatchObject({ status: true });
    expect(await chat.command("sanctions")).toBe(printed);
    await chat.command("undo", idIn(printed));
    await until(true, () => come(server, { key: KEY.an }));
    expect(await chat.command("sanctions")).toBe("Nobody is muted or banned.");
    expect(await chat.command("moderation-log")).toContain(`by the server or a command  undone by `);
  });

  place(`${what}: a ban of a network reaches everybody in it, in one room`, async () => {
    await using chat = await Chat.start(await database());
    const { server } = chat;
    const near = await Visitor.named(server, "Near", { address: "198.51.100.7", room: "tea" });
    using elsewhere = await Visitor.named(server, "Elsewhere", { address: "198.51.100.8" });
    using far = await Visitor.named(server, "Far", { address: "198.51.101.7", room: "tea" });
    await chat.command("ban", "198.51.100.0/24", "--room", "tea");
    expect(await near.chat.closed).toMatchObject({ code: 4403 });
    expect(await come(server, { address: "::ffff:198.51.100.99", room: "tea" })).toMatchObject({
      reason: "Banned",
    });
    expect(await elsewhere.say("x")).toMatchObject({ status: true });
    expect(await far.say("x")).toMatchObject({ status: true });
    const wide = await Visitor.named(server, "Wide", { address: "2001:db8:1:2ff::9" });
    await chat.command("ban", "2001:db8:1:200::/56");
    expect(await wide.chat.closed).toMatchObject({ code: 4403 });
  });

  place(`${what}: a mute of a nickname is one of whoever wrote last under it`, async () => {
    await using chat = await Chat.start(await database());
    const { server } = chat;
    using first = await Visitor.named(server, "An", { key: KEY.an });
    await first.say("one");
    await first.name("Anh");
    using second = await Visitor.named(server, "An", { key: KEY.binh });
    await second.say("two");
    const printed = await chat.command("mute", "name:An", "--days", "1");
    expect(printed).toContain(`mute      An, ${second.by}  in all rooms`);
    expect(await until(false, () => second.say("x"))).toMatchObject({ reason: "Muted" });
    expect(await first.say("three")).toMatchObject({ status: true });
    const nobody = await chat.run(["mute", "name:Nobody", "--room", "tea"]);
    expect(nobody).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "Nobody has written in the room tea under this nickname.\n",
    });
  });

  place(`${what}: the settings of a room and announcements hold at once`, async () => {
    await using chat = await Chat.start(await database());
    const { server } = chat;
    using an = await Visitor.named(server, "An", { room: "tea" });
    expect(await chat.command("room", "tea", "--set", "title=Tea room", "slowSeconds=600")).toContain(
      "title=Tea room\n",
    );
    expect(await an.hears("moderate")).toMatchObject({ kind: "settings", settings: { title: "Tea room" } });
    await an.say("one");
    expect(await an.say("two")).toMatchObject({ reason: "SlowMode" });
    await chat.command("announce", "Tea is served", "--minutes", "5", "--room", "tea");
    expect(await an.hears("moderate")).toMatchObject({ kind: "announce", reason: "Tea is served" });
    const set = await chat.run(["room", "tea", "--password-stdin", "--set", "entry=password"], {
      wrap: (command) => ["sh", "-c", 'printf "%s\\n" "$0" | "$@"', "green leaves", ...command],
    });
    expect(set).toMatchObject({ exitCode: 0, stderr: "" });
    expect(set.stdout).toEndWith("password: set\n");
    expect(await an.hears("moderate")).toMatchObject({ settings: { entry: "password", password: true } });
    using binh = await Visitor.connect(server, { room: "tea" });
    expect(await binh.name("Binh")).toMatchObject({ reason: "PasswordRequired" });
    expect(await binh.ask({ type: "enter", password: "green leaves" })).toMatchObject({ status: true });
    expect(await binh.name("Binh")).toMatchObject({ status: true });
    expect(await chat.command("room", "tea", "--no-password", "--set", "entry=everyone")).toEndWith(
      "password: none",
    );
  });

  place(`${what}: a copy is taken in by an empty chat and by the same chat, once`, async () => {
    using folder = new TemporaryFolder();
    const file = join(folder.path, "copy.jsonl");
    await using chat = await Chat.start(await database());
    await chat.command("ban", AN, "--reason", "shouting");
    await chat.command("mute", "198.51.100.7", "--room", "tea", "--days", "1");
    await chat.command("announce", "Hello");
    await chat.command("room", "/", "--set", "topic=Tea", "words=a b,c");
    const undone = await chat.command("ban", "Binh____________");
    await chat.command("undo", idIn(undone));
    expect(await chat.command("moderation-export", file)).toBe(
      "Exported: the settings of 1 room, 3 actions.",
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const kinds = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(kinds.map((line) => JSON.parse(line).kind)).toEqual([
      "chat",
      "settings",
      "ban",
      "mute",
      "announce",
    ]);
    expect(await chat.command("moderation-import", file)).toBe(
      "Imported: 0 lines. Left out: 4 already there.",
    );
    const before = await chat.command("sanctions");
    for (const line of before.split("\n")) await chat.command("undo", idIn(line));
    expect(await chat.command("moderation-import", file)).toBe(
      "Imported: 2 lines. Left out: 2 already there.",
    );
    const withoutIds = (lines: string) => lines.replace(/^[\w-]{16}/gm, "");
    expect(withoutIds(await chat.command("sanctions"))).toBe(withoutIds(before));
    await using other = await Chat.start(await database());
    expect(await other.command("moderation-import", file)).toBe(
      "Imported: 2 lines. Left out: 2 about people of another chat.",
    );
    expect(await other.command("room", "/")).toContain("topic=Tea\n");
  });
}

fileTest("nobody is banned who keeps order, until the role is revoked", async () => {
  await using chat = await Chat.start();
  using minh = await Visitor.named(chat.server, "Minh", { key: KEY.minh });
  await chat.command("grant", minh.by, "moderator", "--room", "tea");
  expect(await chat.run(["ban", minh.by, "--room", "tea"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `${minh.by} keeps order in the room tea: revoke the role first.\n`,
  });
  await chat.command("revoke", minh.by, "--room", "tea");
  await chat.command("ban", minh.by);
  await minh.chat.closed;
});

fileTest(
  "a ban of a person reaches the networks that other actions reach, unless that is not wanted",
  async () => {
    await using chat = await Chat.start();
    const act = actingOn(chat);
    await act({ kind: "mute", person: AN, networks: ["Network_________"] });
    expect(await chat.command("ban", AN, "--person-only")).toContain(`${AN}  in all rooms`);
    expect(await chat.command("ban", AN)).toContain(`${AN}, 1 network  in all rooms`);
  },
);

fileTest("removed messages are not restored by a command, which would forget that they can be", async () => {
  await using chat = await Chat.start();
  const act = actingOn(chat);
  const { id } = await act({ kind: "remove", person: AN, room: "/" });
  const end = await chat.run(["undo", id]);
  expect(end).toMatchObject({ exitCode: 1, stdout: "" });
  expect(end.stderr).toContain("undo this in the page");
  expect(await chat.command("moderation-log")).not.toContain("undone");
});

fileTest("what people chose cannot deceive whoever reads the lists", async () => {
  await using chat = await Chat.start();
  const act = actingOn(chat);
  await act({ kind: "ban", person: AN, name: "An\u202e\u001b[2J", reason: "a\nb\u2028c" });
  await chat.command("room", "tea", "--set", "rules=1\n2\u001b[2J");
  for (const args of [["sanctions"], ["moderation-log"], ["room", "tea"]]) {
    const printed = await chat.command(...args);
    for (const character of ["\u001b", "\u202e", "\u2028"]) expect(printed).not.toContain(character);
    expect(printed).toContain("\\u001b[2J");
  }
  expect((await chat.command("sanctions")).split("\n")).toHaveLength(1);
});

/** Acts as a server would. */
function actingOn({ server: { dataFile } }: Chat) {
  return async (action: Partial<NewAction> & Pick<NewAction, "kind">) => {
    const notice = () => {};
    const moderation = openModerationFileBeside({
      dataFile,
      limits: MODERATION_LIMITS,
      now: Date.now,
      notice,
    });
    const whole = { room: null, person: null, name: null, networks: [], reason: "", by: null, byName: "" };
    const rest = { at: Date.now(), until: null, of: null, count: null, settings: null };
    try {
      return await moderation.act({ ...whole, ...rest, ...action });
    } finally {
      await moderation.close();
    }
  };
}

const WRONG: [args: string[], says: string][] = [
  [["ban"], "missing required argument 'whom'"],
  [["ban", "short"], "It must be the id of a person"],
  [["ban", "name:"], "It must be the id of a person"],
  [["ban", "localhost"], "It must be the id of a person"],
  [["ban", "1.2.3.4.5"], "It must be the id of a person"],
  [["ban", "1.2.3.4/25"], "one of the widths /32, /24, /16"],
  [["ban", "1.2.3.4/"], "one of the widths /32, /24, /16"],
  [["ban", "1.2.3.4/24/24"], "one of the widths /32, /24, /16"],
  [["ban", "0.0.0.0/0"], "one of the widths /32, /24, /16"],
  [["ban", "2001:db8::1/128"], "one of the widths /64, /56, /48"],
  [["ban", AN, "--hours", "1", "--days", "1"], "cannot be used with"],
  [["ban", AN, "--hours", "-1"], "It must be a number above 0"],
  [["ban", AN, "--days", "3651"], "at most ten years"],
  [["ban", AN, "--room", "../x"], "It must be the name of a room"],
  [["mute", AN, "--reason", "x".repeat(501)], "at most 500 characters"],
  [["undo"], "missing required argument 'id'"],
  [["sanctions", "all"], "too many arguments"],
  [["moderation-log", "--limit", "0"], "It must be a number above 0"],
  [["room", "No Room"], "It must be the name of a room"],
  [["room", "tea", "--set", "slowSeconds=fast"], 'The setting "slowSeconds" is malformed'],
  [["room", "tea", "--set", "slowSeconds"], 'The setting "slowSeconds" needs a value'],
  [["room", "tea", "--set", "listed=perhaps"], 'The setting "listed" is true or false'],
  [["room", "tea", "--set", "__proto__=1"], "Settings are key=value"],
  [["room", "tea", "--set", "passwordHash=x"], "Settings are key=value"],
  [["room", "tea", "--set", "password=green"], "use --password-stdin"],
  [["room", "tea", "--password-stdin", "--no-password"], "cannot be used with"],
  [["announce", " "], "It must not be empty"],
  [["announce", "x", "--minutes", "0"], "It must be a number above 0"],
  [["moderation-import"], "missing required argument 'file'"],
];

for (const [args, says] of WRONG) {
  test(`the command is refused with one sentence: ${args.join(" ").slice(0, 60)}`, async () => {
    using folder = new TemporaryFolder();
    const end = await runCommand([...args, "--data", join(folder.path, "nowhere.json")]);
    expect(end).toMatchObject({ exitCode: 2, stdout: "" });
    expect(end.stderr).toContain(says);
    expect(end.stderr.trim().split("\n")).toHaveLength(1);
  });
}

fileTest("a room that needs a password gets a good one, or is left as it was", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  writeFileSync(dataFile, "[\n]\n");
  const set = (password: string) =>
    runCommand(["room", "tea", "--set", "entry=password", "--password-stdin", "--data", dataFile], {
      wrap: (command) => ["sh", "-c", 'printf %s "$0" | "$@"', password, ...command],
    });
  for (const bad of ["", "abc", "x".repeat(201)])
    expect(await set(bad)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "A password has 4 to 200 characters.\n",
    });
  expect(await runCommand(["room", "tea", "--set", "entry=password", "--data", dataFile])).toMatchObject({
    exitCode: 1,
    stderr: "Set a password for the room, too.\n",
  });
  expect((await runCommand(["room", "tea", "--data", dataFile])).stdout).toContain("entry=everyone\n");
  expect((await set("green leaves")).stdout).toContain("entry=password\n");
});

fileTest("a command about a history that is not there says so, and makes nothing", async () => {
  using empty = new TemporaryFolder();
  const dataFile = join(empty.path, "nowhere.json");
  for (const args of [["sanctions"], ["ban", AN], ["room", "tea"], ["undo", AN]]) {
    const end = await runCommand([...args, "--data", dataFile]);
    expect(end).toEqual({ exitCode: 1, stdout: "", stderr: `There is no history file ${dataFile}.\n` });
  }
  expect(readdirSync(empty.path)).toEqual([]);
});

fileTest("a nickname is not guessed when the history cannot be read", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  writeFileSync(dataFile, '[\n{"name":"An","content":"x"');
  const end = await runCommand(["ban", "name:An", "--data", dataFile]);
  expect(end).toMatchObject({ exitCode: 1, stdout: "" });
  expect(end.stderr).toContain("The nickname cannot be looked up, because the history cannot be read: ");
});

const BAN = { kind: "ban", person: AN, at: "2026-01-01T00:00:00.000Z", until: null };

const MALFORMED: [line: string, says: string][] = [
  ["ban", "It is not a JSON object."],
  ["[]", "It is not a JSON object."],
  ['{"kind":"__proto__"}', "Its kind is unknown."],
  ['{"kind":"remove"}', "Its kind is unknown."],
  [JSON.stringify({ ...BAN, person: null }), "It concerns nobody."],
  [JSON.stringify({ ...BAN, person: "a\nb" }), "It has an id that is of no person."],
  [JSON.stringify({ ...BAN, room: "../x" }), "There is no such room."],
  [JSON.stringify({ ...BAN, networks: ["198.51.100.7"] }), "Its networks are no list of hashes."],
  [JSON.stringify({ ...BAN, until: 7 }), "Its at and until are no moments."],
  [JSON.stringify({ ...BAN, at: "yesterday" }), "Its at and until are no moments."],
  [JSON.stringify({ ...BAN, reason: "x".repeat(501) }), "Its reason is no text of at most 500 characters."],
  ['{"kind":"settings","room":"tea","slow":1}', 'There is no setting "slow".'],
  ['{"kind":"settings","room":"tea","slowSeconds":-1}', 'The setting "slowSeconds" is malformed'],
  ['{"kind":"settings","room":"tea","passwordHash":"$argon2id$v=19$m=9999999,t=9,p=1$a$b"}', "The hash"],
];

fileTest("a malformed line is refused with its number, and nothing is taken", async () => {
  using folder = new TemporaryFolder();
  const [dataFile, file] = [join(folder.path, "data.json"), join(folder.path, "copy.jsonl")];
  writeFileSync(dataFile, "[\n]\n");
  const flags = ["--data", dataFile];
  for (const [line, says] of MALFORMED) {
    writeFileSync(file, `${JSON.stringify(BAN)}\n\n${line}\n`);
    const end = await runCommand(["moderation-import", file, ...flags]);
    expect(end).toMatchObject({ exitCode: 1, stdout: "" });
    expect(end.stderr).toStartWith(`Line 3 of ${file} is malformed: ${says}`);
  }
  expect((await runCommand(["sanctions", ...flags])).stdout).toBe("Nobody is muted or banned.\n");
  writeFileSync(file, `${JSON.stringify(BAN)}\n${JSON.stringify({ ...BAN, until: BAN.at })}\n`);
  expect((await runCommand(["moderation-import", file, ...flags])).stdout).toBe(
    "Imported: 1 line. Left out: 1 over.\n",
  );
  expect(await runCommand(["moderation-export", file, ...flags])).toMatchObject({
    exitCode: 1,
    stderr: `There is a file ${file} already.\n`,
  });
  const missing = join(folder.path, "missing.jsonl");
  expect(await runCommand(["moderation-import", missing, ...flags])).toMatchObject({
    exitCode: 1,
    stderr: `The file ${missing} cannot be read: there is no such file or folder.\n`,
  });
  expect(existsSync(missing)).toBe(false);
});
