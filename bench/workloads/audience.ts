import type { Bench, Stage } from "../bench.ts";
import type { Contender } from "../contenders.ts";

/** How many people are in a room: one who talks, and 1,000 who listen. */
export function audienceSize(bench: Bench): number {
  return bench.sized(1000, 200, 60) + 1;
}

/**
 * Starts servers side by side, each with an audience in one room, and ends them after use. They stay
 * for several workloads, because joining costs more than talking.
 */
export async function withAudiences<T>(
  bench: Bench,
  contenders: readonly Contender[],
  use: (stages: readonly Stage[]) => Promise<T>,
): Promise<T> {
  await using stages = new AsyncDisposableStack();
  const all: Stage[] = [];
  const clients = audienceSize(bench);
  for (const contender of contenders) {
    bench.progress(`${clients} people join ${contender.title}`);
    const stage = stages.use(await bench.stage(contender, { clients, roomSize: null }));
    await bench.load.order("join", { crowd: stage.crowd });
    all.push(stage);
  }
  // Without `await` the servers would end before they are used.
  return await use(all);
}
