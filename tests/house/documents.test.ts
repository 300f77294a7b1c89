/** What the documents say can be done as they say it. */
import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { settingsDocument } from "../../scripts/settings.ts";
import { OPTIONS } from "../../src/cli/configuration.ts";
import { variableOf } from "../../src/cli/option.ts";
import { createCommand, moveOf, settingsOf } from "../../src/cli/options.ts";
import { CertificateFolder, createCertificate } from "../support/certificate.ts";
import { ChatClient } from "../support/client.ts";
import { COMMAND, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { contents, V3Client } from "../support/v3.ts";

const project = join(import.meta.dir, "..", "..");
const read = (path: string) => readFileSync(join(project, path), "utf8");
const documents = [
  ...readdirSync(project).filter((name) => name.endsWith(".md")),
  ...["docs", "docs/decisions"].flatMap((folder) =>
    readdirSync(join(project, folder)).flatMap((name) => (name.endsWith(".md") ? `${folder}/${name}` : [])),
  ),
];
const deployment = [
  "Dockerfile",
  "compose.yaml",
  "deploy/compose-cluster.yaml",
  "deploy/classic-chatbox.service",
];

/** The blocks of code of a language in a document. */
function blocks(document: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...read(document).matchAll(pattern)].map(([, code = ""]) => code);
}

const bots = ["README.md", "README.vi.md"].flatMap((document) =>
  ["node", process.execPath].map((runtime) => [document, runtime.replace(/.*\//, ""), runtime] as const),
);

test.each(bots)("the bot in %s answers, run by %s as it is written", async (document, _name, runtime) => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  const [bot = ""] = blocks(document, "js");
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

test("every command of the documents is one that the server takes", async () => {
  const lines = documents.flatMap((document) => blocks(document, "sh").join("").split("\n"));
  const commands = lines.flatMap((line) => /^npm start -- (.+)$/.exec(line)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(3);
  using folder = new TemporaryFolder();
  const file = join(folder.path, "chat.toml");
  const certificate = new CertificateFolder(folder.path, await createCertificate("chat.example.org"));
  writeFileSync(file, blocks("docs/settings.md", "toml").join(""));
  for (const text of commands.filter((each) => each !== "--help")) {
    const words = text
      .replace('"$DATABASE_URL"', "postgres://chat:secret@db.example.org/chat")
      .replace("/etc/chat.toml", file)
      .replace("/etc/chat/fullchain.pem", certificate.cert)
      .replace("/etc/chat/privkey.pem", certificate.key)
      .split(" ");
    const command = createCommand("0.0.0").parse(words, { from: "user" });
    settingsOf(command, false);
    expect(moveOf(command)?.kind).toBe(/^(import|export)/.exec(text)?.[1] as undefined);
  }
});

test("docs/settings.md has the options as the code has them; `bun scripts/settings.ts` writes it", () => {
  expect(read("docs/settings.md")).toBe(settingsDocument());
});

/** The commands in a section of docs/operating.md, without those of the sections below it. */
function commandsOf(heading: string): string[] {
  const pattern = new RegExp(`^#+ ${heading}\\n(.*?)(?=^#)`, "ms");
  const [, section = ""] = pattern.exec(read("docs/operating.md")) ?? [];
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

fileTest("backups, the move to another machine and upgrades go as the commands say", async () => {
  // As nobody in particular, if the tests run as root.
  const asNobody =
    process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  const npm = `npm() { shift 2; ${COMMAND.map((word) => `'${word}'`).join(" ")} "$@"; }\n`;
  using here = new TemporaryFolder();
  using there = new TemporaryFolder();
  for (const { path } of [here, there]) chmodSync(path, 0o777);
  const does = async (cwd: string, ...scripts: string[]) => {
    const child = Bun.spawn([...asNobody, "sh", "-ec", npm + scripts.join("")], {
      cwd,
      env: { PATH: process.env.PATH },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect({ code: await child.exited, err }).toEqual({ code: 0, err: "" });
    return out;
  };
  const serve = (folder: TemporaryFolder) =>
    startServer([], {
      dataFile: join(folder.path, "data.json"),
      wrap: (command) => [...asNobody, ...command],
    });
  {
    await using server = await serve(here);
    using an = await V3Client.registered(server.url(), "An");
    await an.say("kept");
    expect(await does(here.path, ...commandsOf("Making a backup"))).toContain("data.json.people: OK");
    await an.say("lost");
    expect(await does(here.path, ...commandsOf("Upgrading"))).toContain("nothing changes its form");
    await server.stop();
  }
  expect(await does(here.path, ...commandsOf("Restoring a backup"))).toContain(
    "What was there before is kept in",
  );
  const [pack = "", unpack = ""] = commandsOf("Moving to another machine");
  await does(here.path, pack);
  await does(there.path, `cp ${join(here.path, "chat.tgz")} .\n`, unpack);
  expect(await does(there.path, ...commandsOf("Going back"))).toContain("No upgrade has changed");
  await using moved = await serve(there);
  using binh = await V3Client.registered(moved.url(), "Bình");
  expect(contents(await binh.page())).toEqual(["kept"]);
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
