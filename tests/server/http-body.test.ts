import { expect, test } from "bun:test";
import { ByteAccount } from "../../src/server/byte-account.ts";
import { type BodyProgress, BodyReader } from "../../src/server/http-body.ts";
import fc from "../support/chance.ts";

const PLENTY = 1_000_000;

/** What a reader makes of some pieces: its text, or why it took none. */
function read(
  body: number | "chunked",
  pieces: readonly (string | Uint8Array)[],
  { maxBytes = 1000, account = new ByteAccount(PLENTY) } = {},
): string {
  const reader = new BodyReader(body, maxBytes, account);
  let progress: BodyProgress = reader.read(Buffer.alloc(0));
  for (const piece of pieces) {
    if (progress !== "incomplete") break;
    progress = reader.read(Buffer.from(piece));
  }
  const text = Buffer.from(reader.bytes).toString("latin1");
  reader.release();
  expect(account.bytes).toBe(0);
  return progress === "whole" ? `whole ${text}` : progress;
}

/** A body in chunks of these contents. */
function inChunks(contents: readonly Uint8Array[], extension = "", trailer = ""): Buffer {
  const chunks = contents
    .filter(({ length }) => length > 0)
    .flatMap((content) => [
      Buffer.from(`${content.length.toString(16)}${extension}\r\n`, "latin1"),
      content,
      Buffer.from("\r\n"),
    ]);
  return Buffer.concat([...chunks, Buffer.from(`0${extension}\r\n${trailer}\r\n`, "latin1")]);
}

test("a body is read correctly however it is split, by its length and in chunks, and what follows it is not read", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }),
      fc.constantFrom("", ";a", "; a=b", '\t;a="b c"'),
      fc.constantFrom("", "X: y\r\n", "X: y\r\nEmpty:\r\n"),
      fc.array(fc.nat(), { maxLength: 10 }),
      (contents, extension, trailer, cuts) => {
        const content = Buffer.concat(contents);
        const expected = `whole ${content.toString("latin1")}`;
        const behind = Buffer.from("GET / HTTP/1.1\r\n\r\n");
        const bodies = [
          [content.length, Buffer.concat([content, behind])],
          ["chunked", Buffer.concat([inChunks(contents, extension, trailer), behind])],
        ] as const;
        for (const [body, bytes] of bodies) {
          const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
            (a, b) => a - b,
          );
          const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
          expect(read(body, pieces, { maxBytes: 2000 })).toBe(expected);
          expect(
            read(
              body,
              [...bytes].map((byte) => Buffer.from([byte])),
              { maxBytes: 2000 },
            ),
          ).toBe(expected);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("whatever bytes come for chunks, they are read without an exception, and alike in any pieces", () => {
  const piece = fc.constantFrom(
    "5",
    "a",
    "\r\n",
    "\n",
    "\r",
    ";",
    "0",
    "0\r\n\r\n",
    "1\r\nx\r\n",
    "X: y",
    "\0",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      expect(read("chunked", pieces)).toBe(read("chunked", [pieces.join("")]));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["no size", "\r\nx\r\n0\r\n\r\n"],
  ["a size with a sign", "+1\r\nx\r\n0\r\n\r\n"],
  ["a size with a prefix", "0x1\r\nx\r\n0\r\n\r\n"],
  ["a size with a blank before it", " 1\r\nx\r\n0\r\n\r\n"],
  ["a size with a blank behind it", "1 \r\nx\r\n0\r\n\r\n"],
  ["a size of 17 digits", `${"0".repeat(16)}1\r\nx\r\n0\r\n\r\n`],
  ["a size before a lone line feed", "1\nx\r\n0\r\n\r\n"],
  ["an extension with a lone line feed in it", "1;a\nb\r\nx\r\n0\r\n\r\n"],
  ["an extension with a carriage return in it", "1;a\rb\r\nx\r\n0\r\n\r\n"],
  ["an extension without an end", `1;${"a".repeat(2000)}`],
  ["a chunk that goes on behind its size", "1\r\nxy\r\n0\r\n\r\n"],
  ["a chunk with a lone line feed behind it", "1\r\nx\n0\r\n\r\n"],
  ["a line behind the last chunk that is not a field", "0\r\nnot a field\r\n\r\n"],
  ["a field with a lone line feed behind the last chunk", "0\r\nX: y\n\r\n"],
  ["a lone line feed for the end", "0\r\n\n"],
  ["too many fields behind the last chunk", `0\r\n${"X: y\r\n".repeat(4000)}\r\n`],
])("chunks with %s are malformed", (_what, text) => {
  expect(read("chunked", [text])).toBe("malformed");
  expect(read("chunked", [...text])).toBe("malformed");
});

test("a truncated body is incomplete", () => {
  expect(read(3, ["ab"])).toBe("incomplete");
  const whole = inChunks([Buffer.from("ab"), Buffer.from("c")]).toString("latin1");
  for (let end = 0; end < whole.length; end++)
    expect(read("chunked", [whole.slice(0, end)])).toBe("incomplete");
});

test("a body may be as large as its limit, and one that is announced to be larger is not read", () => {
  const content = Buffer.alloc(1000, "x");
  expect(read(1000, [content])).toStartWith("whole");
  expect(read(1001, [])).toBe("too large");
  expect(read(Number.POSITIVE_INFINITY, [])).toBe("too large");
  expect(read(0, [], { maxBytes: 0 })).toBe("whole ");
  expect(read(1, [], { maxBytes: 0 })).toBe("too large");
  expect(read("chunked", [inChunks([content])])).toStartWith("whole");
  expect(read("chunked", ["3e9\r\n"])).toBe("too large");
  expect(read("chunked", [inChunks([content]).subarray(0, -5), "1\r\n"])).toBe("too large");
  expect(read("chunked", [`${"f".repeat(16)}\r\n`])).toBe("too large");
});

test("the memory for a body is charged to the account, within the limit of that account", () => {
  const account = new ByteAccount(1500);
  const reader = new BodyReader(3000, 4000, account);
  expect(reader.read(Buffer.alloc(10))).toBe("incomplete");
  expect(account.bytes).toBe(1024);
  expect(reader.read(Buffer.alloc(1100))).toBe("out of memory");
  expect(account.bytes).toBe(1024);
  reader.release();
  reader.release();
  expect(account.bytes).toBe(0);
});
