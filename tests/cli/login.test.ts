/** The flags of the host's login: what they result in, and that no error repeats a secret. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCommand, settingsOf } from "../../src/cli/options.ts";
import type { LoginSettings } from "../../src/server/settings.ts";
import { makeKey } from "../support/login.ts";
import { runCommand, TemporaryFolder } from "../support/server.ts";

const SECRET = "k7Vq-2wLxT9_bR4mZ8yHc3NfJ6sPdG1e";
const folder = new TemporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

const settingsFor = (...flags: readonly string[]) =>
  settingsOf(createCommand("0.0.0").parse(flags, { from: "user" }), false);

function secretOf(login: LoginSettings | null): string | undefined {
  return login?.keys.kind === "secret" ? login.keys.secret.export().toString() : undefined;
}

/** The one sentence with which flags are refused. */
function refusalOf(...flags: readonly string[]): string {
  try {
    settingsFor(...flags);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  throw new Error("the flags were accepted");
}

test("without flags there is no login", () => {
  expect(settingsFor().login).toBeNull();
  expect(settingsFor("--auth", "optional").login).toBeNull();
});

test("a login has finite defaults", () => {
  expect(settingsFor("--auth-secret", SECRET).login).toMatchObject({
    isRequired: false,
    issuer: null,
    audience: null,
    maxAgeMs: 24 * 60 * 60 * 1000,
    clockSkewMs: 60_000,
  });
});

test("each flag of a login changes a setting", () => {
  const flags = "--auth required --auth-jwks https://example.org/jwks.json --auth-issuer https://example.org";
  const more = "--auth-audience chat --auth-max-age 0.5 --auth-clock-skew 0";
  expect(settingsFor(...`${flags} ${more}`.split(" ")).login).toEqual({
    isRequired: true,
    keys: { kind: "url", url: "https://example.org/jwks.json" },
    issuer: "https://example.org",
    audience: "chat",
    maxAgeMs: 30 * 60 * 1000,
    clockSkewMs: 0,
  });
});

test("a secret is the same from a flag, a variable and a file, without the white space that a file adds", () => {
  expect(secretOf(settingsFor("--auth-secret", SECRET).login)).toBe(SECRET);
  expect(secretOf(settingsFor("--auth-secret-file", file("secret", `${SECRET}\r\n`)).login)).toBe(SECRET);
  process.env.CHATBOX_AUTH_SECRET = ` ${SECRET} `;
  try {
    expect(secretOf(settingsFor().login)).toBe(SECRET);
  } finally {
    delete process.env.CHATBOX_AUTH_SECRET;
  }
});

test("a secret that others can see in the list of processes is worth a warning, and one in a file is not", () => {
  expect(settingsFor("--auth-secret", SECRET).warnings).toEqual([
    expect.stringContaining("use CHATBOX_AUTH_SECRET or a file"),
  ]);
  expect(settingsFor("--auth-secret-file", file("quiet", SECRET)).warnings).toEqual([]);
});

test("a secret of 32 bytes is long enough, whatever its characters", () => {
  expect(secretOf(settingsFor("--auth-secret", "ệ".repeat(11)).login)).toBe("ệ".repeat(11));
  expect(refusalOf("--auth-secret", "ệ".repeat(10))).toContain("at least 32 bytes");
});

const keys = file("keys.json", JSON.stringify({ keys: [makeKey("EdDSA", "a").jwk] }));

test("keys in a file are named by a path that holds wherever the server goes", () => {
  expect(settingsFor("--auth-jwks", keys).login?.keys).toEqual({ kind: "file", path: keys });
});

test.each(["https://example.org/a?b=c", "http://localhost:8080/jwks", "http://127.0.0.1/", "http://[::1]/"])(
  "keys can come from %s",
  (url) => {
    expect(settingsFor("--auth-jwks", url).login?.keys).toEqual({ kind: "url", url });
  },
);

const privateKey = makeKey("EdDSA").privateKey.export({ format: "jwk" });
const URL_RULE = "https://";

const refused: [fact: string, flags: string[], part: string][] = [
  ["required without keys", ["--auth", "required"], "--auth required: it needs --auth-secret"],
  ["an issuer without keys", ["--auth-issuer", "a"], "--auth-issuer: it needs --auth-secret"],
  ["an audience without keys", ["--auth-audience", "a"], "--auth-audience: it needs --auth-secret"],
  ["a secret in place of the mode", ["--auth", SECRET], "--auth: it must be required or optional"],
  ["both a secret and keys", ["--auth-secret", SECRET, "--auth-jwks", keys], "only one of"],
  ["two secrets", ["--auth-secret", SECRET, "--auth-secret-file", file("two", SECRET)], "only one of"],
  ["an empty secret", ["--auth-secret", ""], "at least 32 bytes"],
  ["a short secret", ["--auth-secret", SECRET.slice(1)], "at least 32 bytes"],
  ["a short secret with white space", ["--auth-secret", SECRET.slice(1).padEnd(40)], "at least 32 bytes"],
  ["a quoted secret", ["--auth-secret", `"${SECRET}"`], "without quotes"],
  ["a secret as a file", ["--auth-secret-file", SECRET], "there is no such file"],
  ["a folder as a secret", ["--auth-secret-file", folder.path], "it is a directory"],
  ["a file with a short secret", ["--auth-secret-file", file("short", "secret\n")], "at least 32 bytes"],
  ["a large file as a secret", ["--auth-secret-file", file("large", SECRET.repeat(9_999))], "larger than"],
  ["a secret as keys", ["--auth-jwks", SECRET], "there is no such file"],
  ["keys that are no JSON", ["--auth-jwks", file("text", SECRET)], "it is not JSON"],
  ["private keys", ["--auth-jwks", file("p", JSON.stringify({ keys: [privateKey] }))], "a private or secret"],
  ["no keys", ["--auth-jwks", file("none", '{"keys":[]}')], "no key for RS256, ES256, EdDSA"],
  ["keys from another machine without TLS", ["--auth-jwks", "http://example.org/"], URL_RULE],
  ["keys from a machine of a similar name", ["--auth-jwks", "http://localhost.example.org/"], URL_RULE],
  ["keys by another protocol", ["--auth-jwks", "file:///keys.json"], URL_RULE],
  ["keys from nowhere", ["--auth-jwks", "https://"], URL_RULE],
  [
    "a URL with a password",
    ["--auth-jwks", `https://a:${SECRET}@example.org/`],
    "must not contain a password",
  ],
];

test.each(refused)("%s is refused with one sentence that repeats no secret", (_fact, flags, part) => {
  const sentence = refusalOf(...flags);
  expect(sentence).toContain(part);
  expect(sentence).toMatch(/^[^\n]{10,200}\.$/);
  expect(sentence).not.toContain(SECRET.slice(1));
});

const wrongNumbers: [flag: string, value: string, part: string][] = [
  ["--auth-max-age", "0", "above 0"],
  ["--auth-max-age", "505", "504 at most"],
  ["--auth-max-age", "Infinity", "above 0"],
  ["--auth-clock-skew", "-1", "0 or a number above 0"],
  ["--auth-clock-skew", "601", "from 0 to 600"],
];

test.each(wrongNumbers)("%s %s is refused", async (flag, value, part) => {
  const end = await runCommand([flag, value]);
  expect(end).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(part) });
});

test("the command repeats no secret, wherever it was given", async () => {
  const commands: [flags: string[], env?: Record<string, string>][] = [
    [["--auth-secert", SECRET]],
    [[`--auth-secert=${SECRET}`]],
    [[`--auth_secret=${SECRET}'`]],
    [["--auth-secret", `${SECRET}'`, SECRET]],
    [["--auth", SECRET]],
    [["--auth-jwks", `https://a:${SECRET}@example.org/`]],
    [[], { CHATBOX_AUTH: SECRET }],
    [[], { CHATBOX_AUTH_SECRET: `'${SECRET}'` }],
    [[], { CHATBOX_AUTH_SECRET: SECRET, CHATBOX_AUTH_SECRET_FILE: SECRET }],
    [["--port", "-1"], { CHATBOX_AUTH_SECRET: SECRET }],
  ];
  for (const [flags, env = {}] of commands) {
    const end = await runCommand(flags, { env });
    expect(end).toMatchObject({ exitCode: 2, stdout: "" });
    expect(end.stderr.trim()).not.toBe("");
    expect(end.stderr).not.toContain(SECRET);
  }
});
