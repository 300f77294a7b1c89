/** What clients may send to the API that no good program does. */
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { createToken, Program } from "../support/program.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";

/** Sends the bytes of a request, and resolves to all of the answer. */
function send(server: ChatServer, bytes: string | Buffer): Promise<string> {
  const socket = connect(server.port, "127.0.0.1");
  socket.write(bytes);
  return new Promise((resolve, reject) => {
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

function request(token: string, body: string | Buffer, more = ""): Buffer {
  const head = `POST /api/v1/rooms/-/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`;
  const length = more.includes("Transfer-Encoding") ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.concat([Buffer.from(`${head}${length}${more}\r\n`, "latin1"), Buffer.from(body)]);
}

test("hostile bodies are problems, and nothing of them is stored", async () => {
  await using server = await startServer(["--no-limits"]);
  const token = await createToken(server, "Bot");
  const deep = `{"content":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
  for (const [body, reason] of [
    [deep, "WrongFormat"],
    [`{"content":"a","__proto__":{"reply":1},"reply":"__proto__"}`, "WrongFormatReply"],
    ['{"content":"\\ud800"}', "WrongFormatContent"],
    [`{"content":"${"x".repeat(4001)}"}`, "WrongFormatContent"],
    ['{"type":"name","name":"An"}', "NotEnoughKey"],
    ['{"data":"get"}', "NotEnoughKey"],
    ["null", "WrongFormatJSON"],
    ["\0", "WrongFormatJSON"],
    ["", "WrongFormatJSON"],
  ] as const) {
    const answer = await send(server, request(token, body));
    expect([body.slice(0, 60), answer]).toEqual([
      body.slice(0, 60),
      expect.stringContaining("HTTP/1.1 400 "),
    ]);
    expect(answer).toContain(`"reason":"${reason}`);
  }
  const chunked = "Transfer-Encoding: chunked\r\n";
  for (const body of ["zz\r\n", "ffffffffff\r\n"]) {
    const answer = await send(server, request(token, body, chunked));
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|13) [\s\S]*application\/problem\+json/);
  }
  const good = '1b\r\n{"content":"in two chunks",\r\n9\r\n"a":null}\r\n0\r\n\r\n';
  expect(await send(server, request(token, good, chunked))).toStartWith("HTTP/1.1 201 ");
  const program = new Program(server, token);
  const { body } = await program.call("GET", "/rooms/-/messages");
  expect(body.message).toMatchObject([{ id: 1, content: "in two chunks" }]);
});

test("hostile headers and paths are problems", async () => {
  await using server = await startServer(["--no-limits"]);
  const token = await createToken(server, "Bot");
  const get = (path: string, headers = "") =>
    send(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
  for (const value of [
    "",
    "Bearer",
    "Bearer ",
    `Basic ${token}`,
    `Bearer ${token} x`,
    `Bearer ${token}\xff`,
    token,
  ])
    expect(await get("/api/v1/rooms", `Authorization: ${value}\r\n`)).toStartWith("HTTP/1.1 401 ");
  expect(await get(`/api/v1/rooms?access_token=${token}`)).toStartWith("HTTP/1.1 401 ");
  const own = `Authorization: Bearer ${token}\r\n`;
  for (const path of [
    "/api",
    "/api/",
    "/api/v2/rooms",
    "/api/v1",
    "/api/v1/",
    "/api/v1//rooms",
    "/api/v1/rooms/%",
    "/api/v1/rooms/%2e%2e",
    "/api/v1/rooms/%2F/messages",
    "/api/v1/hooks/",
    `/api/v1/hooks/a/b`,
  ])
    expect([path, await get(path, own)]).toEqual([
      path,
      expect.stringMatching(/^HTTP\/1\.1 40[45] [\s\S]*problem\+json/),
    ]);
  const double = await get("/api/v1/rooms", `${own}${own}`);
  expect(double).toStartWith("HTTP/1.1 401 ");
  for (const id of ["-1", "1-", "1-2-3", "9".repeat(30), "NaN"])
    expect(await get("/api/v1/rooms/-/events", `${own}Last-Event-ID: ${id}\r\n`)).toStartWith(
      "HTTP/1.1 400 ",
    );
  const host = "GET /api/v1/rooms HTTP/1.1\r\nHost: evil.example\r\n\r\n";
  expect(await send(server, host)).toMatch(/^HTTP\/1\.1 403 [\s\S]*"reason":"HostRefused"/);
});

test("LIM-2 a search for a moment is paid for, though it may find nothing", async () => {
  await using server = await startServer([
    ...["--address-requests-burst", "100", "--address-requests-per-second", "0.001"],
  ]);
  const program = new Program(server, await createToken(server, "Bot"));
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429)
    statuses.push((await program.call("GET", "/rooms/-/messages?since=9000000000000000")).status);
  // Each one counts as 64 KiB that are fetched, and a little more for its answer.
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
});

test("a program that does not read its events is ended, and the others go on", async () => {
  await using server = await startServer(["--no-limits", "--unsent-output", "64KiB"]);
  const token = await createToken(server, "Bot");
  using an = await V3Client.registered(server.url(), "An");
  const socket = connect(server.port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => {});
  socket.write(
    `GET /api/v1/rooms/-/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.pause();
  const content = "x".repeat(4000);
  // As much as the systems of both ends hold, and more.
  for (let sent = 0; sent < 4_000; sent++) await an.say(content);
  socket.resume();
  await closed;
  expect(await an.say("still here")).toBe(4_001);
});

test("streams count as connections of their address, and give their places back", async () => {
  await using server = await startServer(["--connections-per-address", "2"]);
  const program = await Program.of(server, "Bot");
  {
    using one = await program.listen();
    using two = await program.listen();
    for (const each of [one, two]) await each.nextOf("page");
    const third = await program.call("GET", "/rooms/-/events");
    expect([third.status, third.body.reason]).toEqual([429, "TooManyRequests"]);
  }
  for (let status = 429; status === 429; await Bun.sleep(50)) {
    const answer = await fetch(server.http("/api/v1/rooms/-/events"), {
      headers: { Authorization: `Bearer ${program.secret}` },
    });
    ({ status } = answer);
    await answer.body?.cancel();
  }
});

test("a stop ends the streams, and the server with them", async () => {
  await using server = await startServer();
  const program = await Program.of(server, "Bot");
  using stream = await program.listen();
  await stream.nextOf("page");
  expect(await server.stop()).toBe(0);
  await stream.ended();
});
