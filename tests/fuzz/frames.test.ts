/**
 * Random frames against the whole server. A failure prints its seed and path; `CHAT_SEED` runs it again. A seed that
 * once failed becomes a test with a name of its own.
 */
import { expect, test } from "bun:test";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import fc from "../support/chance.ts";
import { ChatClient, untimed } from "../support/client.ts";
import { closeFrame, compressed, frame, OPCODE, RawPeer, RSV1 } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

const { CHAT_FUZZ_RUNS = 200 } = process.env;
const PARAMETERS = { numRuns: Number(CHAT_FUZZ_RUNS) };

const anyJson = fc.json({ maxDepth: 4 });
/** Printable ASCII: whether it is a legal nickname is easily said. */
const plainName = fc.string({ unit: "grapheme-ascii", maxLength: 110 });
const anyContent = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom("\ud83d", "\ude00", "a", "\u2028", '"', "\\", "\u0000") }),
  fc.constantFrom("", "😀".repeat(4000), "😀".repeat(4001), "a".repeat(4001)),
);
const oddKeys = fc.dictionary(
  fc.constantFrom("__proto__", "constructor", "data", "ref", "1", "status"),
  fc.jsonValue(),
  {
    maxKeys: 2,
    noNullPrototype: false,
  },
);

const request = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("name"),
      name: fc.oneof(
        plainName,
        fc.jsonValue().filter((value) => typeof value !== "string"),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("send"), content: fc.oneof(anyContent, fc.jsonValue()) }),
  },
  { weight: 2, arbitrary: fc.record({ data: fc.constant("send"), content: anyContent }) },
  { weight: 2, arbitrary: fc.constantFrom({ type: "get" }, { data: "get" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ type: "name" }, { type: "send" }, { type: null, data: "get" }, {}, []),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc
        .jsonValue()
        .filter((value) => typeof value !== "string" || !["name", "send", "get"].includes(value)),
    }),
  },
);
const requestText = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(request, oddKeys).map(([known, odd]) => JSON.stringify(withKeys(odd, known))),
  },
  { weight: 1, arbitrary: anyJson.filter((text) => !text.startsWith("{")) },
  {
    weight: 1,
    arbitrary: fc.tuple(anyJson, fc.nat()).map(([text, cut]) => text.slice(0, cut % text.length)),
  },
);

/** An object with the keys of both, as own keys whatever they are called; `known` wins. */
function withKeys(odd: object, known: object): object {
  if (Array.isArray(known)) return known;
  const both = new Map([...Object.entries(odd), ...Object.entries(known)]);
  if (!("data" in known)) both.delete("data");
  return JSON.parse(
    `{${[...both].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
  );
}

type Model = { nickname: string | null; messages: { name: string; content: string }[] };

/** What the protocol says that one client alone in a room is answered, with `T` for the timestamps. */
function expectedReply(text: string, model: Model): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return '{"status":false,"reason":"WrongFormatJSON"}';
  }
  const keys = new Map<string, unknown>(
    typeof value === "object" && value !== null ? Object.entries(value) : [],
  );
  const kind = keys.has("type") ? keys.get("type") : keys.get("data");
  const refused = (fields: object) => JSON.stringify({ type: kind, ...fields });
  const { nickname } = model;
  if (kind === "name") {
    if (!keys.has("name")) return refused({ status: false, reason: "NotEnoughKey", need: "name" });
    const name = keys.get("name");
    const isLegal = typeof name === "string" && name.trim() !== "" && name.length <= 100;
    const asked =
      nickname === null
        ? { action: "register", name }
        : { action: "change", oldname: nickname, newname: name };
    if (!isLegal) return refused({ ...asked, status: false, reason: "WrongFormatName" });
    model.nickname = name;
    return refused({ ...asked, status: true, timestamp: "T" });
  }
  if (kind === "send") {
    if (!keys.has("content")) return refused({ status: false, reason: "NotEnoughKey", need: "content" });
    if (nickname === null) return refused({ status: false, reason: "UnknownRegister" });
    const content = keys.get("content");
    const characters = typeof content === "string" && content.isWellFormed() ? [...content].length : 0;
    if (typeof content !== "string" || characters < 1 || characters > 4000) {
      return refused({ username: nickname, content, status: false, reason: "WrongFormatContent" });
    }
    model.messages.push({ name: nickname, content });
    return refused({ name: nickname, content, status: true, timestamp: "T" });
  }
  if (kind === "get") {
    if (nickname === null) return refused({ status: false, reason: "UnknownRegister" });
    const message = model.messages.map((stored) => ({ ...stored, timestamp: "T" }));
    return refused({ status: true, name: nickname, timestamp: "T", data: { message, online: [nickname] } });
  }
  return '{"type":null,"status":false,"reason":"UnknownType"}';
}

test("REQ-7 REQ-8 random requests are answered as the protocol says", async () => {
  await using server = await startServer(["--no-limits"]);
  let rooms = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(requestText, { minLength: 1, maxLength: 20 }), async (texts) => {
      using peer = await RawPeer.connect(server.url(`fuzz-${rooms++}`));
      const model: Model = { nickname: null, messages: [] };
      for (const text of texts) peer.sendText(text);
      for (const text of texts) expect(untimed(await peer.next())).toBe(expectedReply(text, model));
    }),
    PARAMETERS,
  );
});

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const deepText = fc
  .tuple(fc.integer({ min: 1, max: 12_000 }), fc.constantFrom("[", '{"a":', '[{"type":'))
  .map(([depth, open]) => open.repeat(depth).slice(0, 60_000));

/** Bytes that a hostile client might put on an open WebSocket. */
const hostileBytes = fc.oneof(
  requestText.map((text) => frame(text)),
  requestText.map((text) => frame(text, { opcode: OPCODE.binary })),
  deepText.map((text) => frame(text)),
  bytes.map((body) => frame(body)),
  bytes.map((body) => frame(body, { opcode: OPCODE.binary })),
  requestText.map((text) => frame(compressed(text), { reserved: RSV1 })),
  bytes.map((body) => frame(body, { reserved: RSV1 })),
  fc.nat({ max: 200_000 }).map((size) => frame(compressed(Buffer.alloc(size)), { reserved: RSV1 })),
  bytes,
  fc
    .tuple(bytes, fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 7 }), fc.boolean(), fc.boolean())
    .map(([body, opcode, reserved, fin, masked]) => frame(body, { opcode, reserved, fin, masked })),
  fc
    .tuple(bytes, fc.constantFrom(125, 126, 65_535, 65_536, 65_537, 2 ** 31, 2 ** 53))
    .map(([body, claimedLength]) => frame(body, { claimedLength })),
  fc.tuple(requestText, fc.nat()).map(([text, cut]) => frame(text).subarray(0, cut % (text.length + 6))),
  fc.constant(frame("x".repeat(65_537))),
  fc.integer({ min: 0, max: 65_535 }).map((code) => closeFrame(code)),
);

/** And how it might take its leave. */
const ending = fc.constantFrom("close", "end", "destroy");
/** What it may have agreed on before. */
const offer = fc.constantFrom<Record<string, string>>(
  {},
  { "Sec-WebSocket-Protocol": SUBPROTOCOL_V3, "Sec-WebSocket-Extensions": "permessage-deflate" },
);

test("a well-behaved client is served, whatever bytes others send", async () => {
  await using server = await startServer(["--no-limits"]);
  using bystander = await ChatClient.registered(server.url(), "bystander");
  let rounds = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileBytes, { minLength: 1, maxLength: 8 }),
      ending,
      offer,
      async (sequence, end, headers) => {
        using peer = await RawPeer.connect(server.url(), { headers });
        for (const part of sequence) peer.send(part);
        if (end === "close") peer.send(closeFrame(1000));
        if (end === "end") peer.end();
        if (end === "destroy") peer.destroy();
        const content = `served ${rounds++}`;
        bystander.send({ type: "send", content });
        const reply = await bystander.nextWhere((received) => received.type === "send");
        expect(reply).toMatchObject({ name: "bystander", content, status: true });
      },
    ),
    PARAMETERS,
  );
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
});

const httpText = fc.oneof(
  bytes,
  fc
    .tuple(
      fc.constantFrom("GET", "HEAD", "POST", "FOO", "get", "", "PRI", "\u0000"),
      fc.oneof(
        fc.constantFrom("/", "/rooms/a", "*", "//", "http://a/rooms/a", "http://[::1", "/%", "/?\u0001"),
        fc.string({ maxLength: 60 }),
      ),
      fc.dictionary(
        fc.constantFrom(
          "Host",
          "Upgrade",
          "Connection",
          "Sec-WebSocket-Key",
          "Sec-WebSocket-Version",
          "Origin",
          "X-Forwarded-For",
          "Content-Length",
          "Transfer-Encoding",
        ),
        fc.oneof(
          fc.constantFrom(
            "websocket",
            "Upgrade",
            "13",
            "dGhlIHNhbXBsZSBub25jZQ==",
            "chunked",
            "-1",
            "a b",
            "[::1",
            "",
          ),
          fc.string(),
        ),
      ),
    )
    .map(([method, path, headers]) =>
      Buffer.from(
        `${method} ${path} HTTP/1.1\r\n${Object.entries(headers)
          .map(([key, value]) => `${key}: ${value}\r\n`)
          .join("")}\r\n`,
      ),
    ),
);

test("a well-behaved client is served, whatever HTTP requests others make", async () => {
  await using server = await startServer(["--no-limits", "--trust-proxy", "127.0.0.1"]);
  using bystander = await ChatClient.registered(server.url(), "bystander");
  await fc.assert(
    fc.asyncProperty(httpText, async (text) => {
      using peer = await RawPeer.open(server.port);
      peer.send(text);
      peer.end();
      await bystander.say("served");
    }),
    PARAMETERS,
  );
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
});
