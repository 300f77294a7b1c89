import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { CLOSING, encodeRecord } from "../../src/engine/record.ts";
import type { Bench, Stage } from "../bench.ts";
import { contender } from "../contenders.ts";
import { contents } from "../load/words.ts";
import { median, Rows, type Section } from "../results.ts";

/** Messages of one client on their way at once. */
const WINDOW = 50;
const LINES_A_WRITE = 10_000;
const FIRST_TIME_MS = 1_795_400_000_000;
const KIB_A_MIB = 1024;
const NEWEST_PAGE = '{"type":"get","limit":50}';
const WHOLE = '{"type":"get"}';

interface Length {
  readonly messages: number;
  readonly key: string;
  readonly title: string;
  readonly dataFile: string;
}

/** Whether a long history slows anything down. */
export async function history(bench: Bench): Promise<Section> {
  const lengths = bench.sized([0, 10_000, 1_000_000], [0, 1000, 50_000], [0, 100]).map((messages) => ({
    messages,
    key: String(messages),
    title: `${messages.toLocaleString("en")} messages`,
    dataFile: bench.servers.newDataFile(),
  }));
  for (const { dataFile, messages } of lengths) if (messages > 0) writeHistory(dataFile, messages);
  const rows = new Rows();
  await measureStarts(bench, lengths, rows);
  await measureWork(bench, lengths, rows);
  return {
    id: "history",
    title: "History: none, short and long",
    about:
      `Start is from the start of the process to its listening. Then one client sends with ${WINDOW} messages on their way, ` +
      "and asks for the whole history (version 2; the newest 16 MiB at most) and for the newest 50 messages (version 3). " +
      "Memory is what is resident a second after the start, and after all that.",
    columns: [
      { key: "startMs", title: "start, ms" },
      { key: "sendsPerS", title: "sends/s" },
      { key: "sendCpuUs", title: "CPU a send, µs" },
      { key: "getMs", title: "whole, ms" },
      { key: "getMiB", title: "whole, MiB" },
      { key: "pageMs", title: "page p50, ms" },
      { key: "startedMiB", title: "memory, MiB" },
      { key: "workedMiB", title: "after all, MiB" },
    ],
    rows: rows.inOrder(lengths.map(({ key }) => key)),
  };
}

async function measureStarts(bench: Bench, lengths: readonly Length[], rows: Rows): Promise<void> {
  await bench.eachRound(lengths, async ({ key, title, dataFile }, round) => {
    bench.progress(`history, start ${round + 1}: ${title}`);
    await using server = await bench.servers.start(contender("v2"), { dataFile });
    await Bun.sleep(bench.sized(1000, 200, 10));
    rows.add(key, title, { startMs: server.startMs, startedMiB: server.usage().residentKiB / KIB_A_MIB });
  });
}

/** The servers of all lengths stand beside each other, so that rounds alternate between them. */
async function measureWork(bench: Bench, lengths: readonly Length[], rows: Rows): Promise<void> {
  await using stages = new AsyncDisposableStack();
  const all: { length: Length; v2: Stage; readerOfPages: string }[] = [];
  for (const length of lengths) {
    const options = { dataFile: length.dataFile };
    const v2 = stages.use(await bench.stage(contender("v2"), { clients: 1, roomSize: null }, options));
    await bench.load.order("join", { crowd: v2.crowd });
    const readerOfPages = `${v2.crowd}, version 3`;
    await joinAsV3(bench, readerOfPages, v2.server.port);
    await work(bench, v2, readerOfPages, bench.sized(2000, 200, 10));
    all.push({ length, v2, readerOfPages });
  }
  await bench.eachRound(all, async ({ length, v2, readerOfPages }, round) => {
    bench.progress(`history, round ${round + 1}: ${length.title}`);
    rows.add(length.key, length.title, await work(bench, v2, readerOfPages, bench.sized(10_000, 2000, 20)));
  });
}

/** Another client in the same room, which asks for pages. */
async function joinAsV3(bench: Bench, crowd: string, port: number): Promise<void> {
  const plan = { port, form: "v3", clients: 1, roomSize: null, contents: "words", comesBack: false } as const;
  await bench.load.order("connect", { crowd, plan: { ...plan, namePrefix: "page reader " } });
  await bench.load.order("join", { crowd });
}

async function work(bench: Bench, { server, crowd }: Stage, readerOfPages: string, sends: number) {
  const sent = await server.cpuDuring(() =>
    bench.load.order("talk", { crowd, talkers: 1, messagesEach: sends, window: WINDOW }),
  );
  const whole = await bench.load.order("ask", { crowd, request: WHOLE, times: bench.sized(3, 2, 1) });
  const page = await bench.load.order("ask", {
    crowd: readerOfPages,
    request: NEWEST_PAGE,
    times: bench.sized(300, 50, 2),
  });
  return {
    sendsPerS: sent.result.acks / sent.result.wallS,
    sendCpuUs: (sent.cpuS * 1e6) / sent.result.acks,
    getMs: median(whole.replyMs),
    getMiB: whole.bytes / whole.replyMs.length / 2 ** 20,
    pageMs: median(page.replyMs),
    workedMiB: server.usage().residentKiB / KIB_A_MIB,
  };
}

/** A file as the server itself would have written it. */
function writeHistory(path: string, messages: number): void {
  const texts = contents(1024);
  const file = openSync(path, "w");
  let lines = ["["];
  for (let id = 1; id <= messages; id++) {
    const record = encodeRecord({
      name: `u${id % 50}`,
      content: texts[id % texts.length] ?? "",
      timestamp: "23/11/2026 10:10:10",
      id,
      time: FIRST_TIME_MS + id,
    });
    lines.push(id === messages ? record : `${record},`);
    if (lines.length < LINES_A_WRITE && id < messages) continue;
    writeSync(file, id === messages ? lines.join("\n") : `${lines.join("\n")}\n`);
    lines = [];
  }
  writeSync(file, CLOSING);
  fsyncSync(file);
  closeSync(file);
}
