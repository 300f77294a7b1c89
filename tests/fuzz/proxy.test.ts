/** The proxy of the conversation fuzz does what it says; else the fuzz would prove nothing. */
import { expect, test } from "bun:test";
import { createConnection, createServer, type Socket } from "node:net";
import { FaultyProxy, type Link } from "../support/proxy.ts";
import { Random } from "../support/random.ts";
import { RawPeer } from "../support/raw.ts";

/** What one end of a connection has seen. */
class End {
  text = "";
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #waiting: (() => void)[] = [];
  #chunks = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes: string | Buffer) => {
      this.text += bytes.toString();
      this.#chunks++;
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => socket.on("close", () => resolve()));
  }

  get chunks(): number {
    return this.#chunks;
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  async until(text: string): Promise<void> {
    while (this.text !== text) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** A listener with one connection to it through a proxy. */
async function stage(random?: Random) {
  const accepted = Promise.withResolvers<End>();
  const listener = createServer({ noDelay: true }, (socket) => accepted.resolve(new End(socket)));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const proxy = await FaultyProxy.start(typeof address === "object" && address ? address.port : 0);
  const socket = createConnection({ host: "127.0.0.1", port: proxy.port, noDelay: true });
  const client = new End(socket);
  const server = await accepted.promise;
  const [link] = proxy.links as [Link];
  if (random) link.up.cutInPieces(random);
  return {
    client,
    server,
    proxy,
    link,
    [Symbol.dispose]: () => {
      proxy.close();
      listener.close();
      socket.destroy();
    },
  };
}

test("the proxy passes on both ways", async () => {
  using at = await stage();
  at.client.write("question");
  await at.server.until("question");
  at.server.write("answer");
  await at.client.until("answer");
});

test("a cut is seen by both ends", async () => {
  using at = await stage();
  at.link.cut();
  await Promise.all([at.client.closed, at.server.closed]);
  expect(at.proxy.links).toEqual([]);
  expect(at.proxy.counts).toMatchObject({ cuts: 1, halfOpen: 0 });
});

test("the server does not notice that a client was reset, and gets its held bytes when the client is gone", async () => {
  using at = await stage();
  at.client.write("before ");
  await at.server.until("before ");
  at.link.up.hold();
  at.client.write("after");
  while (at.link.up.heldBytes < 5) await new Promise((resolve) => setImmediate(resolve));
  at.link.resetClient();
  await at.client.closed;
  expect(at.server.text).toBe("before ");
  at.link.heal();
  await at.server.until("before after");
  await at.server.closed;
});

test("bytes that a stalled direction holds back arrive in order, and the other direction flows", async () => {
  using at = await stage();
  at.link.down.hold();
  at.server.write("one ");
  at.client.write("request");
  await at.server.until("request");
  at.server.write("two");
  while (at.link.down.heldBytes < 7) await new Promise((resolve) => setImmediate(resolve));
  expect(at.client.text).toBe("");
  at.link.down.flow();
  await at.client.until("one two");
});

test("bytes in pieces are the same bytes", async () => {
  using at = await stage(new Random(7));
  const text = "x0123456789".repeat(40);
  at.client.write(text);
  await at.server.until(text);
  expect(at.server.chunks).toBeGreaterThan(1);
});

test("a part of what comes next is delivered, and the rest never", async () => {
  using at = await stage();
  at.link.up.deliverPart(0.5, () => at.link.cut());
  at.client.write("abcdefgh");
  await Promise.all([at.client.closed, at.server.closed]);
  expect(at.server.text).toBe("abcd");
});

test("a client that was refused can connect once the proxy is calm", async () => {
  using at = await stage();
  at.proxy.refuse(true);
  using refused = await RawPeer.open(at.proxy.port);
  await refused.closed;
  expect(at.proxy.counts.refusals).toBe(1);
  at.proxy.calm();
  using accepted = await RawPeer.open(at.proxy.port);
  accepted.send("hello");
  while (at.proxy.links.length < 2) await new Promise((resolve) => setImmediate(resolve));
});

test("a seed determines the drawn values, and each fork has its own", () => {
  const draw = (random: Random) => Array.from({ length: 5 }, () => random.integer(0, 1000));
  expect(draw(new Random(3))).toEqual(draw(new Random(3)));
  expect(draw(new Random(3).fork("a"))).toEqual(draw(new Random(3).fork("a")));
  expect(draw(new Random(3).fork("a"))).not.toEqual(draw(new Random(3).fork("b")));
});
