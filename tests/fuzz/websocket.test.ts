import { expect, test } from "bun:test";
import { readHead } from "../../src/server/http-head.ts";
import { closeFrame, controlFrame, OPCODE, textFrame } from "../../src/server/websocket-frame.ts";
import { WebSocketReader } from "../../src/server/websocket-reader.ts";
import fc from "../support/chance.ts";

const MAX_BYTES = 70_000;

/** What a reader makes of some chunks, as text. After its first close or fault it must be silent. */
function read(chunks: readonly Uint8Array[], maxBytes = MAX_BYTES, takesDeflated = true): string[] {
  const seen: string[] = [];
  const reader = new WebSocketReader(maxBytes, takesDeflated, {
    message: (bytes, { isText, isDeflated }) =>
      void seen.push(messageOf(isDeflated, isText, Buffer.from(bytes).toString("base64"))),
    ping: (payload) => seen.push(`ping ${Buffer.from(payload).toString("base64")}`),
    pong: () => seen.push("pong"),
    close: (code) => seen.push(`close ${code}`),
    fault: (code) => seen.push(`fault ${code}`),
  });
  // A reader may change what it reads, so it gets copies.
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return seen;
}

function messageOf(isDeflated: boolean, isText: boolean, base64: string): string {
  return `${isDeflated ? "deflated " : ""}${isText ? "text" : "binary"} ${base64}`;
}

interface Frame {
  opcode: number;
  isFinal: boolean;
  isDeflated?: boolean;
  payload: Uint8Array;
}

/** A frame as a client sends it. */
function masked({ opcode, isFinal, isDeflated, payload }: Frame, mask: Uint8Array): Buffer {
  const length = payload.length;
  const head =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  head[0] = (head[0] ?? 0) | 0x80;
  return Buffer.concat([
    Buffer.from([(isFinal ? 0x80 : 0) | (isDeflated ? 0x40 : 0) | opcode, ...head]),
    mask,
    payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0)),
  ]);
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(0, 125, 126, 127, 65_535, 65_536).map((length) => new Uint8Array(length).fill(0x61)),
);
const message = fc.record({
  opcode: fc.constantFrom(OPCODE.text, OPCODE.binary),
  isDeflated: fc.boolean(),
  parts: fc.array(payload, { minLength: 1, maxLength: 3 }),
  /** Control frames may stand between fragments. */
  between: fc.option(fc.constantFrom(OPCODE.ping, OPCODE.pong), { nil: undefined }),
});
const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });

test("REQ-1 ZIP-1 frames are read the same however they are split into chunks", () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      mask,
      fc.array(fc.nat(), { maxLength: 20 }),
      (messages, key, cuts) => {
        const expected: string[] = [];
        const frames: Buffer[] = [];
        for (const { opcode, isDeflated, parts, between } of messages) {
          if (parts.reduce((bytes, part) => bytes + part.length, 0) > MAX_BYTES) return;
          parts.forEach((part, i) => {
            const first = i === 0 ? { opcode, isDeflated } : { opcode: OPCODE.continuation };
            frames.push(masked({ ...first, isFinal: i === parts.length - 1, payload: part }, key));
            if (between !== undefined && i < parts.length - 1) {
              frames.push(masked({ opcode: between, isFinal: true, payload: Buffer.from("p") }, key));
              expected.push(between === OPCODE.ping ? `ping ${btoa("p")}` : "pong");
            }
          });
          const whole = Buffer.concat(parts).toString("base64");
          expected.push(messageOf(isDeflated, opcode === OPCODE.text, whole));
        }
        const bytes = Buffer.concat(frames);
        const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        expect(read(ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)))).toEqual(expected);
        if (bytes.length < 2000)
          expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("CLOSE-2 any bytes are read without an exception, the same in any chunks, and end with one fault", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, cut) => {
      const whole = read([bytes], 100);
      const at = cut % (bytes.length + 1);
      expect(read([bytes.subarray(0, at), bytes.subarray(at)], 100)).toEqual(whole);
      const ends = whole.filter((each) => each.startsWith("fault") || each.startsWith("close"));
      expect(ends.length).toBeLessThanOrEqual(1);
      if (ends.length === 1) expect(whole.at(-1)).toBe(ends[0] ?? "");
    }),
    { numRuns: 5000 },
  );
});

const key = Buffer.from([1, 2, 3, 4]);
const client = (opcode: number, bytes: Uint8Array = Buffer.alloc(0), isFinal = true) =>
  masked({ opcode, isFinal, payload: bytes }, key);
const deflating = (opcode: number, isFinal = true) =>
  masked({ opcode, isFinal, isDeflated: true, payload: key }, key);

/** The head of a binary frame with these bytes as its length. */
function withLength(...length: number[]): Buffer {
  return Buffer.from([0x82, length.length === 2 ? 0xfe : 0xff, ...length, ...key]);
}

test.each([
  ["an unmasked frame", Buffer.from(textFrame("x")), "fault 1002"],
  ["the second reserved bit", Buffer.from([0xa1, 0x80, 0, 0, 0, 0]), "fault 1002"],
  ["the third reserved bit", Buffer.from([0x91, 0x80, 0, 0, 0, 0]), "fault 1002"],
  ["a compressed ping", deflating(OPCODE.ping), "fault 1002"],
  ["a compressed pong", deflating(OPCODE.pong), "fault 1002"],
  ["a compressed close", deflating(OPCODE.close), "fault 1002"],
  ["an unknown compressed opcode", deflating(3), "fault 1002"],
  [
    "a compressed continuation",
    Buffer.concat([deflating(1, false), deflating(OPCODE.continuation)]),
    "fault 1002",
  ],
  ["an unknown opcode", client(3), "fault 1002"],
  ["an unknown control opcode", client(11), "fault 1002"],
  ["a continuation of nothing", client(OPCODE.continuation), "fault 1002"],
  ["a message within a message", Buffer.concat([client(1, key, false), client(1)]), "fault 1002"],
  ["a fragmented ping", client(OPCODE.ping, key, false), "fault 1002"],
  ["a ping of 126 bytes", client(OPCODE.ping, new Uint8Array(126)), "fault 1002"],
  ["a close with half a code", client(OPCODE.close, Buffer.from([3])), "fault 1002"],
  ["a close with code 1005", client(OPCODE.close, Buffer.from([0x03, 0xed])), "fault 1002"],
  ["a close with code 999", client(OPCODE.close, Buffer.from([0x03, 0xe7])), "fault 1002"],
  ["a close with code 5000", client(OPCODE.close, Buffer.from([0x13, 0x88])), "fault 1002"],
  ["a close reason that is no UTF-8", client(OPCODE.close, Buffer.from([0x03, 0xe8, 0xff])), "fault 1007"],
  ["an empty close", client(OPCODE.close), "close undefined"],
  ["a close with 1000", client(OPCODE.close, Buffer.from([0x03, 0xe8])), "close 1000"],
  ["a close with 4999", client(OPCODE.close, Buffer.from([0x13, 0x87])), "close 4999"],
  ["a message one byte too big", client(1, new Uint8Array(101)), "fault 1009"],
  ["a length of 2^63 - 1", withLength(0x7f, 255, 255, 255, 255, 255, 255, 255), "fault 1009"],
  ["a length of 2^63", withLength(0x80, 0, 0, 0, 0, 0, 0, 0), "fault 1002"],
  ["a length of 2^64 - 1", withLength(255, 255, 255, 255, 255, 255, 255, 255), "fault 1002"],
  ["a length of 0 in two bytes", withLength(0, 0), "fault 1002"],
  ["a length of 125 in two bytes", withLength(0, 125), "fault 1002"],
  ["a length of 126 in two bytes", withLength(0, 126), "fault 1009"],
  ["a length of 1 in eight bytes", withLength(0, 0, 0, 0, 0, 0, 0, 1), "fault 1002"],
  ["a length of 65,535 in eight bytes", withLength(0, 0, 0, 0, 0, 0, 255, 255), "fault 1002"],
  ["a length of 65,536 in eight bytes", withLength(0, 0, 0, 0, 0, 1, 0, 0), "fault 1009"],
  [
    "fragments that are too big together",
    Buffer.concat([client(1, new Uint8Array(60), false), client(0, new Uint8Array(41))]),
    "fault 1009",
  ],
])("CLOSE-2 CLOSE-3 CLOSE-5 %s gives %3$s", (_what, bytes, expected) => {
  expect(read([bytes, client(1, key)], 100)).toEqual([expected]);
});

test.each([OPCODE.text, OPCODE.binary])(
  "CLOSE-2 ZIP-4 a message of opcode %d may be compressed only if that was agreed on",
  (opcode) => {
    const frames = [deflating(opcode)];
    expect(read(frames, 100, true)).toEqual([
      messageOf(true, opcode === OPCODE.text, key.toString("base64")),
    ]);
    expect(read(frames, 100, false)).toEqual(["fault 1002"]);
  },
);

test("a message of the maximum size is read", () => {
  expect(read([client(1, new Uint8Array(100))], 100).length).toBe(1);
  const fragments = [client(1, new Uint8Array(60), false), client(0), client(0, new Uint8Array(40))];
  fragments[1] = client(0, Buffer.alloc(0), false);
  expect(read(fragments, 100).length).toBe(1);
});

test("LIM-1 a message may have at most 1,024 fragments", () => {
  const fragments = (count: number) => [
    client(1, Buffer.from("a"), false),
    ...Array.from({ length: count - 2 }, () => client(0, Buffer.from("b"), false)),
    client(0, Buffer.from("c")),
  ];
  expect(read(fragments(1024), 2000)).toEqual([`text ${btoa(`a${"b".repeat(1022)}c`)}`]);
  expect(read(fragments(1025), 2000)).toEqual(["fault 1009"]);
});

test("frames from the server have the shortest length and no mask", () => {
  expect([...textFrame("é")]).toEqual([0x81, 2, 0xc3, 0xa9]);
  expect([...textFrame("x".repeat(126)).subarray(0, 4)]).toEqual([0x81, 126, 0, 126]);
  expect([...textFrame("x".repeat(65_536)).subarray(0, 10)]).toEqual([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
  expect([...controlFrame(OPCODE.pong, key)]).toEqual([0x8a, 4, 1, 2, 3, 4]);
  expect([...closeFrame(1012, "ok")]).toEqual([0x88, 4, 0x03, 0xf4, 0x6f, 0x6b]);
  expect([...closeFrame()]).toEqual([0x88, 0]);
});

test("any head of a request is read or refused without an exception, and a prefix of a good one is incomplete", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 200 }), (text) => {
      const { kind } = readHead(Buffer.from(`${text}\r\n\r\n`, "latin1"));
      expect(["bad", "head"]).toContain(kind);
    }),
    { numRuns: 3000 },
  );
  const good = Buffer.from("GET /rooms/a?x=1 HTTP/1.1\r\nHost: x\r\nX-Odd:\t v w \r\nEmpty:\r\n\r\nrest");
  const read = readHead(good);
  expect(read).toMatchObject({ kind: "head", path: "/rooms/a" });
  if (read.kind === "head") {
    expect(read.headers.get("x-odd")).toBe("v w");
    expect(String(read.rest)).toBe("rest");
  }
  for (let end = 0; end < good.indexOf("\r\n\r\n") + 4; end++) {
    expect(readHead(good.subarray(0, end)).kind).toBe("incomplete");
  }
});

test.each([
  "GET  / HTTP/1.1",
  "GET /a b HTTP/1.1",
  "get / HTTP/1.1",
  "GET / HTTP/2.0",
  "GET /\0 HTTP/1.1",
  "GET /#a HTTP/1.1",
  "",
  "GET / HTTP/1.1\r\n folded: x",
  "GET / HTTP/1.1\r\nNo colon",
  "GET / HTTP/1.1\r\nSpace : x",
  "GET / HTTP/1.1\r\nX: a\0b",
  "GET / HTTP/1.1\nHost: x",
])("%j is not a request", (head) => {
  expect(readHead(Buffer.from(`${head}\r\nHost: x\r\n\r\n`, "latin1")).kind).toBe("bad");
});

test("a line of blanks is read in linear time", () => {
  // With one way too many to match a blank this takes minutes.
  const blanks = " ".repeat(16_000);
  expect(readHead(Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nA:${blanks}\0\r\n\r\n`)).kind).toBe("bad");
  expect(readHead(Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nA:x${blanks}x\r\n\r\n`)).kind).toBe("head");
});

test("a head that does not end is refused once it is too long", () => {
  expect(readHead(Buffer.alloc(16 * 1024, "a")).kind).toBe("incomplete");
  expect(readHead(Buffer.alloc(16 * 1024 + 1, "a")).kind).toBe("bad");
});
