/** People in a chat that has a moderator, each at an address of its own. */
import { expect } from "bun:test";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import { ChatClient, type Frame, parseFrame } from "./client.ts";
import { type ChatServer, runCommand, type ServerOptions, startServer } from "./server.ts";

/** The flags of a server that believes what clients say of their addresses. */
export const BEHIND_PROXY = ["--trust-proxy", "127.0.0.1"];

export interface AtOptions {
  readonly room?: string | undefined;
  /** IPv4 or IPv6. Default: another one for each client. */
  readonly address?: string;
  readonly key?: string;
  readonly version?: 2 | 3;
}

let addresses = 0;

/** An address that no other client of the process has, in a network of its own. */
export function anyAddress(): string {
  addresses++;
  return `10.${addresses >> 8}.${addresses & 255}.7`;
}

/** A client at an address, which answers requests by their `ref`, whatever comes between. */
export class Visitor implements Disposable {
  readonly chat: ChatClient;
  readonly address: string;
  readonly welcome: Frame | null;
  /** The events that came while it waited for replies, the oldest first. */
  readonly heard: Frame[] = [];
  by = "";
  #refs = 0;

  private constructor(chat: ChatClient, address: string, welcome: Frame | null) {
    this.chat = chat;
    this.address = address;
    this.welcome = welcome;
  }

  static async connect(server: ChatServer, options: AtOptions = {}): Promise<Visitor> {
    const { room, address = anyAddress(), key, version = 3 } = options;
    const chat = await ChatClient.connect(server.url(room), {
      headers: { "X-Forwarded-For": address },
      protocols: version === 3 ? [SUBPROTOCOL_V3] : [],
    });
    const visitor = new Visitor(chat, address, version === 3 ? await chat.next() : null);
    if (key !== undefined) visitor.by = String((await visitor.ask({ type: "identify", key })).by);
    return visitor;
  }

  /** Connects, and has a nickname. */
  static async named(server: ChatServer, name: string, options: AtOptions = {}): Promise<Visitor> {
    const visitor = await Visitor.connect(server, options);
    const reply = await visitor.name(name);
    expect(reply).toMatchObject({ status: true });
    if (visitor.by === "") visitor.by = String(reply.by ?? "");
    return visitor;
  }

  /** Makes a request, and resolves to its reply. */
  async ask(request: object): Promise<Frame> {
    if (this.welcome === null) return parseFrame(await this.chat.ask(request));
    const ref = ++this.#refs;
    this.chat.send({ ...request, ref });
    for (;;) {
      const frame = await this.chat.next();
      if (frame.ref === ref) return frame;
      this.heard.push(frame);
    }
  }

  name(name: string): Promise<Frame> {
    return this.ask({ type: "name", name });
  }

  say(content: string): Promise<Frame> {
    return this.ask({ type: "send", content });
  }

  async order(order: object): Promise<Frame> {
    return await this.ask({ type: "moderate", ...order });
  }

  /** Orders something that must succeed. @returns the reply */
  async ordered(order: object): Promise<Frame> {
    const reply = await this.order(order);
    expect(reply).toMatchObject({ type: "moderate", status: true });
    return reply;
  }

  /** The next event of a kind, also one that came before. */
  async hears(datatype: string): Promise<Frame> {
    const at = this.heard.findIndex((frame) => frame.datatype === datatype);
    if (at >= 0) return this.heard.splice(at, 1)[0] ?? {};
    return await this.chat.nextWhere((frame) => frame.datatype === datatype);
  }

  /** The contents of the messages of the room, as a newcomer gets them. */
  async contents(): Promise<string[]> {
    const reply = await this.ask({ type: "get" });
    const { message } = reply.data as { message: { content: string; deleted?: true }[] };
    return message.filter(({ deleted }) => !deleted).map(({ content }) => content);
  }

  [Symbol.dispose](): void {
    this.chat.terminate();
  }
}

export const KEY = {
  minh: "minh-key-".padEnd(43, "m"),
  an: "an-key-".padEnd(43, "a"),
  binh: "binh-key-".padEnd(43, "b"),
  chi: "chi-key-".padEnd(43, "c"),
  owner: "owner-key-".padEnd(43, "o"),
};

/** The flags by which commands find what a server stores. */
export function storeFlags({ store, dataFile }: ChatServer): string[] {
  return "url" in store ? ["--database-url", String(store.url)] : ["--data", dataFile];
}

/** A server with a moderator of all rooms, Minh, who is in a room. */
export async function moderated({
  room,
  flags = [],
  ...options
}: ServerOptions & { room?: string; flags?: readonly string[] } = {}): Promise<{
  server: ChatServer;
  minh: Visitor;
}> {
  const server = await startServer([...BEHIND_PROXY, ...flags], options);
  const minh = await Visitor.connect(server, { key: KEY.minh, room });
  const { exitCode, stderr } = await runCommand(["grant", minh.by, "moderator", ...storeFlags(server)]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  // A running server learns of it within a second.
  for (;;) {
    const { role } = await minh.ask({ type: "identify", key: KEY.minh });
    if (role === "moderator") break;
    await Bun.sleep(100);
  }
  await minh.name("Minh");
  return { server, minh };
}
