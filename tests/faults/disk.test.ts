/** A disk that is full for a while, under the whole server. */
import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ChatClient, type Frame, parseMessages } from "../support/client.ts";
import { type ChatServer, startServer } from "../support/server.ts";

const CONTENT = "x".repeat(1000);

/** Sends until a message cannot be stored. Gives the contents that were acknowledged. */
async function fill(client: ChatClient, label: string): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const content = `${label} ${i} ${CONTENT}`;
    client.send({ type: "send", content });
    const reply = await client.next();
    if (reply.status !== true) {
      expectErrorWhenSend(reply, content);
      return acknowledged;
    }
    acknowledged.push(content);
  }
  throw new Error("the disk was never full");
}

function expectErrorWhenSend(reply: Frame, content: string): void {
  expect(reply).toEqual({
    type: "send",
    username: "An",
    content,
    status: false,
    reason: "ErrorWhenSend",
    error: expect.any(String),
  });
  expect(Object.keys(reply)).toEqual(["type", "username", "content", "status", "reason", "error"]);
  const sentence = String(reply.error);
  expect(sentence).toMatch(/^[A-Z].{5,98}\.$/);
  // One sentence, and no path, address, stack or code in it.
  expect(sentence).not.toMatch(/[/\\]|\.\s|\d+\.\d+|\bat \w+ \(|ENOSPC|EFBIG|data\.json/);
}

/**
 * While nothing can be stored: sends fail, all else goes on, and nobody is told of what failed. When there is room
 * again, sends work, and the file has what was acknowledged and nothing else.
 */
async function expectSurvival(
  server: ChatServer,
  readFile: () => string,
  takeRoom: () => void,
  makeRoom: () => void,
): Promise<string[]> {
  const contentsInFile = () => parseMessages(JSON.parse(readFile())).map((message) => message.content);
  using client = await ChatClient.registered(server.url(), "An");
  using witness = await ChatClient.registered(server.url(), "witness");
  await client.next();
  const acknowledged: string[] = [];
  for (let round = 0; round < 2; round++) {
    takeRoom();
    const stored = await fill(client, `round ${round}`);
    acknowledged.push(...stored);
    for (const content of stored) expect((await witness.next()).content).toBe(content);
    for (let i = 0; i < 3; i++) {
      client.send({ type: "send", content: `lost ${i} ${CONTENT}` });
      expectErrorWhenSend(await client.next(), `lost ${i} ${CONTENT}`);
    }
    expect(contentsInFile()).toEqual(acknowledged);

    // Nicknames and the history do not depend on the disk.
    expect(await client.ask({ type: "name", name: "Bình" })).toContain('"status":true');
    expect(await witness.next()).toMatchObject({ datatype: "change", newname: "Bình" });
    expect(await client.ask({ type: "name", name: "An" })).toContain('"status":true');
    expect(await witness.next()).toMatchObject({ datatype: "change", newname: "An" });
    expect((await client.get()).messages.map((message) => message.content)).toEqual(acknowledged);
    using newcomer = await ChatClient.registered(server.url(), "newcomer");
    expect((await newcomer.get()).online).toEqual(["An", "witness", "newcomer"]);
    for (const other of [client, witness]) expect(await other.next()).toMatchObject({ datatype: "register" });

    makeRoom();
    const late = Array.from({ length: 5 }, (_, i) => `room again ${round} ${i}`);
    for (const content of late) {
      await client.say(content);
      for (const other of [witness, newcomer]) expect((await other.next()).content).toBe(content);
    }
    acknowledged.push(...late);
    expect(contentsInFile()).toEqual(acknowledged);
    await newcomer.close();
    for (const other of [client, witness]) expect(await other.next()).toMatchObject({ datatype: "leave" });
  }
  return acknowledged;
}

const LIMIT_BLOCKS = 200;

test.skipIf(!Bun.which("prlimit"))(
  "DUR-3 SEND-7 when the file cannot grow, sends fail and all else goes on, until it can again",
  async () => {
    // The signal for a file over the limit would end the process; ignored, the write fails instead.
    const limited = `trap "" XFSZ; ulimit -S -f ${LIMIT_BLOCKS}; exec "$0" "$@"`;
    await using server = await startServer(["--no-limits"], {
      wrap: (command) => ["sh", "-c", limited, ...command],
    });
    const readFile = () => readFileSync(server.dataFile, "utf8");
    const setLimit = (bytes: string | number) => {
      const { exitCode } = Bun.spawnSync(["prlimit", "--pid", String(server.pid), `--fsize=${bytes}:`]);
      expect(exitCode).toBe(0);
    };
    const acknowledged = await expectSurvival(
      server,
      readFile,
      () => setLimit(readFile().length + 20_000),
      () => setLimit("unlimited"),
    );
    await server.restart();
    using reader = await ChatClient.registered(server.url(), "reader");
    expect((await reader.get()).messages.map((message) => message.content)).toEqual(acknowledged);
  },
);

const OWN_MOUNTS = process.getuid?.() === 0 ? ["unshare", "-m"] : ["unshare", "-Urm"];
const MOUNT = 'mount -t tmpfs -o size=2m none "$0" && exec "$@"';
const canMount =
  Bun.which("unshare") !== null &&
  Bun.spawnSync([...OWN_MOUNTS, "sh", "-c", MOUNT, "/tmp", "true"]).exitCode === 0;

test.skipIf(!canMount)(
  "DUR-3 SEND-7 when the disk is full, sends fail and all else goes on, until there is room again",
  async () => {
    // The small disk is mounted for the server alone, and is gone with it.
    await using server = await startServer(["--no-limits"], {
      wrap: (command, dataFile) => [...OWN_MOUNTS, "sh", "-c", MOUNT, dirname(dataFile), ...command],
    });
    const seen = `/proc/${server.pid}/root${server.dataFile}`;
    const ballast = join(dirname(seen), "ballast");
    const takeRoom = () => {
      const piece = Buffer.alloc(4096);
      expect(() => {
        for (;;) writeFileSync(ballast, piece, { flag: "a" });
      }).toThrow("ENOSPC");
    };
    await expectSurvival(
      server,
      () => readFileSync(seen, "utf8"),
      takeRoom,
      () => rmSync(ballast),
    );
  },
);
