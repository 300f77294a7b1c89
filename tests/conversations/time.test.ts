import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { startServer } from "../support/server.ts";

/** The timestamps that the seconds of a span have in a zone, as numbers in the order year, month, ... second. */
function momentsBetween(fromMs: number, toMs: number, zone: string): string[][] {
  const moments: string[][] = [];
  for (let second = Math.floor(fromMs / 1000); second <= Math.floor(toMs / 1000); second++) {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    }).formatToParts(second * 1000);
    const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? "";
    moments.push(["year", "month", "day", "hour", "minute", "second"].map(part));
  }
  return moments;
}

/** Starts a server, and checks every timestamp that it writes against one template and zone. */
async function expectTimestamps(
  server: { url(): string },
  zone: string,
  write: (...moment: string[]) => string,
): Promise<void> {
  const before = Date.now();
  using witness = await ChatClient.registered(server.url(), "Bình");
  using client = await ChatClient.connect(server.url());
  const frames = [await client.register("An"), await client.say("hello")];
  client.send({ type: "name", name: "Ân" });
  frames.push(await client.next());
  client.send({ type: "get" });
  frames.push(await client.next());
  await client.close();
  for (let i = 0; i < 4; i++) frames.push(await witness.next());
  const possible = momentsBetween(before, Date.now(), zone).map((moment) => write(...moment));
  for (const frame of frames) expect(possible).toContain(String(frame.timestamp));
  const [message] = (await witness.get()).messages;
  expect(message?.timestamp).toBe(String(frames[1]?.timestamp));
}

test("TIME-1 a timestamp is DD/MM/YYYY HH:mm:ss in the server's time zone", async () => {
  // A zone that is half an hour off, so that no other one is taken for it.
  await using server = await startServer([], { env: { TZ: "America/St_Johns" } });
  await expectTimestamps(
    server,
    "America/St_Johns",
    (y, mo, d, h, mi, s) => `${d}/${mo}/${y} ${h}:${mi}:${s}`,
  );
});

test("TIME-2 the operator may set another zone", async () => {
  await using server = await startServer(["--timezone", "Asia/Kathmandu"], { env: { TZ: "UTC" } });
  await expectTimestamps(server, "Asia/Kathmandu", (y, mo, d, h, mi, s) => `${d}/${mo}/${y} ${h}:${mi}:${s}`);
});

test("TIME-2 the operator may set another template", async () => {
  const flags = ["--timestamp", "YYYY-MM-DDTHH:mm:ss, DD/MM", "--timezone", "Asia/Ho_Chi_Minh"];
  await using server = await startServer(flags);
  const write = (y?: string, mo?: string, d?: string, h?: string, mi?: string, s?: string) =>
    `${y}-${mo}-${d}T${h}:${mi}:${s}, ${d}/${mo}`;
  await expectTimestamps(server, "Asia/Ho_Chi_Minh", write);
});
