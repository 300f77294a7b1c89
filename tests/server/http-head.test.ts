import { expect, test } from "bun:test";
import { handshakeKey } from "../../src/server/handshake.ts";
import { readHead } from "../../src/server/http-head.ts";

/** What is read of a head, whose lines are given without their ends. */
function read(...lines: string[]) {
  return readHead(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
}

const HOST = "Host: localhost:5000";

test.each(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])(
  "%s is a method, and its head is read",
  (method) => {
    const head = read(`${method} /rooms/a?read HTTP/1.1`, HOST);
    expect(head).toMatchObject({ kind: "head", method, path: "/rooms/a", isHttp10: false, body: 0 });
  },
);

test("CONNECT and the asterisk of OPTIONS name nothing here, and are answered with 405", () => {
  expect(read("CONNECT localhost:80 HTTP/1.1", HOST)).toMatchObject({ kind: "bad", status: 405 });
  expect(read("OPTIONS * HTTP/1.1", HOST)).toMatchObject({ kind: "bad", status: 405 });
});

test.each(["FOO", "TRACK", "get", "Head", "PRI", "GE"])(
  "%s is no method, and is answered with 501",
  (method) => {
    expect(read(`${method} / HTTP/1.1`, HOST)).toMatchObject({ kind: "bad", status: 501 });
  },
);

test.each([
  ["none", []],
  ["two", ["Host: localhost", "Host: localhost"]],
  ["two in other letters", ["Host: localhost", "HOST: evil.example"]],
  ["an empty one and another", ["Host:", "Host: localhost"]],
  ["one with a path", ["Host: localhost/a"]],
  ["one with a user", ["Host: localhost@evil.example"]],
  ["one with a comma", ["Host: localhost,evil.example"]],
  ["half an address", ["Host: [::1"]],
  ["a port that is no number", ["Host: localhost:x"]],
  ["a port that is too large", ["Host: localhost:70000"]],
])("a request of HTTP/1.1 names one host: %s is 400", (_what, headers) => {
  expect(read("GET / HTTP/1.1", ...headers)).toMatchObject({ kind: "bad", status: 400 });
});

test("the host of a whole URL does not make up for a header that is missing", () => {
  expect(read("GET http://localhost/ HTTP/1.1").kind).toBe("bad");
});

test("a request of HTTP/1.0 may name no host, and not two", () => {
  expect(read("GET / HTTP/1.0")).toMatchObject({ kind: "head", isHttp10: true });
  expect(read("GET / HTTP/1.0", HOST, HOST).kind).toBe("bad");
});

test.each([
  ["http://localhost:5000/rooms/a?read", "/rooms/a", "?read", "localhost"],
  ["HTTP://Evil.example/", "/", "", "evil.example"],
  ["https://evil.example", "/", "", "evil.example"],
  ["http://evil.example?read", "/", "?read", "evil.example"],
  ["http://[::1]:5000/a/../b", "/a/../b", "", "[::1]"],
])("a whole URL is a target, and its host goes before the header: %s", (target, path, search, hostname) => {
  const head = read(`GET ${target} HTTP/1.1`, HOST);
  expect(head).toMatchObject({ kind: "head", path });
  if (head.kind === "head") {
    const url = new URL(head.url);
    expect([url.search, url.hostname]).toEqual([search, hostname]);
  }
});

test.each(["[", "]", "^", "|", "%", "%C3%B4", ":", "@"])(
  "a path may have %s in it, as browsers send it",
  (character) => {
    const path = `/rooms/a${character}b`;
    expect(read(`GET ${path}?read HTTP/1.1`, HOST)).toMatchObject({ kind: "head", path });
  },
);

test.each([
  "/a\\b",
  '/a"b',
  "/a<b",
  "/a{b",
  "/a`b",
  "http:///",
  "http://a@b/",
  "http://a b/",
  "ftp://a/",
  "ws://a/",
  "http:/a",
  "a",
  "*",
  "?read",
  "http://a#b",
])("%s is not a valid target", (target) => {
  expect(read(`GET ${target} HTTP/1.1`, HOST)).toMatchObject({ kind: "bad", status: 400 });
});

const HANDSHAKE = [
  "GET / HTTP/1.1",
  HOST,
  "Upgrade: websocket",
  "Connection: keep-alive, Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** The key of the handshake in which one thing is said otherwise. */
function keyWith(from: string, to: string): string | null {
  const head = read(...HANDSHAKE.map((line) => line.replace(from, to)));
  return head.kind === "head" ? handshakeKey(head) : null;
}

test("a complete handshake has its key, and an incomplete or invalid one does not", () => {
  expect(keyWith("", "")).toBe("dGhlIHNhbXBsZSBub25jZQ==");
  expect(keyWith("localhost:5000", "chat.example")).not.toBeNull();
  const wrong: [from: string, to: string][] = [
    ["HTTP/1.1", "HTTP/1.0"],
    ["GET", "HEAD"],
    ["GET", "FOO"],
    ["GET", "POST"],
    ["Host:", "X-Host:"],
    ["localhost:5000", ""],
    // Where the first frame begins would be open to interpretation.
    ["localhost:5000", "localhost:5000\r\nContent-Length: 5"],
    ["localhost:5000", "localhost:5000\r\nTransfer-Encoding: chunked"],
    ["Version: 13", "Version: 8"],
    ["Sec-WebSocket-Version", "X-Version"],
    ["keep-alive, Upgrade", "keep-alive"],
    ["Sec-WebSocket-Key", "X-Key"],
    ["jZQ==", "jZR=="], // the same bytes, with a bit that means nothing
    ["jZQ==", "jZg=="],
    ["jZQ==", "jZf=="],
    ["jZQ==", "jZQ="],
    ["jZQ==", "jZQQ"],
    ["dGhl", "dGh"],
    ["dGhl", "dGhldGhl"],
    ["dGhl", "dG l"],
  ];
  expect(wrong.filter(([from, to]) => keyWith(from, to) !== null)).toEqual([["jZQ==", "jZg=="]]);
});

test("a head with more than 100 fields is refused before they are read", () => {
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: 1`);
  expect(read("GET / HTTP/1.1", "Host: a", ...fields(99))).toMatchObject({ kind: "head" });
  expect(read("GET / HTTP/1.1", "Host: a", ...fields(100))).toMatchObject({ status: 431 });
  expect(read("GET / HTTP/1.1", "Host: a", ...fields(1000), "no field")).toMatchObject({ status: 431 });
});

test.each<[string, string[], number | string]>([
  ["no field", [], 0],
  ["a length", ["Content-Length: 12"], 12],
  ["a length of 0", ["Content-Length: 0"], 0],
  ["chunks", ["Transfer-Encoding: Chunked"], "chunked"],
])("the length of a body is known by %s", (_what, fields, body) => {
  expect(read("POST / HTTP/1.1", HOST, ...fields)).toMatchObject({ kind: "head", body });
});

test.each<[string, string[], number]>([
  ["both lengths", ["Content-Length: 5", "Transfer-Encoding: chunked"], 400],
  ["two lengths", ["Content-Length: 5", "Content-Length: 6"], 400],
  ["two lengths that agree", ["Content-Length: 5", "content-length: 5"], 400],
  ["a list of lengths", ["Content-Length: 5, 5"], 400],
  ["a length with a sign", ["Content-Length: +5"], 400],
  ["a negative length", ["Content-Length: -5"], 400],
  ["a hexadecimal length", ["Content-Length: 0x5"], 400],
  ["a length with a fraction", ["Content-Length: 5.0"], 400],
  ["an empty length", ["Content-Length:"], 400],
  ["a length with a blank in it", ["Content-Length: 5 5"], 400],
  ["a folded coding", ["Transfer-Encoding:", " chunked"], 400],
  ["a blank before the colon", ["Transfer-Encoding : chunked"], 400],
  ["another coding", ["Transfer-Encoding: gzip"], 501],
  ["two codings", ["Transfer-Encoding: gzip, chunked"], 501],
  ["chunks in chunks", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 501],
  ["a coding that resembles chunks", ["Transfer-Encoding: xchunked"], 501],
  ["an empty coding", ["Transfer-Encoding:"], 501],
])(
  "a request that two servers could cut differently is refused, with any method: %s",
  (_what, fields, status) => {
    for (const method of ["GET", "POST"])
      expect(read(`${method} / HTTP/1.1`, HOST, ...fields)).toMatchObject({ kind: "bad", status });
  },
);

test("HTTP/1.0 has no chunks", () => {
  const fields = [HOST, "Transfer-Encoding: chunked"];
  expect(read("POST / HTTP/1.0", ...fields)).toMatchObject({ kind: "bad", status: 400 });
});
