import { expect, test } from "bun:test";
import { connect, type Socket as NetSocket } from "node:net";
import type { Socket } from "bun";
import { ByteAccount } from "../../src/server/byte-account.ts";
import { ClientSocket, type Exchange, type SocketOptions } from "../../src/server/client-socket.ts";
import { type Listener, listen } from "../../src/server/listener.ts";
import { SocketTable } from "../../src/server/socket-table.ts";

function optionsOf(options: Partial<SocketOptions>): SocketOptions {
  return {
    frameBytes: 100,
    sockets: new SocketTable(100),
    plainPerAddress: () => 100,
    handshakeMs: 600_000,
    admit: () => new Response(),
    accept: () => new Response(),
    rejected: () => {},
    evicted: () => {},
    fault: () => {},
    ...options,
  };
}

test("LIM-9 connections that are not WebSockets count by the /64 of their address", () => {
  const evicted: string[] = [];
  const options = optionsOf({ plainPerAddress: () => 3, evicted: (peer) => void evicted.push(peer) });
  const open = (address: string) => {
    const socket = { remoteAddress: address, terminate: () => {} };
    // No more of a socket is used before its first bytes.
    new ClientSocket(socket as Socket<ClientSocket>, options).enforceLimits();
  };
  const addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ff::3", "2001:db8::4", "2001:db8::4"];
  for (const address of [...addresses, "2001:db8:0:1::1", "::ffff:1.2.3.4"]) open(address);
  expect(evicted).toEqual(["2001:db8::4", "2001:db8::4"]);
  expect(options.sockets.plainOf("2001:db8:0:0::/64")).toBe(3);
  for (const address of ["1.2.3.4", "1.2.3.4", "1.2.3.4"]) open(address);
  expect(evicted).toHaveLength(3);
});

/** A listener whose every path takes a body of up to 1,000 bytes and answers with it. */
class EchoListener implements Disposable {
  readonly account = new ByteAccount(3000);
  readonly rejected: number[] = [];
  readonly faults: unknown[] = [];
  /** What was charged when each body was answered. */
  readonly charged: number[] = [];
  readonly #listener: Listener;

  constructor(options: Partial<SocketOptions> = {}, exchange: Partial<Exchange> = {}) {
    const echo: Exchange = {
      body: { maxBytes: 1000, account: this.account },
      respond: async (request) => {
        this.charged.push(this.account.bytes);
        return new Response(`${request.method} ${await request.text()}`);
      },
      ...exchange,
    };
    this.#listener = listen({
      ...optionsOf(options),
      host: "127.0.0.1",
      port: 0,
      tls: null,
      accept: () => echo,
      rejected: (status) => void this.rejected.push(status),
      fault: (error) => void this.faults.push(error),
    });
  }

  open(): Talk {
    return new Talk(connect(this.#listener.port, "127.0.0.1"));
  }

  [Symbol.dispose](): void {
    this.#listener.stop();
  }
}

/** One TCP connection, on which all that comes is gathered. */
class Talk {
  text = "";
  readonly closed: Promise<void>;
  readonly #socket: NetSocket;
  #wake = () => {};

  constructor(socket: NetSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      this.text += bytes.toString("latin1");
      this.#wake();
    });
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.on("close", () => resolve()));
  }

  /** Resolves when it is written. */
  send(text: string): Promise<void> {
    return new Promise((resolve) => this.#socket.write(text, "latin1", () => resolve()));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  /** The status and the body of the answer, once the server has closed. */
  async answer(): Promise<[status: number, body: string]> {
    await this.closed;
    const [head = "", body = ""] = this.text.split("\r\n\r\n");
    return [Number(head.split(" ")[1]), body];
  }
}

/** Resolves when so many bytes are charged. */
async function charged({ account }: EchoListener, bytes: number): Promise<void> {
  while (account.bytes !== bytes) await Bun.sleep(1);
}

const post = (...fields: string[]) =>
  `${["POST /x HTTP/1.1", "Host: localhost", ...fields].join("\r\n")}\r\n\r\n`;

test("a body is handed to the handler, by its length and in chunks, at once and byte by byte", async () => {
  using listener = new EchoListener();
  for (const request of [
    `${post("Content-Length: 5")}hello`,
    `${post("Transfer-Encoding: chunked")}2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n`,
  ]) {
    const atOnce = listener.open();
    await atOnce.send(request);
    expect(await atOnce.answer()).toEqual([200, "POST hello"]);
    const slowly = listener.open();
    for (const byte of request) await slowly.send(byte);
    expect(await slowly.answer()).toEqual([200, "POST hello"]);
  }
  const empty = listener.open();
  await empty.send(post());
  expect(await empty.answer()).toEqual([200, "POST "]);
  expect(listener.account.bytes).toBe(0);
});

test("one request is answered, and what follows its body is not read as a request", async () => {
  using listener = new EchoListener();
  const talk = listener.open();
  await talk.send(`${post("Content-Length: 2")}hi${post("Content-Length: 2")}ho`);
  await talk.closed;
  expect(talk.text).toMatch(/Connection: close\r\n\r\nPOST hi$/);
  expect(listener.charged).toHaveLength(1);
});

test("a body past the limit is answered with 413, and the handler does not see it", async () => {
  using listener = new EchoListener();
  for (const request of [
    post("Content-Length: 1001"),
    post(`Content-Length: ${"9".repeat(30)}`, "Expect: 100-continue"),
    `${post("Transfer-Encoding: chunked")}3e9\r\n`,
    `${post("Transfer-Encoding: chunked")}3e8\r\n${"x".repeat(1000)}\r\n1\r\n`,
  ]) {
    const talk = listener.open();
    await talk.send(request);
    expect((await talk.answer())[0]).toBe(413);
  }
  expect([listener.rejected, listener.charged, listener.account.bytes]).toEqual([
    [413, 413, 413, 413],
    [],
    0,
  ]);
});

test("a body that could be cut in two ways is answered with 400, and the connection ends", async () => {
  using listener = new EchoListener();
  for (const request of [
    `${post("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    `${post("Content-Length: 5", "Content-Length: 6")}hello`,
    `${post("Transfer-Encoding: chunked")}5\nhello\r\n0\r\n\r\n`,
    `${post("Transfer-Encoding: chunked")}5\r\nhello!\r\n0\r\n\r\n`,
  ]) {
    const talk = listener.open();
    await talk.send(request);
    expect((await talk.answer())[0]).toBe(400);
  }
  expect([listener.charged, listener.account.bytes]).toEqual([[], 0]);
});

test("a client that waits for permission to send its body gets it, and one that has begun does not", async () => {
  using listener = new EchoListener();
  const waiting = listener.open();
  await waiting.send(post("Content-Length: 5", "Expect: 100-Continue"));
  await waiting.until(() => waiting.text !== "");
  expect(waiting.text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  waiting.text = "";
  await waiting.send("hello");
  expect(await waiting.answer()).toEqual([200, "POST hello"]);
  const begun = listener.open();
  await begun.send(`${post("Content-Length: 5", "Expect: 100-continue")}h`);
  await charged(listener, 1000);
  await begun.send("ello");
  expect(await begun.answer()).toEqual([200, "POST hello"]);
  expect(begun.text).not.toContain("100 Continue");
});

test("a body that is slower than the time for a request is cut off", async () => {
  using listener = new EchoListener({ handshakeMs: 100 });
  const talk = listener.open();
  await talk.send(`${post("Content-Length: 5")}hell`);
  await talk.closed;
  expect([talk.text, listener.charged, listener.account.bytes]).toEqual(["", [], 0]);
});

test("a body is charged to the account until it is answered, and one without room is answered with 503", async () => {
  using listener = new EchoListener();
  const first = listener.open();
  await first.send(`${post("Content-Length: 1000")}x`);
  const second = listener.open();
  await second.send(`${post("Content-Length: 1000")}x`);
  await charged(listener, 2000);
  const third = listener.open();
  listener.account.charge(1500);
  await third.send(`${post("Content-Length: 1000")}x`);
  expect((await third.answer())[0]).toBe(503);
  expect(third.text).toMatch(/\r\nretry-after: 5\r\n/i);
  first.destroy();
  await charged(listener, 2500);
  await second.send("y".repeat(999));
  expect((await second.answer())[0]).toBe(200);
  expect([listener.charged, listener.account.bytes]).toEqual([[2500], 1500]);
});

test("a handler that fails is a defect: the answer is 500, and the memory of its body is released", async () => {
  using listener = new EchoListener({}, { respond: () => Promise.reject(new Error("broken")) });
  const talk = listener.open();
  await talk.send(`${post("Content-Length: 5")}hello`);
  expect(await talk.answer()).toEqual([500, "Internal error.\n"]);
  expect([String(listener.faults), listener.account.bytes]).toEqual(["Error: broken", 0]);
});

test("a body that nobody reads is left unread", async () => {
  using listener = new EchoListener({}, { body: null });
  const talk = listener.open();
  await talk.send(post("Content-Length: 1000000000").replace("POST", "GET"));
  expect(await talk.answer()).toEqual([200, "GET "]);
});
