/** A peer that is gone without a word: its process is stopped, so its kernel still holds the connection up. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { ChatClient } from "../support/client.ts";
import { startServer } from "../support/server.ts";

const CLIENT = join(import.meta.dir, "../support/client.ts");
/** Every 5 s of the server's time the witness gets one: these are 15 s, and as much again as one may be off. */
const PINGS_MOST = 4;

/** Another process with a registered client in it. Lines on its output: "registered", then "ping" at each ping. */
const PEER = `
  const { ChatClient } = await import(process.argv[1]);
  const client = await ChatClient.registered(process.argv[2], process.argv[3], { pings: true });
  console.log("registered");
  for (;;) if ((await client.next()).type === "ping") console.log("ping");
`;

class Peer {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(url: string, name: string) {
    this.#child = Bun.spawn([process.execPath, "-e", PEER, CLIENT, url, name], {
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#lines = linesOf(this.#child.stdout);
  }

  async saw(line: string): Promise<void> {
    expect(await this.#lines.next()).toEqual({ done: false, value: line });
  }

  /** Stops the process. It says and reads nothing from now on. */
  vanish(): void {
    this.#child.kill("SIGSTOP");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + Buffer.from(bytes).toString()).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

test("LIVE-3 a peer that vanishes without a word is announced as left within 15 s", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  await using newcomer = new Peer(server.url(), "newcomer");
  await newcomer.saw("registered");
  await using regular = new Peer(server.url(), "regular");
  await regular.saw("registered");
  for (let i = 0; i < 2; i++) expect(await witness.next()).toMatchObject({ datatype: "register" });

  // One before its first ping, the other right after it has answered one.
  const pingsAt = new Map<unknown, number>();
  newcomer.vanish();
  pingsAt.set("newcomer", witness.pingFrames);
  await regular.saw("ping");
  regular.vanish();
  pingsAt.set("regular", witness.pingFrames);

  for (const name of ["newcomer", "regular"]) {
    expect(await witness.next()).toMatchObject({ type: "receive", datatype: "leave", name });
    expect(witness.pingFrames - (pingsAt.get(name) ?? 0)).toBeLessThanOrEqual(PINGS_MOST);
  }
  // Their nicknames are free, and a client that answers pings is still here.
  using next = await ChatClient.registered(server.url(), "newcomer");
  expect((await next.get()).online).toEqual(["witness", "newcomer"]);
});
