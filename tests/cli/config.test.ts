/** Where settings come from, what overrides what, and what is said about mistakes. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configText } from "../../src/cli/config-command.ts";
import { configurationOf, OPTIONS } from "../../src/cli/configuration.ts";
import { type ServerOption, variableOf } from "../../src/cli/option.ts";
import { createCommand, SettingsError, settingsOf } from "../../src/cli/options.ts";
import { runCommand, TemporaryFolder } from "../support/server.ts";

const folder = new TemporaryFolder();
const { DATABASE_URL } = process.env;
// It is a setting, too, and tests of PostgreSQL may be told by it where that is.
delete process.env.DATABASE_URL;
afterAll(() => {
  if (DATABASE_URL !== undefined) process.env.DATABASE_URL = DATABASE_URL;
  folder[Symbol.dispose]();
});

function fileWith(text: string, mode = 0o640): string {
  const file = join(mkdtempSync(join(folder.path, "config-")), "chat.toml");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const parsed = (...flags: string[]) => createCommand("0.0.0").parse(flags, { from: "user" });
const settingsFor = (...flags: string[]) => settingsOf(parsed(...flags), false);

function faultsOf(text: string, ...flags: string[]): readonly string[] {
  const file = fileWith(text);
  try {
    settingsFor("--config", file, ...flags);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map((fault) => fault.replaceAll(file, "chat.toml"));
  }
}

test("a flag overrides a variable, which overrides the file, which overrides the default", () => {
  const file = fileWith('port = 1\ngrace = 1\nmax-rooms = 1\nallow-origin = ["https://a.example"]\n');
  const { flags, sources, faults } = configurationOf(
    parsed("--config", file, "--port", "3", "--allow-origin", "https://c.example"),
    { CHATBOX_PORT: "2", CHATBOX_GRACE: "2", CHATBOX_ALLOW_ORIGIN: "https://b.example" },
  );
  expect(faults).toEqual([]);
  expect(flags).toMatchObject({
    port: 3,
    grace: 2,
    maxRooms: 1,
    restartGrace: 30,
    allowOrigin: ["https://c.example"],
  });
  expect(Object.fromEntries(sources)).toEqual({
    config: { kind: "flag" },
    port: { kind: "flag" },
    "allow-origin": { kind: "flag" },
    grace: { kind: "variable", variable: "CHATBOX_GRACE" },
    "max-rooms": { kind: "file", file, line: 3 },
  });
});

test("every option can be set in the file, as it is printed, and then has the value that it had", () => {
  const values: Readonly<Record<string, string>> = {
    data: '"chat.json"',
    "database-url": '"postgres://chat@db.example/chat"',
    "allow-origin": '["https://a.example"]',
    "trust-proxy": '["10.0.0.0/8", "::1"]',
    "exempt-address": '"10.0.0.7"',
    fsync: '"batch"',
    "base-path": '"/chat"',
    timezone: '"Asia/Ho_Chi_Minh"',
    accent: '"#0b6e69"',
    links: '["Imprint, and more=https://example.org/?a,b"]',
    "frame-ancestors": '["self"]',
    "auth-secret": '"0123456789abcdef0123456789abcdef"',
    "log-format": '"json"',
    "log-level": '"warn"',
    rooms: '"listed"',
    auth: '"required"',
    "metrics-port": "8",
  };
  const kinds = { switch: "true", number: "7", size: '"2MiB"', text: '"text"', list: "[]" } as const;
  // What reads a file needs one that is right; each has tests of its own.
  const readsFile = ({ kind, isPath }: ServerOption) => kind === "text" && isPath("file");
  const names = [...OPTIONS].flatMap(([name, option]) =>
    name === "timestamp" || (name !== "data" && readsFile(option)) ? [] : [name],
  );
  const lines = names.map((name) => `${name} = ${values[name] ?? kinds[OPTIONS.get(name)?.kind ?? "text"]}`);
  const first = parsed("--config", fileWith(lines.join("\n")));
  const { sources, faults } = configurationOf(first, {});
  expect(faults).toEqual([]);
  expect([...sources.keys()].toSorted()).toEqual([...names, "config"].toSorted());
  const printed = configText({ kind: "show", onlyChanged: false }, first);
  // What is masked is a comment.
  const masked = ["auth-secret", "database-url"].map((name) => `\n${name} = ${values[name]}`).join("");
  const second = parsed("--config", fileWith(`${printed}${masked}`));
  expect({ ...settingsOf(second, false), login: null }).toEqual({ ...settingsOf(first, false), login: null });
});

test("all faults of a file are said at once, with their lines, the nearest names, and no secret", () => {
  const faults = faultsOf(`port = 70000
max-rom = 5
no-limits = "yes"
allow-origin = ["https://a.example", "b.example"]
trust-proxy = [5]
logo = "nothere.png"
auth-secret = "s3cret"
title = 5
max-history = true
database-url = "mysql://chat:s3cret@db/chat"
config = "other.toml"
a.b = 1
[limits]
max-rooms = 3
`);
  const parts = [
    ["chat.toml:1: port", "'70000'", "0 to 65535"],
    ["chat.toml:2: ", '"max-rom" is not a setting (did you mean max-rooms?)'],
    ["chat.toml:3: no-limits", "true or false"],
    ["chat.toml:4: allow-origin", "b.example", "Write https://b.example"],
    ["chat.toml:5: trust-proxy", "list of texts in quotes"],
    ["chat.toml:6: logo", "nothere.png", "no such file"],
    ["chat.toml:7: auth-secret", "at least 32 bytes"],
    ["chat.toml:8: title", "text in quotes"],
    ["chat.toml:9: max-history", '"16MiB"'],
    ["chat.toml:10: database-url", "postgres://"],
    ["chat.toml:11: ", '"config" is not a setting'],
    ["chat.toml:12: ", '"a.b" is not a setting'],
    ["chat.toml:13: ", "[limits]", "not in tables"],
  ];
  expect(faults).toHaveLength(parts.length);
  for (const [at, each] of parts.entries()) for (const part of each) expect(faults[at]).toContain(part);
  expect(faults.join()).not.toContain("s3cret");
});

test.each([
  ["port = = 1", "chat.toml:1:8: Unexpected token."],
  ["\nport = 1\nport = 2", "chat.toml:3:1: Defining a key multiple times is invalid."],
  ["title = 5", "chat.toml:1: title must be a text in quotes."],
])("the file %j is refused with %s", (text, fault) => {
  expect(faultsOf(text)).toEqual([fault]);
});

test("a value that is overridden is checked nevertheless", () => {
  expect(faultsOf('port = "x"', "--port", "5055")).toEqual([
    expect.stringContaining("chat.toml:1: port: 'x'"),
  ]);
});

test("paths in a file are relative to its folder, and those of flags to the working directory", () => {
  const file = fileWith('data = "here/data.json"');
  expect(settingsFor("--config", file).dataFile).toBe(join(file, "../here/data.json"));
  expect(settingsFor("--config", file, "--data", "data.json").dataFile).toBe(
    join(process.cwd(), "data.json"),
  );
});

test.skipIf(process.platform === "win32")(
  "a file with a secret that everybody can read is worth a warning",
  () => {
    const secrets = [`auth-secret = "${"x".repeat(32)}"`, 'database-url = "postgres://chat:s3cret@db/chat"'];
    for (const text of secrets) {
      expect(settingsFor("--config", fileWith(text, 0o644)).warnings).toEqual([
        expect.stringContaining("chmod o-r"),
      ]);
      expect(settingsFor("--config", fileWith(text, 0o640)).warnings).toEqual([]);
    }
    expect(settingsFor("--config", fileWith("port = 1", 0o644)).warnings).toEqual([]);
  },
);

test("config prints values with their places and meanings and masks secrets; config check ends with 2 after a fault", async () => {
  const file = fileWith(
    `auth-secret = "${"s3cret".repeat(6)}"\ndatabase-url = "postgres://chat:s3cret@db/chat"`,
  );
  const env = { CHATBOX_GRACE: "20", CHATBOX_CONFIG: file };
  const shown = await runCommand(["config", "--port", "5055"], { env });
  expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
  for (const line of [
    "# listening port; 0 for any free one\nport = 5055  # --port\n",
    "grace = 20  # CHATBOX_GRACE\n",
    `# auth-secret = "…"  # ${file}:1\n`,
    `# database-url = "postgres://…@db/chat"  # ${file}:2\n`,
    '# host = "localhost"  # default\n',
  ])
    expect(shown.stdout).toContain(line);
  expect(shown.stdout).not.toContain("s3cret");
  const changed = await runCommand(["config", "--changed", "--no-limits"], { env });
  expect(changed.stdout.match(/^(# )?[a-z-]+ = /gm)).toHaveLength(5);
  const fine = await runCommand(["config", "check"], { env });
  expect(fine).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringContaining("No fault found.") });
  const misspelt = await runCommand(["config", "check"], { env: { ...env, CHATBOX_PROT: "1" } });
  expect(misspelt).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(variableOf("port")) });
});
