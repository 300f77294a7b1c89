/** Ends the server at random moments, as a crash would, while eight clients send without waiting. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "../support/chance.ts";
import { ChatClient, type Message, parseMessages } from "../support/client.ts";
import { SEED } from "../support/seed.ts";
import { COMMAND, environment, startServer, TemporaryFolder } from "../support/server.ts";

const { CHAT_ROUNDS = 12 } = process.env;
const ROUNDS = Number(CHAT_ROUNDS);
const WRITERS = 8;
/** How many messages a writer has on their way at once. */
const WINDOW = 40;

type Round = { acknowledgements: number; delayMs: number; length: number };

const rounds: Round[] = fc.sample(
  fc.record({
    acknowledgements: fc.integer({ min: 1, max: 800 }),
    delayMs: fc.integer({ min: 0, max: 12 }),
    // Of the longest message, so that some batches are a few bytes and some are many pages.
    length: fc.constantFrom(1, 200, 3900),
  }),
  { numRuns: ROUNDS },
);

/** Sends numbered messages until the connection ends, and calls `acknowledged` with each that was acknowledged. */
async function write(
  client: ChatClient,
  name: string,
  length: number,
  acknowledged: (content: string) => void,
) {
  let sent = 0;
  const send = () => {
    const number = sent++;
    client.send({ type: "send", content: `${name} ${number} ${"x".repeat((number * 37) % length)}` });
  };
  for (let i = 0; i < WINDOW; i++) send();
  for (;;) {
    const frame = await client.next().catch(() => undefined);
    if (!frame) return;
    if (frame.type !== "send") continue;
    expect(frame.status).toBe(true);
    acknowledged(String(frame.content));
    send();
  }
}

/** Every acknowledged message is there, none is there twice, and each sender's are in the order in which it sent. */
function check(stored: readonly Message[], acknowledged: ReadonlySet<string>): void {
  const contents = new Set(stored.map((message) => message.content));
  expect(contents.size).toBe(stored.length);
  expect([...acknowledged].filter((content) => !contents.has(content))).toEqual([]);
  const last = new Map<string, number>();
  const outOfOrder = stored.filter(({ name, content }) => {
    const [sender = "", number] = content.split(" ");
    const expected = (last.get(sender) ?? -1) + 1;
    last.set(sender, Number(number));
    return sender !== name || Number(number) !== expected;
  });
  expect(outOfOrder).toEqual([]);
}

async function survive(rounds: readonly Round[]): Promise<void> {
  await using server = await startServer(["--no-limits", "--get-budget", "1GiB"]);
  const acknowledged = new Set<string>();
  for (const [round, { acknowledgements, delayMs, length }] of rounds.entries()) {
    const names = Array.from({ length: WRITERS }, (_, i) => `r${round}w${i}`);
    const clients = await Promise.all(names.map((name) => ChatClient.registered(server.url(), name)));
    const enough = Promise.withResolvers<void>();
    let counted = 0;
    const writers = clients.map((client, i) =>
      write(client, names[i] ?? "", length, (content) => {
        acknowledged.add(content);
        if (++counted === acknowledgements) enough.resolve();
      }),
    );
    await enough.promise;
    // A random moment, not one that an acknowledgement marks.
    await Bun.sleep(delayMs);
    await server.kill();
    await Promise.all(writers);
    await server.restart();
    check(parseMessages(JSON.parse(readFileSync(server.dataFile, "utf8"))), acknowledged);
  }
  using reader = await ChatClient.registered(server.url(), "reader");
  check((await reader.get()).messages, acknowledged);
}

test(`DUR-2 every acknowledged message outlives kill -9, once and in its sender's order: seed ${SEED}`, async () => {
  expect(rounds.length).toBeGreaterThan(0);
  await survive(rounds);
});

test.skipIf(process.platform !== "linux")(
  "a server whose start had hang-ups ignored, as nohup does, outlives the terminal; SIGTERM ends it",
  async () => {
    await using server = await startServer([], {
      wrap: (command) => ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", ...command],
    });
    process.kill(server.pid, "SIGHUP");
    using client = await ChatClient.registered(server.url(), "An");
    await client.say("still here");
    expect(await server.stop()).toBe(0);
  },
);

test.skipIf(process.platform === "win32")(
  "a server that npm has started stops in order when npm is gone without a word",
  async () => {
    using folder = new TemporaryFolder();
    const flags = ["--port", "0", "--data", join(folder.path, "data.json"), "--log-format", "json"];
    const npm = Bun.spawn(["sh", "-c", '"$@" & echo $!; wait', "sh", ...COMMAND, ...flags], {
      // Else Bun would end the server at once, as it does for tests.
      env: { ...environment({ npm_lifecycle_event: "start" }), BUN_FEATURE_FLAG_NO_ORPHANS: undefined },
      stdout: "pipe",
    });
    let log = "";
    let late: Timer | undefined;
    // The loop ends when the server has let go of the pipe.
    for await (const chunk of npm.stdout.pipeThrough(new TextDecoderStream())) {
      log += chunk;
      if (!log.includes('"listening"') || npm.killed) continue;
      npm.kill("SIGKILL");
      late = setTimeout(() => process.kill(Number.parseInt(log, 10), "SIGKILL"), 20_000);
    }
    clearTimeout(late);
    expect(log).toContain('"event":"stopped","clean":true');
  },
);
