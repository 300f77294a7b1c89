import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { RawPeer } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

const PING = '{"type":"ping","timeout":5}';

test.concurrent("LIVE-1 LIVE-2 every connection gets both pings again and again, registered or not", async () => {
  await using server = await startServer();
  using stranger = await ChatClient.connect(server.url(), { pings: true });
  using member = await ChatClient.registered(server.url("tea"), "An", { pings: true });
  for (const client of [stranger, member]) {
    let pings = 0;
    for (; pings < 2; pings++) expect(await client.nextText()).toBe(PING);
    // Both were written together, the ping frame last; a round trip later it is here too.
    client.send({ type: "marker" });
    for (let text = await client.nextText(); text === PING; text = await client.nextText()) pings++;
    expect(client.pingFrames).toBeGreaterThanOrEqual(pings);
  }
});

test.concurrent("LIVE-3 a client that answers no ping is served for two pings, then cut without a close frame, and the others see its leave", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  using member = await RawPeer.connect(server.url(), { answersPings: false });
  await member.register("silent");
  using stranger = await RawPeer.connect(server.url(), { answersPings: false });
  expect(await witness.next()).toMatchObject({ datatype: "register", name: "silent" });
  for (const content of ["after no ping", "after a ping"]) {
    await witness.say(content);
    expect(JSON.parse(await member.next())).toMatchObject({ datatype: "message", content });
    await member.until(() => member.pings.texts > 0);
  }
  expect(await member.closed).toEqual({ code: null });
  // LIVE-4: the witness has said nothing either since then, but it answered.
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "silent" });
  await witness.expectNothing();
  expect(await stranger.closed).toEqual({ code: null });
  for (const { pings, waiting } of [member, stranger]) {
    expect(Math.min(pings.texts, pings.frames)).toBeGreaterThanOrEqual(2);
    expect(waiting).toBe(0);
  }
});

test.concurrent("LIM-11 a connection that does not finish its HTTP request is closed, but not before its time", async () => {
  await using server = await startServer();
  using silent = await RawPeer.open(server.port);
  using half = await RawPeer.open(server.port);
  using late = await RawPeer.open(server.port);
  const [start, end] = ["GET /healthz HTTP/1.1\r\nHost: local", "host\r\n\r\n"];
  for (const peer of [half, late]) peer.send(start);
  // The first ping of another connection comes after 5 s, when half of the time is over.
  using other = await ChatClient.connect(server.url(), { pings: true });
  expect(await other.nextText()).toBe(PING);
  late.send(end);
  await late.until(() => late.responseHead !== "");
  expect(late.responseHead).toStartWith("HTTP/1.1 200 ");
  await Promise.all([silent.closed, half.closed]);
  expect([silent.responseHead, half.responseHead]).toEqual(["", ""]);
});
