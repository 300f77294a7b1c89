/** Attacks of the benchmark are what their names claim, and what a server does with an attacker is counted right. */
import { expect, test } from "bun:test";
import { constants, inflateRawSync } from "node:zlib";
import { AnswerReader, noAnswers } from "../../bench/load/attack/answers.ts";
import type { Attack, Group } from "../../bench/load/attack/attack.ts";
import { attackFor } from "../../bench/load/attack/attacker.ts";
import { ATTACKS, attacksOf } from "../../bench/load/attack/attacks.ts";
import * as frames from "../../bench/load/attack/frames.ts";
import { endAfter, requests, sockets, stream } from "../../bench/load/attack/groups.ts";
import { OPCODE } from "../../bench/load/client-frame.ts";
import { NESTING_MAX } from "../../src/protocol/limits.ts";
import { closeFrame, textFrame } from "../../src/server/websocket-frame.ts";

const LARGEST_BYTES = 64 * 1024;

interface Frame {
  readonly isFinal: boolean;
  readonly isDeflated: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The frames of a client, read by a reader that is not the benchmark's. */
function framesIn(bytes: Buffer): Frame[] {
  const found: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [first = 0, second = 0] = bytes.subarray(at);
    expect(second & 0x80).toBe(0x80);
    const isLong = (second & 0x7f) === 126;
    const length = isLong ? bytes.readUInt16BE(at + 2) : second & 0x7f;
    const start = at + (isLong ? 8 : 6);
    const mask = bytes.subarray(start - 4, start);
    const payload = Buffer.from(bytes.subarray(start, start + length)).map(
      (byte, i) => byte ^ (mask[i & 3] ?? 0),
    );
    expect(payload).toHaveLength(length);
    found.push({
      isFinal: (first & 0x80) !== 0,
      isDeflated: (first & 0x40) !== 0,
      opcode: first & 0x0f,
      payload: Buffer.from(payload),
    });
    at = start + length;
  }
  return found;
}

function onlyFrameIn(bytes: Buffer): Frame {
  const [frame, ...more] = framesIn(bytes);
  expect(more).toEqual([]);
  if (frame === undefined) throw new Error("There is no frame.");
  return frame;
}

function inflatedBytes(bytes: Buffer): Buffer {
  const { isDeflated, payload } = onlyFrameIn(bytes);
  expect(isDeflated).toBe(true);
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
    finishFlush: constants.Z_SYNC_FLUSH,
  });
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if ("[{".includes(character)) deepest = Math.max(deepest, ++depth);
    else if ("]}".includes(character)) depth--;
  }
  return deepest;
}

test.each(Object.entries(frames.LARGE))(
  "a large frame of %s has nearly 64 KiB, and no more",
  (name, text) => {
    expect(text.length).toBeLessThanOrEqual(LARGEST_BYTES);
    expect(text.length).toBeGreaterThan(0.97 * LARGEST_BYTES);
    if (name === "invalid") expect(() => JSON.parse(text)).toThrow(SyntaxError);
    else expect(() => JSON.parse(text)).not.toThrow();
    expect(inflatedBytes(frames.deflatedFrame(text)).toString()).toBe(text);
  },
);

test("numbers of 65,525 bytes take 118 on the wire", () => {
  expect(frames.LARGE.nums).toHaveLength(65_525);
  expect(frames.deflatedFrame(frames.LARGE.nums)).toHaveLength(118);
});

test("deep frames are deeper than a refusal may carry back, and towers just are not", () => {
  expect(depthOf(frames.LARGE.deep)).toBeGreaterThan(30_000);
  // The request itself is a level, too.
  expect(depthOf(frames.LARGE.towers)).toBe(NESTING_MAX + 1);
});

test("long messages have the maximum number of characters, and the most bytes that these can have", () => {
  const contentOf = (frame: Buffer): string => JSON.parse(inflatedBytes(frame).toString()).content;
  expect([...contentOf(frames.longSend(true))]).toHaveLength(4000);
  expect(Buffer.from(contentOf(frames.longSend(true)))).toHaveLength(16_000);
  expect(JSON.stringify(contentOf(frames.escapedSend()))).toHaveLength(2 + 6 * 4000);
  expect([...frames.longName(199)]).toHaveLength(100);
  expect([...frames.expandingName(199)]).toHaveLength(100);
  expect(frames.expandingName(7).normalize("NFKC").length).toBeGreaterThan(1700);
});

test("a bomb of 64 KiB is 60 MiB inflated, and blocks of 64 KiB are nothing", () => {
  expect(frames.bomb().length).toBeLessThanOrEqual(LARGEST_BYTES + 8);
  expect(inflatedBytes(frames.bomb()).length).toBeGreaterThan(60 * 2 ** 20);
  expect(frames.emptyBlocks().length).toBeGreaterThan(0.99 * LARGEST_BYTES);
  expect(inflatedBytes(frames.emptyBlocks())).toHaveLength(0);
});

test.each([OPCODE.ping, OPCODE.pong])(
  "a flood of control frames has nothing else in it: opcode %d",
  (opcode) => {
    const flood = framesIn(frames.controlFlood(opcode));
    expect(flood.length).toBeGreaterThan(10_000);
    expect(flood.every((frame) => frame.opcode === opcode && frame.payload.length === 0)).toBe(true);
  },
);

test("a message in fragments has 1,024 and then is whole, and a flood of them never is", () => {
  const [first, ...rest] = framesIn(frames.fragmentedMessage());
  expect(first?.opcode).toBe(OPCODE.text);
  expect(rest).toHaveLength(1023);
  expect(rest.map(({ isFinal }) => isFinal)).toEqual([...Array<boolean>(1022).fill(false), true]);
  expect(framesIn(frames.fragmentFlood()).some(({ isFinal }) => isFinal)).toBe(false);
});

test("each attack has a key of its own, and a word finds those that begin with it", () => {
  expect(new Set(ATTACKS.map(({ key }) => key)).size).toBe(ATTACKS.length);
  expect(attacksOf(["kick", "pin"]).map(({ key }) => key)).toEqual(["kick-1", "kick-10", "pin", "pings-10"]);
  expect(attacksOf(["kick", "no such"])).toEqual([]);
  expect(attacksOf(null).some(({ isRare }) => isRare)).toBe(false);
});

test("all addresses of attackers belong to this machine", () => {
  for (const { groups } of ATTACKS) {
    for (const { from } of groups)
      expect(from).toSatisfy((all) => all.every((each) => /^127\.0\.0\.[23]$/.test(each)));
  }
});

const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
const welcome = '{"type":"welcome","version":3,"session":"S1"}';
const accepted = '{"type":"send","name":"An","content":"x","status":true,"timestamp":"T"}';
const refused = '{"type":"send","content":[1],"status":false,"reason":"WrongFormatContent"}';
const flooded = '{"type":"send","status":false,"reason":"TooManyRequests","retry":2}';
/** Compressed: what is in it is not looked at. */
const deflated = Buffer.concat([Buffer.from([0xc1, 15]), Buffer.from('"reason":"Rsv1"')]);

test.each([1, 2, 7, 90, 1_000_000])("a server's output is counted in chunks of %d bytes", (chunkBytes) => {
  const answers = noAnswers();
  const reader = new AnswerReader(answers);
  const bytes = Buffer.concat([
    Buffer.from(head),
    textFrame(welcome),
    textFrame(accepted),
    deflated,
    textFrame(`[${[refused, accepted, flooded].join(",")}]`),
    textFrame(`{"more":"${"x".repeat(70_000)}","reason":"UnknownType"}`),
    Buffer.from([0x89, 0]),
    closeFrame(1008, "Too many requests"),
  ]);
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.read(bytes.subarray(at, at + chunkBytes));
  expect(answers).toEqual({
    bytes: bytes.length,
    accepted: 2,
    refused: { WrongFormatContent: 1, TooManyRequests: 1, UnknownType: 1 },
    statuses: { 101: 1 },
    ends: {},
  });
  expect(reader.session).toBe("S1");
  expect(reader.closeCode).toBe(1008);
});

/** A server that agrees to everything, notes who comes and what, and says what it is told to. */
class Listener implements Disposable {
  readonly peers: string[] = [];
  bytes = 0;
  readonly #server;

  constructor(answer: string | Buffer, isEnding = false) {
    this.#server = Bun.listen<{ isAnswered: boolean }>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = { isAnswered: false };
          this.peers.push(socket.remoteAddress);
        },
        data: (socket, bytes) => {
          this.bytes += bytes.length;
          if (!socket.data.isAnswered) socket.write(answer);
          socket.data.isAnswered = true;
          if (isEnding) socket.end();
        },
      },
    });
  }

  get target() {
    return { port: this.#server.port, asset: "/" };
  }

  [Symbol.dispose](): void {
    this.#server.stop(true);
  }
}

test.skipIf(process.platform !== "linux")(
  "an attacker dials and sends no faster than it claims, from its own address",
  async () => {
    using server = new Listener(head);
    const frame = frames.request({ type: "x" });
    const group = sockets({
      form: "v2",
      connections: 4,
      dials: { perSecond: 20, burst: 4 },
      greeting: () => [frame],
      goOn: stream(40, frame),
      end: endAfter(200),
    });
    const attack: Attack = { key: "test", title: "", groups: [group] };
    const tally = await attackFor(attack, server.target, 0.5);
    expect(new Set(server.peers)).toEqual(new Set(["127.0.0.2"]));
    expect(tally.dials).toBeGreaterThanOrEqual(4);
    expect(tally.dials).toBeLessThanOrEqual(4 + 20 * tally.wallS);
    const dial = { ...server.target, number: 0, place: 0, session: "" };
    const handshakes = tally.dials * (group.opening?.(dial).length ?? 0);
    const mostFrames = tally.dials + 4 * 40 * tally.wallS;
    expect(tally.sentBytes).toBeLessThanOrEqual(handshakes + mostFrames * frame.length);
    expect(tally.sentBytes).toBeGreaterThanOrEqual(server.bytes);
  },
);

test.skipIf(process.platform !== "linux")(
  "ends by the server are told from those by the attacker",
  async () => {
    const once = { connections: 3, dials: { perSecond: 0, burst: 3 } };
    const talked = async (answer: string | Buffer, isEnding: boolean, group: Group) => {
      using server = new Listener(answer, isEnding);
      return await attackFor({ key: "test", title: "", groups: [group] }, server.target, 1.5);
    };
    const resetting = sockets({ form: "v2", ...once, goOn: stream(1), end: endAfter(50) });
    const staying = sockets({ form: "v2", ...once });
    const tallies = await Promise.all([
      talked(head, false, resetting),
      talked(Buffer.concat([Buffer.from(head), closeFrame(1013, "")]), true, staying),
      talked(head, true, staying),
      talked("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", true, requests("/?read", once)),
    ]);
    expect(tallies.map(({ statuses, ends }) => ({ statuses, ends }))).toEqual([
      { statuses: { 101: 3 }, ends: {} },
      { statuses: { 101: 3 }, ends: { 1013: 3 } },
      { statuses: { 101: 3 }, ends: { cut: 3 } },
      { statuses: { 429: 3 }, ends: {} },
    ]);
  },
);
