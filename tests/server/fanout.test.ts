import { expect, test } from "bun:test";
import { constants, inflateRawSync } from "node:zlib";
import type { Outcome } from "../../src/engine/outcome.ts";
import { outcomesOf } from "../../src/engine/outcomes.ts";
import { recordsOf } from "../../src/engine/rules.ts";
import type { Decision } from "../../src/room/decision.ts";
import type { Operation } from "../../src/room/operation.ts";
import { Connection } from "../../src/server/connection.ts";
import { Fanout } from "../../src/server/fanout.ts";
import { WebSocketReader } from "../../src/server/websocket-reader.ts";
import fc from "../support/chance.ts";
import { emptyRoom, operationOf } from "../support/room.ts";
import { ConnectionStage, FakeWire } from "../support/wire.ts";

const CLIENTS = 8;
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
  for (const bytes of wire.written) reader.read(masked(bytes));
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
  /** Those whose connections have ended: they are sent nothing from the next batch on. */
  readonly gone = new Set<number>();
  readonly #named = new Set<number>();

  tell(outcome: Outcome): void {
    const origin = Number(outcome.connection.replace("v", ""));
    switch (outcome.kind) {
      case "registered":
        this.#others(origin, { datatype: "register", name: outcome.name }, { time: 1 });
        this.#own(origin, { type: "name", action: "register", name: outcome.name, status: true }, outcome);
        this.#named.add(origin);
        break;
      case "renamed": {
        const names = { oldname: outcome.oldName, newname: outcome.name };
        this.#others(origin, { datatype: "change", ...names }, { time: 1 });
        this.#own(origin, { type: "name", action: "change", ...names, status: true }, outcome);
        break;
      }
      case "sent": {
        const { name, content, id } = outcome.record.message;
        this.#others(origin, { datatype: "message", name, content }, { id, time: 1 });
        this.#own(origin, { type: "send", name, content, status: true }, outcome, { id, time: 1 });
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
        this.#named.add(origin);
        this.#push(origin, "resumed");
        break;
      case "left":
        this.#named.delete(origin);
        if (outcome.name !== null)
          this.#others(origin, { datatype: "leave", name: outcome.name }, { time: 1 });
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

test("ORD-1 ORD-2 ORD-3 EV-1 V3-3 ZIP-3 each client gets its part of the order, however the batches fall", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const fanout = new Fanout(() => "T", { told: () => {}, refused: () => {} }, 1);
      const wires = Array.from({ length: CLIENTS }, (_, i) => new FakeWire(i >= FIRST_DEFLATING));
      const connections = wires.map((wire, i) => connect(sessionOf(i), wire));
      for (const [i, wire] of wires.entries()) {
        const connection = connections[i];
        if (connection) fanout.add(connection, wire);
      }
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
        for (const outcome of outcomes) model.tell(outcome);
      };
      const gone = new Set<number>();
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
          // Only a connection that still stands can be heard of again, and a ghost never comes back.
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
        // What a connection asks after its connection was resumed elsewhere stays unanswered.
        const heard = wire.end === null ? expected : expected.slice(0, seen.length);
        expect(seen.map((frame, at) => (KINDS[heard[at] ?? ""]?.test(frame) ? heard[at] : frame))).toEqual(
          heard,
        );
        if (wire.end !== null) expect(wire.end).toEqual({ code: 4001 });
      });
    }),
    { numRuns: 300 },
  );
});

test("RES-2 a ghost is cut off, even if whoever resumed is gone again by then", () => {
  const fanout = new Fanout(() => "T", { told: () => {}, refused: () => {} }, 1);
  const room = emptyRoom();
  const wire = new FakeWire();
  fanout.add(connect("v4", wire), wire);
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

test("ZIP-3 a batch is compressed once for all who take that, and only for those who asked nothing in it", () => {
  const fanout = new Fanout(() => "T", { told: () => {}, refused: () => {} }, 150);
  const room = emptyRoom();
  const wires = {
    1: new FakeWire(),
    v4: new FakeWire(),
    v5: new FakeWire(true),
    v6: new FakeWire(true),
    v7: new FakeWire(true),
  };
  for (const [connection, wire] of Object.entries(wires)) fanout.add(connect(connection, wire), wire);
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

/** A decision with what an engine would add to it: a history without messages. */
function outcomeOf(decision: Decision): Outcome {
  const page = { messages: new Uint8Array(0), more: false, gap: null, reset: false };
  const history = { page: () => page, history: () => ({ bytes: 0, encoded: () => page.messages }) };
  const records = new Map(recordsOf([decision]).map((record) => [record.id, record]));
  const [outcome] = outcomesOf([decision], [], { history, before: 0, records });
  if (outcome === undefined) throw new Error("A decision has one outcome.");
  return outcome;
}

function connect(connection: string, wire: FakeWire): Connection {
  const version = connection.startsWith("v") ? 3 : 2;
  const secret = version === 3 ? { text: connection, hash: connection } : null;
  const { address, context } = new ConnectionStage();
  const client = { id: connection, room: "/", ip: "127.0.0.1", address, version, secret } as const;
  return new Connection(client, wire, context, { add: () => () => {} });
}
