import { expect, mock, test } from "bun:test";
import { BlockList } from "node:net";
import { Access } from "../../src/server/access.ts";
import { AddressTable } from "../../src/server/address-table.ts";
import { ByteAccount } from "../../src/server/byte-account.ts";
import { readHead } from "../../src/server/http-head.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { Reports } from "../../src/server/reports.ts";
import { RequestGuard } from "../../src/server/request-guard.ts";
import { type Route, Router } from "../../src/server/router.ts";
import { LIMITS } from "../support/wire.ts";

/** A route that answers with its name and the path. */
function routeOf(name: string, path: string, more: Partial<Route> = {}): Route {
  return {
    below: "chat",
    matches: (each) => each === path,
    methods: ["GET", "HEAD"],
    cost: [],
    respond: (request) => new Response(`${name} ${request.path}`),
    ...more,
  };
}

/** Routes some requests, and gives the answers to them, or what was decided about their bodies. */
function routerOf(routes: readonly Route[], rates: Partial<typeof LIMITS> = {}) {
  const log = { info: mock(), warn: mock(), error: mock(), print: mock(), flush: () => Promise.resolve() };
  const settings = {
    format: "json",
    level: "info",
    memoryBytes: 1,
    contents: false,
    addresses: true,
  } as const;
  const access = new Access({ hosts: ["localhost"], allowOrigins: null }, ["127.0.0.1"]);
  const guard = new RequestGuard(access, new BlockList(), new Reports(log, new Metrics(), settings), log);
  const memory = { pending: new ByteAccount(1e6), getMemory: new ByteAccount(1e6) };
  const addresses = new AddressTable({ ...LIMITS, ...rates }, memory, new BlockList());
  const router = new Router({ routes, fallback: routeOf("fallback", "") }, guard, addresses, "/chat");
  const accept = (request: string) => {
    const head = readHead(Buffer.from(`${request} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
    if (head.kind !== "head") throw new Error("not a request");
    return router.accept(head, "127.0.0.1");
  };
  return { accept, log };
}

async function textOf(accepted: ReturnType<Router["accept"]>): Promise<string> {
  const response = accepted instanceof Response ? accepted : await accepted.respond(new Request("http://x"));
  if (!(response instanceof Response)) throw new Error("an answer that goes on");
  return await response.text();
}

test("the first route that matches answers, inside the chat or at the server's root, and else the fallback", async () => {
  const { accept } = routerOf([
    routeOf("health", "/healthz", { below: "server" }),
    routeOf("asked", "/a", { query: "?read" }),
    routeOf("first", "/a"),
    routeOf("second", "/a"),
  ]);
  for (const [request, answer] of [
    ["GET /healthz", "health /healthz"],
    ["GET /healthz?x", "health /healthz"],
    ["GET /chat/healthz", "fallback /healthz"],
    ["GET /a", "first /a"],
    ["GET /chat/a", "first /a"],
    ["GET /a?read", "asked /a"],
    ["GET /a?read=1", "first /a"],
    ["GET /b", "fallback /b"],
  ] as const)
    expect([request, await textOf(accept(request))]).toEqual([request, answer]);
});

test("at a known path, other methods are answered with 405 and the allowed ones", async () => {
  const { accept, log } = routerOf([routeOf("post", "/a", { methods: ["POST", "PUT"] })]);
  for (const [request, allow] of [
    ["GET /a", "POST, PUT"],
    ["TRACE /a", "POST, PUT"],
    ["POST /b", "GET, HEAD"],
  ] as const) {
    const answer = accept(request);
    if (!(answer instanceof Response)) throw new Error("it was accepted");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
  }
  expect(await textOf(accept("PUT /a"))).toBe("post /a");
  expect(log.warn.mock.calls.map(([fields]) => fields.status)).toEqual([405, 405, 405]);
});

test("a route accepts a body only up to the size that it states; the body of a GET is left unread", () => {
  const { accept } = routerOf([
    routeOf("small", "/small", { methods: ["GET", "POST"], maxBodyBytes: 10 }),
    routeOf("none", "/none", { methods: ["POST"] }),
  ]);
  const bodyOf = (request: string) => {
    const accepted = accept(request);
    return accepted instanceof Response ? "answered" : (accepted.body?.maxBytes ?? null);
  };
  expect(["POST /small", "POST /none", "GET /small", "GET /"].map(bodyOf)).toEqual([10, 0, null, null]);
});

test("a route costs tokens of several rates, and a request that comes too early is answered with 429", () => {
  const { accept } = routerOf(
    [
      routeOf("cheap", "/cheap", { cost: [["http", 1]] }),
      routeOf("dear", "/dear", {
        cost: [
          ["http", 1],
          ["sends", 5],
        ],
      }),
    ],
    { httpRequests: { perSecond: 0.001, burst: 4 }, addressSends: { perSecond: 0.001, burst: 5 } },
  );
  const statusOf = (request: string) => {
    const accepted = accept(request);
    return accepted instanceof Response
      ? `${accepted.status} ${accepted.headers.has("retry-after")}`
      : "accepted";
  };
  const requests = [
    "GET /dear",
    "GET /dear",
    "GET /cheap",
    "GET /free",
    "GET /cheap",
    "GET /cheap",
    "GET /free",
  ];
  const [early, accepted] = ["429 true", "accepted"];
  expect(requests.map(statusOf)).toEqual([accepted, early, accepted, accepted, accepted, early, accepted]);
});
