import type { Bench, Stage } from "../bench.ts";
import { Rows, type Section } from "../results.ts";

const MESSAGES_PER_S = 100;

/** How long a message takes to its last listener, at a steady rate that each server can keep up with. */
export async function paced(bench: Bench): Promise<Section> {
  const listeners = bench.sized(1000, 200, 20);
  const seconds = bench.sized(8, 1, 0.2);
  await using stages = new AsyncDisposableStack();
  const all: Stage[] = [];
  for (const contender of bench.among(["v2", "v3", "floor-message", "bun-publish", "ws-loop"])) {
    bench.progress(`paced: ${listeners} people come to ${contender.title}`);
    const stage = stages.use(await bench.stage(contender, { clients: listeners + 1, roomSize: null }));
    await bench.load.order("join", { crowd: stage.crowd });
    await pace(bench, stage, seconds / 4);
    all.push(stage);
  }
  const rows = new Rows();
  await bench.eachRound(all, async (stage, round) => {
    const { title, name } = stage.contender;
    bench.progress(`paced, round ${round + 1}: ${title}`);
    const { cpuS, result } = await pace(bench, stage, seconds);
    const { p50Ms, p99Ms, p999Ms, maxMs, lateP99Ms, wallS } = result;
    const cpuPercent = (cpuS / wallS) * 100;
    rows.add(name, title, { p50Ms, p99Ms, p999Ms, maxMs, cpuPercent, lateP99Ms });
  });
  return {
    id: "paced",
    title: "Paced: 100 messages a second",
    about:
      `One talks to ${listeners} others at a steady ${MESSAGES_PER_S} messages/s. The latency is from the moment at which a ` +
      "message was to be sent to the moment at which its last listener has read it, and has the generator's own part in it.",
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
