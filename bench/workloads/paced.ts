import type { Bench, Stage } from "../bench.ts";
import type { ContenderName } from "../contenders.ts";
import { Rows, type Section } from "../results.ts";
import { audienceSize } from "./audience.ts";

const MESSAGES_PER_S = 100;

/** The contenders that are measured. Others need more than a whole core, and would only show how their queues grow. */
export const PACED: readonly ContenderName[] = ["v2", "v3", "floor-message", "bun-publish", "ws-loop"];

/** Measures how long a message takes to reach its last listener, at a rate that every server can sustain. */
export async function paced(bench: Bench, audiences: readonly Stage[]): Promise<Section> {
  const all = audiences.filter(({ contender }) => PACED.includes(contender.name));
  const seconds = bench.sized(8, 1, 0.2);
  for (const stage of all) await pace(bench, stage, seconds / 4);
  const rows = new Rows();
  const work = async (stage: Stage, round: number) => {
    const { title, name } = stage.contender;
    bench.progress(`paced, round ${round + 1}: ${title}`);
    const { cpuS, result } = await pace(bench, stage, seconds);
    const { p50Ms, p99Ms, p999Ms, maxMs, lateP99Ms, wallS } = result;
    const cpuPercent = (cpuS / wallS) * 100;
    rows.add(name, title, { p50Ms, p99Ms, p999Ms, maxMs, cpuPercent, lateP99Ms });
  };
  await bench.eachRound(all, work, all.length * seconds * (bench.rounds + 1));
  return {
    id: "paced",
    title: "Paced: 100 messages per second",
    about:
      `${audienceSize(bench)} people are in one room, and one of them sends a steady ${MESSAGES_PER_S} messages/s. The latency runs from ` +
      "the moment at which a message is due to the moment at which its last listener has read it, and includes the load " +
      "generator's own share.",
    columns: [
      { key: "p50Ms", title: "p50, ms" },
      { key: "p99Ms", title: "p99, ms" },
      { key: "p999Ms", title: "p99.9, ms" },
      { key: "maxMs", title: "longest, ms" },
      { key: "cpuPercent", title: "CPU of one core, %" },
      { key: "lateP99Ms", title: "sent late, p99, ms" },
    ],
    rows: rows.inOrder(all.map(({ contender }) => contender.name)),
  };
}

function pace(bench: Bench, { server, crowd }: Stage, seconds: number) {
  return server.cpuDuring(() =>
    bench.load.order("pace", { crowd, messagesPerS: MESSAGES_PER_S, seconds: Math.max(seconds, 0.1) }),
  );
}
