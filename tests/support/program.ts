/** A program that uses the API. */
import { type ChatServer, runCommand } from "./server.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, the test says
  readonly body: any;
}

export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  readonly data: any;
}

/** Creates a token by the command, beside the server. Resolves to the secret, or the address of a hook. */
export async function createToken(server: ChatServer, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await runCommand(["token", "create", ...args, ...placeOf(server)]);
  if (exitCode !== 0) throw new Error(stderr);
  const created = stdout.trim();
  await untilKnown(server, created);
  return created;
}

/** The server learns of a token within a second. */
async function untilKnown(server: ChatServer, created: string): Promise<void> {
  const isHook = URL.canParse(created);
  const url = server.http(isHook ? new URL(created).pathname : "/api/v1/rooms");
  const request = isHook ? { method: "POST" } : { headers: { Authorization: `Bearer ${created}` } };
  for (let status = 0; ; await Bun.sleep(20)) {
    ({ status } = await fetch(url, request));
    if (status !== 401 && status !== 404) return;
  }
}

/** Revokes the token of a program by the command. */
export async function revokeToken(server: ChatServer, label: string): Promise<void> {
  const { stdout } = await runCommand(["token", "list", ...placeOf(server)]);
  const [id = ""] =
    stdout
      .split("\n")
      .find((line) => line.split("  ")[1]?.startsWith(label))
      ?.split(" ") ?? [];
  const { exitCode } = await runCommand(["token", "revoke", id, ...placeOf(server)]);
  if (exitCode !== 0) throw new Error(`the token of ${label} was not revoked`);
}

function placeOf({ store, dataFile }: ChatServer): string[] {
  return "url" in store ? ["--database-url", String(store.url)] : ["--data", dataFile];
}

export class Program {
  readonly #server: ChatServer;
  readonly secret: string;
  readonly #root: string;

  constructor(server: ChatServer, secret: string, root = "/api/v1") {
    this.#server = server;
    this.secret = secret;
    this.#root = root;
  }

  /** @param room `-` is the main room */
  static async of(server: ChatServer, ...args: string[]): Promise<Program> {
    return new Program(server, await createToken(server, ...args));
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const response = await fetch(this.#server.http(`${this.#root}${path}`), {
      method,
      headers: { Authorization: `Bearer ${this.secret}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("Content-Type")?.includes("json") ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  async post(content: string, room = "-", key?: string): Promise<Answered> {
    const headers = key === undefined ? {} : { "Idempotency-Key": key };
    return await this.call("POST", `/rooms/${room}/messages`, { content }, headers);
  }

  /** Listens to a room. @param lastId goes on behind this event */
  async listen(room = "-", lastId?: string): Promise<Listening> {
    return await Listening.to(this.#server.http(`${this.#root}/rooms/${room}/events`), this.secret, lastId);
  }
}

/** What asked for events was refused. */
export class NotListening extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
  }
}

/** A stream of events. */
export class Listening implements Disposable {
  readonly #events: AsyncGenerator<StreamEvent>;
  readonly #abort: AbortController;

  private constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#events = eventsOf(body);
    this.#abort = abort;
  }

  /** @throws NotListening if that is refused; another error if there is no answer */
  static async to(url: string, secret: string, lastId?: string): Promise<Listening> {
    const abort = new AbortController();
    const response = await fetch(url, {
      headers: {
        Authorization: `Bearer ${secret}`,
        ...(lastId === undefined ? {} : { "Last-Event-ID": lastId }),
      },
      signal: abort.signal,
    });
    if (!response.ok || response.body === null)
      throw new NotListening(response.status, await response.text());
    return new Listening(response.body, abort);
  }

  /** The next event; null if the stream has ended. */
  async next(): Promise<StreamEvent | null> {
    try {
      const { done, value } = await this.#events.next();
      return done ? null : value;
    } catch {
      return null;
    }
  }

  /** The next event of a kind. */
  async nextOf(event: string): Promise<StreamEvent> {
    for (;;) {
      const next = await this.next();
      if (next === null) throw new Error("the stream has ended");
      if (next.event === event) return next;
    }
  }

  /** Resolves when the stream has ended. */
  async ended(): Promise<void> {
    while ((await this.next()) !== null);
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    const blocks = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block
          .split("\n")
          .filter((line) => !line.startsWith(":"))
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      const data = fields.get("data");
      if (data !== undefined)
        yield { event: fields.get("event") ?? "message", id: fields.get("id"), data: JSON.parse(data) };
    }
  }
}
