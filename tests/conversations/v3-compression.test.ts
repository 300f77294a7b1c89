import { expect, test } from "bun:test";
import type { WebSocket as Socket } from "ws";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import { ChatClient, type Frame, ws } from "../support/client.ts";
import { Random } from "../support/random.ts";
import { compressed, type FrameOptions, frame, OPCODE, RawPeer, RSV1 } from "../support/raw.ts";
import { SEED } from "../support/seed.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";

const OFFER = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
const V3 = { "Sec-WebSocket-Protocol": SUBPROTOCOL_V3 };
const BASE = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];
const CONFIRMED =
  "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover";
/** What is compressed at all events. */
const LONG = "mà vẫn cứ nói hoài ".repeat(100);
const nameRequest = (name: string) => JSON.stringify({ type: "name", name });
const sendRequest = (content: string) => JSON.stringify({ type: "send", content });

/** A client of version 3 that takes compressed messages, after its welcome. */
async function deflatingPeer(url: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(url, { headers: { ...V3, ...OFFER } });
  expect(await peer.next()).toContain('"type":"welcome"');
  return peer;
}

/** The frame of a compressed message. */
const compressedFrame = (message: string | Uint8Array, options: FrameOptions = {}) =>
  frame(compressed(message), { reserved: RSV1, ...options });

test("ZIP-1 ZIP-2 GROW-3 compression is confirmed to clients of version 3 that offer it, and to no other", async () => {
  await using server = await startServer();
  await using without = await startServer(["--no-compression"]);
  const limited = { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=10" };
  const answers: [ChatServer, Record<string, string>, string[]][] = [
    [server, { ...V3, ...OFFER }, [`Sec-WebSocket-Protocol: ${SUBPROTOCOL_V3}`, CONFIRMED]],
    [server, V3, [`Sec-WebSocket-Protocol: ${SUBPROTOCOL_V3}`]],
    [server, { ...V3, ...limited }, [`Sec-WebSocket-Protocol: ${SUBPROTOCOL_V3}`]],
    [without, { ...V3, ...OFFER }, [`Sec-WebSocket-Protocol: ${SUBPROTOCOL_V3}`]],
    [server, OFFER, []],
    [server, { ...OFFER, "Sec-WebSocket-Protocol": "soap" }, ["Sec-WebSocket-Protocol: soap"]],
  ];
  for (const [at, headers, expected] of answers) {
    using peer = await RawPeer.connect(at.url(), { headers });
    expect(peer.responseHead.split("\r\n")).toEqual([...BASE, ...expected]);
  }
});

test("ZIP-3 REQ-1 compressed messages are taken, whole and in fragments, between others and control frames", async () => {
  await using server = await startServer();
  using peer = await deflatingPeer(server.url());
  peer.send(compressedFrame(nameRequest("An")));
  expect(await peer.next()).toContain('"action":"register","name":"An","status":true');
  peer.sendText(sendRequest("plain"));
  expect(await peer.next()).toContain('"content":"plain","status":true');
  peer.send(compressedFrame(sendRequest("binary"), { opcode: OPCODE.binary }));
  expect(await peer.next()).toContain('"content":"binary","status":true');
  const payload = compressed(sendRequest(LONG));
  const cut = (from: number, to?: number) => payload.subarray(from, to);
  peer.send(frame(cut(0, 1), { reserved: RSV1, fin: false }));
  peer.send(frame("", { opcode: OPCODE.ping }));
  peer.send(frame(cut(1, 9), { opcode: OPCODE.continuation, fin: false }));
  peer.send(frame("", { opcode: OPCODE.pong }));
  peer.send(frame(cut(9), { opcode: OPCODE.continuation }));
  expect(await peer.next()).toContain(`"content":"${LONG}","status":true`);
  // The largest message there may be, and one that is no JSON.
  peer.send(compressedFrame("x".repeat(65_536)));
  expect(await peer.next()).toContain("WrongFormatJSON");
  expect(peer.compressedFrames).toBe(0);
});

test("ZIP-4 CLOSE-2 CLOSE-3 CLOSE-5 compressed messages that must not be end the connection", async () => {
  await using server = await startServer();
  const start = frame(compressed("x").subarray(0, 1), { reserved: RSV1, fin: false });
  const cases: [string, Uint8Array, number][] = [
    ["a bomb", compressedFrame(Buffer.alloc(50_000_000)), 1009],
    ["one byte too many", compressedFrame("x".repeat(65_537)), 1009],
    ["broken", frame("no deflate", { reserved: RSV1 }), 1007],
    ["cut short", frame(compressed("cut short").subarray(0, -3), { reserved: RSV1 }), 1007],
    ["no UTF-8", compressedFrame(Buffer.from([0xff])), 1007],
    ["a ping", frame("x", { opcode: OPCODE.ping, reserved: RSV1 }), 1002],
    ["a close", frame("", { opcode: OPCODE.close, reserved: RSV1 }), 1002],
    [
      "a continuation",
      Buffer.concat([start, frame("", { opcode: OPCODE.continuation, reserved: RSV1 })]),
      1002,
    ],
    ["another reserved bit", frame("{}", { reserved: 2 }), 1002],
  ];
  for (const [what, bytes, code] of cases) {
    using peer = await deflatingPeer(server.url());
    peer.send(bytes);
    expect([what, (await peer.closed).code]).toEqual([what, code]);
  }
  for (const headers of [OFFER, V3]) {
    using peer = await RawPeer.connect(server.url(), { headers });
    peer.send(compressedFrame(nameRequest("An")));
    expect((await peer.closed).code).toBe(1002);
  }
});

test("ZIP-4 LIM-7 frames after a flood are not inflated", async () => {
  await using server = await startServer(["--requests-per-second", "1", "--requests-burst", "2"]);
  using peer = await deflatingPeer(server.url());
  const flood = Array.from({ length: 50 }, () => compressedFrame("{}"));
  // If this was looked at, it would end the connection first, with 1007.
  peer.send(Buffer.concat([...flood, frame("no deflate", { reserved: RSV1 })]));
  expect((await peer.closed).code).toBe(1008);
});

test(`ZIP-3 EV-1 listeners of every kind see the same events in the same order: seed ${SEED}`, async () => {
  await using server = await startServer(["--no-limits"]);
  using classic = await ChatClient.registered(server.url(), "classic");
  using plain = await RawPeer.connect(server.url(), { headers: V3 });
  using deflating = await deflatingPeer(server.url());
  using ofWs = new Witness(new ws.WebSocket(server.url(), SUBPROTOCOL_V3));
  using ofBun = new Witness(new WebSocket(server.url(), SUBPROTOCOL_V3));
  await plain.next();
  await plain.register("plain");
  await deflating.register("deflating");
  await ofWs.register("ofWs");
  await ofBun.register("ofBun");
  expect([ofWs, ofBun].map(({ extensions }) => extensions.split(";")[0])).toEqual([
    "permessage-deflate",
    "permessage-deflate",
  ]);
  using an = await V3Client.registered(server.url(), "An");
  using binh = await V3Client.registered(server.url(), "Bình");
  const random = new Random(SEED);
  const count = 300;
  for (let i = 0; i < count; i++) {
    const content = `${i} ${random.pick([LONG, "😀", "một hai ba", '"\\"']).repeat(random.integer(0, 2))}`;
    random.pick([an, binh]).chat.send({ type: "send", content });
    if (random.chance(0.05)) await Bun.sleep(0);
  }
  const messages = await messagesOf(() => plain.next(), count);
  expect(messages.map(({ id }) => id)).toEqual(messages.map((_, i) => i + 1));
  expect(await messagesOf(() => deflating.next(), count)).toEqual(messages);
  expect(await messagesOf(() => ofWs.next(), count)).toEqual(messages);
  expect(await messagesOf(() => ofBun.next(), count)).toEqual(messages);
  expect(await messagesOf(() => classic.nextText(), count)).toEqual(
    messages.map(({ id: _id, time: _time, by: _by, ...message }) => message),
  );
  expect(deflating.compressedFrames).toBeGreaterThan(0);
  expect(plain.compressedFrames).toBe(0);
});

test("ZIP-3 replies and the welcome are not compressed, and --compress-from decides about events", async () => {
  await using server = await startServer(["--compress-from", "1"]);
  using listener = await deflatingPeer(server.url());
  await listener.register("listener");
  using talker = await deflatingPeer(server.url());
  await talker.register("talker");
  for (const request of [sendRequest(LONG), '{"type":"get"}', '{"type":"resume","session":"x"}', LONG]) {
    talker.sendText(request);
    await talker.next();
  }
  expect(talker.compressedFrames).toBe(0);
  expect(await listener.next()).toContain('"datatype":"register"');
  expect(await listener.next()).toContain(LONG);
  expect(listener.compressedFrames).toBe(2);

  await using usual = await startServer();
  using other = await deflatingPeer(usual.url());
  await other.register("other");
  using speaker = await V3Client.registered(usual.url(), "speaker");
  await speaker.say("short");
  await speaker.say(LONG);
  for (let i = 0; i < 3; i++) await other.next();
  expect(other.compressedFrames).toBe(1);
});

/** The messages in the next frames that have events in them; in version 3 a frame may hold many. */
async function messagesOf(next: () => Promise<string>, count: number): Promise<Frame[]> {
  const messages: Frame[] = [];
  while (messages.length < count) {
    const frame: Frame | Frame[] = JSON.parse(await next());
    messages.push(...[frame].flat().filter(({ datatype }) => datatype === "message"));
  }
  return messages;
}

/** A client of any kind that has the interface of browsers. */
class Witness implements Disposable {
  readonly #socket: WebSocket | Socket;
  readonly #arrived: string[] = [];
  #wake: () => void = () => {};

  constructor(socket: WebSocket | Socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }: { data: unknown }) => {
      this.#arrived.push(String(data));
      this.#wake();
    };
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  async register(name: string): Promise<void> {
    expect(await this.next()).toContain('"type":"welcome"');
    this.#socket.send(nameRequest(name));
    expect(await this.next()).toContain('"status":true');
  }

  async next(): Promise<string> {
    for (;;) {
      const frame = this.#arrived.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
