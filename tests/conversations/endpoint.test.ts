import { expect, test } from "bun:test";
import { ChatClient, untimed, upgradeStatus } from "../support/client.ts";
import { frame, RawPeer, upgradeRequest } from "../support/raw.ts";
import { type ChatServer, startServer } from "../support/server.ts";

/** The status of the answer to a request that is made of bytes. */
async function statusOf(server: ChatServer, request: string): Promise<number> {
  using peer = await RawPeer.open(server.port);
  peer.send(Buffer.from(request, "latin1"));
  await peer.until(() => peer.responseHead !== "");
  return Number(peer.responseHead.split(" ")[1]);
}

test("EP-1 the main room is at the root, and rooms are there when somebody connects", async () => {
  await using server = await startServer();
  for (const room of [undefined, "tea", "a", "0", "a-b_c.d", "x".repeat(64)]) {
    using client = await ChatClient.connect(server.url(room));
    await client.register("An");
    expect(await client.get()).toEqual({ messages: [], online: ["An"] });
  }
});

test("EP-2 an upgrade at a path that is not a room is answered with 404, even if its page leads to a room", async () => {
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
    "a%2F",
    "x".repeat(65),
    "a%2e",
  ];
  for (const path of [...badRooms.map((room) => `rooms/${room}`), "rooms", "room/a", "nothing", "Rooms/a"]) {
    for (const protocols of [[], ["classic-chatbox.v3"]]) {
      expect([path, await upgradeStatus(`${server.url()}${path}`, { protocols })]).toEqual([path, 404]);
    }
  }
});

test("EP-2 a path that merely resembles a room's does not open one", async () => {
  await using server = await startServer();
  for (const [path, status] of [
    ["//rooms/a", 404],
    ["/rooms//a", 404],
    ["/rooms/a;b", 404],
    ["/rooms/a/..b", 404],
    ["/rooms/a\\b", 400],
    ["/rooms/a\u0000", 400],
    ["*", 400],
  ] as const) {
    expect([path, await statusOf(server, upgradeRequest(path, server.port))]).toEqual([path, status]);
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

test("EP-6 a server for this machine only refuses pages of other sites, unless they are named", async () => {
  await using server = await startServer();
  const statusFor = (origin: string) => upgradeStatus(server.url(), { headers: { Origin: origin } });
  for (const origin of [
    `http://localhost:${server.port}`,
    "http://127.0.0.1:3000",
    "http://[::1]",
    "null",
    "capacitor://localhost",
  ])
    expect([origin, await statusFor(origin)]).toEqual([origin, 101]);
  for (const origin of [
    "https://anywhere.example",
    `http://anywhere.example:${server.port}`,
    "http://localhost.example",
  ])
    expect([origin, await statusFor(origin)]).toEqual([origin, 403]);
});

test("EP-7 a server of this machine only answers no request for another host, unless it is named", async () => {
  const paths = ["/", "/rooms/tea", "/?read", "/metrics", "/healthz", "/favicon.ico", "/nothing"];
  const statusesFor = async (server: ChatServer, host: string) => {
    const headers = { Host: `${host}:${server.port}` };
    const plain = await Promise.all(
      paths.map(async (path) => (await fetch(server.http(path), { headers })).status),
    );
    return [...plain, await upgradeStatus(server.url(), { headers })];
  };
  const served = [200, 200, 200, 200, 200, 200, 404, 101];
  await using server = await startServer();
  for (const host of ["localhost", "127.0.0.1", "[::1]", "tea.localhost"])
    expect([host, await statusesFor(server, host)]).toEqual([host, served]);
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0"])
    expect([host, await statusesFor(server, host)]).toEqual([host, served.map(() => 403)]);
  // What a proxy adds, any page may add to its requests: it makes nothing of another host.
  await using proxied = await startServer(["--trust-proxy", "127.0.0.1"]);
  const headers = { Host: "evil.example", "X-Forwarded-For": "203.0.113.1", "X-Forwarded-Host": "localhost" };
  expect((await fetch(proxied.http("/?read"), { headers })).status).toBe(403);
  await using named = await startServer(["--allow-origin", "https://chat.example"]);
  expect(await statusesFor(named, "chat.example")).toEqual(served);
  expect(await statusesFor(named, "evil.example")).toEqual(served.map(() => 403));
});

test("EP-6 EP-7 refusals are logged with what to do, a few of many", async () => {
  await using server = await startServer();
  const Origin = "https://evil.example";
  for (let i = 0; i < 40; i++) expect(await upgradeStatus(server.url(), { headers: { Origin } })).toBe(403);
  const Host = "chat.example";
  expect(await (await fetch(server.http("/"), { headers: { Host } })).text()).toContain("--allow-origin");
  await server.stop();
  const lines = server.lines.filter((line) => line.event === "rejected").map((line) => line.text);
  const about = (part: string) => lines.filter((line) => line.includes(part));
  expect(about("start with --allow-origin https://evil.example")).toHaveLength(5);
  expect(about("start with --allow-origin https://chat.example")).toHaveLength(1);
  expect(about("35 more")).toHaveLength(1);
  expect(lines.join("")).not.toContain("127.0.0.1");
});

test("refused handshakes of each status are in the log, without control characters and addresses", async () => {
  await using server = await startServer([
    "--max-rooms",
    "1",
    "--connection-burst",
    "1",
    "--connection-rate",
    "0.001",
  ]);
  const statusFor = (headers: Record<string, string>, path = "/") =>
    statusOf(server, upgradeRequest(path, server.port, headers));
  expect(await statusFor({ Host: "" })).toBe(400);
  expect(await statusFor({ "Sec-WebSocket-Version": "8" })).toBe(400);
  expect(await statusFor({ Origin: "https://a\u009b31m.example/\u2028" })).toBe(403);
  expect(await statusFor({}, "/rooms/Tea")).toBe(404);
  expect(await statusFor({}, "/rooms/tea")).toBe(503);
  expect(await statusFor({})).toBe(429);
  await server.stop();
  const lines = server.lines.filter((line) => line.event === "rejected").map((line) => line.text);
  expect(lines.map((line) => JSON.parse(line).status)).toEqual([400, 400, 403, 404, 503, 429]);
  expect(lines.join("")).toContain("/rooms/Tea");
  expect(lines.join("")).not.toMatch(/[\p{Cc}\u2028]|127\.0\.0\.1/u);
});

test("refused handshakes have their addresses in the log when the operator asks for them", async () => {
  await using server = await startServer(["--log-addresses", "--trust-proxy", "127.0.0.1"]);
  const headers = { Origin: "https://evil.example", "X-Forwarded-For": "203.0.113.77" };
  expect(await upgradeStatus(server.url(), { headers })).toBe(403);
  const line = await server.waitForLog(({ event }) => event === "rejected");
  expect(JSON.parse(line.text)).toMatchObject({ address: "203.0.113.77", origin: "https://evil.example" });
});

test("EP-8 unknown methods are answered with 501, known ones that no path takes with 405, and none is treated as GET", async () => {
  await using server = await startServer();
  const statusFor = (method: string, upgrade: boolean) => {
    const request = upgradeRequest("/", server.port, upgrade ? {} : { Upgrade: "", Connection: "" });
    return statusOf(server, request.replace("GET", method));
  };
  for (const upgrade of [true, false]) {
    for (const method of ["FOO", "TRACK", "get"]) expect(await statusFor(method, upgrade)).toBe(501);
    for (const method of ["POST", "TRACE", "OPTIONS"]) expect(await statusFor(method, upgrade)).toBe(405);
  }
  expect(await statusFor("HEAD", true)).toBe(400);
  const head = await fetch(server.http("/"), { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(Number(head.headers.get("content-length"))).toBeGreaterThan(0);
});

test("EP-8 a handshake is of HTTP/1.1, names one host and has a canonical key, and its target may be a whole URL", async () => {
  await using server = await startServer();
  const request = upgradeRequest("/", server.port);
  const statusWith = (from: string | RegExp, to: string) => statusOf(server, request.replace(from, to));
  expect(await statusWith("GET / ", `GET http://localhost:${server.port}/rooms/tea `)).toBe(101);
  expect(await statusWith("GET / ", "GET http://evil.example/ ")).toBe(403);
  expect(await statusWith("HTTP/1.1", "HTTP/1.0")).toBe(400);
  expect(await statusWith(/Host: .*\r\n/, "")).toBe(400);
  expect(await statusWith(/(Host: .*\r\n)/, "$1$1")).toBe(400);
  expect(await statusWith("jZQ==", "jZR==")).toBe(400);
  expect(await statusOf(server, "GET / HTTP/1.0\r\n\r\n")).toBe(200);
});

test("EP-8 a request whose length two servers could read differently is 400, and a GET whose length is clear is answered", async () => {
  await using server = await startServer();
  const statusWith = (method: string, ...fields: string[]) =>
    statusOf(
      server,
      `${[`${method} / HTTP/1.1`, `Host: localhost:${server.port}`, ...fields].join("\r\n")}\r\n\r\n`,
    );
  const chunked = "Transfer-Encoding: chunked";
  for (const method of ["GET", "HEAD", "POST"]) {
    expect(await statusWith(method, "Content-Length: 5", chunked)).toBe(400);
    expect(await statusWith(method, "Content-Length: 5", "Content-Length: 5")).toBe(400);
    expect(await statusWith(method, "Content-Length: five")).toBe(400);
  }
  for (const length of ["Content-Length: 0", "Content-Length: 5", chunked])
    expect([length, await statusWith("GET", length)]).toEqual([length, 200]);
  const handshake = upgradeRequest("/", server.port, { "Content-Length": "5" });
  expect(await statusOf(server, handshake)).toBe(400);
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
  for (const counted of ["connects_total", "connections", "named", "messages_total"])
    expect(samples).toContain(`chatbox_${counted} 1`);
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
