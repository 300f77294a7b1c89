/** The programs of docs/login.md make tokens that the server accepts. */
import { expect, test } from "bun:test";
import { createSecretKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LoginKeys } from "../../src/server/settings.ts";
import { codeIn } from "../support/document.ts";
import { loginWith, SECRET } from "../support/login.ts";
import { TemporaryFolder } from "../support/server.ts";

const withSecret: LoginKeys = { kind: "secret", secret: createSecretKey(Buffer.from(SECRET)) };

/** The programs of the page in a language, in their order. */
const programs = (language: string) => codeIn("docs/login.md", language);

/** Runs a program as somebody would who has saved it. @returns what it prints */
async function run(runtime: string, folder: TemporaryFolder, name: string, code = ""): Promise<string> {
  expect(code).not.toBe("");
  writeFileSync(join(folder.path, name), code);
  const child = Bun.spawn([runtime, name], {
    cwd: folder.path,
    env: { ...process.env, CHATBOX_AUTH_SECRET: SECRET },
    stdout: "pipe",
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return text.trim();
}

async function expectAccepted(token: string, keys: LoginKeys): Promise<void> {
  expect(await loginWith({ keys }, { now: Date.now }).verify(token)).toMatchObject({
    kind: "person",
    person: { issuer: "", subject: "7", name: "Lan Anh", role: null, rooms: null },
  });
}

const languages = [
  ["Node", "node", "js", "token.mjs"],
  ["Python", "python3", "python", "token_for.py"],
  ["PHP", "php", "php", "token.php"],
] as const;

for (const [language, runtime, fence, name] of languages) {
  test.skipIf(Bun.which(runtime) === null)(
    `the program of the page in ${language} makes a token that is accepted`,
    async () => {
      using folder = new TemporaryFolder();
      await expectAccepted(await run(runtime, folder, name, programs(fence)[0]), withSecret);
    },
  );
}

test("the programs of the page make a key, publish it, and sign a token that is accepted", async () => {
  using folder = new TemporaryFolder();
  const [, makeKey, sign] = programs("js");
  await run("node", folder, "make-key.mjs", makeKey);
  const token = await run("node", folder, "token.mjs", sign);
  await expectAccepted(token, { kind: "file", path: join(folder.path, "jwks.json") });
});
