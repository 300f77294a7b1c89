import type { Bench } from "../bench.ts";
import { contender } from "../contenders.ts";
import { Rows, type Section } from "../results.ts";

/** Measures what silent clients cost: memory, and pings. */
export async function idle(bench: Bench): Promise<Section> {
  const clients = bench.sized(10_000, 1000, 100);
  const roomSize = bench.sized(1000, 100, 10);
  const seconds = bench.sized(20, 6, 0.2);
  const rows = new Rows();
  const forms = [contender("v2"), contender("v3")];
  for (const form of forms) {
    bench.progress(`idle: ${clients} silent clients, ${form.title}`);
    await using stage = await bench.stage(form, { clients, roomSize });
    const { server, crowd } = stage;
    const { residentKiB: connectedKiB } = server.usage();
    await bench.load.order("join", { crowd });
    await bench.load.order("idle", { crowd, seconds: seconds / 4 });
    const { cpuS, result } = await server.cpuDuring(() => bench.load.order("idle", { crowd, seconds }));
    const emptyKiB = await emptyServerKiB(bench);
    const { residentKiB } = server.usage();
    rows.add(form.name, form.title, {
      kibAConnection: (residentKiB - emptyKiB) / clients,
      connectedKib: (connectedKiB - emptyKiB) / clients,
      cpuPercent: (cpuS / result.wallS) * 100,
      emptyMiB: emptyKiB / 1024,
      residentMiB: residentKiB / 1024,
    });
  }
  return {
    id: "idle",
    title: `Idle: ${clients} clients with a nickname`,
    about:
      `${clients} clients are connected and registered in rooms of ${roomSize} (in one room they would first get ` +
      `${((clients * (clients - 1)) / 2 / 1e6).toFixed(0)} million events about each other). Then they are silent for ${seconds} s, except for the answers to ` +
      "pings. Memory is the resident memory above that of a server that nobody has connected to.",
    columns: [
      { key: "kibAConnection", title: "memory per connection, KiB" },
      { key: "connectedKib", title: "before they registered, KiB" },
      { key: "cpuPercent", title: "CPU of one core, %" },
      { key: "emptyMiB", title: "empty server, MiB" },
      { key: "residentMiB", title: "with all clients, MiB" },
    ],
    rows: rows.inOrder(forms.map(({ name }) => name)),
  };
}

async function emptyServerKiB(bench: Bench): Promise<number> {
  await using server = await bench.servers.start(contender("v2"));
  await Bun.sleep(bench.sized(2000, 500, 50));
  return server.usage().residentKiB;
}
