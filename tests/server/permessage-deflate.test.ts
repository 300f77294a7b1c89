import { expect, test } from "bun:test";
import { constants, deflateRawSync } from "node:zlib";
import { acceptsDeflate, deflated, inflate } from "../../src/server/permessage-deflate.ts";
import { payloadOf, textFrame } from "../../src/server/websocket-frame.ts";
import fc from "../support/chance.ts";
import { compressed } from "../support/raw.ts";

test.each([
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; client_max_window_bits=8",
  'permessage-deflate;client_max_window_bits = "15"',
  "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  "\tpermessage-deflate ;\tclient_no_context_takeover ",
  "x-webkit-deflate-frame, permessage-deflate",
  'other; a=b; c="d", permessage-deflate; client_max_window_bits',
  "permessage-deflate; server_max_window_bits=10, permessage-deflate",
  ", permessage-deflate,",
])("ZIP-1 %j is accepted", (header) => {
  expect(acceptsDeflate(header)).toBe(true);
});

test.each([
  null,
  "",
  ",;=",
  "deflate",
  "Permessage-Deflate",
  "permessage-deflate-x",
  "permessage-deflate x",
  "permessage-deflate;",
  "permessage-deflate; unknown",
  "permessage-deflate; server_max_window_bits=10",
  "permessage-deflate; server_max_window_bits",
  "permessage-deflate; client_max_window_bits=7",
  "permessage-deflate; client_max_window_bits=16",
  "permessage-deflate; client_max_window_bits=08",
  "permessage-deflate; client_max_window_bits=",
  "permessage-deflate; client_max_window_bits=ten",
  'permessage-deflate; client_max_window_bits="9',
  "permessage-deflate; server_no_context_takeover=1",
  "permessage-deflate; client_no_context_takeover=true",
  "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
  "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
  'other; a="permessage-deflate"',
])("ZIP-2 %j is not accepted", (header) => {
  expect(acceptsDeflate(header)).toBe(false);
});

test("ZIP-2 any header is read without an exception, and a long one in one go", () => {
  const parts = ["permessage-deflate", "client_max_window_bits", ";", ",", "=", '"', "\\", " ", "\t", "9"];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...parts), fc.string())), (pieces) => {
      acceptsDeflate(pieces.join(""));
    }),
  );
  for (const part of parts) expect(acceptsDeflate(part.repeat(16_000 / part.length))).toBe(false);
});

const bytesOf = (payload: Uint8Array, maxBytes = 1000) => {
  const message = inflate(payload, maxBytes);
  return typeof message === "string" ? message : [...message];
};

test("a message is the same after it was compressed, in whichever blocks", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 1000 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 9, max: 15 }),
      (message, level, windowBits) => {
        const options = { level, windowBits };
        const flushed = deflateRawSync(message, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
        expect(bytesOf(flushed.subarray(0, -4))).toEqual([...message]);
        // A sender that cannot flush ends its last block, and writes the head of an empty one (section 7.2.3.4).
        const ended = deflateRawSync(message, options);
        expect(bytesOf(Buffer.concat([ended, Buffer.from([0])]))).toEqual([...message]);
      },
    ),
    { numRuns: 500 },
  );
});

test("the examples of RFC 7692, section 7.2.3, are read", () => {
  const hello = [...Buffer.from("Hello")];
  for (const [payload, message] of [
    ["f248cdc9c90700", hello],
    ["000500faff48656c6c6f00", hello],
    ["f348cdc9c9070000", hello],
    ["f248050000 00ffff cac9c90700", hello],
    ["00", []],
  ] as const) {
    expect(bytesOf(Buffer.from(payload.replaceAll(" ", ""), "hex"))).toEqual([...message]);
  }
});

test("ZIP-4 a message beyond the limit is not inflated, however small it is when compressed", () => {
  expect(bytesOf(compressed(Buffer.alloc(1000)))).toHaveLength(1000);
  expect(bytesOf(compressed(Buffer.alloc(1001)))).toBe("too big");
  const bomb = compressed(Buffer.alloc(256 * 1024 * 1024));
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20; i++) expect(inflate(bomb, 65_536)).toBe("too big");
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test("ZIP-4 a payload that is not a complete compressed message is an error", () => {
  const whole = compressed("a message that is cut short");
  for (let end = 0; end < whole.length; end++) expect(bytesOf(whole.subarray(0, end))).toBe("broken");
  for (const payload of [[], [7], [0xff, 0xff], [1, 2, 3]]) {
    expect(bytesOf(Buffer.from(payload))).toBe("broken");
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
      const message = inflate(payload, 100);
      if (typeof message !== "string") expect(message.length).toBeLessThanOrEqual(100);
    }),
    { numRuns: 2000 },
  );
});

test("ZIP-3 a frame is compressed if it is large enough and that makes it smaller", () => {
  const frameOf = (length: number) => [textFrame("ab".repeat(length / 2))];
  for (const length of [100, 126, 65_536, 1_000_000]) {
    const [frame = Buffer.alloc(0), ...more] = deflated(frameOf(length), 100);
    expect(more).toEqual([]);
    expect(frame[0]).toBe(0xc1);
    expect(frame.length).toBeLessThan(20 + length / 100);
    expect(bytesOf(payloadOf(Buffer.from(frame)), length)).toEqual([...Buffer.from("ab".repeat(length / 2))]);
  }
  const small = frameOf(98);
  expect(deflated(small, 100)).toBe(small);
  const incompressible = [textFrame("aZ3$kQ9!xW")];
  expect(deflated(incompressible, 1)).toBe(incompressible);
});
