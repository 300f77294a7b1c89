/** The documents for operators are lists of commands that work: each is done as it stands. */
import { Database as SQLite } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCommand, settingsOf } from "../../src/cli/options.ts";
import { CertificateFolder, createCertificate } from "../support/certificate.ts";
import { blocksOf, codeIn } from "../support/document.ts";
import { commandsOf, needsMore, Reader } from "../support/reader.ts";
import { contents, V3Client } from "../support/v3.ts";

const project = join(import.meta.dir, "../..");
const documents = [
  ...readdirSync(join(project, "docs/operating")).map((name) => `docs/operating/${name}`),
  ...["README.md", "README.vi.md", "docs/moderating.md", "docs/settings.md"],
];
const START = "npm start";
const SERVER_OF_MANY = "npm start -- --host 0.0.0.0 --trust-proxy 10.0.0.0/8";
/** A chat as version 0.1.0 stores it: messages with an edit, a deletion and a reaction, an owner, a token, a ban, settings. */
const RELEASED = join(project, "tests/fixtures/released-0.1.0.tgz");
/** The versions of what it stores, in which it must be found again after going back. */
const RELEASED_VERSIONS = { people: 2, moderation: 1 };

let readers = 0;

/** Says something in a room, or nothing. @returns all that was said there */
async function say(url: string, text?: string, name = `Reader ${++readers}`): Promise<string[]> {
  using reader = await V3Client.registered(url, name);
  if (text !== undefined) await reader.say(text);
  return contents(await reader.page());
}

function versionsIn({ here }: Reader): object {
  const versionOf = (part: string) => {
    using database = new SQLite(here.file(`data.json.${part}`), { readonly: true });
    return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
  };
  return { people: versionOf("people"), moderation: versionOf("moderation") };
}

/** The folder has the files of the chat, and what a command has left there otherwise is gone. */
function expectOnlyChat({ here }: Reader): void {
  expect(readdirSync(here.file("")).filter((name) => !name.startsWith("data."))).toEqual([]);
}

/** A chat that runs and in which something was said, where a document begins. */
async function startChat({ here }: Reader): Promise<void> {
  await here.does(START);
  await say(here.url(), "kept", "An");
  await say(here.url("tea"), "tea, please", "An");
}

/** What there must be for the first command of a document, if it is not a chat that runs. */
const BEFORE: Record<string, (reader: Reader) => Promise<unknown>> = {
  "docs/operating/upgrading.md": ({ here }) => here.does(`npm start -- restore ${RELEASED}`),
  "docs/operating/tls.md": async ({ here }) => {
    const files = new CertificateFolder(here.file("/etc"), await createCertificate("chat.example.org"));
    // The reader's user must be able to read the key.
    for (const [name, from] of Object.entries({ fullchain: files.cert, privkey: files.key }))
      writeFileSync(here.file(`/etc/chat/${name}.pem`), readFileSync(from), { mode: 0o644 });
  },
  "docs/settings.md": async ({ here }) => {
    const [file = ""] = codeIn("docs/settings.md", "toml");
    writeFileSync(here.file("/etc/chat.toml"), file.replace("/srv/", here.file("/srv/")));
  },
};

/** What a command must print, or what must hold after it. */
type Fact = readonly [
  command: string,
  fact: string | RegExp | ((reader: Reader, printed: string) => unknown),
];

/** In the order of the commands. */
const FACTS: Record<string, readonly Fact[]> = {
  "docs/operating/README.md": [
    ["npm start -- config", "# listening port"],
    [
      START,
      async ({ here }) => expect(await (await fetch(here.http("/"))).text()).toContain("<title>Club</title>"),
    ],
  ],
  "docs/operating/running.md": [
    [
      "npx classic-chatbox",
      async ({ there }) => expect(await say(there.url(), "hello from npx")).toEqual(["hello from npx"]),
    ],
    [
      "./classic-chatbox-linux-x64 --port 8080",
      async ({ there }) =>
        expect(await say(there.url(), "and one file")).toEqual(["hello from npx", "and one file"]),
    ],
    ["./classic-chatbox-linux-x64 backup chat.tgz", "2 messages in 1 room"],
  ],
  "docs/operating/backups.md": [
    ["npm start -- backup chat.tgz", async ({ here }) => void (await say(here.url(), "lost"))],
    [
      "npm start -- --backup-every 24 --backup-keep 14",
      async ({ here }) => {
        const isThere = () => existsSync(here.file("data.backups")) && readdirSync(here.file("data.backups"));
        while (!(isThere() || []).some((name) => /^chat-.*Z\.tgz$/.test(name))) await Bun.sleep(20);
      },
    ],
    ["(cd look && sha256sum -c SHA256SUMS && cat backup.json)", "data.json.people: OK"],
    ["npm start -- restore chat.tgz --replace", "What was there before is kept in"],
    [START, async ({ here }) => expect(await say(here.url())).toEqual(["kept"])],
    [
      "npm start -- --data data.before-restore-2026-11-26T09-30-00Z/data.json",
      async ({ here }) => expect(await say(here.url())).toEqual(["kept", "lost"]),
    ],
  ],
  "docs/operating/moving.md": [
    [START, async ({ there }) => expect(await say(there.url())).toEqual(["kept"])],
    ["npm start -- export copy.json", "2 messages in 2 rooms"],
    ["npm start -- import copy.json --data other.json", "2 messages in 2 rooms"],
    [
      "npm start -- --data python.json --timezone Asia/Ho_Chi_Minh",
      async ({ here }) => {
        expect(await say(here.url())).toEqual(["xin chào"]);
        expect(existsSync(here.file("python.json.bak"))).toBe(true);
      },
    ],
  ],
  "docs/operating/upgrading.md": [
    [
      "npm start -- upgrade --check",
      // A rehearsal changes nothing, and leaves nothing.
      (reader) => {
        expect(versionsIn(reader)).toEqual(RELEASED_VERSIONS);
        expectOnlyChat(reader);
      },
    ],
    [
      START,
      async ({ here }) => expect(await say(here.url(), "new")).toEqual(["one, edited", "", "three", "new"]),
    ],
    [
      "npm start -- upgrade --back",
      async (reader) => {
        expect(versionsIn(reader)).toEqual(RELEASED_VERSIONS);
        expect(readFileSync(reader.here.file("data.json"), "utf8")).toContain('"content":"new"');
      },
    ],
  ],
  "docs/operating/access.md": [
    [
      "npm start -- --rooms fixed",
      async ({ here }) => {
        const rooms = ["tea", "any"].map(async (room) => (await fetch(here.http(`/rooms/${room}`))).status);
        expect(await Promise.all(rooms)).toEqual([200, 404]);
        expect(await (await fetch(here.http("/rooms"))).text()).toContain("Tea");
      },
    ],
  ],
  "docs/operating/look.md": [
    [
      "npm start -- --title Club --accent=#a2185b --links Imprint=https://example.org/imprint",
      async ({ here }) =>
        expect(await (await fetch(here.http("/"))).text()).toContain("https://example.org/imprint"),
    ],
  ],
  "docs/operating/tls.md": [
    [
      "npm start -- --host 0.0.0.0 --port 443 --tls-cert /etc/chat/fullchain.pem --tls-key /etc/chat/privkey.pem --allow-origin https://chat.example.org",
      async ({ here }) => {
        const tls = { ca: readFileSync(here.file("/etc/chat/fullchain.pem"), "utf8") };
        expect((await fetch(here.http("/").replace("http:", "https:"), { tls })).status).toBe(200);
      },
    ],
    [
      "npm start -- --base-path /chat --allow-origin https://chat.example.org",
      async ({ here }) => expect((await fetch(here.http("/chat/rooms/tea"))).status).toBe(200),
    ],
  ],
  "docs/operating/history.md": [
    [
      "chmod -R g+rX data.json data.rooms",
      async ({ here }) => expect(statSync(here.file("data.rooms/tea.json")).mode & 0o777).toBe(0o640),
    ],
  ],
  "docs/operating/people.md": [
    ["npm start -- owner-link --url https://chat.example.org/", /^http:\/\/localhost:\d+\/#owner=[\w-]+$/m],
    ["npm start -- grant kP3vX0aQ7dLm2TzR moderator", "kP3vX0aQ7dLm2TzR is moderator in all rooms."],
    ["npm start -- token create Deploy --bot Deploybot --room tea --scope read,post --days 365", /^cbt_/m],
    ["npm start -- token list", /Deploy \(Deploybot\) .*\n.*CI/],
    ["npm start -- webhook list", "Tickets  https://example.org/…"],
  ],
  "docs/operating/watching.md": [
    ["curl -f http://localhost:5000/healthz", '{"status":"ok"}'],
    ["curl -f http://localhost:9500/metrics", /^chatbox_healthy 1$/m],
    ["npm start -- doctor https://chat.example.org/", "0 faults"],
    [
      "npm start -- bench here",
      (reader, printed) => {
        expect(printed).toContain("  60 people: ");
        expect(printed).toMatch(
          /^This machine holds about [\d,]+ people\. What does not hold more: \S.*\.$/m,
        );
        for (const by of ["CPU", "memory", "descriptors", "--max-connections"])
          expect(printed).toContain(`  ${by} `);
        expectOnlyChat(reader);
      },
    ],
  ],
  "docs/operating/growing.md": [
    [SERVER_OF_MANY, () => {}],
    [SERVER_OF_MANY, async ({ there }) => expect(await say(there.url())).toEqual([])],
    ['npm start -- import data.json --database-url "$DATABASE_URL"', "2 messages in 2 rooms, 2 of them new"],
    ['npm start -- export copy.json --database-url "$DATABASE_URL"', "2 messages in 2 rooms"],
    ['npm start -- restore chat.tgz --replace --database-url "$DATABASE_URL"', /chatbox_before_restore_\d+/],
    [
      SERVER_OF_MANY,
      async ({ here }) => expect(await say(here.url(), "restored")).toEqual(["kept", "restored"]),
    ],
    [SERVER_OF_MANY, async ({ here }) => expect(await say(here.url())).toEqual(["kept"])],
  ],
  "README.md": [[START, async ({ here }) => expect(await say(here.url())).toEqual(["kept"])]],
  "docs/settings.md": [
    [
      "npm start -- --config /etc/chat.toml",
      async ({ here }) => expect(existsSync(here.file("/srv/chat/data.json.lock"))).toBe(true),
    ],
  ],
  "docs/moderating.md": [["npm start -- room tea --set slowSeconds=10 links=known", "slowSeconds=10"]],
};

test.each(documents)(
  "the commands of %s work as they stand, for a user without rights in an empty folder",
  async (document) => {
    await using reader = await Reader.start();
    const facts = [...(FACTS[document] ?? [])];
    await (BEFORE[document] ?? startChat)(reader);
    for (const block of blocksOf(document)) {
      await reader.does(block, async (command, printed) => {
        const [next, fact] = facts[0] ?? [];
        if (next !== command) return;
        facts.shift();
        if (typeof fact === "string") expect(printed).toContain(fact);
        else if (fact instanceof RegExp) expect(printed).toMatch(fact);
        else await fact?.(reader, printed);
      });
    }
    // Each was found.
    expect(facts.map(([command]) => command)).toEqual([]);
  },
);

test("the commands that are not run are nevertheless ones that the shell and the server take", async () => {
  const others = readdirSync(join(project, "docs")).flatMap((name) =>
    name.endsWith(".md") ? [`docs/${name}`] : [],
  );
  const isRun = (document: string) => documents.includes(document);
  const blocks = [...documents, ...others].flatMap((document) =>
    blocksOf(document).filter((block) => block.language === "sh" && (!isRun(document) || needsMore(block))),
  );
  for (const { code } of blocks) {
    const shell = Bun.spawnSync(["sh", "-n"], { stdin: Buffer.from(code), stderr: "pipe" });
    expect([code, shell.stderr.toString()]).toEqual([code, ""]);
  }
  // Whatever else is shown is a file, and no command that would be left out.
  for (const { language, code } of documents.flatMap(blocksOf))
    if (language !== "sh") expect(code).not.toMatch(/^(npm|npx|node|docker|systemctl|curl|\.\/)/m);
  const commands = blocks
    .flatMap(commandsOf)
    .flatMap((line) => /(?:^npm start --|start\.mjs|:\/data classic-chatbox) (.+)$/.exec(line)?.[1] ?? []);
  expect(commands).toContain("restore /data/chat.tgz --replace");
  for (const text of commands) {
    const command = createCommand("0.0.0").parse(text.split(" "), { from: "user" });
    settingsOf(command, false);
  }
});
