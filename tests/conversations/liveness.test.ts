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

test.concurrent("LIVE-3 a client that answers no ping is cut without a close frame, and the others see its leave", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  using member = await RawPeer.connect(server.url(), { answersPings: false });
  await member.register("silent");
  using stranger = await RawPeer.connect(server.url(), { answersPings: false });
  expect(await witness.next()).toMatchObject({ datatype: "register", name: "silent" });
  expect(await member.closed).toEqual({ code: null });
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "silent" });
  expect(await stranger.closed).toEqual({ code: null });
  // LIVE-4: the witness has said nothing either, but it answered.
  await witness.expectNothing();
});

test.concurrent("LIM-11 a connection that does not finish its HTTP request is closed", async () => {
  await using server = await startServer();
  using silent = await RawPeer.open(server.port);
  using half = await RawPeer.open(server.port);
  half.send("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: web");
  await Promise.all([silent.closed, half.closed]);
});
