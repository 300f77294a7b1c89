import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Operation } from "../../src/room/operation.ts";
import { Room } from "../../src/room/room.ts";
import { Connection } from "../../src/server/connection.ts";
import { Fanout } from "../../src/server/fanout.ts";
import { WebSocketReader } from "../../src/server/websocket-reader.ts";
import { ConnectionStage, FakeWire } from "../support/wire.ts";

const CLIENTS = 5;
/** So that some pieces are large enough to be shared and not copied. */
const LONG = "x".repeat(3000);

/** The frames that were written to a socket. */
function framesOf(wire: FakeWire): string[] {
  const frames: string[] = [];
  const reader = new WebSocketReader(2 ** 30, {
    message: (bytes) => frames.push(Buffer.from(bytes).toString()),
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

const step = fc.record({
  client: fc.nat({ max: CLIENTS - 1 }),
  act: fc.constantFrom("name", "taken", "send", "long", "get", "nonsense", "batch", "batch"),
});

test("ORD-1 ORD-2 ORD-3 EV-1 each client gets its part of the order, however the batches fall", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const fanout = new Fanout(() => "T", { told: () => {}, refused: () => {} });
      const wires = Array.from({ length: CLIENTS }, () => new FakeWire());
      for (const [i, wire] of wires.entries()) fanout.add(connect(String(i), wire), wire);
      const room = new Room(0, { bytes: 0, text: () => "" });
      const expected: string[][] = wires.map(() => []);
      const named = new Set<number>();
      let batch: Operation[] = [];
      let count = 0;
      const tell = () => {
        const outcomes = batch.map((each) => room.decide(each, { time: 1, timestamp: "T" }));
        batch = [];
        fanout.deliver("/", outcomes);
        // What each should see, one outcome after the other.
        for (const outcome of outcomes) {
          const origin = Number(outcome.session);
          const own = expected[origin];
          const all = (event: object) => {
            for (const each of named) if (each !== origin) expected[each]?.push(JSON.stringify(event));
          };
          switch (outcome.kind) {
            case "registered":
              all({ type: "receive", datatype: "register", name: outcome.name, timestamp: "T" });
              own?.push(
                JSON.stringify({
                  type: "name",
                  action: "register",
                  name: outcome.name,
                  status: true,
                  timestamp: "T",
                }),
              );
              named.add(origin);
              break;
            case "renamed": {
              const names = { oldname: outcome.oldName, newname: outcome.name };
              all({ type: "receive", datatype: "change", ...names, timestamp: "T" });
              own?.push(
                JSON.stringify({ type: "name", action: "change", ...names, status: true, timestamp: "T" }),
              );
              break;
            }
            case "sent": {
              const { name, content } = outcome.message;
              all({ type: "receive", datatype: "message", name, content, timestamp: "T" });
              own?.push(JSON.stringify({ type: "send", name, content, status: true, timestamp: "T" }));
              break;
            }
            default:
              own?.push(outcome.kind);
          }
        }
      };
      for (const { client, act } of steps) {
        const session = String(client);
        const request = (value: Extract<Operation, { kind: "request" }>["request"]) =>
          batch.push({ kind: "request", session, request: value, size: 1 });
        count++;
        if (act === "name") request({ kind: "name", name: `n${client}.${count}` });
        else if (act === "taken") request({ kind: "malformed-name", name: 7 });
        else if (act === "send") request({ kind: "send", content: `m${count}` });
        else if (act === "long")
          for (let i = 0; i < 80; i++) request({ kind: "send", content: `${LONG}${count}.${i}` });
        else if (act === "get") request({ kind: "get" });
        else if (act === "nonsense")
          batch.push({ kind: "refuse", session, refusal: { reason: "UnknownType" }, size: 1 });
        else tell();
      }
      tell();
      const kinds: Record<string, RegExp> = {
        "name-refused": /WrongFormatName/,
        unregistered: /UnknownRegister/,
        got: /"online":\[/,
        refused: /UnknownType/,
      };
      wires.forEach((wire, i) => {
        const seen = framesOf(wire).map((frame, at) => {
          const kind = expected[i]?.[at] ?? "";
          return kinds[kind]?.test(frame) ? kind : frame;
        });
        expect(seen).toEqual(expected[i] ?? []);
      });
    }),
    { numRuns: 150 },
  );
});

function connect(session: string, wire: FakeWire): Connection {
  return new Connection(session, "/", "127.0.0.1", wire, new ConnectionStage().shared, {
    add: () => () => {},
  });
}
