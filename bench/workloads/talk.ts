import type { Bench, Stage } from "../bench.ts";
import { CONTENDERS } from "../contenders.ts";
import type { Tally } from "../load/orders.ts";
import { Rows, type Section } from "../results.ts";

/** How people talk. */
interface Way {
  readonly id: TalkName;
  readonly title: string;
  readonly about: (listeners: number) => string;
  readonly talkers: number;
  /** Messages of one talker on their way at once. */
  readonly window: number;
}

export type TalkName = "sparse" | "busy" | "flood";

const TALKERS = 50;
const WINDOW = 8;

export const WAYS: readonly Way[] = [
  {
    id: "sparse",
    title: "Sparse: one message at a time",
    about: (listeners) =>
      `One talks to ${listeners} others, and sends the next message when the last is acknowledged.`,
    talkers: 1,
    window: 1,
  },
  {
    id: "busy",
    title: "Busy: 50 talkers",
    about: (listeners) =>
      `${TALKERS} of ${listeners} people talk, each sending the next message when the last is acknowledged.`,
    talkers: TALKERS,
    window: 1,
  },
  {
    id: "flood",
    title: "Flood: 50 talkers who do not wait",
    about: (listeners) =>
      `${TALKERS} of ${listeners} people talk, each with ${WINDOW} messages on their way at once.`,
    talkers: TALKERS,
    window: WINDOW,
  },
];

export const TALK_COLUMNS = [
  { key: "cpuUs", title: "CPU a delivery, µs" },
  { key: "messagesPerS", title: "messages/s" },
  { key: "bytes", title: "bytes a delivery" },
] as const;

/** Of one talk what the columns show. */
export function talkFigures(
  cpuS: number,
  tally: Tally,
): Record<(typeof TALK_COLUMNS)[number]["key"], number> {
  return {
    cpuUs: (cpuS * 1e6) / tally.messages,
    messagesPerS: tally.acks / tally.wallS,
    bytes: tally.bytes / tally.messages,
  };
}

/** Talks in all ways wanted, of all contenders, which have one crowd each for all of it. */
export async function talk(bench: Bench, names: readonly TalkName[]): Promise<Section[]> {
  const listeners = bench.sized(1000, 200, 60);
  await using stages = new AsyncDisposableStack();
  const all: Stage[] = [];
  for (const contender of bench.among(CONTENDERS.map(({ name }) => name))) {
    bench.progress(`talk: ${listeners} people come to ${contender.title}`);
    const stage = stages.use(await bench.stage(contender, { clients: listeners, roomSize: null }));
    await bench.load.order("join", { crowd: stage.crowd });
    all.push(stage);
  }
  const sections: Section[] = [];
  for (const way of WAYS.filter(({ id }) => names.includes(id))) {
    sections.push(await talkInOneWay(bench, way, all, listeners));
  }
  return sections;
}

async function talkInOneWay(
  bench: Bench,
  way: Way,
  all: readonly Stage[],
  listeners: number,
): Promise<Section> {
  const rows = new Rows();
  const messagesEach = new Map<Stage, number>();
  for (const stage of all) messagesEach.set(stage, await warmUp(bench, way, stage));
  await bench.eachRound(all, async (stage, round) => {
    const { title, name } = stage.contender;
    bench.progress(`${way.id}, round ${round + 1}: ${title}`);
    const { cpuS, result } = await runTalk(bench, way, stage, messagesEach.get(stage) ?? 1);
    rows.add(name, title, talkFigures(cpuS, result));
  });
  return {
    id: way.id,
    title: way.title,
    about: way.about(listeners - (way.talkers === 1 ? 1 : 0)),
    columns: TALK_COLUMNS,
    rows: rows.inOrder(all.map(({ contender }) => contender.name)),
  };
}

/** Lets the programs compile what they use often. @returns how many messages a talker is to send in a measured round */
async function warmUp(bench: Bench, way: Way, stage: Stage): Promise<number> {
  bench.progress(`${way.id}, warm-up: ${stage.contender.title}`);
  const fewest = way.talkers === 1 ? bench.sized(100, 20, 3) : bench.sized(40, 10, 2);
  await runTalk(bench, way, stage, fewest);
  const { cpuS, result } = await runTalk(bench, way, stage, fewest);
  const cost = Math.max(cpuS, 0.01) / result.acks;
  return Math.max(fewest, Math.round(bench.sectionCpuS / cost / way.talkers));
}

function runTalk(bench: Bench, { talkers, window }: Way, { server, crowd }: Stage, messagesEach: number) {
  return server.cpuDuring(() => bench.load.order("talk", { crowd, talkers, messagesEach, window }));
}
