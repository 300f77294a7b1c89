/** Clients that do not read what they are sent. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import { ChatClient, historyOf, parseFrame } from "../support/client.ts";
import { RawPeer } from "../support/raw.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";
import { pageOf, V3Client } from "../support/v3.ts";

const MIB = 1024 * 1024;
/** The longest content there is: 16 kB of UTF-8. */
const LONGEST = "😀".repeat(4000);

/** The memory that a process has in use, in MiB; 0 where the system does not tell. */
function residentMib(pid: number): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0) / 1024;
}

async function stalledPeer(url: string, name: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(url);
  await peer.register(name);
  peer.stopReading();
  return peer;
}

test("LIM-8 CLOSE-8 clients that never read are cut without a close frame, and the others are served all the while", async () => {
  await using server = await startServer(["--no-limits"]);
  using witness = await ChatClient.registered(server.url(), "witness");
  using speaker = await ChatClient.registered(server.url(), "speaker");
  const stalled: RawPeer[] = [];
  for (let i = 0; i < 20; i++) stalled.push(await stalledPeer(server.url(), `stalled ${i}`));
  await speaker.nextWhere((frame) => frame.name === "stalled 19");
  await witness.nextWhere((frame) => frame.name === "stalled 19");
  const before = residentMib(server.pid);
  let largest = 0;
  let left = 0;
  for (let sent = 0; left < stalled.length; sent++) {
    // Twenty readers that take nothing hold up no reply and no event.
    expect(sent).toBeLessThan(4000);
    speaker.send({ type: "send", content: LONGEST });
    const reply = await speaker.nextWhere((frame) => frame.datatype !== "leave");
    expect(reply).toMatchObject({ type: "send", status: true });
    let event = await witness.next();
    for (; event.datatype === "leave"; event = await witness.next()) left++;
    expect(event).toMatchObject({ datatype: "message", name: "speaker" });
    if (sent % 20 === 0) largest = Math.max(largest, residentMib(server.pid));
  }
  // For each of them no more waits than the limit and one history; without it, all that was said would.
  expect(largest - before).toBeLessThan(800);
  for (const peer of stalled) {
    peer.readAgain();
    expect((await peer.closed).code).toBeNull();
  }
  await witness.say("all is well");
  expect((await witness.get()).online).toEqual(["witness", "speaker"]);
});

/** A history file of so many MiB, as another program would have written it. */
async function largeHistory(
  folder: TemporaryFolder,
  mib: number,
): Promise<{ dataFile: string; messages: number }> {
  const dataFile = join(folder.path, "data.json");
  const message = { name: "An", content: "x".repeat(4000), timestamp: "01/02/2023, 03:04:05" };
  const messages = Math.ceil((mib * MIB) / JSON.stringify(message).length);
  await Bun.write(dataFile, JSON.stringify(Array.from({ length: messages }, () => message)));
  return { dataFile, messages };
}

test("LIM-8 LIM-13 the reply to a large get may be read slowly, and until it is read another large get is refused", async () => {
  using folder = new TemporaryFolder();
  const { dataFile, messages } = await largeHistory(folder, 12);
  await using server = await startServer(["--unsent-output", "64KiB", "--get-budget", "16MiB"], { dataFile });
  using other = await ChatClient.registered(server.url(), "other", { pings: true });
  using slow = await RawPeer.connect(server.url(), { answersPings: false });
  await slow.register("slow");
  slow.stopReading();
  for (let i = 0; i < 2; i++) slow.sendText('{"type":"get"}');
  // Between two pings the server looks several times at what it has not been able to send.
  await other.nextWhere((frame) => frame.type === "ping");
  await other.say("meanwhile");
  await other.nextWhere((frame) => frame.type === "ping");
  slow.readAgain();
  expect(historyOf(parseFrame(await slow.next())).messages).toHaveLength(messages);
  expect(parseFrame(await slow.next())).toMatchObject({ type: "get", reason: "TooManyRequests" });
  expect(parseFrame(await slow.next())).toMatchObject({ datatype: "message", content: "meanwhile" });
});

test("LIM-8 a client that does not read the reply to a large get within the grace is cut off", async () => {
  using folder = new TemporaryFolder();
  const { dataFile } = await largeHistory(folder, 12);
  const flags = ["--unsent-output", "64KiB", "--get-grace", "1", "--get-budget", "16MiB"];
  await using server = await startServer(flags, { dataFile });
  using witness = await ChatClient.registered(server.url(), "witness");
  // A client that reads nothing cannot answer pings either. This one was here first, and is found dead later.
  using silent = await RawPeer.connect(server.url(), { answersPings: false });
  await silent.register("silent");
  using slow = await stalledPeer(server.url(), "slow");
  for (let i = 0; i < 2; i++) expect(await witness.next()).toMatchObject({ datatype: "register" });
  slow.sendText('{"type":"get"}');
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "slow" });
  slow.readAgain();
  expect((await slow.closed).code).toBeNull();
});

test("LIM-8 GRACE-3 RES-4 a client of version 3 that was cut because it did not read resumes, and misses nothing", async () => {
  await using server = await startServer(["--no-limits", "--unsent-output", "256KiB", "--grace", "600"]);
  using witness = await V3Client.registered(server.url(), "witness");
  using speaker = await V3Client.registered(server.url(), "speaker");
  await witness.next();
  using slow = await RawPeer.connect(server.url(), {
    headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL_V3 },
  });
  const { session } = parseFrame(await slow.next());
  await slow.register("slow");
  await witness.next();
  await speaker.next();
  slow.stopReading();
  const isCut = () => server.lines.some((line) => line.text.includes('"cause":"stalled"'));
  let said = 0;
  while (!isCut()) await speaker.say(`${++said} ${"x".repeat(3900)}`);
  slow.readAgain();
  await slow.closed;
  const ids: number[] = [];
  const see = (text: string) => {
    const value: unknown = JSON.parse(text);
    for (const each of Array.isArray(value) ? value : [value]) ids.push(Number(each.id));
  };
  while (slow.waiting > 0) see(await slow.next());
  expect(ids.length).toBeLessThan(said);
  using newer = await V3Client.connect(server.url());
  let page = pageOf(await newer.resume(String(session), { after: ids.at(-1) ?? 0, limit: 30 }));
  for (;;) {
    for (const message of page.messages) ids.push(message.id);
    if (!page.more) break;
    page = await newer.page({ after: ids.at(-1), limit: 30 });
  }
  await speaker.say("the last one");
  ids.push(Number((await newer.next()).id));
  expect(ids).toEqual(Array.from({ length: said + 1 }, (_, i) => i + 1));
  for (let i = 0; i <= said; i++) expect(await witness.next()).toMatchObject({ datatype: "message" });
  await witness.chat.expectNothing();
});
