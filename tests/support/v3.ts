/** A client of version 3 for tests: {@link ChatClient} after its welcome. */
import { expect } from "bun:test";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import { ChatClient, type Frame, parseFrame } from "./client.ts";

export type V3Message = { name: string; content: string; timestamp: string; id: number; time: number };
export type PageData = {
  messages: V3Message[];
  online: string[];
  more: boolean;
  gap?: unknown;
  reset?: unknown;
};

export class V3Client implements Disposable {
  readonly chat: ChatClient;
  readonly welcome: Frame;
  /** The secret of the welcome. */
  readonly session: string;

  private constructor(chat: ChatClient, welcome: Frame) {
    this.chat = chat;
    this.welcome = welcome;
    this.session = String(welcome.session);
  }

  static async connect(url: string): Promise<V3Client> {
    const chat = await ChatClient.connect(url, { protocols: [SUBPROTOCOL_V3] });
    return new V3Client(chat, await chat.next());
  }

  static async registered(url: string, name: string): Promise<V3Client> {
    const client = await V3Client.connect(url);
    await client.register(name);
    return client;
  }

  /** Connects and takes over a session, which must succeed. */
  static async resumed(url: string, session: string, page: object = {}): Promise<V3Client> {
    const client = await V3Client.connect(url);
    expect(await client.resume(session, page)).toMatchObject({ type: "resume", status: true });
    return client;
  }

  /** Sends a request, and gives the next frame. */
  async ask(request: object): Promise<Frame> {
    return parseFrame(await this.chat.ask(request));
  }

  async register(name: string): Promise<Frame> {
    const reply = await this.ask({ type: "name", name });
    expect(reply).toMatchObject({ type: "name", action: "register", name, status: true });
    return reply;
  }

  resume(session: string, page: object = {}): Promise<Frame> {
    return this.ask({ type: "resume", session, ...page });
  }

  /** Sends a message, and gives its id. */
  async say(content: string, key?: string): Promise<number> {
    const reply = await this.ask({ type: "send", content, ...(key === undefined ? {} : { key }) });
    expect(reply).toMatchObject({ type: "send", content, status: true });
    return Number(reply.id);
  }

  /** Asks for a page; events that come before it are dropped. */
  async page(page: object = {}): Promise<PageData> {
    this.chat.send({ type: "get", ...page });
    return pageOf(await this.chat.nextWhere((frame) => frame.type !== "receive"));
  }

  next(): Promise<Frame> {
    return this.chat.next();
  }

  /** The connection breaks, and resolves once it has. */
  async vanish(): Promise<void> {
    this.chat.terminate();
    await this.chat.closed;
  }

  [Symbol.dispose](): void {
    this.chat.terminate();
  }
}

/** The page in the reply to a `get` or `resume`. */
export function pageOf(reply: Frame): PageData {
  expect(reply).toMatchObject({ status: true });
  const { data } = reply;
  if (typeof data !== "object" || data === null) throw new Error("a reply without data");
  if (!("message" in data && "online" in data && "more" in data)) throw new Error("a reply without a page");
  const { message, online, more } = data;
  if (!Array.isArray(message) || !Array.isArray(online)) throw new Error("no page");
  return {
    messages: message.map((each: V3Message) => each),
    online: online.map(String),
    more: more === true,
    ...("gap" in data ? { gap: data.gap } : {}),
    ...("reset" in data ? { reset: data.reset } : {}),
  };
}

export function contents(page: PageData): string[] {
  return page.messages.map((message) => message.content);
}
