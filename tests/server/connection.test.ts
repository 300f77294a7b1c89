import { expect, test } from "bun:test";
import { settle } from "../../src/room/operation.ts";
import { Address } from "../../src/server/address-table.ts";
import { ConnectionStage } from "../support/wire.ts";

const GET = '{"type":"get"}';

/** Each state by how it is reached. */
const states = {
  unnamed: () => new ConnectionStage(),
  named: () => {
    const stage = new ConnectionStage();
    stage.connection.named({ name: "An", by: "author" });
    return stage;
  },
  draining: () => {
    const stage = new ConnectionStage({ requests: { perSecond: 1, burst: 1 }, gets: null });
    stage.connection.named({ name: "An", by: "author" });
    for (let i = 0; i < 3; i++) stage.connection.frame(GET, GET.length);
    stage.operations.length = 0;
    return stage;
  },
  ending: () => {
    const stage = states.named();
    stage.connection.end("flood");
    return stage;
  },
  closed: () => {
    const stage = states.named();
    stage.connection.closed(1000);
    return stage;
  },
};

/** What each event does in each state: the nickname, whether the socket is in use, and operations submitted. */
const table: Record<
  string,
  { act: (stage: ConnectionStage) => void; after: Record<keyof typeof states, string> }
> = {
  nothing: {
    act: () => {},
    after: {
      unnamed: "null open",
      named: "An open",
      draining: "An open",
      ending: "An gone",
      closed: "null gone leave",
    },
  },
  frame: {
    act: ({ connection }) => connection.frame(GET, GET.length),
    after: {
      unnamed: "null open request",
      named: "An open request",
      draining: "An open",
      ending: "An gone",
      closed: "null gone leave",
    },
  },
  named: {
    act: ({ connection }) => connection.named({ name: "Bình", by: "author" }),
    after: {
      unnamed: "Bình open",
      named: "Bình open",
      draining: "Bình open",
      ending: "An gone",
      closed: "null gone leave",
    },
  },
  end: {
    act: ({ connection }) => connection.end("restart"),
    after: {
      unnamed: "null gone",
      named: "An gone",
      draining: "An gone",
      ending: "An gone",
      closed: "null gone leave",
    },
  },
  closed: {
    act: ({ connection }) => connection.closed(1006),
    after: {
      unnamed: "null gone leave",
      named: "null gone leave",
      draining: "null gone leave",
      ending: "null gone leave",
      closed: "null gone leave",
    },
  },
};

for (const [event, { act, after }] of Object.entries(table)) {
  for (const [state, expected] of Object.entries(after)) {
    test(`a connection that is ${state}, on ${event}: ${expected}`, () => {
      const stage = states[state as keyof typeof states]();
      act(stage);
      const { connection, operations } = stage;
      const seen = [
        connection.name,
        connection.sink ? "open" : "gone",
        ...operations.map((each) => each.kind),
      ];
      expect(seen.map(String).join(" ")).toBe(expected);
    });
  }
}

test("the cause of an end is the one that came first", () => {
  const flooded = states.ending();
  flooded.connection.closed(1006);
  expect(flooded.closings).toEqual([{ name: "An", cause: "flood", code: 1006 }]);
  const left = states.named();
  left.connection.closed(1000);
  expect(left.closings).toEqual([{ name: "An", cause: "client", code: 1000 }]);
  const lost = states.named();
  lost.connection.closed(1006);
  expect(lost.closings).toEqual([{ name: "An", cause: "lost", code: 1006 }]);
});

test("LIM-2 LIM-5 a burst is served, requests beyond the rate are refused with their kind, and the rate recovers with time", () => {
  const stage = new ConnectionStage({ requests: { perSecond: 2, burst: 3 }, gets: null });
  for (let i = 0; i < 4; i++) stage.connection.frame(GET, GET.length);
  expect(stage.operations.map((each) => each.kind)).toEqual(["request", "request", "request", "refuse"]);
  expect(stage.operations.at(-1)).toMatchObject({
    refusal: { reason: "TooManyRequests", type: "get", retryS: 1 },
  });
  stage.now = 500;
  stage.connection.frame(GET, GET.length);
  expect(stage.operations.at(-1)?.kind).toBe("request");
});

test("LIM-3 LIM-4 nicknames and histories have rates of their own", () => {
  const stage = new ConnectionStage({
    names: { perSecond: 0.1, burst: 1 },
    gets: { perSecond: 1, burst: 2 },
  });
  stage.connection.frame('{"type":"name","name":"An"}', 26);
  expect(stage.refusal).toBeUndefined();
  stage.connection.frame('{"type":"name","name":"An"}', 26);
  expect(stage.operations.at(-1)).toMatchObject({
    refusal: { reason: "TooManyRequests", type: "name", retryS: 10 },
  });
  stage.connection.frame(GET, GET.length);
  stage.connection.frame(GET, GET.length);
  expect(stage.refusal).toBeUndefined();
  stage.connection.frame(GET, GET.length);
  expect(stage.refusal).toBe("TooManyRequests");
});

test("LIM-7 CLOSE-4 a flood that goes on is closed with 1008 behind its replies, and nothing more of it is read", () => {
  const stage = new ConnectionStage({ requests: { perSecond: 1, burst: 5 }, gets: null });
  for (let i = 0; i < 30; i++) stage.connection.frame(GET, GET.length);
  expect(stage.operations.length).toBe(11);
  expect(stage.operations.at(-1)).toEqual({ kind: "end", connection: "1" });
  expect(stage.wire.end).toBeNull();
  stage.connection.write([Buffer.from("the reply to something before")]);
  stage.connection.end("flood");
  expect(stage.wire.end).toEqual({ code: 1008 });
  expect(String(stage.wire.written)).toBe("the reply to something before");
});

test("LIM-12 CLOSE-7 whose own requests wait is closed with 1013 when one more would pass a limit, and nobody else", () => {
  for (const limit of ["connectionPendingBytes", "addressPendingBytes", "pendingBytes"] as const) {
    const roomy = { connectionPendingBytes: 1e6, addressPendingBytes: 1e6, pendingBytes: 1e6 };
    const stage = new ConnectionStage({ ...roomy, [limit]: 100_000, requests: null });
    stage.connection.frame(GET, 60_000);
    stage.connection.frame(GET, 30_000);
    stage.connection.frame(GET, 30_000);
    expect(stage.wire.end).toEqual({ code: 1013 });
    expect(stage.operations).toHaveLength(2);
  }
  const innocent = new ConnectionStage({ addressPendingBytes: 100_000, pendingBytes: 100_000 });
  innocent.address.pending.charge(1_000_000);
  for (let i = 0; i < 10; i++) innocent.connection.frame(GET, 60);
  expect(innocent.wire.end).toBeNull();
  expect(innocent.operations).toHaveLength(10);
});

test("LIM-12 outcomes release the memory of waiting requests, for the connection, its address and the server", () => {
  const stage = new ConnectionStage();
  for (const frame of [GET, "no JSON", '{"type":"send","content":[]}'])
    stage.connection.frame(frame, frame.length);
  const { address, operations, pending } = stage;
  expect([pending.bytes, address.pending.bytes]).toEqual([
    GET.length + 7 + 28 * 32,
    GET.length + 7 + 28 * 32,
  ]);
  for (const operation of operations) settle(operation);
  expect([pending.bytes, address.pending.bytes]).toEqual([0, 0]);
});

test("LIVE-2 LIVE-3 each tick sends both pings, and the third silent one ends the connection", () => {
  const { connection, wire } = new ConnectionStage();
  connection.tick();
  connection.tick();
  connection.ponged();
  connection.endIfSilent();
  expect(wire.end).toBeNull();
  connection.tick();
  connection.endIfSilent();
  connection.tick();
  expect(wire.written.length).toBe(4);
  expect(String(wire.written[0])).toContain('{"type":"ping","timeout":5}');
  expect(wire.written[0]?.subarray(-2)).toEqual(Buffer.from([0x89, 0]));
  expect(wire.end).toBeNull();
  connection.endIfSilent();
  expect(wire.end).toBe("cut");
});

test("LIVE-4 a frame is a sign of life as good as a pong", () => {
  const { connection, wire } = new ConnectionStage();
  connection.tick();
  connection.tick();
  connection.frame(GET, GET.length);
  connection.endIfSilent();
  expect(wire.end).toBeNull();
});

test("LIM-8 CLOSE-8 unsent output past the limit cuts the connection, with the write that passes it", () => {
  const { connection, wire } = new ConnectionStage({ unsentBytes: 1000 });
  wire.unsentBytes = 1000;
  connection.write([Buffer.from("x")]);
  expect(wire.end).toBeNull();
  wire.unsentBytes = 1001;
  connection.write([Buffer.from("x")]);
  expect(wire.end).toBe("cut");
});

test("LIM-8 the reply to a get may be read more slowly, until the grace is over", () => {
  const stage = new ConnectionStage({ unsentBytes: 1000, getGraceMs: 10_000 });
  const { connection, wire } = stage;
  expect(connection.historyRefusal(4000)).toBeNull();
  wire.unsentBytes = 4000;
  connection.write([Buffer.from("the history")]);
  wire.unsentBytes = 4900;
  connection.write([Buffer.from("events behind it")]);
  stage.now = 9_999;
  connection.checkUnsent();
  expect(wire.end).toBeNull();
  stage.now = 10_000;
  connection.checkUnsent();
  expect(wire.end).toBe("cut");
});

test("LIM-8 the grace for a history does not extend to other output", () => {
  const { connection, wire } = new ConnectionStage({ unsentBytes: 1000 });
  connection.historyRefusal(4000);
  wire.unsentBytes = 4000;
  connection.write([Buffer.from("the history")]);
  wire.unsentBytes = 5001;
  connection.write([Buffer.from("events behind it")]);
  expect(wire.end).toBe("cut");
});

test("LIM-13 unsent histories count against one memory, and give it back when they are read or gone", () => {
  const stage = new ConnectionStage({ unsentBytes: 1000, getMemoryBytes: 5000 });
  const { connection, wire, getMemory } = stage;
  const get = (bytes: number, unsent: number) => {
    const refusal = connection.historyRefusal(bytes);
    wire.unsentBytes = unsent;
    if (refusal === null) connection.write([Buffer.from("history")]);
    return refusal;
  };
  expect(get(4000, 4000)).toBeNull();
  expect(getMemory.bytes).toBe(4000);
  expect(get(1001, 4000)).toBe("TooManyRequests");
  wire.unsentBytes = 1500;
  connection.checkUnsent();
  expect(getMemory.bytes).toBe(1500);
  wire.unsentBytes = 0;
  connection.progressed();
  expect(getMemory.bytes).toBe(0);
  getMemory.charge(4900);
  expect(get(200, 0)).toBe("ErrorWhenGet");
  expect(get(50, 100)).toBeNull();
  expect(getMemory.bytes).toBe(4950);
  connection.closed(1006);
  expect(getMemory.bytes).toBe(4900);
});

test("LIM-13 histories that one address has not read keep it from getting more, and do not affect others", () => {
  const stage = new ConnectionStage({
    addressGetMemoryBytes: 3000,
    getMemoryBytes: 10_000,
    unsentBytes: 1e6,
  });
  expect([2000, 2000, 500].map((bytes) => stage.connection.historyRefusal(bytes))).toEqual([
    null,
    "ErrorWhenGet",
    null,
  ]);
  const other = new Address(stage.context.limits, stage, 0);
  expect([stage.getMemory.bytes, other.getMemory.hasRoomFor(3000)]).toEqual([2500, true]);
});

test("LIM-2 LIM-7 pings of the WebSocket's count as requests: past the rate no pong, and then the end", () => {
  const { connection, operations } = new ConnectionStage({ requests: { perSecond: 1, burst: 3 } });
  expect([1, 2, 3, 4].map(() => connection.pinged())).toEqual([true, true, true, false]);
  expect(operations).toEqual([]);
  for (let i = 0; i < 5; i++) connection.pinged();
  expect(operations).toEqual([{ kind: "end", connection: "1" }]);
});

test("LIM-13 all gets of one batch count before any is written, and one that is never written releases its memory", () => {
  const { connection, getMemory } = new ConnectionStage({ unsentBytes: 10_000, getMemoryBytes: 5000 });
  expect([2000, 2000, 2000].map((bytes) => connection.historyRefusal(bytes))).toEqual([
    null,
    null,
    "ErrorWhenGet",
  ]);
  expect(getMemory.bytes).toBe(4000);
  connection.closed(1006);
  expect(getMemory.bytes).toBe(0);
});

test("LIM-8 repeated gets do not extend the grace of the first history that is still unread", () => {
  const stage = new ConnectionStage({ unsentBytes: 1000, getGraceMs: 10_000 });
  const { connection, wire } = stage;
  for (const [now, unsent] of [
    [0, 400],
    [9_000, 800],
  ] as const) {
    stage.now = now;
    expect(connection.historyRefusal(400)).toBeNull();
    wire.unsentBytes = unsent;
    connection.write([Buffer.from("history")]);
  }
  expect(connection.historyRefusal(400)).toBe("TooManyRequests");
  wire.unsentBytes = 1001;
  stage.now = 10_000;
  connection.checkUnsent();
  expect(wire.end).toBe("cut");
});

test("LIVE-4 LIM-8 a client that goes on reading counts as alive, though its pong waits behind a long history", () => {
  const { connection, wire } = new ConnectionStage();
  for (let i = 0; i < 5; i++) {
    connection.tick();
    connection.progressed();
    connection.endIfSilent();
  }
  expect(wire.end).toBeNull();
});

test("LIM-12 a value that a refusal carries back costs more than its text", () => {
  const { connection, operations } = new ConnectionStage();
  connection.frame('{"type":"name","name":[]}', 25);
  connection.frame('{"type":"name","name":"An"}', 27);
  expect(operations).toMatchObject([{ size: 800 }, { size: 27 }]);
});

test("LIVE-3 LIM-8 while a large history is on its way a pong may be late, and a small one makes no difference", () => {
  for (const [bytes, lateMs] of [
    [1_000, 0],
    [1_310_720, 10_000],
    [1_310_720_000, 120_000],
  ] as const) {
    const limits = {
      unsentBytes: 1000,
      getMemoryBytes: 2e9,
      addressGetMemoryBytes: 2e9,
      getGraceMs: 120_000,
    };
    const stage = new ConnectionStage(limits);
    const { connection, wire } = stage;
    connection.historyRefusal(bytes);
    connection.write([Buffer.from("history")]);
    connection.tick();
    connection.tick();
    if (lateMs > 0) {
      stage.now = lateMs - 1;
      connection.endIfSilent();
      expect(wire.end).toBeNull();
    }
    stage.now = lateMs;
    connection.endIfSilent();
    expect(wire.end).toBe("cut");
  }
});

test("LIM-6 a client that exceeds two rates is told to wait until both have recovered", () => {
  const limits = { requests: { perSecond: 1, burst: 1 }, names: { perSecond: 0.1, burst: 1 } };
  const stage = new ConnectionStage(limits);
  const name = '{"type":"name","name":"An"}';
  stage.connection.frame(name, name.length);
  stage.connection.frame(name, name.length);
  expect(stage.operations.at(-1)).toMatchObject({ refusal: { reason: "TooManyRequests", retryS: 10 } });
  stage.now = 10_000;
  stage.connection.frame(name, name.length);
  expect(stage.operations.at(-1)?.kind).toBe("request");
});

test("V3-4 WEL-1 only a client of version 3 is greeted, with its own secret", () => {
  const classic = new ConnectionStage();
  classic.connection.sendWelcome();
  expect(classic.wire.written).toEqual([]);
  const stage = new ConnectionStage({}, 3);
  stage.connection.sendWelcome();
  const text = Buffer.concat(stage.wire.written).toString();
  expect(text).toContain('{"type":"welcome","version":3,"room":"/","session":"');
  expect(text).toContain(stage.connection.secret);
});

test("TYPE-2 one typing in two seconds is passed on", () => {
  const stage = new ConnectionStage({}, 3);
  const passedOn = [0, 1, 1999, 2000, 3999, 4000].filter((now) => {
    stage.now = now;
    const before = stage.operations.length;
    stage.connection.frame('{"type":"typing"}', 17);
    return stage.operations.length > before;
  });
  expect(passedOn).toEqual([0, 2000, 4000]);
});

test("WEL-1 no operation has a secret in it", () => {
  const stage = new ConnectionStage({}, 3);
  const secret = "x".repeat(43);
  stage.connection.frame(JSON.stringify({ type: "resume", session: secret }), 80);
  stage.connection.frame(JSON.stringify({ type: "name", name: "An", session: secret }), 80);
  const told = JSON.stringify(stage.operations);
  expect(stage.operations).toHaveLength(2);
  expect(told).not.toContain(secret);
  expect(told).not.toContain(stage.connection.secret);
});

test("GRACE-2 GRACE-3 whether an end can be resumed depends on how it came", () => {
  const resumable = (end: (stage: ConnectionStage) => void): boolean => {
    const stage = new ConnectionStage({}, 3);
    end(stage);
    stage.connection.closed(1006);
    const last = stage.operations.at(-1);
    return last?.kind === "leave" && last.resumable;
  };
  const ends = ["silent", "stalled", "overload", "restart", "flood", "resumed"] as const;
  expect(ends.filter((cause) => resumable(({ connection }) => connection.end(cause)))).toEqual([
    "silent",
    "stalled",
    "overload",
    "restart",
  ]);
  const codes = [1000, 1001, 1005, 1006, 3000, 4000, 4001];
  expect(codes.filter((code) => resumable(({ connection }) => connection.closed(code)))).toEqual([
    1001, 1006, 4000,
  ]);
  expect(resumable(({ connection }) => connection.closed(1002, "fault"))).toBe(false);
});

test("LIM-2 a large message counts for one, and one more for each KiB, as it came and inflated; a fragment for 64 bytes", () => {
  const servedOf = (size: number, fragments = 1, deflatedBytes = 0) => {
    const memory = { connectionPendingBytes: 1e9, addressPendingBytes: 1e9, pendingBytes: 1e9 };
    const stage = new ConnectionStage({ ...memory, requests: { perSecond: 1, burst: 100 }, gets: null });
    let served = 0;
    for (; served < 200; served++) {
      stage.connection.frame(GET, size, { fragments, deflatedBytes });
      if (stage.refusal !== undefined) break;
    }
    return served;
  };
  expect([servedOf(20), servedOf(1023), servedOf(1024), servedOf(9 * 1024)]).toEqual([100, 100, 50, 10]);
  expect([servedOf(20, 17), servedOf(20, 1024), servedOf(0, 1, 9 * 1024)]).toEqual([50, 2, 10]);
});

test("LIM-2 LIM-6 a request that costs more than is left is served, and the next one waits until the debt is paid", () => {
  const memory = { connectionPendingBytes: 1e9, addressPendingBytes: 1e9, pendingBytes: 1e9 };
  const stage = new ConnectionStage({ ...memory, requests: { perSecond: 10, burst: 20 }, gets: null });
  stage.connection.frame(GET, 49 * 1024);
  expect(stage.refusal).toBeUndefined();
  stage.connection.frame(GET, GET.length);
  expect(stage.operations.at(-1)).toMatchObject({ refusal: { reason: "TooManyRequests", retryS: 4 } });
  stage.now = 3100;
  stage.connection.frame(GET, GET.length);
  expect(stage.refusal).toBeUndefined();
});

test("LIM-2 fetching history from the store and sending it cost tokens as well", () => {
  const rate = { perSecond: 1, burst: 100 };
  const limits = { addressRequests: rate, gets: null, unsentBytes: 1e9 };
  const stage = new ConnectionStage({ ...limits, getMemoryBytes: 1e9, addressGetMemoryBytes: 1e9 }, 3);
  const { connection } = stage;
  stage.bytesToFetch = 40 * 4096;
  connection.frame('{"type":"get","before":9}', 26);
  connection.frame('{"type":"resume","session":"x","after":9}', 42);
  connection.frame('{"type":"get","before":9}', 26);
  expect(stage.refusal).toBeUndefined();
  connection.frame('{"type":"get","before":9}', 26);
  expect(stage.operations.at(-1)).toMatchObject({ refusal: { reason: "TooManyRequests", type: "get" } });
  stage.now = 1_000_000;
  stage.bytesToFetch = 0;
  connection.frame(GET, GET.length);
  connection.historyRefusal(100 * 64 * 1024);
  connection.frame(GET, GET.length);
  expect(stage.operations.at(-1)).toMatchObject({ refusal: { reason: "TooManyRequests", type: "get" } });
});

test("LIM-2 LIM-7 a pong that answers no ping of ours counts as a request, and those that do are free", () => {
  const { connection, operations } = new ConnectionStage({ requests: { perSecond: 0.001, burst: 3 } });
  for (let i = 0; i < 20; i++) {
    connection.tick();
    connection.ponged();
  }
  for (let i = 0; i < 6; i++) connection.ponged();
  expect(operations).toEqual([]);
  connection.ponged();
  expect(operations).toEqual([{ kind: "end", connection: "1" }]);
});

test("LIM-2 a client cannot save up pongs that it did not send", () => {
  const { connection, operations } = new ConnectionStage({ requests: { perSecond: 0.001, burst: 3 } });
  for (let i = 0; i < 1000; i++) connection.tick();
  for (let i = 0; i < 10; i++) connection.ponged();
  expect(operations).toEqual([{ kind: "end", connection: "1" }]);
});

const SEND = '{"type":"send","content":"x"}';

test("LIM-14 messages have a rate for each connection, address and room, and a refused one costs nothing of any", () => {
  for (const limit of ["sends", "addressSends"] as const) {
    const stage = new ConnectionStage({ [limit]: { perSecond: 1, burst: 2 } });
    for (let i = 0; i < 3; i++) stage.connection.frame(SEND, SEND.length);
    expect(stage.operations.map((each) => each.kind)).toEqual(["request", "request", "refuse"]);
    expect(stage.operations.at(-1)).toMatchObject({
      refusal: { reason: "TooManyRequests", type: "send", retryS: 1 },
    });
    stage.connection.frame(GET, GET.length);
    stage.now = 1000;
    stage.connection.frame(SEND, SEND.length);
    expect(stage.refusal).toBeUndefined();
  }
});

test("LIM-14 messages of an address are finite in bytes as they are stored, whatever the frames are", () => {
  const stage = new ConnectionStage({ addressSendBytes: { perSecond: 100, burst: 10_000 } });
  let stored = 0;
  for (let i = 0; i < 100 && stage.refusal === undefined; i++) {
    stage.connection.frame(SEND, SEND.length);
    if (stage.refusal === undefined) stored++;
  }
  expect(stored).toBe(Math.ceil(9_999 / (SEND.length + 128)));
});

test("LIM-15 the nicknames that an address announces have a rate; typing beyond its rate is silently dropped", () => {
  const stage = new ConnectionStage({ addressEvents: { perSecond: 0.1, burst: 2 }, names: null }, 3);
  const { connection } = stage;
  connection.frame('{"type":"name","name":"An"}', 27);
  connection.named({ name: "An", by: "author" });
  connection.frame('{"type":"typing"}', 17);
  expect(stage.operations.map((each) => each.kind)).toEqual(["request", "request"]);
  stage.now = 3000;
  connection.frame('{"type":"typing"}', 17);
  expect(stage.operations).toHaveLength(2);
  connection.frame('{"type":"name","name":"Ân"}', 28);
  expect(stage.operations.at(-1)).toMatchObject({ refusal: { reason: "TooManyRequests", type: "name" } });
});

test("LIM-5 a large message over the rate is refused unread, and a compressed one is not inflated for it", () => {
  const memory = { connectionPendingBytes: 1e6, addressPendingBytes: 1e6, pendingBytes: 1e6 };
  const stage = new ConnectionStage({ ...memory, requests: { perSecond: 0.1, burst: 1 }, gets: null });
  const { connection } = stage;
  expect(connection.inflateLimit).toBe(65_536);
  expect(connection.skipped(65_536, { fragments: 1, deflatedBytes: 9 })).toBe(false);
  connection.frame(GET, 60_000);
  expect(stage.refusal).toBeUndefined();
  expect(connection.inflateLimit).toBe(50 * 1024);
  // While it was inflated, the rate has recovered.
  stage.now = 3_600_000;
  expect(connection.skipped(50 * 1024, { fragments: 1, deflatedBytes: 9 })).toBe(true);
  expect(stage.operations.at(-1)).toMatchObject({
    refusal: { reason: "TooManyRequests", type: null, retryS: 1 },
  });
});

test("LIM-7 if much is refused to an address, its connections are closed sooner, but never for what others did", () => {
  const limits = { requests: null, addressRequests: { perSecond: 0.001, burst: 5 }, gets: null };
  const stage = new ConnectionStage(limits);
  stage.address.rates.requests?.charge(0, 1000);
  stage.address.rates.excess?.charge(0, 1000);
  for (let i = 0; i < 20; i++) stage.connection.frame(GET, GET.length);
  expect(stage.operations.every((each) => each.kind === "refuse")).toBe(true);
  stage.connection.frame(GET, GET.length);
  expect(stage.operations.at(-1)).toEqual({ kind: "end", connection: "1" });
  const memory = { connectionPendingBytes: 1e6, addressPendingBytes: 1e6, pendingBytes: 1e6 };
  const large = new ConnectionStage({ ...limits, ...memory });
  large.address.rates.requests?.charge(0, 1000);
  large.address.rates.excess?.charge(0, 1000);
  large.connection.frame(GET, 60_000);
  expect(large.operations.map((each) => each.kind)).toEqual(["end"]);
});

test("NAME-7 SEND-4 a list or an object of a large frame is not carried back, and a long text is", () => {
  const carried = (content: unknown) => {
    const stage = new ConnectionStage();
    const text = JSON.stringify({ type: "send", content });
    stage.connection.frame(text, text.length);
    const [operation] = stage.operations;
    return operation?.kind === "request" && "content" in operation.request
      ? operation.request.content
      : "none";
  };
  const list = Array.from({ length: 4000 }, () => 1);
  expect(carried(list)).toEqual(list);
  expect([carried([...list, ...list, ...list]), carried({ list: [...list, ...list, ...list] })]).toEqual([
    null,
    null,
  ]);
  expect(carried("x".repeat(60_000))).toBe("x".repeat(60_000));
});
