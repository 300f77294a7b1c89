import { expect, test } from "bun:test";
import { Chat, NoRoomError, RefusedError } from "../../src/client/index.ts";
import { FakeEnvironment, FakeStorage, Stage } from "./stage.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What Bun and the package `ws` say of an attempt that was answered otherwise. */
const WORDS = [
  (status: number) => `WebSocket connection to 'ws://chat.test/' failed: Expected 101 status code: ${status}`,
  (status: number) => `Unexpected server response: ${status}`,
];

test.each([
  [403, "forbidden"],
  [404, "no-room"],
  [429, "busy"],
  [503, "busy"],
  [502, "http"],
])("an attempt that is answered with HTTP %i waits with the cause %s", (code, cause) => {
  for (const said of WORDS) {
    const stage = new Stage({ version: 3 });
    stage.socket.fail(said(code));
    expect(stage.chat.state).toMatchObject({ kind: "waiting", cause, code, reason: "" });
  }
});

test("an answer that has nothing to do with the version causes no second attempt without it", () => {
  const stage = new Stage();
  stage.socket.fail("Unexpected server response: 404");
  expect(stage.sockets.length).toBe(1);
  const other = new Stage();
  other.socket.fail("Unexpected server response: 400");
  expect(other.sockets.map(({ offer }) => offer.length)).toEqual([1, 0]);
});

test("an attempt that reaches no server waits with the cause network", () => {
  const stage = new Stage({ version: 3 });
  stage.socket.fail("", "ECONNREFUSED");
  expect(stage.chat.state).toMatchObject({ cause: "network", code: 0 });
});

test.each([
  [404, "no-room", 404],
  [200, "http", 200],
  [0, "unknown", 0],
  [null, "network", 0],
])(
  "where the platform hides the answer, %p is asked for, and the cause is %s",
  async (status, cause, code) => {
    const environment = new FakeEnvironment();
    const asked: string[] = [];
    environment.probe = async (url) => {
      asked.push(url);
      if (status === null) throw new TypeError();
      return status;
    };
    const stage = new Stage({ version: 3 }, environment);
    stage.socket.fail();
    expect(stage.chat.state.kind).toBe("connecting");
    await settled();
    expect(asked).toEqual(["http://chat.test/"]);
    expect(stage.chat.state).toMatchObject({ kind: "waiting", cause, code });
  },
);

test("an attempt that fails with an error and no close is over", () => {
  const stage = new Stage({ version: 3 });
  stage.socket.failAlone();
  expect(stage.chat.state).toMatchObject({ kind: "waiting", cause: "unknown", attempt: 1 });
});

test("an answer that comes after the time for the attempt, or after close, changes nothing", async () => {
  const environment = new FakeEnvironment();
  let answer = (_: number) => {};
  environment.probe = () => new Promise((resolve) => (answer = resolve));
  const stage = new Stage({ version: 3 }, environment);
  stage.socket.fail();
  environment.pass(15_000);
  expect(stage.chat.state).toMatchObject({ kind: "waiting", cause: "timeout" });
  answer(404);
  await settled();
  expect(stage.chat.state).toMatchObject({ cause: "timeout" });
  stage.chat.retryNow();
  stage.socket.fail();
  // The connection has ended already.
  await stage.chat.close();
  answer(404);
  await settled();
  expect(stage.chat.state.kind).toBe("closed");
});

test("after a first connection the address is known to be right: nothing is requested", () => {
  const environment = new FakeEnvironment();
  environment.probe = () => Promise.reject(new Error("asked"));
  const stage = new Stage({}, environment);
  stage.socket.open(3).end();
  stage.chat.retryNow();
  stage.socket.fail();
  expect(stage.chat.state).toMatchObject({ kind: "waiting", cause: "unknown" });
});

test("an attempt that nobody answers ends after connectTimeoutMs", () => {
  const stage = new Stage({ connectTimeoutMs: 5000 });
  stage.environment.pass(4999);
  expect(stage.chat.state.kind).toBe("connecting");
  stage.environment.pass(1);
  expect(stage.chat.state).toMatchObject({ kind: "waiting", cause: "timeout" });
  expect(stage.socket.closedWith).toBe(4000);
});

test("the way in which a connection was lost is the cause, too", () => {
  const causeAfter = (lose: (stage: Stage) => void) => {
    const stage = new Stage();
    stage.socket.open(3);
    lose(stage);
    return stage.chat.state;
  };
  expect(causeAfter(({ socket }) => socket.end())).toMatchObject({ cause: "network" });
  expect(causeAfter(({ socket }) => socket.end(1012, "The server restarts"))).toMatchObject({
    cause: "closed",
    code: 1012,
    reason: "The server restarts",
  });
  const silent = new Stage();
  silent.socket.open(3);
  silent.environment.pass(15_000);
  expect(silent.told("state").at(-1)?.state).toMatchObject({ cause: "timeout" });
});

test("a server that no longer speaks version 3 is reported as such", () => {
  const stage = new Stage();
  stage.socket.open(3).end();
  stage.chat.retryNow();
  stage.socket.open(2);
  expect(stage.chat.state).toMatchObject({ kind: "waiting", cause: "version" });
});

test.each([403, 404])("HTTP %i is final after refusalsMost in a row, and not before", async (status) => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An", refusalsMost: 3 });
  const refuse = (code: number) => {
    stage.socket.fail(`Unexpected server response: ${code}`);
    const { kind } = stage.chat.state;
    stage.chat.retryNow();
    return kind;
  };
  const sent = stage.chat.send("a").catch((error: unknown) => error);
  await settled();
  // A proxy, while the server is replaced.
  expect([status, status, 503, status, status].map(refuse)).toEqual(Array(5).fill("waiting"));
  expect(refuse(status)).toBe("refused");
  expect(stage.chat.state).toMatchObject({ kind: "refused", code: status });
  const error = await sent;
  expect(error).toBeInstanceOf(RefusedError);
  expect(String(error)).toContain(`(HTTP ${status})`);
  await settled();
  // Another run may find the server.
  expect(new Stage({ storage }).chat).toMatchObject({ outbox: [{ content: "a" }] });
});

test.each([429, 503])("after HTTP %i the wait has the longest range", (status) => {
  const stage = new Stage({ version: 3 });
  stage.socket.fail(`Unexpected server response: ${status}`);
  expect(stage.chat.state).toMatchObject({ retryAt: stage.environment.time + 7500 });
});

test.each(["Tea", "-a", "a/b", "tea/", "t%C3%A9", "x".repeat(65)])(
  "EP-2 no connection is tried to a room that cannot be: %p",
  (room) => {
    for (const base of ["ws://chat.test", "ws://chat.test/below/rooms/of/a"]) {
      const attempt = () => new Chat(`${base}/rooms/${room}`, { environment: new FakeEnvironment() });
      expect(attempt).toThrow(NoRoomError);
    }
  },
);

test("EP-1 rooms below a path of a proxy are rooms", () => {
  for (const path of [
    "/",
    "/rooms/tea",
    "/chat/rooms/a.b-c_9?x=/rooms/",
    "/chat",
    "/rooms/",
    "/rooms/rooms/tea",
  ]) {
    const stage = new Stage({}, new FakeEnvironment(), `ws://chat.test${path}`);
    expect(stage.socket.url).toBe(`ws://chat.test${path}`);
  }
});
