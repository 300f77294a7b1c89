import type { Bench, Stage } from "../bench.ts";
import { contender } from "../contenders.ts";
import { writeHistory } from "../history-file.ts";
import type { Latency, Tally } from "../load/orders.ts";
import { contents } from "../load/words.ts";
import { median, Rows, type Section } from "../results.ts";
import { audienceSize, withAudiences } from "./audience.ts";
import { joinAsReader } from "./history.ts";

const PER_S = 100;
const KIB_A_MIB = 1024;
const BYTES_A_KIB = 1024;
/** How many messages a page has. */
const PAGE = 50;

/** Measures what it costs to tell a room of changes of messages, and what a history with many of them costs. */
export async function changes(bench: Bench): Promise<Section[]> {
  return [await liveChanges(bench), await changedHistory(bench)];
}

async function liveChanges(bench: Bench): Promise<Section> {
  const rows = new Rows();
  await withAudiences(bench, bench.among(["v3"]), async (stages) => {
    const seconds = bench.sized(8, 1, 0.2);
    // As every client does when it enters.
    const request = JSON.stringify({ type: "get", limit: PAGE });
    for (const { crowd } of stages) await bench.load.order("ask", { crowd, request, times: 1 });
    for (const stage of stages) await pace(bench, stage, Math.max(seconds / 4, 0.1));
    await bench.eachRound(
      stages,
      async (stage, round) => {
        bench.progress(`changes, round ${round + 1}`);
        const { messages, changes: changed } = await pace(bench, stage, seconds);
        rows.add("messages", "messages", figures(messages, messages.result.messages));
        rows.add("changes", "edits and reactions", figures(changed, changed.result.changes));
      },
      seconds * 2 * (bench.rounds + 1),
    );
  });
  return {
    id: "changes",
    title: "Changes: 100 edits and reactions per second",
    about:
      `${audienceSize(bench)} people are in one room (version 3), and one of them sends a steady ${PER_S} messages/s, and then as many edits ` +
      "of own messages and reactions to them, in turn. The latency is that of the paced workload.",
    columns: [
      { key: "cpuUs", title: "CPU per delivery, µs" },
      { key: "bytes", title: "bytes per delivery" },
      { key: "p50Ms", title: "p50, ms" },
      { key: "p99Ms", title: "p99, ms" },
    ],
    rows: rows.inOrder(["messages", "changes"]),
  };
}

/** Each round has both: what the machine does meanwhile is then alike for both. */
async function pace(bench: Bench, { server, crowd }: Stage, seconds: number) {
  const messages = await server.cpuDuring(() =>
    bench.load.order("pace", { crowd, messagesPerS: PER_S, seconds }),
  );
  const changed = await server.cpuDuring(() =>
    bench.load.order("paceChanges", { crowd, changesPerS: PER_S, seconds }),
  );
  return { messages, changes: changed };
}

function figures(
  { cpuS, result }: { cpuS: number; result: Tally & Latency },
  deliveries: number,
): Record<"cpuUs" | "bytes" | "p50Ms" | "p99Ms", number> {
  const { bytes, p50Ms, p99Ms } = result;
  return { cpuUs: (cpuS * 1e6) / deliveries, bytes: bytes / deliveries, p50Ms, p99Ms };
}

/** A history, with changes or without. */
interface Kind {
  readonly key: "plain" | "changed";
  readonly title: string;
  readonly dataFile: string;
}

async function changedHistory(bench: Bench): Promise<Section> {
  const messages = bench.sized(1_000_000, 50_000, 100);
  const count = messages / 10;
  const kinds = (["plain", "changed"] as const).map((key): Kind => {
    const dataFile = bench.servers.newDataFile();
    writeHistory(dataFile, messages, contents(1024), key === "plain" ? 0 : count);
    const title = key === "plain" ? "without changes" : `${count.toLocaleString("en")} changes`;
    return { key, title, dataFile };
  });
  const rows = new Rows();
  await bench.eachRound(kinds, async ({ key, title, dataFile }, round) => {
    bench.progress(`changes, start ${round + 1}: ${title}`);
    await using server = await bench.servers.start(contender("v3"), { dataFile });
    await Bun.sleep(bench.sized(1000, 200, 10));
    rows.add(key, title, { startMs: server.startMs, startedMiB: server.usage().residentKiB / KIB_A_MIB });
  });
  await measurePages(bench, kinds, messages, rows);
  return {
    id: "changed-history",
    title: "Changes in a long history",
    about:
      `The history has ${messages.toLocaleString("en")} messages, and one of them also has ${count.toLocaleString("en")} changes, spread over all of it: ` +
      `half of them edits, a fifth deletions, the rest reactions. Start is the time from the start of the process until it listens. ` +
      `Then one client (version 3) asks for pages of ${PAGE}: the newest one, and others from nine places in the history. ` +
      "A page after a message has as many events in both, and nearly as many bytes. " +
      "Memory is the resident memory a second after the start, and three seconds after the last page.",
    columns: [
      { key: "startMs", title: "start, ms" },
      { key: "newestMs", title: "newest page p50, ms" },
      { key: "beforeMs", title: "page before p50, ms" },
      { key: "afterMs", title: "page after p50, ms" },
      { key: "afterKiB", title: "page after, KiB" },
      { key: "startedMiB", title: "memory after the start, MiB" },
      { key: "restedMiB", title: "at rest, MiB" },
    ],
    rows: rows.inOrder(kinds.map(({ key }) => key)),
  };
}

/** The servers of both run side by side, so that rounds alternate between them. */
async function measurePages(
  bench: Bench,
  kinds: readonly Kind[],
  messages: number,
  rows: Rows,
): Promise<void> {
  await using stages = new AsyncDisposableStack();
  const places: { kind: Kind; stage: Stage; reader: string }[] = [];
  for (const kind of kinds) {
    const options = { dataFile: kind.dataFile };
    const stage = stages.use(await bench.stage(contender("v3"), { clients: 1, roomSize: null }, options));
    const place = { kind, stage, reader: await joinAsReader(bench, stage) };
    await readPages(bench, place.reader, messages);
    places.push(place);
  }
  await bench.eachRound(places, async ({ kind: { key, title }, reader }, round) => {
    bench.progress(`changes, pages ${round + 1}: ${title}`);
    rows.add(key, title, await readPages(bench, reader, messages));
  });
  await Bun.sleep(bench.sized(3000, 300, 10));
  for (const { kind, stage } of places)
    rows.add(kind.key, kind.title, { restedMiB: stage.server.usage().residentKiB / KIB_A_MIB });
}

async function readPages(bench: Bench, crowd: string, messages: number) {
  const times = bench.sized(30, 10, 2);
  const ask = async (page: object) => {
    const request = JSON.stringify({ type: "get", limit: PAGE, ...page });
    return await bench.load.order("ask", { crowd, request, times });
  };
  const newestMs = median((await ask({})).replyMs);
  const [before, after]: [number[], number[]] = [[], []];
  let afterBytes = 0;
  for (let place = 1; place < 10; place++) {
    const id = Math.round((messages * place) / 10);
    before.push(...(await ask({ before: id })).replyMs);
    const { replyMs, bytes } = await ask({ after: id });
    after.push(...replyMs);
    afterBytes += bytes;
  }
  const afterKiB = afterBytes / after.length / BYTES_A_KIB;
  return { newestMs, beforeMs: median(before), afterMs: median(after), afterKiB };
}
