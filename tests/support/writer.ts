/** A client of version 3 that does what PROTOCOL.md asks of one: it comes back, resumes, and repeats by key. */
import type { Frame } from "./client.ts";
import { V3Client } from "./v3.ts";

const RETRY_AFTER_MS = 50;
/** How many messages are on their way at once. */
const WINDOW = 8;
/** Between one that arrived and the next: without it, six writers would keep every processor busy until the test ends. */
const PAUSE_MS = 50;

export class Writer {
  readonly name: string;
  /** The contents that were acknowledged, with their ids. */
  readonly acknowledged = new Map<string, number>();
  /** The leaves and registrations of others that it has seen. */
  readonly comings: Frame[] = [];
  /** Refusals of sends, which it has repeated. */
  refusals = 0;
  /** How often it has come back. */
  returns = 0;
  readonly #urls: () => readonly string[];
  readonly #pending = new Map<string, string>();
  #sessions: string[] = [];
  #client: V3Client | null = null;
  #next = 0;
  #isStopping = false;
  #attempt = 0;
  readonly #done = Promise.withResolvers<void>();
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  /** @param urls where it may connect, tried in turn */
  constructor(name: string, urls: () => readonly string[], first = 0) {
    this.name = name;
    this.#urls = urls;
    this.#attempt = first;
  }

  /** Registers, and goes on to send until it is stopped. */
  async start(): Promise<void> {
    const client = await V3Client.registered(this.#nextUrl(), this.name);
    this.#sessions = [client.session];
    void this.#live(client);
  }

  /** Sends no more, and resolves when all it has sent is acknowledged. */
  async finish(): Promise<void> {
    this.#isStopping = true;
    this.#checkDone();
    await this.#done.promise;
    this.#client?.chat.terminate();
  }

  /** Resolves when this many more messages are acknowledged. */
  async more(count: number): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#waiting.push({ count: this.acknowledged.size + count, resolve }),
    );
  }

  #nextUrl(): string {
    const urls = this.#urls();
    return urls[this.#attempt++ % urls.length] ?? "";
  }

  async #live(first: V3Client): Promise<void> {
    let client: V3Client | null = first;
    while (!this.#isDone) {
      if (client !== null) await this.#talk(client);
      if (this.#isDone) break;
      await Bun.sleep(RETRY_AFTER_MS);
      client = await this.#comeBack().catch(() => null);
    }
  }

  async #comeBack(): Promise<V3Client | null> {
    const client = await V3Client.connect(this.#nextUrl());
    for (const session of this.#sessions) {
      const reply = await client.resume(session);
      if (reply.status !== true) continue;
      this.returns++;
      this.#sessions = [client.session];
      return client;
    }
    const reply = await client.ask({ type: "name", name: this.name });
    if (reply.status !== true) {
      client.chat.terminate();
      return null;
    }
    this.#sessions = [client.session];
    return client;
  }

  async #talk(client: V3Client): Promise<void> {
    this.#client = client;
    for (const [key, content] of this.#pending) client.chat.send({ type: "send", content, key, ref: key });
    this.#fill(client);
    for (;;) {
      const frame = await client.next().catch(() => null);
      if (frame === null) return;
      this.#take(client, frame);
      if (this.#isDone) return;
    }
  }

  #take(client: V3Client, frame: Frame): void {
    if (frame.type === "send" && typeof frame.ref === "string") {
      const content = this.#pending.get(frame.ref);
      if (content === undefined) return;
      if (frame.status === true) {
        this.#pending.delete(frame.ref);
        this.acknowledged.set(content, Number(frame.id));
        setTimeout(() => {
          if (this.#client === client) this.#fill(client);
        }, PAUSE_MS);
      } else {
        this.refusals++;
        const { ref } = frame;
        setTimeout(() => {
          if (this.#client === client) client.chat.send({ type: "send", content, key: ref, ref });
        }, RETRY_AFTER_MS);
      }
      for (const { count, resolve } of this.#waiting) if (this.acknowledged.size >= count) resolve();
      this.#checkDone();
    } else if (frame.type === "receive" && (frame.datatype === "leave" || frame.datatype === "register")) {
      this.comings.push(frame);
    }
  }

  #fill(client: V3Client): void {
    while (this.#pending.size < WINDOW && !this.#isStopping) {
      const key = `${this.name}-${this.#next}`;
      const content = `${this.name} ${this.#next++}`;
      this.#pending.set(key, content);
      client.chat.send({ type: "send", content, key, ref: key });
    }
  }

  get #isDone(): boolean {
    return this.#isStopping && this.#pending.size === 0;
  }

  #checkDone(): void {
    if (this.#isDone) this.#done.resolve();
  }
}
