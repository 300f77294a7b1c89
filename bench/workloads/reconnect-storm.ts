import type { Bench } from "../bench.ts";
import { contender } from "../contenders.ts";
import { Rows, type Section } from "../results.ts";

const KIB_A_MIB = 1024;

/** Measures a restart of a full room: all clients resume, and nobody may see a leave or a join. */
export async function reconnectStorm(bench: Bench): Promise<Section> {
  const clients = bench.sized(5000, 500, 50);
  const rows = new Rows();
  const v3 = contender("v3");
  const rounds = Math.min(bench.rounds, 2);
  for (let round = 0; round < rounds; round++) {
    bench.progress(`reconnect storm of ${clients}, round ${round + 1}`);
    rows.add(v3.name, v3.title, await oneStorm(bench, clients));
  }
  return {
    id: "reconnect-storm",
    title: `Reconnect storm: ${clients} resume`,
    about:
      `The server of a room with ${clients} clients is killed and started again. Each client waits for a random part of the ` +
      "time that the welcome asked for, and resumes. Times run from the moment at which the server listens again.",
    columns: [
      { key: "halfS", title: "half are back, s" },
      { key: "mostS", title: "99 %, s" },
      { key: "allS", title: "all, s" },
      { key: "cpuS", title: "CPU, s" },
      { key: "peakMiB", title: "peak memory, MiB" },
      { key: "leaves", title: "leaves seen" },
      { key: "registers", title: "joins seen" },
      { key: "refusals", title: "refused" },
    ],
    rows: rows.inOrder([v3.name]),
  };
}

async function oneStorm(bench: Bench, clients: number): Promise<Record<string, number>> {
  const v3 = contender("v3");
  const dataFile = bench.servers.newDataFile();
  await using stage = await bench.stage(v3, { clients, roomSize: null, comesBack: true }, { dataFile });
  const { crowd } = stage;
  await bench.load.order("join", { crowd });
  const { port } = stage.server;
  const back = bench.load.order("awaitReturn", { crowd });
  await stage.server.kill();
  stage.server = await bench.servers.start(v3, { dataFile, port });
  const { backAtMs, leaves, registers, refusals } = await back;
  const { cpuS, peakKiB } = stage.server.usage();
  const at = (part: number) =>
    ((backAtMs[Math.ceil(part * backAtMs.length) - 1] ?? 0) - stage.server.listeningAtMs) / 1000;
  return {
    halfS: at(0.5),
    mostS: at(0.99),
    allS: at(1),
    cpuS,
    peakMiB: peakKiB / KIB_A_MIB,
    leaves,
    registers,
    refusals,
  };
}
