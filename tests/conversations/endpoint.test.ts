import { expect, test } from "bun:test";
import { ChatClient, untimed, upgradeStatus } from "../support/client.ts";
import { frame, RawPeer, upgradeRequest } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

test("EP-1 the main room is at the root, and rooms are there when somebody connects", async () => {
  await using server = await startServer();
  for (const room of [undefined, "tea", "a", "0", "a-b_c.d", "x".repeat(64)]) {
    using client = await ChatClient.connect(server.url(room));
    await client.register("An");
    expect(await client.get()).toEqual({ messages: [], online: ["An"] });
  }
});

test("EP-2 a path that is no room's is answered with 404, as a page and as an upgrade", async () => {
  await using server = await startServer();
  const badRooms = [
    "",
    "-a",
    ".a",
    "_a",
    "A",
    "Tea",
    "a b",
    "a%20b",
    "%61",
    "ân",
    "a/b",
    "a/",
    "x".repeat(65),
    "a%2e",
  ];
  for (const path of [...badRooms.map((room) => `rooms/${room}`), "rooms", "room/a", "nothing", "Rooms/a"]) {
    expect([path, (await fetch(server.http(`/${path}`))).status]).toEqual([path, 404]);
    expect([path, await upgradeStatus(`${server.url()}${path}`)]).toEqual([path, 404]);
  }
});

test("EP-2 a path that merely resembles a room's does not open one", async () => {
  await using server = await startServer();
  for (const path of [
    "//rooms/a",
    "/rooms//a",
    "/rooms/a\\b",
    "/rooms/a;b",
    "/rooms/a\u0000",
    "/rooms/a/..b",
    "*",
  ]) {
    using peer = await RawPeer.open(server.port);
    peer.send(upgradeRequest(path, server.port));
    await peer.until(() => peer.responseHead !== "").catch(() => {});
    expect([path, peer.responseHead.split(" ")[1]]).not.toEqual([path, "101"]);
  }
});

test("EP-3 a GET of a room's path is answered with the web client", async () => {
  await using server = await startServer();
  for (const path of ["/", "/rooms/tea"]) {
    const response = await fetch(server.http(path));
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get("content-type")).toStartWith("text/html");
    expect(await response.text()).toMatch(/^<!doctype html>/i);
  }
});

test("EP-4 nicknames, events and messages of a room do not show in another", async () => {
  await using server = await startServer();
  using inMain = await ChatClient.registered(server.url(), "An");
  using inTea = await ChatClient.registered(server.url("tea"), "An");
  await inMain.say("to the main room");
  await inTea.say("to the tea room");
  await inMain.expectNothing();
  await inTea.expectNothing();
  expect((await inMain.get()).messages.map((message) => message.content)).toEqual(["to the main room"]);
  expect((await inTea.get()).messages.map((message) => message.content)).toEqual(["to the tea room"]);
  using witness = await ChatClient.registered(server.url("tea"), "Chi");
  await inTea.close();
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
  await inMain.expectNothing();
});

test("EP-5 GROW-3 a client without a subprotocol gets nothing before its first request but pings", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  await client.expectNothing();
});

test("EP-5 a client that offers only unknown subprotocols is let in, and speaks this version", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url(), { protocols: ["soap", "wamp"] });
  client.send({ type: "name", name: "An" });
  expect(await client.next()).toMatchObject({ type: "name", action: "register", status: true });
  using later = await ChatClient.connect(server.url(), { protocols: ["classic-chatbox.v9", "soap"] });
  expect(later.protocol).toBe("soap");
});

test("EP-6 any origin may connect when the operator named none", async () => {
  await using server = await startServer();
  expect(await upgradeStatus(server.url(), { headers: { Origin: "https://anywhere.example" } })).toBe(101);
});

test("EP-6 an origin that the operator did not name is answered with 403", async () => {
  const flags = ["--allow-origin", "https://chat.example", "--allow-origin", "http://localhost:8080"];
  await using server = await startServer(flags);
  const statusFor = (origin: string) => upgradeStatus(server.url(), { headers: { Origin: origin } });
  expect(await statusFor("https://chat.example")).toBe(101);
  expect(await statusFor("http://localhost:8080")).toBe(101);
  expect(await statusFor("https://evil.example")).toBe(403);
  expect(await statusFor("http://chat.example")).toBe(403);
  expect(await statusFor("https://chat.example.evil.example")).toBe(403);
  expect(await statusFor("null")).toBe(403);
});

test("EP-6 a client without an origin is not held back by the named ones", async () => {
  await using server = await startServer(["--allow-origin", "https://chat.example"]);
  expect(await upgradeStatus(server.url())).toBe(101);
});

test("the server is reached as localhost over IPv4 and over IPv6", async () => {
  await using server = await startServer();
  for (const host of ["127.0.0.1", "[::1]"]) {
    expect((await fetch(`http://${host}:${server.port}/`)).status).toBe(200);
    using client = await ChatClient.connect(
      `ws://${host}:${server.port}/rooms/${host === "[::1]" ? "six" : "four"}`,
    );
    expect(untimed(await client.ask({ type: "name", name: "An" }))).toBe(
      '{"type":"name","action":"register","name":"An","status":true,"timestamp":"T"}',
    );
  }
});

test("GET /healthz says that the server is well", async () => {
  await using server = await startServer();
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
});

test("GET /metrics counts in the form that Prometheus reads", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  await client.say("one");
  const response = await fetch(server.http("/metrics"));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toStartWith("text/plain");
  const lines = (await response.text()).split("\n");
  expect(lines.filter((line) => line.startsWith("# TYPE ")).length).toBeGreaterThan(3);
  const samples = lines.filter((line) => line !== "" && !line.startsWith("#"));
  for (const sample of samples) expect(sample).toMatch(/^[a-zA-Z_:][\w:]*(\{.*\})? [-+.\deEInfNa]+$/);
});

test("REQ-1 frames that come in one packet with the handshake are read", async () => {
  await using server = await startServer();
  using peer = await RawPeer.open(server.port);
  peer.send(
    Buffer.concat([Buffer.from(upgradeRequest("/", server.port)), frame('{"type":"name","name":"An"}')]),
  );
  expect(await peer.next()).toContain('"status":true');
});
