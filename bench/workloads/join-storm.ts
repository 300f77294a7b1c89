import type { Bench } from "../bench.ts";
import { type Contender, contender } from "../contenders.ts";
import { Rows, type Section } from "../results.ts";

const TALKERS = 50;
const WINDOW = 8;
const WARM_UP_CLIENTS = 200;

/** All clients register at once: each must get an event for every client after it in the order. */
export async function joinStorms(bench: Bench): Promise<Section[]> {
  const sections: Section[] = [];
  for (const clients of bench.sized([1000, 5000], [1000], [100]))
    sections.push(await joinStorm(bench, clients));
  return sections;
}

async function joinStorm(bench: Bench, clients: number): Promise<Section> {
  const rows = new Rows();
  const forms = [contender("v2"), contender("v3")];
  await bench.eachRound(forms, async (form, round) => {
    bench.progress(`join storm of ${clients}, round ${round + 1}: ${form.title}`);
    rows.add(form.name, form.title, await oneStorm(bench, form, clients));
  });
  return {
    id: `join-storm-${clients}`,
    title: `Join storm: ${clients} register at once`,
    about:
      `${clients} clients are connected, and all ask for a nickname at once. Each must get an event for every client that ` +
      `registers after it: ${(clients * (clients - 1)) / 2} events in total. Then ${TALKERS} of them talk, with ${WINDOW} messages under way each, until about as ` +
      "many messages are delivered. Each round has a new server, warmed up in another room.",
    columns: [
      { key: "cpuUs", title: "CPU per event, µs" },
      { key: "floodCpuUs", title: "CPU per message in the flood, µs" },
      { key: "ratio", title: "ratio" },
      { key: "wallS", title: "time, s" },
      { key: "cpuS", title: "CPU, s" },
      { key: "complete", title: "events delivered, %" },
    ],
    rows: rows.inOrder(forms.map(({ name }) => name)),
  };
}

async function oneStorm(bench: Bench, form: Contender, clients: number): Promise<Record<string, number>> {
  await using stage = await bench.stage(form, { clients, roomSize: null });
  const { server, crowd } = stage;
  await warmUp(bench, form, server.port);
  const storm = await server.cpuDuring(() => bench.load.order("join", { crowd }));
  const events = (clients * (clients - 1)) / 2;
  const messagesEach = Math.max(1, Math.ceil(events / (clients - 1) / TALKERS));
  const flood = await server.cpuDuring(() =>
    bench.load.order("talk", { crowd, talkers: TALKERS, messagesEach, window: WINDOW }),
  );
  const cpuUs = (storm.cpuS * 1e6) / events;
  const floodCpuUs = (flood.cpuS * 1e6) / flood.result.messages;
  return {
    cpuUs,
    floodCpuUs,
    ratio: cpuUs / Math.max(floodCpuUs, 1e-9),
    wallS: storm.result.wallS,
    cpuS: storm.cpuS,
    complete: (storm.result.registers / events) * 100,
  };
}

/** Uses another room of the same server, so that the storm does not measure the compilation of code. */
async function warmUp(bench: Bench, { form }: Contender, port: number): Promise<void> {
  const crowd = "warm-up";
  const clients = WARM_UP_CLIENTS;
  const plan = { port, form, clients, roomSize: clients, contents: "words", comesBack: false } as const;
  await bench.load.order("connect", { crowd, plan });
  await bench.load.order("join", { crowd });
  const messagesEach = bench.sized(40, 10, 1);
  await bench.load.order("talk", { crowd, talkers: TALKERS, messagesEach, window: WINDOW });
  await bench.load.order("disband", { crowd });
}
