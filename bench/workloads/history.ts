import type { Bench, Stage } from "../bench.ts";
import { contender } from "../contenders.ts";
import { writeHistory } from "../history-file.ts";
import { contents } from "../load/words.ts";
import { median, Rows, type Section } from "../results.ts";

/** Messages that one client has under way at a time. */
const WINDOW = 50;
const KIB_A_MIB = 1024;
const NEWEST_PAGE = '{"type":"get","limit":50}';
const WHOLE = '{"type":"get"}';

interface Length {
  readonly messages: number;
  readonly key: string;
  readonly title: string;
  readonly dataFile: string;
}

/** Measures whether a long history slows anything down. */
export async function history(bench: Bench): Promise<Section> {
  const lengths = bench.sized([0, 10_000, 1_000_000], [0, 1000, 50_000], [0, 100]).map((messages) => ({
    messages,
    key: String(messages),
    title: `${messages.toLocaleString("en")} messages`,
    dataFile: bench.servers.newDataFile(),
  }));
  for (const { dataFile, messages } of lengths)
    if (messages > 0) writeHistory(dataFile, messages, contents(1024));
  const rows = new Rows();
  await measureStarts(bench, lengths, rows);
  await measureWork(bench, lengths, rows);
  return {
    id: "history",
    title: "History: empty, short and long",
    about:
      `Start is the time from the start of the process until it listens. Then one client sends ${sends(bench)} messages per ` +
      `round, with ${WINDOW} under way, and another asks for the newest 50 (version 3). At the end, one client asks for the ` +
      "whole history (version 2), of which the server gives the newest 1 MiB. Memory is the resident memory a second after " +
      "the start, right after each round, and three seconds after the last one, when temporary memory has been released.",
    columns: [
      { key: "startMs", title: "start, ms" },
      { key: "sendsPerS", title: "sends/s" },
      { key: "sendCpuUs", title: "CPU per send, µs" },
      { key: "pageMs", title: "page p50, ms" },
      { key: "startedMiB", title: "memory after the start, MiB" },
      { key: "workedMiB", title: "after a round, MiB" },
      { key: "restedMiB", title: "at rest, MiB" },
      { key: "wholeMs", title: "whole history, ms" },
      { key: "wholeMiB", title: "whole history, MiB" },
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

/** A server with a history of one length, a client that sends and one that reads pages. */
interface Place {
  readonly length: Length;
  readonly sender: Stage;
  readonly reader: string;
}

/** The servers for all lengths run side by side, so that rounds alternate between them. */
async function measureWork(bench: Bench, lengths: readonly Length[], rows: Rows): Promise<void> {
  await using stages = new AsyncDisposableStack();
  const places: Place[] = [];
  for (const length of lengths) {
    const options = { dataFile: length.dataFile };
    const sender = stages.use(await bench.stage(contender("v2"), { clients: 1, roomSize: null }, options));
    await bench.load.order("join", { crowd: sender.crowd });
    const place = { length, sender, reader: await joinAsReader(bench, sender) };
    await sendAndRead(bench, place, sends(bench) / 10);
    places.push(place);
  }
  // Forward and back in each round: a send is short, so other work on the machine is noticeable.
  await bench.eachRound([...places, ...places.toReversed()], async (place, round) => {
    const { key, title } = place.length;
    bench.progress(`history, round ${round + 1}: ${title}`);
    rows.add(key, title, await sendAndRead(bench, place, sends(bench)));
  });
  await Bun.sleep(bench.sized(3000, 3000, 10));
  for (const { length, sender } of places) {
    rows.add(length.key, length.title, { restedMiB: sender.server.usage().residentKiB / KIB_A_MIB });
  }
  // Last: otherwise the memory that such a reply leaves behind would count as that of the history.
  for (const { length, sender } of places) {
    const times = bench.sized(5, 2, 1);
    const whole = await bench.load.order("ask", { crowd: sender.crowd, request: WHOLE, times });
    for (const wholeMs of whole.replyMs) rows.add(length.key, length.title, { wholeMs });
    rows.add(length.key, length.title, { wholeMiB: whole.bytes / times / 2 ** 20 });
  }
}

/** Another client, of version 3, in the same room. */
export async function joinAsReader(bench: Bench, { server }: Stage): Promise<string> {
  const crowd = `reader at ${server.port}`;
  const plan = { form: "v3", clients: 1, roomSize: null, contents: "words", comesBack: false } as const;
  await bench.load.order("connect", { crowd, plan: { ...plan, port: server.port, namePrefix: "reader " } });
  await bench.load.order("join", { crowd });
  return crowd;
}

async function sendAndRead(bench: Bench, { sender: { server, crowd }, reader }: Place, messagesEach: number) {
  const sent = await server.cpuDuring(() =>
    bench.load.order("talk", { crowd, talkers: 1, messagesEach, window: WINDOW }),
  );
  const times = bench.sized(300, 50, 2);
  const page = await bench.load.order("ask", { crowd: reader, request: NEWEST_PAGE, times });
  return {
    sendsPerS: sent.result.acks / sent.result.wallS,
    sendCpuUs: (sent.cpuS * 1e6) / sent.result.acks,
    pageMs: median(page.replyMs),
    workedMiB: server.usage().residentKiB / KIB_A_MIB,
  };
}

function sends(bench: Bench): number {
  return bench.sized(20_000, 2000, 20);
}
