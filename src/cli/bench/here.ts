/** `bench here`: how many people this machine holds. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { socketsLeft } from "../../server/descriptors.ts";
import type { Settings } from "../../server/settings.ts";
import { CommandError } from "../command-error.ts";
import { ownCommand, withoutSettings } from "../own-command.ts";
import { parseCount, parsePositive } from "../units.ts";
import { type CrowdOrder, type CrowdReport, ROOM_PEOPLE, WRITES_EVERY_S } from "./crowd.ts";
import { boundsOf, isWell, type Room, type Step, verdictText } from "./verdict.ts";

const SECONDS = 60;
const FIRST_PEOPLE = 250;
const MOST_PEOPLE = 16_000;
/** Each step is at most this part of the whole time. */
const STEP_SHARE = 0.1;
const STARTS_WITHIN_MS = 30_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type BenchCommand =
  | { readonly kind: "here"; readonly totalMs: number; readonly most: number }
  | { readonly kind: "crowd"; readonly socketUrl: string };

/** Adds the commands. @param choose called with the one that was given */
export function addBenchCommands(command: Command, choose: (chosen: BenchCommand) => void): void {
  const bench = command.command("bench").description("measure what this machine can do");
  bench
    .command("here")
    .description(
      "say how many people this machine holds, and what does not hold more; a server of its own is started for that",
    )
    .addOption(new Option("--seconds <n>", "how long to measure").argParser(parsePositive).default(SECONDS))
    .addOption(new Option("--most <n>", "most people to try").argParser(parseCount).default(MOST_PEOPLE))
    .action(({ seconds, most }: { seconds: number; most: number }) =>
      choose({ kind: "here", totalMs: seconds * 1000, most }),
    );
  bench
    .command("crowd <socket-url>", { hidden: true })
    .action((socketUrl: string) => choose({ kind: "crowd", socketUrl }));
}

/**
 * Measures with more and more people, until the time is over or they are not served well any more. The history is beside that of the
 * settings, so that it is on the same disk, and is removed at the end.
 *
 * @throws CommandError if there is nothing to measure
 */
export async function benchHere(
  { totalMs, most }: Extract<BenchCommand, { kind: "here" }>,
  settings: Settings,
  print: (text: string) => void,
): Promise<void> {
  const until = performance.now() + totalMs;
  const beside = dirname(settings.dataFile);
  const folder = mkdtempSync(join(existsSync(beside) ? beside : tmpdir(), "chatbox-bench-"));
  const children: Bun.Subprocess[] = [];
  // Also if it is interrupted: neither processes nor files may stay.
  const clean = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = () => process.exit(1);
  process.once("exit", clean);
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    const dataFile = join(folder, "data.json");
    const server = await BenchServer.start(dataFile, settings.fsync, (child) => void children.push(child));
    const emptyBytes = (await server.usage()).bytes;
    const freeBytes = freeMemory();
    const crowd = new BenchCrowd(server.socketUrl, (child) => void children.push(child));
    print(
      `Rooms of ${ROOM_PEOPLE} people, each of whom writes every ${WRITES_EVERY_S} s; this takes up to ${Math.round(totalMs / 1000)} s.`,
    );
    const steps: Step[] = [];
    const stepMs = totalMs * STEP_SHARE;
    for (let people = Math.min(FIRST_PEOPLE, most); ; people = Math.min(people * 2, most)) {
      const step = await measure(server, crowd, people, stepMs);
      print(`  ${step.people} people: ${isWell(step) ? "well" : "too many"}`);
      if (step.people > 0) steps.push(step);
      const isFull = step.people < people || people === most;
      // The next step takes the time to let twice as many in, too.
      if (isFull || !isWell(step) || performance.now() + 2 * stepMs > until) break;
    }
    if (steps.length === 0) throw new CommandError("Nobody could connect to the server that was started.");
    const { maxConnections, maxRooms } = settings.limits;
    const room: Room = { emptyBytes, freeBytes, sockets: socketsLeft(maxRooms), maxConnections, maxRooms };
    print(`\n${verdictText(boundsOf(steps, room, ROOM_PEOPLE), steps)}`);
  } finally {
    process.off("exit", clean);
    for (const signal of SIGNALS) process.off(signal, interrupted);
    for (const child of children) child.kill("SIGKILL");
    // What still writes would write into the folder again.
    await Promise.all(children.map((child) => child.exited));
    clean();
  }
}

async function measure(server: BenchServer, crowd: BenchCrowd, people: number, ms: number): Promise<Step> {
  const gathered = await crowd.order({ do: "gather", people });
  const before = await server.usage();
  const begunAt = performance.now();
  const talk = await crowd.order({ do: "talk", ms });
  const after = await server.usage();
  const said = talk.latencies.length + talk.lost;
  return {
    people: gathered.people,
    serverShare: (after.cpuS - before.cpuS) / ((performance.now() - begunAt) / 1000),
    crowdShare: talk.cpuShare,
    p99Ms: talk.latencies[Math.floor(talk.latencies.length * 0.99)] ?? 0,
    lostShare: said === 0 ? 0 : talk.lost / said,
    serverBytes: after.bytes,
  };
}

/** What the system can give to more processes. Linux counts what it can free as well. */
function freeMemory(): number {
  try {
    const [, kib] = /^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // Another system.
  }
  return freemem();
}

/** A server of its own, on a free port of this machine. */
class BenchServer {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** @param started called with its process */
  static async start(
    dataFile: string,
    fsync: string,
    started: (child: Bun.Subprocess) => void,
  ): Promise<BenchServer> {
    // All people have one address, so that the limits on addresses must be off.
    const flags = ["--port", "0", "--host", "127.0.0.1", "--data", dataFile, "--fsync", fsync, "--no-limits"];
    const child = Bun.spawn([...ownCommand(), ...flags, "--log-format", "json", "--log-level", "info"], {
      env: withoutSettings(process.env),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    started(child);
    const late = Bun.sleep(STARTS_WITHIN_MS).then(() => null);
    const port = await Promise.race([portIn(child.stdout), late]);
    if (port !== null) return new BenchServer(port);
    throw new CommandError("The server did not start.");
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  /** What it has taken so far, as its metrics say. */
  async usage(): Promise<{ cpuS: number; bytes: number }> {
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    return { cpuS: value("process_cpu_seconds_total"), bytes: value("process_resident_memory_bytes") };
  }
}

/** The port that a server names in its log, which is read to its end so that it never waits. */
function portIn(log: ReadableStream<Uint8Array>): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const read = async () => {
    let head = "";
    let isFound = false;
    const decoder = new TextDecoder();
    for await (const bytes of log) {
      if (isFound) continue;
      head += decoder.decode(bytes, { stream: true });
      const [, port] = /"event":"listening","port":(\d+)/.exec(head) ?? [];
      isFound = port !== undefined;
      if (isFound) resolve(Number(port));
    }
    resolve(null);
  };
  void read().catch(() => resolve(null));
  return promise;
}

/** The people, in a process of their own. */
class BenchCrowd {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncGenerator<string>;

  /** @param started called with its process */
  constructor(socketUrl: string, started: (child: Bun.Subprocess) => void) {
    this.#child = Bun.spawn([...ownCommand(), "bench", "crowd", socketUrl], {
      env: withoutSettings(process.env),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    started(this.#child);
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Has something done, and waits for the end of it. */
  async order(order: CrowdOrder): Promise<CrowdReport> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    await this.#child.stdin.flush();
    const { value, done } = await this.#lines.next();
    if (done) throw new CommandError("The people of the test have left.");
    return JSON.parse(value);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
