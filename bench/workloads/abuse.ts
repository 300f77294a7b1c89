import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Bench } from "../bench.ts";
import { contender } from "../contenders.ts";
import { writeHistory } from "../history-file.ts";
import { type Attack, type HistoryName, LONG_ROOM } from "../load/attack/attack.ts";
import type { AttackTally, Target } from "../load/attack/attacker.ts";
import type { Watched } from "../load/innocents.ts";
import { percentile, Rows, type Section } from "../results.ts";
import type { Server } from "../servers.ts";

const MIB = 2 ** 20;
const KIB_A_MIB = 1024;
const SAMPLE_EVERY_MS = 100;
const SINK = { title: "The sink", program: { runtime: "bun", file: "sink.ts", flags: [] } } as const;

const HISTORIES: Readonly<Record<HistoryName, { messages: number; text: string; file: string }>> = {
  ampersands: { messages: 100, text: "&".repeat(4000), file: "data.json" },
  large: { messages: 1300, text: "🂡".repeat(4000), file: "data.json" },
  "long-room": { messages: 1_000_000, text: "x".repeat(80), file: `data.rooms/${LONG_ROOM}.json` },
};

const FELT = [
  { key: "p50Ms", title: "p50, ms" },
  { key: "p99Ms", title: "p99, ms" },
  { key: "maxMs", title: "longest, ms" },
  { key: "refused", title: "refused" },
  { key: "disconnected", title: "disconnected" },
  { key: "turnedAway", title: "newcomers turned away" },
  { key: "newcomerMaxMs", title: "longest to join, ms" },
  { key: "getsAnswered", title: "gets answered, %" },
  { key: "roomsEntered", title: "rooms entered" },
  { key: "roster", title: "nicknames" },
] as const;

const COST = [
  { key: "cpuPercent", title: "CPU of one core, %" },
  { key: "residentMiB", title: "peak memory, MiB" },
  { key: "attackerCpuPercent", title: "attacker's CPU, %" },
  { key: "othersCpuPercent", title: "others' CPU, %" },
  { key: "upKiBS", title: "attacker sends, KiB/s" },
  { key: "downKiBS", title: "attacker receives, KiB/s" },
  { key: "messagesAMinute", title: "messages/min" },
  { key: "historyMiBAMinute", title: "history, MiB/min" },
  { key: "logMiBAMinute", title: "log, MiB/min" },
] as const;

type Figures = Partial<Record<(typeof FELT)[number]["key"], number>>;
type Costs = Partial<Record<(typeof COST)[number]["key"], number>>;

/**
 * Measures what one address can do to the others.
 *
 * @param failed called with a sentence for each attack that could not be measured
 */
export async function abuse(
  bench: Bench,
  attacks: readonly Attack[],
  failed: (sentence: string) => void,
): Promise<Section[]> {
  const felt = new Rows();
  const cost = new Rows();
  const work = async (attack: Attack, round: number) => {
    const { key, title } = attack;
    bench.progress(`abuse, round ${round + 1}: ${title} (${key})`);
    try {
      const measured = await oneAttack(bench, attack);
      felt.add(key, key, measured.felt);
      cost.add(key, key, measured.cost);
      cost.remark(key, `${title}: ${measured.remark}`);
    } catch (error) {
      failed(`abuse, ${key}: ${error instanceof Error ? error.message : error}`);
    }
  };
  await bench.eachRound(attacks, work, Number.POSITIVE_INFINITY, bench.attackRounds);
  const order = attacks.map(({ key }) => key);
  const seconds = secondsOf(bench);
  return [
    {
      id: "abuse",
      title: "Abuse: what others feel",
      about:
        `For ${seconds} s one address does its worst to a new server with its default limits. Ten people, each with an address ` +
        "of their own, take turns sending a message every 100 ms; times run from the moment at which a message is due to its " +
        "reply, including a reconnect in between. Ten more people listen, one of them over a line of 20 Mbit/s. A newcomer joins " +
        "every 500 ms. The attacker is a process of its own with a lower priority, as if it ran on another machine. The first " +
        "rows are for comparison. What each attack does is described below.",
      columns: FELT,
      rows: felt.inOrder(order),
    },
    {
      id: "abuse-cost",
      title: "Abuse: what it costs",
      about:
        "For the same attacks: what the server uses for everything that it does meanwhile, and what the attack costs the " +
        "attacker. _History_ is the growth of the history files. The list below the table says what each attack does, and how " +
        "the server treats the attacker: HTTP answers by status, requests accepted or refused, and connections closed.",
      columns: COST,
      rows: cost.inOrder(order),
    },
  ];
}

interface Measured {
  readonly felt: Figures;
  readonly cost: Costs;
  readonly remark: string;
}

async function oneAttack(bench: Bench, attack: Attack): Promise<Measured> {
  const dataFile = bench.servers.newDataFile();
  if (attack.history !== undefined) {
    const { messages, text, file } = HISTORIES[attack.history];
    const path = join(dirname(dataFile), file);
    mkdirSync(dirname(path), { recursive: true });
    writeHistory(path, Math.ceil(messages * bench.sized(1, 1, 0.01)), [text]);
  }
  await using server = await bench.servers.start(contender("v3"), { dataFile, isLimited: true });
  await bench.load.order("gather", { port: server.port });
  try {
    return await withTarget(bench, attack, server, async (target) => {
      const gauge = await Gauge.start(server, dirname(dataFile));
      const seconds = secondsOf(bench) * (attack.length ?? 1);
      const attacked = bench.attacker.order("attack", { attack: attack.key, target, seconds });
      // For the time of the attack only; the innocents may wait longer for their answers.
      const costs = attacked.then(() => gauge.read());
      const watched = bench.load.order("watch", { seconds, activities: attack.innocents ?? [] });
      const [tally, used, felt] = await Promise.all([attacked, costs, watched]);
      const othersCpuPercent = (felt.loadCpuS / seconds) * 100;
      const cost = { ...used, ...costOf(tally), othersCpuPercent };
      return { felt: feltOf(felt), cost, remark: remarkOf(tally) };
    });
  } finally {
    await bench.load.order("scatter", {});
  }
}

async function withTarget(
  bench: Bench,
  { isElsewhere }: Attack,
  server: Server,
  use: (target: Target) => Promise<Measured>,
): Promise<Measured> {
  if (!isElsewhere) return use({ port: server.port, asset: await largestAsset(server.port) });
  await using sink = await bench.servers.start(SINK);
  return await use({ port: sink.port, asset: "/" });
}

/** Measures what a server uses from one moment to another. */
class Gauge {
  readonly #server: Server;
  readonly #folder: string;
  readonly #startedAtMs = performance.now();
  readonly #before: { cpuS: number; logBytes: number; historyBytes: number; messages: number };
  readonly #samples: Timer;
  #mostKiB = 0;

  static async start(server: Server, folder: string): Promise<Gauge> {
    return new Gauge(server, folder, await storedMessages(server.port));
  }

  private constructor(server: Server, folder: string, messages: number) {
    this.#server = server;
    this.#folder = folder;
    const { cpuS } = server.usage();
    this.#before = { cpuS, logBytes: server.logBytes, historyBytes: historyBytes(folder), messages };
    this.#samples = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  /** @throws Error if the server has ended */
  async read(): Promise<Costs> {
    clearInterval(this.#samples);
    this.#sample();
    const { cpuS } = this.#server.usage();
    const { logBytes } = this.#server;
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    const aMinute = (amount: number) => (amount * 60) / seconds;
    const costs = {
      cpuPercent: ((cpuS - this.#before.cpuS) / seconds) * 100,
      residentMiB: this.#mostKiB / KIB_A_MIB,
      historyMiBAMinute: aMinute((historyBytes(this.#folder) - this.#before.historyBytes) / MIB),
      logMiBAMinute: aMinute((logBytes - this.#before.logBytes) / MIB),
    };
    // Last, because a busy server may take a while to answer.
    const messages = await storedMessages(this.#server.port);
    return { ...costs, messagesAMinute: aMinute(messages - this.#before.messages) };
  }

  #sample(): void {
    this.#mostKiB = Math.max(this.#mostKiB, this.#server.usage().residentKiB);
  }
}

function secondsOf(bench: Bench): number {
  return bench.sized(10, 2, 0.5);
}

function feltOf(watched: Watched): Figures {
  const { answerMs, refused, disconnected, turnedAway, newcomerMaxMs, roster } = watched;
  return {
    p50Ms: percentile(answerMs, 50),
    p99Ms: percentile(answerMs, 99),
    maxMs: percentile(answerMs, 100),
    refused,
    disconnected,
    turnedAway,
    newcomerMaxMs,
    ...(watched.gets > 0 && { getsAnswered: (watched.getsAnswered / watched.gets) * 100 }),
    ...(watched.rooms > 0 && { roomsEntered: watched.roomsEntered }),
    ...(roster !== null && { roster }),
  };
}

function costOf({ wallS, loadCpuS, sentBytes, bytes }: AttackTally): Costs {
  return {
    attackerCpuPercent: (loadCpuS / wallS) * 100,
    upKiBS: sentBytes / wallS / 1024,
    downKiBS: bytes / wallS / 1024,
  };
}

/** What the server did with an attacker, in words. */
function remarkOf({ dials, failedDials, accepted, refused, statuses, ends }: AttackTally): string {
  const counts = (what: string, of: Readonly<Record<string, number>>) =>
    Object.entries(of).map(([kind, count]) => `${what} ${kind} ${count.toLocaleString("en")}×`);
  return [
    `${dials.toLocaleString("en")} connections`,
    ...(failedDials > 0 ? [`not connected ${failedDials.toLocaleString("en")}×`] : []),
    ...counts("HTTP", statuses),
    ...(accepted > 0 ? [`accepted ${accepted.toLocaleString("en")}×`] : []),
    ...counts("refused", refused),
    ...counts("closed", ends),
  ].join(", ");
}

/** The path of the page's largest file. */
async function largestAsset(port: number): Promise<string> {
  const origin = `http://127.0.0.1:${port}`;
  const page = await (await fetch(`${origin}/`)).text();
  const paths = [...page.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+)"/g)].flatMap(([, path]) => path ?? []);
  const sizes = await Promise.all(
    paths.map(async (path) => (await (await fetch(`${origin}${path}`)).bytes()).length),
  );
  return paths[sizes.indexOf(Math.max(...sizes))] ?? "/";
}

async function storedMessages(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^chatbox_messages_total (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
}

/** The histories of all rooms; without the sessions, which do not grow forever. */
function historyBytes(folder: string): number {
  const histories = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".json"),
  );
  const sizes = histories.map((path) => statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}
