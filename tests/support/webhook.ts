/** Programs that a chat tells what happens, and the commands about webhooks. */
import { openWebhookFileBeside } from "../../src/engine/local/webhook-file.ts";
import { Database } from "../../src/engine/postgres/database.ts";
import { openWebhookTable } from "../../src/engine/postgres/webhook-table.ts";
import { StoredWebhooks } from "../../src/engine/stored-webhooks.ts";
import { type NewWebhook, WEBHOOK_LIMITS, type Webhook } from "../../src/engine/webhook.ts";
import { WebhookView } from "../../src/engine/webhook-view.ts";
import { type ChatServer, type CommandEnd, runCommand } from "./server.ts";

/** What a receiver was sent. */
export interface Received {
  readonly id: string;
  readonly headers: Headers;
  readonly text: string;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, the test says
  readonly body: any;
}

type Answer = (received: Received) => Response | Promise<Response>;

/** A receiver on this machine, which takes everything unless told otherwise. */
export class Receiver implements Disposable {
  /** All that was sent, taken or not, in order. */
  readonly received: Received[] = [];
  /** What it answers. */
  answer: Answer = () => new Response("ok");
  readonly #server: Bun.Server<undefined>;
  #waiting: (() => void)[] = [];

  constructor(options: { readonly port?: number; readonly tls?: Bun.TLSOptions } = {}) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: options.port ?? 0,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      idleTimeout: 0,
      fetch: async (request) => {
        const text = await request.text();
        const { headers } = request;
        const { pathname } = new URL(request.url);
        const id = headers.get("webhook-id") ?? "";
        const received = { id, headers, text, path: pathname, body: JSON.parse(text) };
        this.received.push(received);
        for (const wake of this.#waiting.splice(0)) wake();
        return await this.answer(received);
      },
    });
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  /** @param host by which it is found */
  url(path = "/", host = "127.0.0.1"): string {
    return `http://${host}:${this.port}${path}`;
  }

  /** Resolves to the first that was sent, or will be, for which `matches` holds. @param from skips so many */
  async next(matches: (received: Received) => boolean, from = 0): Promise<Received> {
    for (;;) {
      const found = this.received.slice(from).find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}

/** Whether it tells of a message with this content. */
export function tellsOf(content: string, type = "message.created"): (received: Received) => boolean {
  return ({ body }) => body.type === type && body.data.message?.content === content;
}

/** Runs a command about webhooks beside the server. */
export async function webhookCommand(server: ChatServer, ...args: string[]): Promise<CommandEnd> {
  const { store, dataFile } = server;
  const place = "url" in store ? ["--database-url", String(store.url)] : ["--data", dataFile];
  return await runCommand(["webhook", ...args, ...place]);
}

/** Creates a webhook beside the server, of messages and changes in all rooms unless something else is said. */
export async function createWebhook(
  server: ChatServer,
  url: string,
  order: Partial<NewWebhook> = {},
): Promise<Webhook> {
  const webhooks = await webhooksOf(server);
  try {
    return await webhooks.create({
      label: "Hook",
      url,
      topics: ["messages", "changes"],
      rooms: null,
      ...order,
    });
  } finally {
    await webhooks.close();
  }
}

/** The webhooks of a server, as a command has them. */
async function webhooksOf({ store, dataFile }: ChatServer): Promise<StoredWebhooks> {
  const shared = { limits: WEBHOOK_LIMITS, now: Date.now };
  if (!("url" in store)) return openWebhookFileBeside({ ...shared, dataFile, notice: () => {} });
  const database = new Database({
    url: String(store.url),
    poolSize: 1,
    statementTimeoutMs: 30_000,
    connectTimeoutMs: 30_000,
  });
  const closed = () => database.close();
  return (await openWebhookTable({ ...shared, database, server: () => null, closed })).webhooks;
}

/** Webhooks that are stored nowhere. */
export function webhooksInMemory(): StoredWebhooks {
  const view = new WebhookView();
  return new StoredWebhooks({
    store: {
      change: async (decide) => decide().result,
      claim: async () => new Set(),
      cursors: async () => [],
      keep: async () => new Set(),
      close: async () => {},
    },
    view,
    limits: WEBHOOK_LIMITS,
    now: () => 0,
  });
}
