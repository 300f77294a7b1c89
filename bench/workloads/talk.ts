import type { Bench, Stage } from "../bench.ts";
import type { Tally } from "../load/orders.ts";
import { Rows, type Section } from "../results.ts";
import { audienceSize } from "./audience.ts";

/** A way of talking. */
interface Way {
  readonly title: string;
  readonly about: string;
  readonly talkers: number;
  /** Messages that one talker has under way at a time. */
  readonly window: number;
}

export type TalkName = "sparse" | "busy" | "flood";

const WAYS: Readonly<Record<TalkName, Way>> = {
  sparse: {
    title: "Sparse: one message at a time",
    about: "One of them talks, sending each message when the previous one is acknowledged.",
    talkers: 1,
    window: 1,
  },
  busy: {
    title: "Busy: 50 talkers",
    about: "50 of them talk, each sending a message when its previous one is acknowledged.",
    talkers: 50,
    window: 1,
  },
  flood: {
    title: "Flood: 50 talkers who do not wait",
    about: "50 of them talk, each with 8 messages under way at a time.",
    talkers: 50,
    window: 8,
  },
};

/** The unit in which CPU time is counted. */
const SHORTEST_CPU_S = 0.01;

export const TALK_COLUMNS = [
  { key: "cpuUs", title: "CPU per delivery, µs" },
  { key: "messagesPerS", title: "messages/s" },
  { key: "bytes", title: "bytes per delivery" },
] as const;

/** The figures of one talk, by column. */
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

/** Talks in one way on each of several servers, each of which has its own audience. */
export async function talk(bench: Bench, name: TalkName, all: readonly Stage[]): Promise<Section> {
  const way = WAYS[name];
  const rows = new Rows();
  const messagesEach = new Map<Stage, number>();
  for (const stage of all) messagesEach.set(stage, await warmUp(bench, name, stage));
  await bench.eachRound(all, async (stage, round) => {
    const { title, name: key } = stage.contender;
    bench.progress(`${name}, round ${round + 1}: ${title}`);
    const { cpuS, result } = await runTalk(bench, way, stage, messagesEach.get(stage) ?? 1);
    rows.add(key, title, talkFigures(cpuS, result));
  });
  return {
    id: name,
    title: way.title,
    about: `${audienceSize(bench)} people are in one room. ${way.about}`,
    columns: TALK_COLUMNS,
    rows: rows.inOrder(all.map(({ contender }) => contender.name)),
  };
}

/**
 * Makes each server compile its code for a message, by a flood, which has the most messages per second. After as few as a
 * sparse talk has, parts of the code would still be interpreted, unlike in a server that has run for a while.
 */
export async function exercise(bench: Bench, all: readonly Stage[]): Promise<void> {
  for (const stage of all) {
    bench.progress(`exercise: ${stage.contender.title}`);
    const messagesEach = await warmUp(bench, "flood", stage);
    await runTalk(bench, WAYS.flood, stage, bench.sized(2, 1, 1) * messagesEach);
  }
}

/**
 * Finds out how many messages to send to each server. One that writes each event takes a hundred times as long per
 * message as one that writes batches; so a few messages come first, and show how many make the desired amount of work.
 *
 * @returns how many messages each talker sends in a measured round
 */
async function warmUp(bench: Bench, name: TalkName, stage: Stage): Promise<number> {
  bench.progress(`${name}, warm-up: ${stage.contender.title}`);
  const way = WAYS[name];
  let messagesEach = way.talkers === 1 ? bench.sized(40, 20, 3) : bench.sized(4, 4, 2);
  for (const cpuS of [bench.sectionCpuS / 3, bench.sectionCpuS]) {
    const taken = await runTalk(bench, way, stage, messagesEach);
    const cost = Math.max(taken.cpuS, SHORTEST_CPU_S) / taken.result.acks;
    messagesEach = Math.max(messagesEach, Math.round(cpuS / cost / way.talkers));
  }
  return messagesEach;
}

function runTalk(bench: Bench, { talkers, window }: Way, { server, crowd }: Stage, messagesEach: number) {
  return server.cpuDuring(() => bench.load.order("talk", { crowd, talkers, messagesEach, window }));
}
