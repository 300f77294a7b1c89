import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { closeFrame, frame, OPCODE, RawPeer } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

/** Each case's bytes end the connection of a registered client with a code, and the others see its leave. */
async function expectClose(code: number, cases: Record<string, Buffer | Buffer[]>): Promise<void> {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  for (const [name, bytes] of Object.entries(cases)) {
    using peer = await RawPeer.connect(server.url());
    await peer.register(name);
    expect(await witness.next()).toMatchObject({ datatype: "register", name });
    for (const part of [bytes].flat()) peer.send(part);
    expect([name, await peer.closed]).toEqual([name, { code }]);
    expect(await witness.next()).toMatchObject({ datatype: "leave", name });
  }
}

test("CLOSE-1 a client's close is answered with its code", async () => {
  await expectClose(1000, { usual: closeFrame(1000) });
  await expectClose(1001, { "going away": closeFrame(1001) });
  await expectClose(4321, { "code of its own": closeFrame(4321) });
  await expectClose(1005, { "no code": frame("", { opcode: OPCODE.close }) });
});

test("CLOSE-1 frames after a close frame are not read", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  using peer = await RawPeer.connect(server.url());
  await peer.register("leaver");
  peer.send(Buffer.concat([closeFrame(1000), frame('{"type":"send","content":"too late"}')]));
  await peer.closed;
  expect(await witness.next()).toMatchObject({ datatype: "register" });
  expect(await witness.next()).toMatchObject({ datatype: "leave" });
  expect((await witness.get()).messages).toEqual([]);
});

test("CLOSE-2 broken framing ends the connection with 1002", async () => {
  const text = '{"type":"send","content":"x"}';
  await expectClose(1002, {
    unmasked: frame(text, { masked: false }),
    "reserved bit 1": frame(text, { reserved: 4 }),
    "reserved bit 3": frame(text, { reserved: 1 }),
    "reserved opcode": frame(text, { opcode: 3 }),
    "reserved control opcode": frame("", { opcode: 11 }),
    "continuation of nothing": frame(text, { opcode: OPCODE.continuation }),
    "text within text": [frame('{"type":', { fin: false }), frame(text)],
    "fragmented ping": frame("p", { opcode: OPCODE.ping, fin: false }),
    "large ping": frame("p".repeat(126), { opcode: OPCODE.ping }),
    "short close": frame(Buffer.from([3]), { opcode: OPCODE.close }),
    "reserved close code": closeFrame(1005),
    "unknown close code": closeFrame(999),
  });
});

test("CLOSE-3 a text frame that is not UTF-8 ends the connection with 1007", async () => {
  await expectClose(1007, {
    "no UTF-8": frame(Buffer.from([0x22, 0xff, 0x22])),
    "encoded surrogate": frame(Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22])),
    overlong: frame(Buffer.from([0xc0, 0xaf])),
    "cut off": frame(Buffer.from([0x22, 0xf0, 0x9f, 0x98])),
    "past the end": frame(Buffer.from([0xf4, 0x90, 0x80, 0x80])),
    "cut off over fragments": [
      frame(Buffer.from([0x22, 0xf0]), { fin: false }),
      frame("x", { opcode: OPCODE.continuation }),
    ],
  });
});

test("CLOSE-5 a message over the frame size ends the connection with 1009", async () => {
  const half = "x".repeat(40_000);
  await expectClose(1009, {
    "one byte over": frame("x".repeat(65_537)),
    "huge claim": frame("x", { claimedLength: 2 ** 40 }),
    "huge claim, fragmented": frame("x", { claimedLength: 2 ** 40, fin: false }),
    "over in fragments": [frame(half, { fin: false }), frame(half, { opcode: OPCODE.continuation })],
  });
});

test("REQ-1 a message in fragments is read, with control frames between them", async () => {
  await using server = await startServer();
  using peer = await RawPeer.connect(server.url());
  const text = Buffer.from('{"type":"name","name":"Ân 😀"}');
  for (const cut of [1, text.indexOf("Ân") + 1, text.indexOf("😀") + 2]) {
    peer.send(frame(text.subarray(0, cut), { fin: false }));
    peer.send(frame("are you there", { opcode: OPCODE.ping }));
    peer.send(frame("", { opcode: OPCODE.continuation, fin: false }));
    peer.send(frame(text.subarray(cut), { opcode: OPCODE.continuation }));
    expect(JSON.parse(await peer.next())).toMatchObject({ type: "name", status: true });
  }
});

test("REQ-1 a frame that arrives byte by byte is read", async () => {
  await using server = await startServer();
  using peer = await RawPeer.connect(server.url());
  for (const byte of frame('{"type":"get"}')) peer.send(Buffer.from([byte]));
  expect(await peer.next()).toBe('{"type":"get","status":false,"reason":"UnknownRegister"}');
});

test("EV-7 half a frame is not a message, and the leave of its sender is announced", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  using peer = await RawPeer.connect(server.url());
  await peer.register("leaver");
  peer.send(frame('{"type":"send","content":"cut off here"}').subarray(0, 20));
  peer.end();
  expect(await witness.next()).toMatchObject({ datatype: "register" });
  expect(await witness.next()).toMatchObject({ datatype: "leave" });
  expect((await witness.get()).messages).toEqual([]);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`CLOSE-6 on ${signal} the clients are closed with 1012 and the server ends well`, async () => {
    await using server = await startServer();
    const clients = [
      await ChatClient.connect(server.url()),
      await ChatClient.registered(server.url(), "An"),
      await ChatClient.registered(server.url("tea"), "Bình"),
    ];
    const exitCode = server.stop(signal);
    for (const client of clients) expect((await client.closed).code).toBe(1012);
    expect(await exitCode).toBe(0);
  });
}

test("CLOSE-6 clients that never read or never finish their request do not hold a stop up", async () => {
  await using server = await startServer();
  using deaf = await RawPeer.connect(server.url());
  deaf.stopReading();
  using mute = await RawPeer.open(server.port);
  mute.send("GET / HTTP/1.1\r\nHost:");
  using client = await ChatClient.registered(server.url(), "An");
  const exitCode = server.stop();
  expect((await client.closed).code).toBe(1012);
  expect(await exitCode).toBe(0);
});
