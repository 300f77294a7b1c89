import { expect, test } from "bun:test";
import { constants, inflateRawSync } from "node:zlib";
import type { Outcome } from "../../src/engine/outcome.ts";
import { outcomesOf } from "../../src/engine/outcomes.ts";
import type { MessageRecord } from "../../src/engine/record.ts";
import { recordsOf } from "../../src/engine/rules.ts";
import { PAGE_TO_COME } from "../../src/protocol/page.ts";
import type { Decision } from "../../src/room/decision.ts";
import type { Operation } from "../../src/room/operation.ts";
import { Connection } from "../../src/server/connection.ts";
import type { Dialect } from "../../src/server/dialect.ts";
import { Fanout } from "../../src/server/fanout.ts";
import type { EventSink, Recipient } from "../../src/server/recipient.ts";
import { WebSocketReader } from "../../src/server/websocket-reader.ts";
import fc from "../support/chance.ts";
import { emptyRoom, operationOf } from "../support/room.ts";
import { ConnectionStage, FakeWire } from "../support/wire.ts";

const CLIENTS = 10;
/** Clients from the first on have a nickname from the start: those from the second on may resume theirs. */
const [FIRST_NAMED, FIRST_UNNAMED] = [1, 8];
/** So that some pieces are large enough to be shared and not copied. */
const LONG = "x".repeat(3000);

/** The frames that were written to a socket; one that was compressed and must not be shows as a fault. */
function framesOf(wire: FakeWire): string[] {
  const frames: string[] = [];
  const inflated = (bytes: Uint8Array) =>
    inflateRawSync(Buffer.concat([bytes, Buffer.from([0, 0, 0xff, 0xff])]), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
  const reader = new WebSocketReader(2 ** 30, wire.deflates, {
    message: (bytes, { isDeflated }) =>
      void frames.push(Buffer.from(isDeflated ? inflated(bytes) : bytes).toString()),
    ping: () => {},
    pong: () => {},
    close: () => {},
    fault: (code, reason) => frames.push(`fault ${code} ${reason}`),
  });
  // A large frame is written in several pieces.
  reader.read(masked(Buffer.concat(wire.written)));
  return frames;
}

/** The server's frames as a client's: the reader wants a mask, and a mask of zeros changes nothing. */
function masked(bytes: Uint8Array): Buffer {
  const out: Uint8Array[] = [];
  const view = Buffer.from(bytes);
  for (let at = 0; at < view.length; ) {
    const short = (view[at + 1] ?? 0) & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    const length =
      short === 126
        ? view.readUInt16BE(at + 2)
        : short === 127
          ? Number(view.readBigUInt64BE(at + 2))
          : short;
    const frame = Buffer.from(view.subarray(at, at + head));
    frame[1] = (frame[1] ?? 0) | 0x80;
    out.push(frame, Buffer.alloc(4), view.subarray(at + head, at + head + length));
    at += head + length;
  }
  return Buffer.concat(out);
}

/** Clients from this one on speak version 3. */
const FIRST_V3 = 4;
/** And those from this one on take compressed messages. */
const FIRST_DEFLATING = 6;

const step = fc.record({
  client: fc.nat({ max: CLIENTS - 1 }),
  other: fc.nat({ max: CLIENTS - 1 }),
  act: fc.constantFrom(
    ...([
      "name",
      "taken",
      "send",
      "send",
      "long",
      "get",
      "nonsense",
      "typing",
      "resume",
      "dash",
      "leave",
    ] as const),
    ...(["batch", "batch", "batch"] as const),
  ),
});

/** What each client should see, one outcome after the other: the model that knows nothing of batches. */
class Model {
  readonly expected: string[][] = Array.from({ length: CLIENTS }, () => []);
  /** Those whose connections have ended, or were resumed elsewhere: they are sent nothing more. */
  readonly gone = new Set<number>();
  readonly #named = new Set<number>();

  tell(outcome: Outcome): void {
    const origin = Number(outcome.connection.replace("v", ""));
    switch (outcome.kind) {
      case "registered":
        this.#others(origin, { datatype: "register", name: outcome.name }, { time: 1 });
        this.#own(origin, { type: "name", action: "register", name: outcome.name, status: true }, outcome, {
          by: outcome.by,
        });
        this.#named.add(origin);
        break;
      case "renamed": {
        const names = { oldname: outcome.oldName, newname: outcome.name };
        this.#others(origin, { datatype: "change", ...names }, { time: 1 });
        this.#own(origin, { type: "name", action: "change", ...names, status: true }, outcome);
        break;
      }
      case "sent": {
        const { name, content, id, by } = outcome.record.message;
        this.#others(origin, { datatype: "message", name, content }, { id, time: 1, by });
        this.#own(origin, { type: "send", name, content, status: true }, outcome, { id, time: 1, by });
        break;
      }
      case "typing":
        for (const each of this.#named) {
          if (each === origin || each < FIRST_V3) continue;
          this.#push(each, JSON.stringify({ type: "receive", datatype: "typing", name: outcome.name }));
        }
        break;
      case "resumed":
        this.#named.delete(Number(outcome.from.replace("v", "")));
        this.gone.add(Number(outcome.from.replace("v", "")));
        this.#named.add(origin);
        this.#push(origin, "resumed");
        break;
      case "left":
        this.#named.delete(origin);
        this.#others(origin, { datatype: "leave", name: outcome.name }, { time: 1 });
        break;
      case "gone":
        break;
      default:
        this.#push(origin, outcome.kind);
    }
  }

  #push(client: number, frame: string): void {
    if (!this.gone.has(client)) this.expected[client]?.push(frame);
  }

  #others(origin: number, event: object, extra: object): void {
    for (const each of this.#named) {
      const added = each < FIRST_V3 ? {} : extra;
      const frame = { type: "receive", ...event, timestamp: "T", ...added };
      if (each !== origin) this.#push(each, JSON.stringify(frame));
    }
  }

  #own(origin: number, reply: object, { ref }: Outcome, extra: object = {}): void {
    const added = origin < FIRST_V3 ? {} : { ...extra, ref };
    this.#push(origin, JSON.stringify({ ...reply, timestamp: "T", ...added }));
  }
}

test("ORD-1 ORD-2 ORD-3 EV-1 V3-3 ZIP-3 each client gets its part of the order, however operations are batched", () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const fanout = new Fanout(() => "T", SILENT, 1);
      const wires = Array.from({ length: CLIENTS }, (_, i) => new FakeWire(i >= FIRST_DEFLATING));
      const connections = wires.map((wire, i) => connect(sessionOf(i), wire));
      for (const connection of connections) fanout.add(connection);
      const room = emptyRoom();
      const model = new Model();
      let batch: Operation[] = [];
      let count = 0;
      const tell = () => {
        const outcomes = batch.map((operation) => {
          const outcome = outcomeOf(room.decide(operation, { time: 1, timestamp: "T" }));
          return "ref" in operation ? { ...outcome, ref: operation.ref } : outcome;
        });
        batch = [];
        fanout.deliver("/", outcomes);
        for (const outcome of outcomes) {
          model.tell(outcome);
          kinds.add(outcome.kind);
        }
      };
      const gone = new Set<number>();
      for (let i = FIRST_NAMED; i < FIRST_UNNAMED; i++)
        batch.push(operationOf(sessionOf(i), { type: "name", name: `n${i}` }));
      for (const { client, other, act } of steps) {
        if (gone.has(client)) continue;
        const id = sessionOf(client);
        const request = (frame: object) => batch.push(operationOf(id, { ...frame, ref: count }));
        count++;
        if (act === "name") request({ type: "name", name: `n${client}.${count}` });
        else if (act === "taken") request({ type: "name", name: 7 });
        else if (act === "send") request({ type: "send", content: `m${count}` });
        else if (act === "long")
          for (let i = 0; i < 80; i++) request({ type: "send", content: `${LONG}${count}.${i}` });
        else if (act === "get") request({ type: "get" });
        else if (act === "nonsense") request({ type: "nonsense" });
        else if (act === "typing") request({ type: "typing" });
        else if (act === "resume") {
          // Only a connection that still stands can be heard of again, and one that was resumed never comes back.
          if (client >= FIRST_V3) request({ type: "resume", session: sessionOf(other) });
        } else if (act === "leave" || act === "dash") {
          if (act === "dash" && client >= FIRST_V3) request({ type: "resume", session: sessionOf(other) });
          // Its requests may still be on their way through the room.
          const connection = connections[client];
          if (connection) fanout.remove(connection);
          batch.push({ kind: "leave", connection: id, resumable: false });
          gone.add(client);
          model.gone.add(client);
        } else tell();
        for (const [i, wire] of wires.entries()) if (wire.end !== null) gone.add(i);
      }
      tell();
      wires.forEach((wire, i) => {
        const expected = model.expected[i] ?? [];
        const seen = framesOf(wire).flatMap(objectsOf);
        const named = seen.map((frame, at) =>
          KINDS[expected[at] ?? ""]?.test(frame) ? expected[at] : frame,
        );
        expect(named).toEqual(expected);
        if (wire.end !== null) expect(wire.end).toEqual({ code: 4001 });
      });
    }),
    { numRuns: 100 },
  );
  expect([...Object.keys(KINDS), ...ANNOUNCED].filter((kind) => !kinds.has(kind))).toEqual([]);
});

test("RES-2 a connection that was resumed elsewhere is cut off, even if the other one is gone again by then", () => {
  const fanout = new Fanout(() => "T", SILENT, 1);
  const room = emptyRoom();
  const wire = new FakeWire();
  fanout.add(connect("v4", wire));
  const tell = (...operations: Operation[]) =>
    fanout.deliver(
      "/",
      operations.map((each) => outcomeOf(room.decide(each, { time: 1, timestamp: "T" }))),
    );
  tell(operationOf("v4", { type: "name", name: "An" }));
  tell(operationOf("v5", { type: "resume", session: "v4" }), {
    kind: "leave",
    connection: "v5",
    resumable: true,
  });
  expect(wire.end).toEqual({ code: 4001 });
  const before = wire.written.length;
  tell(operationOf("1", { type: "name", name: "Bình" }));
  expect(wire.written.length).toBe(before);
});

test("ZIP-3 a batch is compressed once for all clients that accept compression, and only for those that made no request in it", () => {
  const fanout = new Fanout(() => "T", SILENT, 150);
  const room = emptyRoom();
  const wires = {
    1: new FakeWire(),
    v4: new FakeWire(),
    v5: new FakeWire(true),
    v6: new FakeWire(true),
    v7: new FakeWire(true),
  };
  for (const [connection, wire] of Object.entries(wires)) fanout.add(connect(connection, wire));
  const tell = (...operations: Operation[]) => {
    for (const { written } of Object.values(wires)) written.length = 0;
    fanout.deliver(
      "/",
      operations.map((each) => outcomeOf(room.decide(each, { time: 1, timestamp: "T" }))),
    );
  };
  const say = (connection: string, content: string) => operationOf(connection, { type: "send", content });
  const isCompressed = (wire: FakeWire) => wire.written.map((bytes) => ((bytes[0] ?? 0) & 0x40) !== 0);
  tell(
    ...Object.keys(wires).map((connection) => operationOf(connection, { type: "name", name: connection })),
  );

  tell(say("v7", LONG), say("v7", LONG));
  expect(Object.values(wires).map(isCompressed)).toEqual([[false], [false], [true], [true], [false]]);
  expect(wires.v6.written[0]).toBe(wires.v5.written[0] ?? Buffer.alloc(0));
  expect(wires.v5.written[0]?.length).toBeLessThan(200);
  expect(framesOf(wires.v5)).toEqual(framesOf(wires.v4));

  tell(say("1", "x"));
  expect(isCompressed(wires.v5)).toEqual([false]);
  expect(framesOf(wires.v5)).toEqual(framesOf(wires.v4));
});

/** Lines of JSON in place of frames: what a stream of events over HTTP could be written in. */
const lines: Dialect = {
  version: 3,
  event: (text) => Buffer.from(`${text}\n`),
  reply(text) {
    const whole = typeof text === "string" ? text : `${text.head}${Buffer.from(text.messages)}${text.tail}`;
    return [Buffer.from(`reply ${whole}\n`)];
  },
  frames: (runs) => runs,
};

/** A recipient that is not a connection. */
class LineRecipient implements Recipient {
  readonly room = "/";
  readonly dialect = lines;
  readonly secret = "";
  name: string | null = null;
  text = "";
  ended: string | null = null;
  readonly sink: EventSink | null;
  refusal: ReturnType<Recipient["historyRefusal"]> = null;
  readonly historyRefusal = () => this.refusal;

  constructor(
    readonly id: string,
    listens: boolean,
  ) {
    this.sink = listens ? { deflates: false, write: (bytes) => this.write([bytes]) } : null;
  }

  named({ name }: { readonly name: string }): void {
    this.name = name;
  }

  write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.text += Buffer.from(piece).toString();
  }

  end(cause: string): void {
    this.ended = cause;
  }
}

test("a recipient need not be a connection: one gets its replies, and another gets the room's events, each in its own dialect", () => {
  const refusals: string[] = [];
  const fanout = new Fanout(
    () => "T",
    { ...SILENT, refused: ({ id }, reason) => refusals.push(`${id} ${reason}`) },
    1,
  );
  const poster = new LineRecipient("vpost", false);
  const stream = new LineRecipient("vstream", true);
  const wire = new FakeWire();
  for (const recipient of [poster, stream, connect("1", wire)]) fanout.add(recipient);
  const room = emptyRoom();
  const tell = (...operations: Operation[]) =>
    fanout.deliver(
      "/",
      operations.map((each) => outcomeOf(room.decide(each, { time: 1, timestamp: "T" }))),
    );
  const name = (id: string) => operationOf(id, { type: "name", name: id });
  tell(name("1"), name("vstream"), name("vpost"));
  for (const each of [poster, stream]) each.text = "";
  wire.written.length = 0;
  tell(operationOf("vpost", { type: "send", content: "hi" }), operationOf("vpost", { type: "nonsense" }));
  const message = { name: "vpost", content: "hi" };
  const added = { timestamp: "T", id: 1, time: 1, by: "by vpost" };
  expect(poster.text.split("\n")).toEqual([
    `reply ${JSON.stringify({ type: "send", ...message, status: true, ...added })}`,
    'reply {"type":null,"status":false,"reason":"UnknownType"}',
    "",
  ]);
  expect(stream.text).toBe(
    `${JSON.stringify({ type: "receive", datatype: "message", ...message, ...added })}\n`,
  );
  expect(framesOf(wire)).toEqual([
    JSON.stringify({ type: "receive", datatype: "message", ...message, timestamp: "T" }),
  ]);
  expect(refusals).toEqual(["vpost UnknownType"]);
  fanout.remove(stream);
  stream.text = "";
  tell(operationOf("vpost", { type: "send", content: "again" }));
  expect(stream.text).toBe("");
  fanout.endAll("restart");
  expect([poster.ended, stream.ended, wire.end]).toEqual(["restart", null, { code: 1012 }]);
});

test("a connection that ends for a lost store gets only the events before its end, and one that ends for a flood gets all of the batch", () => {
  const fanout = new Fanout(() => "T", SILENT, 1);
  const wires = { v4: new FakeWire(), v5: new FakeWire(), v6: new FakeWire() };
  for (const [id, wire] of Object.entries(wires)) fanout.add(connect(id, wire));
  const room = emptyRoom();
  const outcomes = (...operations: Operation[]) =>
    operations.map((each) => outcomeOf(room.decide(each, { time: 1, timestamp: "T" })));
  fanout.deliver(
    "/",
    outcomes(...Object.keys(wires).map((id) => operationOf(id, { type: "name", name: id }))),
  );
  for (const { written } of Object.values(wires)) written.length = 0;
  const say = (content: string) => outcomes(operationOf("v4", { type: "send", content }));
  fanout.deliver("/", [
    ...say("one"),
    { kind: "store-lost", connection: "v5" },
    { kind: "ended", connection: "v6" },
    ...say("two"),
    ...outcomes(operationOf("v5", { type: "send", content: "three" })),
  ]);
  const contents = (wire: FakeWire) =>
    framesOf(wire)
      .flatMap(objectsOf)
      .map((each) => JSON.parse(each).content);
  expect([contents(wires.v5), contents(wires.v6)]).toEqual([["one"], ["one", "two", "three"]]);
  expect([wires.v5.end, wires.v6.end]).toEqual([{ code: 1013 }, { code: 1008 }]);
});

test("LIM-13 RES-1 without memory for its history, a get is refused, and a resume succeeds without its page", () => {
  const refusals: string[] = [];
  const fanout = new Fanout(() => "T", { ...SILENT, refused: (_, reason) => refusals.push(reason) }, 1);
  const asker = new LineRecipient("v4", false);
  const resumer = new LineRecipient("v5", false);
  for (const each of [asker, resumer]) fanout.add(each);
  const room = emptyRoom();
  const tell = (...operations: Operation[]) =>
    fanout.deliver(
      "/",
      operations.map((each) => outcomeOf(room.decide(each, { time: 1, timestamp: "T" }))),
    );
  tell(operationOf("v4", { type: "name", name: "An" }));
  const replyTo = (refusal: LineRecipient["refusal"]) => {
    asker.text = "";
    asker.refusal = refusal;
    tell(operationOf("v4", { type: "get" }));
    return JSON.parse(asker.text.replace("reply ", ""));
  };
  expect(replyTo("TooManyRequests")).toEqual({
    type: "get",
    status: false,
    reason: "TooManyRequests",
    retry: 1,
  });
  expect(replyTo("ErrorWhenGet")).toMatchObject({
    type: "get",
    status: false,
    reason: "ErrorWhenGet",
    name: "An",
  });
  expect(refusals).toEqual(["TooManyRequests", "ErrorWhenGet"]);
  resumer.refusal = "ErrorWhenGet";
  tell(operationOf("v5", { type: "resume", session: "v4" }));
  expect(resumer.name).toBe("An");
  expect(resumer.text).toContain('"more":true');
  expect(refusals).toHaveLength(2);
});

test("a message is one buffer for all that only listen, whatever is in it, and as JSON has it", () => {
  const fanout = new Fanout(() => "T", SILENT, 1);
  const room = emptyRoom();
  const wires = Object.fromEntries(["1", "2", "3", "v4", "v5"].map((id) => [id, new FakeWire()]));
  for (const [id, wire] of Object.entries(wires)) fanout.add(connect(id, wire));
  const tell = (operation: Operation) => {
    for (const { written } of Object.values(wires)) written.length = 0;
    fanout.deliver("/", [outcomeOf(room.decide(operation, { time: 1, timestamp: "T" }))]);
  };
  for (const id of Object.keys(wires)) tell(operationOf(id, { type: "name", name: `n"${id}\u00e9` }));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 }), (text) => {
      const content = `x${text}`;
      tell(operationOf("1", { type: "send", content }));
      const id = room.lastId;
      const seen = { name: 'n"1\u00e9', content };
      const classic = { type: "receive", datatype: "message", ...seen, timestamp: "T" };
      const bytes = Object.fromEntries(Object.entries(wires).map(([of, { written }]) => [of, written[0]]));
      expect(framesOf(wires["1"] ?? new FakeWire())).toEqual([
        JSON.stringify({ type: "send", ...seen, status: true, timestamp: "T" }),
      ]);
      expect(framesOf(wires["2"] ?? new FakeWire())).toEqual([JSON.stringify(classic)]);
      expect(framesOf(wires.v4 ?? new FakeWire())).toEqual([
        JSON.stringify({ ...classic, id, time: 1, by: "by 1" }),
      ]);
      expect([bytes["3"] === bytes["2"], bytes.v5 === bytes.v4]).toEqual([true, true]);
    }),
    { numRuns: 200 },
  );
});

const ANNOUNCED = ["registered", "renamed", "sent", "typing", "left"];

/** The refusals and histories, whose texts are other tests' matter. */
const KINDS: Record<string, RegExp> = {
  "name-refused": /WrongFormatName/,
  unregistered: /UnknownRegister/,
  history: /"online":\[/,
  page: /"online":\[.*"more":false/,
  refused: /UnknownType/,
  resumed: /^{"type":"resume","status":true/,
  "resume-refused": /UnknownSession/,
};

function sessionOf(client: number): string {
  return client < FIRST_V3 ? String(client) : `v${client}`;
}

/** The objects in a frame, as texts: one, or those of an array. */
function objectsOf(frame: string): string[] {
  const value: unknown = JSON.parse(frame);
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)) : [frame];
}

const SILENT = { delivered: () => {}, refused: () => {} };

/** A decision with what an engine would add to it: a history without messages. */
function outcomeOf(decision: Decision): Outcome {
  const page = { ...PAGE_TO_COME, more: false };
  const history = { page: () => page, history: () => ({ bytes: 0, encoded: () => page.messages }) };
  const records = new Map<number, MessageRecord>();
  for (const record of recordsOf([decision])) if (record.kind === "message") records.set(record.id, record);
  const [outcome] = outcomesOf([decision], [], { history, before: 0, records, repeated: records });
  if (outcome === undefined) throw new Error("A decision has one outcome.");
  return outcome;
}

function connect(connection: string, wire: FakeWire): Connection {
  const version = connection.startsWith("v") ? 3 : 2;
  const secret = version === 3 ? { text: connection, hash: connection } : null;
  const { address, context } = new ConnectionStage();
  const client = {
    id: connection,
    room: "/",
    ip: "127.0.0.1",
    address,
    version,
    secret,
    networks: [],
  } as const;
  return new Connection(client, wire, context, { add: () => () => {} });
}
