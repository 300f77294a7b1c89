/** Webhooks of several servers: one delivers, and another one goes on when it is gone. */
import { expect, test } from "bun:test";
import { Cluster } from "../support/cluster.ts";
import { runCommand } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";
import { type Received, Receiver } from "../support/webhook.ts";

const EAGER = ["--webhook-private", "--webhook-retry", "0.02", "--webhook-retry-most", "0.1"];

const contentOf = ({ body }: Received) => String(body.data.message?.content);

test("one of the servers delivers what happens at all of them, and when it stops or dies another one goes on where it was", async () => {
  await using cluster = await Cluster.start(3, EAGER);
  using receiver = new Receiver();
  const flags = ["--database-url", cluster.url, "--url", receiver.url()];
  expect((await runCommand(["webhook", "create", "Hook", ...flags])).exitCode).toBe(0);
  const said: string[] = [];
  const say = async (at: number, room: string | undefined, content: string) => {
    using an = await V3Client.registered(cluster.at(at).url(room), `An ${content}`);
    await an.say(content);
    said.push(content);
  };
  const isTold = (content: string) => receiver.next((each) => contentOf(each) === content);
  for (const at of [0, 1, 2]) {
    await say(at, undefined, `main ${at}`);
    await say(at, `room${at}`, `room ${at}`);
  }
  for (const content of said) await isTold(content);
  // Of the three one does it.
  expect(receiver.received.map(contentOf).toSorted()).toEqual(said.toSorted());

  const counts = await Promise.all(cluster.servers.map((server) => deliveredBy(server.http("/metrics"))));
  expect(counts.filter((count) => count > 0)).toHaveLength(1);
  const first = counts.findIndex((count) => count > 0);
  const rest = [0, 1, 2].filter((at) => at !== first);
  await cluster.at(first).stop();
  await say(rest[0] ?? 0, undefined, "after a stop");
  await say(rest[1] ?? 0, "tea", "after a stop, in another room");
  for (const content of said) await isTold(content);

  const later = await Promise.all(rest.map((at) => deliveredBy(cluster.at(at).http("/metrics"))));
  const second = rest[later.findIndex((count) => count > 0)] ?? 0;
  const last = rest.find((at) => at !== second) ?? 0;
  await cluster.at(second).kill();
  await say(last, undefined, "after a crash");
  for (const content of said) await isTold(content);
  const inMain = receiver.received.filter(({ body }) => body.data.room === "/");
  const once = [...new Map(inMain.map((each) => [each.id, each])).values()];
  expect(once.map(contentOf)).toEqual(["main 0", "main 1", "main 2", "after a stop", "after a crash"]);
});

/** How many deliveries have succeeded at a server. */
async function deliveredBy(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  return Number(/^chatbox_webhook_deliveries_total\{result="delivered"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
