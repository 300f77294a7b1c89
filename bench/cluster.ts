/**
 * `bun bench/cluster.ts` measures servers that share one database, and prints one line of JSON per measurement. Everything,
 * including the clients, runs on this machine, so more servers share the same processors.
 */
import { cpus } from "node:os";
import { Cluster } from "../tests/support/cluster.ts";
import { PostgresServer } from "../tests/support/postgres.ts";
import { V3Client } from "../tests/support/v3.ts";

const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const SENDS = Number(process.env.BENCH_SENDS ?? 1000);
const FLAGS = ["--no-limits"];
const CLIENTS = 12;
/** Messages that one client has under way at a time. */
const WINDOW = 40;

await using postgres = await PostgresServer.start();
print({ measured: "machine", processors: cpus().length, model: cpus()[0]?.model, bun: Bun.version });
await latency();
for (const servers of [1, 2, 3]) await saturation(servers);
await recovery();
process.exit(0);

/** From a send to its acknowledgement, and to its delivery at another server; one message at a time. */
async function latency(): Promise<void> {
  await using cluster = await Cluster.start(2, FLAGS, postgres);
  const sender = await V3Client.registered(cluster.at(0).url(), "sender");
  const listener = await V3Client.registered(cluster.at(1).url(), "listener");
  await sender.next();
  const acknowledged: number[] = [];
  const delivered: number[] = [];
  for (let i = 0; i < SENDS; i++) {
    const sentAt = performance.now();
    sender.chat.send({ type: "send", content: `message ${i}`, key: String(i) });
    await Promise.all([
      sender.next().then(() => acknowledged.push(performance.now() - sentAt)),
      listener.next().then(() => delivered.push(performance.now() - sentAt)),
    ]);
  }
  print({ measured: "send to acknowledgement, ms", ...percentiles(acknowledged) });
  print({ measured: "send to delivery at another server, ms", ...percentiles(delivered) });
}

/** As many messages as possible: all clients in one room, spread over the servers. */
async function saturation(servers: number): Promise<void> {
  await using cluster = await Cluster.start(servers, FLAGS, postgres);
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, i) => V3Client.registered(cluster.at(i % servers).url(), `c${i}`)),
  );
  let sent = 0;
  let delivered = 0;
  const until = performance.now() + SECONDS * 1000;
  await Promise.all(
    clients.map(async (client, at) => {
      let open = 0;
      const send = () => {
        open++;
        client.chat.send({ type: "send", content: `a message of usual length, from ${at}` });
      };
      for (let i = 0; i < WINDOW; i++) send();
      while (open > 0) {
        const frame = await client.next();
        if (frame.type === "receive") delivered++;
        if (frame.type !== "send") continue;
        open--;
        sent++;
        if (performance.now() < until) send();
      }
    }),
  );
  const perSecond = (count: number) => Math.round(count / SECONDS);
  print({
    measured: "saturation",
    servers,
    messagesPerS: perSecond(sent),
    deliveriesPerS: perSecond(delivered),
  });
  for (const client of clients) client[Symbol.dispose]();
}

/** From the moment at which a restarted database accepts connections again to the next acknowledgement. */
async function recovery(): Promise<void> {
  await using cluster = await Cluster.start(1, FLAGS, postgres);
  const client = await V3Client.registered(cluster.at(0).url(), "sender");
  const afterReady: number[] = [];
  for (let round = 0; round < 10; round++) {
    await postgres.stop("SIGKILL");
    client.chat.send({ type: "send", content: `in the outage ${round}`, key: String(round) });
    await postgres.restart();
    const readyAt = performance.now();
    const reply = await client.next();
    if (reply.status !== true) throw new Error(`refused: ${JSON.stringify(reply)}`);
    afterReady.push(performance.now() - readyAt);
  }
  print({ measured: "from a ready database to the next acknowledgement, ms", ...percentiles(afterReady) });
}

function percentiles(values: number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round((sorted[Math.floor(part * (sorted.length - 1))] ?? 0) * 100) / 100;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}

function print(line: Record<string, unknown>): void {
  console.log(JSON.stringify(line));
}
