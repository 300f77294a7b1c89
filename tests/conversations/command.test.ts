/** What a person sees who runs the command: flags, refusals to start, and the log. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attributeOf, configurationOf, OPTIONS } from "../../src/cli/configuration.ts";
import { checkedDatabaseUrl } from "../../src/cli/database-url.ts";
import { variableOf } from "../../src/cli/option.ts";
import { createCommand } from "../../src/cli/options.ts";
import { ChatClient, upgradeStatus } from "../support/client.ts";
import { COMMAND, type CommandEnd, runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

/**
 * The command ended with one sentence on standard error.
 *
 * @param exitCode 2 where the command was given wrongly, 1 where what it needs is not there
 * @param parts what the sentence says: whose fault it is, what was found, what would be right
 */
function expectSentence(end: CommandEnd, exitCode: 1 | 2, parts: readonly [string, ...string[]]): void {
  expect(end.stderr.trim().split("\n")).toHaveLength(1);
  for (const part of parts) expect(end.stderr).toContain(part);
  expect(end.stderr.length).toBeLessThan(400);
  expect(end.stderr).not.toMatch(/undefined|null|\[object|NaN/);
  expect(end).toMatchObject({ exitCode, stdout: "" });
}

test("--help and --version answer on standard output and end with 0", async () => {
  const help = await runCommand(["--help"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  const flags = createCommand("0.0.0").options.flatMap(({ hidden, long }) => (hidden || !long ? [] : [long]));
  expect(flags).toContain("--get-budget");
  for (const flag of flags) expect(help.stdout).toContain(` ${flag} `);
  const version = await runCommand(["--version"]);
  expect(version).toMatchObject({ exitCode: 0, stderr: "" });
  expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
});

test("help is a command too, and the flags of the first week come before all others", async () => {
  const help = await runCommand(["help"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "", stdout: (await runCommand(["--help"])).stdout });
  const [, groups = ""] = help.stdout.split("Basics:");
  expect(groups.split(/^\w+:$/m)[0]).toContain("--trust-proxy");
  expect((await runCommand(["help", "import"])).stdout).toStartWith("Usage: classic-chatbox import");
});

const SIZE = "64KiB";
const wrongFlags: [flags: string[], parts: [string, ...string[]]][] = [
  [["--nonsense"], ["unknown option", "'--nonsense'"]],
  [["--max-rom=5"], ["unknown option", "(did you mean --max-rooms?)"]],
  [
    ["ban", "name:An", "--huors", "1"],
    ["unknown option", "(did you mean --hours?)"],
  ],
  [
    ["token", "lst"],
    ["unknown command", "(did you mean list?)"],
  ],
  [
    ["--port", "99999"],
    ["--port", "'99999'", "0 to 65535"],
  ],
  [
    ["--port", "abc"],
    ["--port", "'abc'", "0 to 65535"],
  ],
  [
    ["--port", "-1"],
    ["--port", "'-1'", "0 to 65535"],
  ],
  [
    ["--timezone", "Mars/Phobos"],
    ["--timezone", '"Mars/Phobos"', "time zone"],
  ],
  [
    ["--timestamp", "now"],
    ["--timestamp", "template", "DD MM YYYY HH mm ss"],
  ],
  [
    ["--frame-size", "many"],
    ["--frame-size", "'many'", SIZE],
  ],
  [
    ["--get-budget", "-5"],
    ["--get-budget", "'-5'", SIZE],
  ],
  [
    ["--compress-from", "0"],
    ["--compress-from", "'0'", SIZE],
  ],
  [
    ["--requests-per-second", "0"],
    ["--requests-per-second", "'0'", "above 0"],
  ],
  [
    ["--requests-burst", "1.5"],
    ["--requests-burst", "'1.5'", "whole number above 0"],
  ],
  [
    ["--log-format", "xml"],
    ["--log-format", "'xml'", "pretty, json"],
  ],
  [
    ["--fsync", "sometimes"],
    ["--fsync", "'sometimes'", "always, batch, off"],
  ],
  [
    ["--trust-proxy", "my-proxy"],
    ["--trust-proxy", '"my-proxy"', "address", "network"],
  ],
  [
    ["--host", ""],
    ["--host", "''", "address of this machine"],
  ],
  [
    ["--allow-origin", "example.org"],
    ["--allow-origin", "'example.org'", "Write https://example.org "],
  ],
  [
    ["--allow-origin", "https://a.example,https://B.example/chat"],
    ["--allow-origin", "https://B.example/chat", "Write https://b.example "],
  ],
  [
    ["--allow-origin", ""],
    ["--allow-origin", "''", "https://example.org"],
  ],
  [
    ["--max-connections", "0"],
    ["--max-connections", "'0'", "above 0"],
  ],
  [["unexpected"], ["too many arguments", "Expected 0", "got 1"]],
  [["import"], ["missing required argument", "'file'"]],
  [
    ["export", "a", "b"],
    ["too many arguments", "'export'", "Expected 1", "got 2"],
  ],
];

for (const [flags, parts] of wrongFlags) {
  test.concurrent(`the flags ${JSON.stringify(flags)} are answered with one sentence: what is wrong, and what would be right`, async () => {
    using folder = new TemporaryFolder();
    const data = ["--data", join(folder.path, "data.json"), "--port", "0"];
    expectSentence(await runCommand([...data, ...flags]), 2, parts);
  });
}

test("a wrong environment variable is answered with one sentence", async () => {
  const end = await runCommand([], { env: { CHATBOX_PORT: "abc" } });
  expectSentence(end, 2, ["CHATBOX_PORT", "'abc'", "0 to 65535"]);
});

test("every flag without a value can be said to be on, or to be off, by its variable", () => {
  const switches = [...OPTIONS].flatMap(([name, { kind }]) => (kind === "switch" ? [name] : []));
  expect(switches).toContain("no-limits");
  for (const name of switches) {
    const reading = (word: string) =>
      configurationOf(createCommand("0.0.0").parse([], { from: "user" }), { [variableOf(name)]: word });
    for (const word of ["true", "1", "yes", "on", "TRUE", "Yes", " on "])
      expect([name, word, isSwitchedOn(name, reading(word))]).toEqual([name, word, true]);
    for (const word of ["false", "0", "no", "off", "", "False", "OFF", " "])
      expect([name, word, isSwitchedOn(name, reading(word))]).toEqual([name, word, false]);
    for (const word of ["maybe", "2", "nope", "o n"])
      expect(reading(word).faults).toEqual([expect.stringContaining(`${variableOf(name)}: '${word}'`)]);
  }
});

function isSwitchedOn(name: string, { flags, faults }: ReturnType<typeof configurationOf>): boolean {
  expect(faults).toEqual([]);
  const value = Object.entries(flags).find(([attribute]) => attribute === attributeOf(name))?.[1] ?? false;
  return value !== name.startsWith("no-");
}

test("a value that is neither on nor off is answered with one sentence", async () => {
  const end = await runCommand([], { env: { CHATBOX_NO_LIMITS: "perhaps" } });
  expectSentence(end, 2, ["CHATBOX_NO_LIMITS", "true, 1, yes or on", "false, 0, no, off or empty"]);
});

test("an empty variable counts as not set, and one that is not a setting is named in the log without its value", async () => {
  const env = Object.fromEntries([...OPTIONS.keys()].map((name) => [variableOf(name), ""]));
  const mistakes = { CHATBOX_PROT: "s3cret", CHATBOX_NOLIMITS: "s3cret", CHATBOX_SOMETHING: "s3cret" };
  await using server = await startServer([], { env: { ...env, ...mistakes } });
  using _client = await ChatClient.connect(server.url(), { headers: { Origin: "http://localhost:1" } });
  const log = server.lines.map(({ text }) => text).join("\n");
  expect(log).toContain("CHATBOX_PROT in the environment is not a setting (did you mean CHATBOX_PORT?)");
  expect(log).toContain(
    "CHATBOX_NOLIMITS in the environment is not a setting (did you mean CHATBOX_NO_LIMITS?)",
  );
  expect(log).toContain("CHATBOX_SOMETHING in the environment is not a setting;");
  expect(log.match(/is not a setting/g)).toHaveLength(3);
  expect(log + server.stderr).not.toContain("s3cret");
});

/** Invalid URLs of a database, and those in which a part of the password could be mistaken for something else. */
const unreadableUrls = [
  "postgres://chat:s3cret/s3cret@127.0.0.1:1/db",
  "postgres://chat:12/s3cret@127.0.0.1:1/db",
  "postgres://chat:12#s3cret@127.0.0.1:1/db",
  "postgres://chat:12?s3cret@127.0.0.1:1/db",
  "postgres://s3cret:12?a=b@127.0.0.1:1/db",
  "postgres://chat:s3cret%@127.0.0.1:1/db",
  "postgres://chat:s3cret@a b/db",
  "postgres://chat:s3cret@127.0.0.1:99999/db",
  "mysql://chat:s3cret@127.0.0.1:1/db",
  "s3cret",
];

test("a database URL that cannot be read is answered with how to write it, and never repeated", async () => {
  for (const url of unreadableUrls) {
    const end = await runCommand(["--port", "0"], { env: { DATABASE_URL: url } });
    expectSentence(end, 2, ["DATABASE_URL:", "postgres://user:password@host:5432/name", "percent-encoded"]);
    expect(end.stderr).not.toMatch(/s3cret|12/);
  }
});

/** Parts that stand as they are in no other part of a URL are taken as they are. */
const readableUrls = [
  "postgres://chat:p@ss:wo,rd@127.0.0.1:1/db",
  "postgres://chat:p%40ss%2Fword%25@127.0.0.1:1/db",
  " postgres://chat:s[3]c{r}e t&=+!*'()~@127.0.0.1/db?sslmode=require\n",
  "postgresql://chat@[::1]:5432",
  "postgres:///db?host=/run/postgresql&user=chat&password=a,b",
];

test("a database URL whose parts are unambiguous is used as it is", () => {
  for (const url of readableUrls) expect(checkedDatabaseUrl(url)).toBe(url.trim());
});

const refusedUrls: [part: string, urls: string[]][] = [
  [
    "one host",
    [
      "postgres://chat:s3cret@a.example,b.example/db",
      "postgres://chat:s3cret@a.example:5432,b.example:5432/db?target_session_attrs=read-write",
      "postgres://a.example,b.example/db",
      "postgres:///db?user=chat&password=s3cret&host=a.example,b.example",
      "postgres:///db?host=a.example%2Cb.example",
    ],
  ],
  [
    "percent-encoded",
    ["postgres://chat:s3,cret/s3cret@a.example/db", "postgres://chat:s3,cret#s3cret@a.example/db"],
  ],
  ["quotes", ['"postgres://chat:s3cret@a.example/db"', "'postgres://chat:s3cret@a.example/db'\n"]],
  ["sslmode", ["postgres://chat:s3cret@a.example/db?sslmode=s3cret"]],
];

test("an unsupported kind of database URL is answered with what to write instead, and never repeated", () => {
  for (const [part, urls] of refusedUrls) {
    for (const url of urls) {
      expect(() => checkedDatabaseUrl(url)).toThrow(part);
      expect(() => checkedDatabaseUrl(url)).toThrow(/^(?!.*s3)/);
    }
  }
});

test("no error repeats the password of a database URL, wherever the URL was given", async () => {
  const url = "postgres://chat:s3/cr'et @127.0.0.1:1/db";
  const cases: [flags: string[], parts: [string, ...string[]]][] = [
    [[`--databse-url=${url}`], ["unknown option", "--databse-url"]],
    [[`--port=${url}`], ["--port", "0 to 65535"]],
    [
      ["--fsync", url],
      ["--fsync", "always, batch, off"],
    ],
    [[url], ["too many arguments"]],
    [["--databse-url=postgres:///db?user=chat&password=s3/cr"], ["unknown option", "--databse-url"]],
  ];
  for (const [flags, parts] of cases) {
    const end = await runCommand(flags);
    expectSentence(end, 2, parts);
    expect(end.stderr).not.toContain("s3/cr");
  }
});

test("a flag can be an environment variable, and the flag wins", async () => {
  const env = { CHATBOX_TIMESTAMP: "YYYY", CHATBOX_GETS_BURST: "1", CHATBOX_GETS_PER_SECOND: "0.001" };
  await using server = await startServer(["--timestamp", "MM.YYYY"], { env });
  using client = await ChatClient.connect(server.url());
  client.send({ type: "name", name: "An" });
  expect(await client.next()).toMatchObject({ timestamp: expect.stringMatching(/^\d\d\.\d{4}$/) });
  await client.get();
  expect(await client.ask({ type: "get" })).toContain("TooManyRequests");
});

test("a list in an environment variable is separated by commas", async () => {
  await using server = await startServer([], {
    env: { CHATBOX_ALLOW_ORIGIN: "https://a.example,https://b.example" },
  });
  const statusFor = (Origin: string) => upgradeStatus(server.url(), { headers: { Origin } });
  expect(await Promise.all(["a", "b", "c"].map((name) => statusFor(`https://${name}.example`)))).toEqual([
    101, 101, 403,
  ]);
});

test("a taken port is answered with one sentence", async () => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  const data = ["--data", join(folder.path, "data.json")];
  const end = await runCommand([...data, "--port", String(server.port)]);
  expectSentence(end, 1, [`Port ${server.port} `, "already in use on 127.0.0.1", "--port"]);
});

test("an address that is not this machine's is answered with one sentence", async () => {
  using folder = new TemporaryFolder();
  const data = join(folder.path, "data.json");
  for (const host of ["203.0.113.5", "fe80::1", "nosuch.invalid", "no such host", "[::1]"]) {
    const end = await runCommand(["--data", data, "--port", "0", "--host", host]);
    expectSentence(end, 1, [`${host} `, "address of this machine", "--host"]);
  }
});

test("the log says once what to do about a proxy whose header is ignored, and nothing if it is not", async () => {
  const hints = async (flags: readonly string[], header: string, name = "X-Forwarded-For") => {
    await using server = await startServer(flags);
    for (let i = 0; i < 2; i++)
      await fetch(server.http("/?read"), { headers: { [name]: header } }).then((page) => page.text());
    await server.stop();
    return server.lines.filter(({ event }) => event === "proxy").map(({ text }) => text);
  };
  const trust = ["--trust-proxy", "127.0.0.1"];
  expect(await hints([], "1.2.3.4")).toEqual([expect.stringContaining("start with --trust-proxy 127.0.0.1")]);
  for (const header of ["unknown", "1.2.3.4, rubbish"])
    expect(await hints(trust, header)).toEqual([
      expect.stringMatching(/^(?!.*--trust-proxy).*not an address/),
    ]);
  for (const header of ["1.2.3.4", "1.2.3.4:5678", "127.0.0.1", "::ffff:102:304"])
    expect([header, await hints(trust, header)]).toEqual([header, []]);
  expect(await hints(trust, "for=1.2.3.4", "Forwarded")).toEqual([
    expect.stringContaining("a header other than"),
  ]);
  expect(await hints([], "for=1.2.3.4", "Forwarded")).toEqual([]);
});

test("a server behind a proxy on its machine says at the start to name the proxy's own origin", async () => {
  const warns = async (flags: readonly string[]) => {
    await using server = await startServer(["--trust-proxy", "127.0.0.0/8", ...flags]);
    await server.stop();
    return server.lines.some(({ text }) => text.includes("--allow-origin https://"));
  };
  expect(await warns([])).toBe(true);
  expect(await warns(["--allow-origin", "https://chat.example"])).toBe(false);
});

fileTest("a second server on one file does not start, and the first goes on", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  await client.say("before");
  const second = await runCommand(["--port", "0", "--data", server.dataFile]);
  expectSentence(second, 1, [server.dataFile, "in use by another server"]);
  await client.say("after");
  const stored: unknown = JSON.parse(readFileSync(server.dataFile, "utf8"));
  expect(stored).toMatchObject([{ content: "before" }, { content: "after" }]);
});

fileTest("a file whose server was killed can be opened again", async () => {
  await using server = await startServer();
  {
    using before = await ChatClient.registered(server.url(), "An");
    await before.say("here");
  }
  await server.kill();
  await server.restart();
  using client = await ChatClient.registered(server.url(), "An");
  await client.say("here again");
  expect((await client.get()).messages).toMatchObject([{ content: "here" }, { content: "here again" }]);
});

test("a file that cannot be written is answered with one sentence", async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "file");
  writeFileSync(file, "");
  mkdirSync(join(folder.path, "folder.json"));
  const cases: [data: string, reason: string][] = [
    [join(file, "data.json"), "a part of its path"],
    [join(folder.path, "folder.json"), "is a directory"],
    ["/proc/data.json", "no such file or folder"],
  ];
  for (const [data, reason] of cases) {
    expectSentence(await runCommand(["--port", "0", "--data", data]), 1, [`history file ${data} `, reason]);
  }
});

test("a file that is not a history is answered with one sentence and left as it is", async () => {
  using folder = new TemporaryFolder();
  const data = join(folder.path, "data.json");
  const start = ["JSON array", "(line 1, column 1)"];
  const cases: [text: string, parts: string[]][] = [
    ['{"a":1}', start],
    ["hello", start],
    ['"[]"', start],
    ["[1]", ["entry 1", "JSON object", "(line 1, column 2)"]],
    ['[{"name":"An"}]', ["entry 1", '"content"', "(line 1, column 2)"]],
    ['[{"name":"An","content":5,"timestamp":"x"}]', ["entry 1", '"content"', "(line 1, column 2)"]],
  ];
  for (const [text, parts] of cases) {
    writeFileSync(data, text);
    const end = await runCommand(["--port", "0", "--data", data]);
    expectSentence(end, 1, [`history file ${data} `, "left as it is", ...parts]);
    expect(readFileSync(data, "utf8")).toBe(text);
  }
});

/** A conversation of every category, with marks that no log should hold. */
async function conversation(flags: readonly string[]): Promise<string> {
  await using server = await startServer(["--trust-proxy", "127.0.0.1", ...flags]);
  const headers = { "X-Forwarded-For": "203.0.113.77" };
  const client = await ChatClient.registered(server.url("tea"), "An Secretname", { headers });
  await client.say("secret content");
  await client.ask({ type: "send", content: { secret: "refused content" } });
  await client.ask({ type: "name", name: "An Newname" });
  await client.ask({ type: "name", name: ["refused name"] });
  client.sendText("secret text");
  await client.next();
  await client.get();
  await client.close();
  await server.stop();
  for (const line of server.lines) expect(() => JSON.parse(line.text)).not.toThrow();
  return server.lines.map((line) => line.text).join("\n") + server.stderr;
}

test("the log has the categories and nicknames, and by default no content and no address", async () => {
  const log = await conversation([]);
  for (const category of [
    "connect",
    "disconnect",
    "register",
    "change",
    "send",
    "get",
    "refusal",
    "server",
  ]) {
    expect(log).toContain(`"category":"${category}"`);
  }
  for (const shown of ["An Secretname", "An Newname", "WrongFormatContent", "WrongFormatName"])
    expect(log).toContain(shown);
  for (const kept of ["secret content", "refused content", "refused name", "secret text", "203.0.113.77"]) {
    expect(log).not.toContain(kept);
  }
});

test("contents and addresses that are set to false or 0 are not logged", async () => {
  await using server = await startServer([], {
    env: { CHATBOX_LOG_CONTENTS: "false", CHATBOX_LOG_ADDRESSES: "0" },
  });
  using client = await ChatClient.registered(server.url(), "An");
  await client.say("secret content");
  await server.stop();
  const log = server.lines.map(({ text }) => text).join("\n");
  expect(log).toContain("An has sent message 1");
  expect(log).not.toMatch(/secret content|"address"/);
});

test("the log has contents and addresses when the operator asks for them", async () => {
  const log = await conversation(["--log-contents", "--log-addresses"]);
  expect(log).toContain("secret content");
  expect(log).toContain("203.0.113.77");
});

test("the pretty log says where to point a browser and a client", async () => {
  using folder = new TemporaryFolder();
  const child = Bun.spawn(
    [...COMMAND, "--port", "0", "--data", join(folder.path, "data.json")].concat("--log-format", "pretty"),
    { stdout: "pipe", stderr: "inherit" },
  );
  let written = "";
  for await (const bytes of child.stdout) {
    written += new TextDecoder().decode(bytes);
    if (written.includes("ws://localhost:") && written.includes("--host")) break;
  }
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  expect(written).toMatch(/http:\/\/localhost:\d+\//);
});
