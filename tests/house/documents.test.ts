/** What the documents say can be done as they say it. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { settingsDocument } from "../../scripts/settings.ts";
import { OPTIONS } from "../../src/cli/configuration.ts";
import { variableOf } from "../../src/cli/option.ts";
import { ChatClient } from "../support/client.ts";
import { codeIn } from "../support/document.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";

const project = join(import.meta.dir, "..", "..");
const read = (path: string) => readFileSync(join(project, path), "utf8");
const documents = [
  ...readdirSync(project).filter((name) => name.endsWith(".md")),
  ...["docs", "docs/decisions", "docs/operating"].flatMap((folder) =>
    readdirSync(join(project, folder)).flatMap((name) => (name.endsWith(".md") ? `${folder}/${name}` : [])),
  ),
];
const deployment = [
  "Dockerfile",
  "compose.yaml",
  "deploy/compose-cluster.yaml",
  "deploy/classic-chatbox.service",
];

const bots = ["README.md", "README.vi.md"].flatMap((document) =>
  ["node", process.execPath].map((runtime) => [document, runtime.replace(/.*\//, ""), runtime] as const),
);

test.each(bots)("the bot in %s answers, run by %s as it is written", async (document, _name, runtime) => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  const [bot = ""] = codeIn(document, "js");
  expect(bot).toContain("ws://localhost:5000/");
  writeFileSync(join(folder.path, "bot.mjs"), bot.replace("ws://localhost:5000/", server.url()));
  // What `npm install ws` does.
  mkdirSync(join(folder.path, "node_modules"));
  symlinkSync(join(project, "node_modules", "ws"), join(folder.path, "node_modules", "ws"));
  using client = await ChatClient.registered(server.url(), "An");
  await using _bot = Bun.spawn([runtime, "bot.mjs"], {
    cwd: folder.path,
    stdout: "inherit",
    stderr: "inherit",
  });
  expect(await client.next()).toMatchObject({ datatype: "register", name: "Echo" });
  await client.say("hello");
  expect(await client.next()).toMatchObject({
    datatype: "message",
    content: expect.stringContaining(": hello"),
  });
});

test("docs/settings.md has the options as the code has them; `bun scripts/settings.ts` writes it", () => {
  expect(read("docs/settings.md")).toBe(settingsDocument());
});

test("every npm script and every variable that is named exists", () => {
  const scripts: unknown = JSON.parse(read("package.json")).scripts;
  const variables = [...OPTIONS.keys()].map(variableOf);
  const current = documents.filter((document) => document !== "CHANGELOG.md");
  for (const document of [...current, ...deployment]) {
    for (const [, name = ""] of read(document).matchAll(/npm run ([a-z]+)/g))
      expect(scripts).toHaveProperty(name);
    for (const [variable] of read(document).matchAll(/CHATBOX_[A-Z_]*[A-Z]/g))
      expect([document, variables]).toEqual([document, expect.arrayContaining([variable])]);
  }
});

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return text.replace(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
}

test("every link within the project leads somewhere", () => {
  for (const document of documents) {
    for (const [, target = ""] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? document : join(dirname(document), path);
      expect([document, target, existsSync(join(project, file))]).toEqual([document, target, true]);
      if (anchor === undefined) continue;
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
      expect([document, target, headings.includes(anchor)]).toEqual([document, target, true]);
    }
  }
});
