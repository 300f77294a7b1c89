/**
 * What a restart does to a full room: `bun bench/reconnect-storm.ts [CLIENTS] [kill|stop]`.
 *
 * CLIENTS (5,000) clients of version 3 are in one room. The server is killed, or stopped, and started again; each
 * client comes back as the protocol asks (a random part of the welcome's `retry`, then twice as long at most), and
 * resumes. Everything is on this machine, so the clients take their part of its processors. Linux only: CPU and memory
 * are read from /proc.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { SUBPROTOCOL_V3 } from "../src/protocol/version.ts";

const [, , count = "5000", end = "kill"] = process.argv;
const clientCount = Number(count);
const DIALS_AT_ONCE = 100;
const TICKS_PER_S = 100;

const folder = mkdtempSync(join(tmpdir(), "chatbox-bench-"));
const main = join(import.meta.dir, "../src/cli/main.ts");
const port = await freePort();

/** What came to all clients together. */
const seen = { bytes: 0, registers: 0, leaves: 0, refused: 0 };

/** A client that looks at no more of a frame than it must: the server is what is measured. */
class Client {
  #session = "";
  #held = "";
  #retryS = 1;
  #failures = 0;
  backAt = 0;

  constructor(
    readonly name: string,
    public entered: () => void,
  ) {}

  dial(): void {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, SUBPROTOCOL_V3);
    socket.onmessage = ({ data }) => this.#read(socket, String(data));
    socket.onclose = () => {
      const mostS = Math.min(15, this.#retryS * 2 ** this.#failures++);
      setTimeout(() => this.dial(), Math.random() * mostS * 1000);
    };
  }

  #read(socket: WebSocket, frame: string): void {
    seen.bytes += frame.length;
    if (frame.startsWith('{"type":"ping"')) return;
    if (frame.startsWith('{"type":"welcome"')) this.#greet(socket, frame);
    else if (this.backAt === 0 && /"type":"(resume|name)"/.test(frame)) this.#enter(frame);
    seen.registers += timesIn(frame, '"datatype":"register"');
    seen.leaves += timesIn(frame, '"datatype":"leave"');
  }

  #greet(socket: WebSocket, frame: string): void {
    this.#session = /"session":"([^"]+)"/.exec(frame)?.[1] ?? "";
    this.#retryS = Number(/"retry":(\d+)/.exec(frame)?.[1]);
    const request =
      this.#held === ""
        ? { type: "name", name: this.name }
        : { type: "resume", session: this.#held, after: 0 };
    socket.send(JSON.stringify(request));
  }

  #enter(frame: string): void {
    if (frame.includes('"status":false')) seen.refused++;
    this.#held = this.#session;
    this.#failures = 0;
    this.backAt = performance.now();
    this.entered();
  }
}

let server = await start();
const clients: Client[] = [];
while (clients.length < clientCount) {
  const size = Math.min(DIALS_AT_ONCE, clientCount - clients.length);
  await allEnter(
    Array.from({ length: size }, (_, i) => new Client(`client ${clients.length + i}`, () => {})),
  );
}
// Each has heard of all who came after it.
while (seen.registers < (clientCount * (clientCount - 1)) / 2) await Bun.sleep(10);
const before = { ...seen };
const full = { memory: memoryMiB(server.pid, "VmRSS"), cpu: cpuSeconds(server.pid) };
const allBack = Promise.withResolvers<void>();
let back = 0;
for (const client of clients) {
  client.backAt = 0;
  client.entered = () => ++back === clientCount && allBack.resolve();
}
server.kill(end === "kill" ? "SIGKILL" : "SIGTERM");
await server.exited;
server = await start();
const startedAt = performance.now();
await allBack.promise;
const times = clients.map((client) => client.backAt - startedAt).toSorted((a, b) => a - b);
const at = (part: number) => `${((times[Math.ceil(part * times.length) - 1] ?? 0) / 1000).toFixed(2)} s`;
console.log(`${clientCount} clients, ${end}, ${new Date().toISOString().slice(0, 10)}`);
console.log(`join: ${before.registers} events, ${full.cpu.toFixed(2)} s of CPU, ${full.memory} MiB resident`);
console.log(`back: half ${at(0.5)}, 99 % ${at(0.99)}, all ${at(1)} after the server listened again`);
console.log(
  `server: ${cpuSeconds(server.pid).toFixed(2)} s of CPU, at most ${memoryMiB(server.pid, "VmHWM")} MiB resident`,
);
const mebibytes = ((seen.bytes - before.bytes) / 2 ** 20).toFixed(0);
console.log(
  `seen meanwhile: ${seen.registers - before.registers} registers, ${seen.leaves - before.leaves} leaves, ` +
    `${seen.refused} refusals; ${mebibytes} MiB`,
);
server.kill();
await server.exited;
rmSync(folder, { recursive: true });
process.exit(0);

async function start(): Promise<Subprocess<"ignore", "pipe", "inherit">> {
  const flags = ["--no-limits", "--log-format", "json", "--log-level", "info"];
  const child = Bun.spawn(
    [process.execPath, main, "--port", `${port}`, "--data", join(folder, "data.json"), ...flags],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  const listening = Promise.withResolvers<void>();
  void (async () => {
    for await (const bytes of child.stdout) {
      if (Buffer.from(bytes).includes('"event":"listening"')) listening.resolve();
    }
  })();
  await listening.promise;
  return child;
}

/** Lets new clients connect, and resolves once all of them have entered. */
function allEnter(newcomers: readonly Client[]): Promise<void> {
  return new Promise((resolve) => {
    let entered = 0;
    for (const client of newcomers) {
      clients.push(client);
      client.entered = () => ++entered === newcomers.length && resolve();
      client.dial();
    }
  });
}

async function freePort(): Promise<number> {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port: free } = listener;
  listener.stop();
  return free;
}

function timesIn(text: string, part: string): number {
  let found = 0;
  for (let from = text.indexOf(part); from >= 0; from = text.indexOf(part, from + part.length)) found++;
  return found;
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function memoryMiB(pid: number, field: "VmRSS" | "VmHWM"): number {
  const line = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(line?.[1]) / 1024);
}
