/** A server that is started while there is no room on the disk, and finds some later. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ChatClient, type Frame, parseMessages } from "../support/client.ts";
import { type ChatServer, type ServerOptions, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";
import { historyText, message } from "./journal-fixture.ts";

const MESSAGES = Array.from({ length: 5 }, (_, at) => message(at + 1));

/** What lies there when the server is started. */
const STATES: Readonly<Record<string, (dataFile: string) => void>> = {
  "a whole history": (dataFile) => writeFileSync(dataFile, historyText(MESSAGES)),
  "a torn history": (dataFile) =>
    writeFileSync(dataFile, `${historyText(MESSAGES).slice(0, -"\n]\n".length)},\n{"name":"An","conte`),
  "a history without its end": (dataFile) => {
    writeFileSync(dataFile, historyText(MESSAGES));
    truncateSync(dataFile, historyText(MESSAGES).length - "\n]\n".length);
  },
  "no history": () => {},
};

/** A disk without room, as a server sees it. */
interface FullDisk {
  readonly options: ServerOptions;
  /** Where the files of a running server can be seen from here. */
  seen(server: ChatServer): string;
  makeRoom(server: ChatServer): void;
}

/** Nothing can be written to any file. The signal for it would end the process; ignored, the write fails. */
function limited(folder: TemporaryFolder): FullDisk {
  const script = 'trap "" XFSZ; ulimit -S -f 0; exec "$0" "$@"';
  const dataFile = join(folder.path, "data.json");
  return {
    options: { dataFile, wrap: (command) => ["sh", "-c", script, ...command] },
    seen: () => dataFile,
    makeRoom: (server) => {
      const { exitCode } = Bun.spawnSync(["prlimit", "--pid", String(server.pid), "--fsize=unlimited:"]);
      expect(exitCode).toBe(0);
    },
  };
}

const OWN_MOUNTS = process.getuid?.() === 0 ? ["unshare", "-m"] : ["unshare", "-Urm"];
const canMount =
  Bun.which("unshare") !== null &&
  Bun.spawnSync([...OWN_MOUNTS, "sh", "-c", "mount -t tmpfs none /tmp"]).exitCode === 0;

/** A disk of its own for the server, with what is there now on it, and filled to the last byte. */
function mounted(folder: TemporaryFolder): FullDisk {
  const dataFile = join(folder.path, "data.json");
  const script =
    'cp -R "$0" "$0.copy" && mount -t tmpfs -o size=256k none "$0" && cp -R "$0.copy/." "$0" && rm -R "$0.copy" && ' +
    '{ cat /dev/zero > "$0/ballast" 2>/dev/null; exec "$@"; }';
  const seen = (server: ChatServer) => `/proc/${server.pid}/root${dataFile}`;
  return {
    options: { dataFile, wrap: (command) => [...OWN_MOUNTS, "sh", "-c", script, folder.path, ...command] },
    seen,
    makeRoom: (server) => rmSync(join(dirname(seen(server)), "ballast")),
  };
}

const limitedTest = Bun.which("prlimit") === null ? test.skip : fileTest;

async function health(server: ChatServer): Promise<[number, unknown]> {
  const response = await fetch(server.http("/healthz"));
  return [response.status, await response.json()];
}

function expectRefusal(reply: Frame): void {
  expect(reply).toMatchObject({ type: "send", status: false, reason: "ErrorWhenSend" });
  expect(String(reply.error)).toMatch(/^The server's (disk is full|history file cannot grow any more)\.$/);
}

for (const [kind, canBe, disk] of [
  ["limited", Bun.which("prlimit") !== null, limited],
  ["mounted", canMount, mounted],
] as const) {
  for (const [what, make] of Object.entries(STATES)) {
    (canBe ? fileTest : test.skip)(
      `DUR-3 SEND-7 on a full disk (${kind}) with ${what} a server starts, says so, and all works when there is room`,
      async () => {
        using folder = new TemporaryFolder();
        make(join(folder.path, "data.json"));
        const before = what === "no history" ? [] : MESSAGES.map(({ content }) => content);
        const { options, seen, makeRoom } = disk(folder);
        await using server = await startServer(["--no-limits"], options);
        expect(await health(server)).toEqual([503, { status: "store failing" }]);
        using client = await V3Client.registered(server.url(), "An");
        expect((await client.page()).messages.map(({ content }) => content)).toEqual(before);
        expectRefusal(await client.ask({ type: "send", content: "x".repeat(4000) }));

        makeRoom(server);
        // Nobody sends: the server looks by itself.
        while ((await health(server))[0] !== 200) await Bun.sleep(50);
        await client.say("room again");
        const stored = parseMessages(JSON.parse(readFileSync(seen(server), "utf8")));
        expect(stored.map(({ content }) => content)).toEqual([...before, "room again"]);
        if (what === "a torn history") {
          const names = readdirSync(dirname(seen(server))).filter((name) => name.includes(".torn-"));
          expect(names.map((name) => readFileSync(join(dirname(seen(server)), name), "utf8"))).toEqual([
            ',\n{"name":"An","conte',
          ]);
        }
        expect(await server.stop()).toBe(0);
      },
      60_000,
    );
  }
}

limitedTest(
  "RES-7 sessions that could not be written at the start are, when there is room, and outlive a restart",
  async () => {
    using folder = new TemporaryFolder();
    const { options, makeRoom } = limited(folder);
    await using server = await startServer(["--no-limits", "--restart-grace", "600"], options);
    using client = await V3Client.registered(server.url(), "An");
    makeRoom(server);
    await server.waitForLog(({ text }) => text.includes("can be used again"));
    await server.kill();
    expect(existsSync(`${server.dataFile}.sessions`)).toBe(true);
    delete options.wrap;
    await server.restart();
    using newer = await V3Client.connect(server.url());
    expect(await newer.resume(client.session)).toMatchObject({ status: true, name: "An" });
  },
);

limitedTest("LIM-10 a room that failed on a full disk and left memory is not forgotten", async () => {
  using folder = new TemporaryFolder();
  const { options, makeRoom } = limited(folder);
  writeFileSync(join(folder.path, "data.json"), historyText(MESSAGES));
  await using server = await startServer(["--no-limits"], options);
  using client = await ChatClient.registered(server.url("tea"), "An");
  client.send({ type: "send", content: "lost" });
  expectRefusal(await client.next());
  await client.close();
  expect((await health(server))[0]).toBe(503);
  makeRoom(server);
  while ((await health(server))[0] !== 200) await Bun.sleep(50);
});
