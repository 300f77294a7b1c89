import type { SQL } from "bun";
import { StoredWebhooks, type WebhookDecision, type WebhookStore } from "../stored-webhooks.ts";
import type { WebhookCursor, WebhookLimits } from "../webhook.ts";
import {
  cursorOf,
  type WebhookChange,
  type WebhookCopy,
  type WebhookReading,
  WebhookView,
  webhookOf,
} from "../webhook-view.ts";
import type { Database } from "./database.ts";
import { CHANNEL, encodeNotification } from "./notification.ts";
import { integerOf, rowsOf, textOf } from "./rows.ts";
import { SharedTables, type TableFormat } from "./shared-table.ts";

export interface WebhookTableOptions {
  readonly database: Database;
  readonly limits: WebhookLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The id of this server among the servers of the chat; null for a command, or while it is none of them. */
  readonly server: () => string | null;
  /** Called when the webhooks are closed. */
  readonly closed?: () => Promise<void>;
}

/** The webhooks of a database, and what their server must tell them. */
export interface DatabaseWebhooks {
  readonly webhooks: StoredWebhooks;
  readonly table: WebhookTable;
}

/** Opens the webhooks of a database, whose schema is up to date. Rejects if the database fails. */
export async function openWebhookTable({
  database,
  limits,
  now,
  server,
  closed = async () => {},
}: WebhookTableOptions): Promise<DatabaseWebhooks> {
  const table = new WebhookTable(database, server, closed);
  await table.reload();
  const webhooks = new StoredWebhooks({ store: table, view: table.view, limits, now });
  return { webhooks, table };
}

/** How webhooks are stored. */
const FORMAT: TableFormat<WebhookChange, WebhookReading> = {
  lock: async (sql) => {
    await sql`SELECT id FROM chatbox.webhook_state FOR UPDATE`;
    // In a statement of its own, which sees what was committed while this one waited for the lock.
    return await revisionOf(sql);
  },
  revisionOf,
  readSince: (sql) => readAll(sql),
  applyAll: async (sql, changes, revision, id) => {
    for (const change of changes) await apply(sql, change);
    await sql`
      WITH counted AS (
        UPDATE chatbox.webhook_state SET revision = ${revision}::bigint, latest_change = ${id} RETURNING id
      )
      SELECT pg_notify(${CHANNEL}, ${encodeNotification({ kind: "webhooks" })}) FROM counted`;
  },
  // If there was another one since, the change is made again, which makes no difference: a row takes the place of its earlier self.
  isApplied: async (sql, id) => {
    const rows = await sql`SELECT 1 AS found FROM chatbox.webhook_state WHERE latest_change = ${id}`;
    return rowsOf(rows).length > 0;
  },
};

/** The webhooks of a chat in tables that all of its servers share. Each belongs to the server that has claimed it. */
export class WebhookTable implements WebhookStore {
  readonly view = new WebhookView();
  readonly #tables: SharedTables<WebhookChange, WebhookReading>;
  readonly #server: () => string | null;

  constructor(database: Database, server: () => string | null, closed: () => Promise<void>) {
    this.#server = server;
    this.#tables = new SharedTables({ database, format: FORMAT, view: this.view, closed });
  }

  /** Reads everything, because changes may have been missed. Rejects if the database fails. */
  reload(): Promise<void> {
    return this.#tables.reload();
  }

  /** Reads what other servers have changed. Rejects if the database fails. */
  catchUp(): Promise<void> {
    return this.#tables.catchUp();
  }

  change<T>(decide: () => WebhookDecision<T>): Promise<T> {
    return this.#tables.change(decide);
  }

  async claim(): Promise<ReadonlySet<string>> {
    const server = this.#server();
    // Most chats have none.
    if (server === null || this.view.size === 0) return new Set();
    return await this.#tables.read(async (sql) => {
      await sql`
        UPDATE chatbox.webhooks SET server = ${server}
        WHERE (server IS NULL OR server NOT IN (SELECT id FROM chatbox.servers))
          AND EXISTS (SELECT 1 FROM chatbox.servers WHERE id = ${server})`;
      return idsOf(await sql`SELECT id FROM chatbox.webhooks WHERE server = ${server}`);
    });
  }

  cursors(id: string): Promise<readonly WebhookCursor[]> {
    return this.#tables.read(async (sql) => {
      const rows = rowsOf(await sql`SELECT cursor FROM chatbox.webhook_cursors WHERE webhook = ${id}`);
      return rows.map(({ cursor }) => cursorOf(cursor));
    });
  }

  keep(cursors: readonly WebhookCursor[]): Promise<ReadonlySet<string>> {
    const server = this.#server() ?? "";
    return this.#tables.read(async (sql) => {
      await insertCursors(sql, cursors, server);
      return idsOf(await sql`SELECT id FROM chatbox.webhooks WHERE server = ${server}`);
    });
  }

  /** Lets other servers claim those of this one at once. If that fails, they can when it is none of the servers any more. */
  async close(): Promise<void> {
    const server = this.#server();
    if (server !== null && this.view.size > 0)
      await this.#tables
        .read((sql) => sql`UPDATE chatbox.webhooks SET server = NULL WHERE server = ${server}`)
        .catch(() => {});
    await this.#tables.close();
  }
}

/** Everything about the webhooks of a database. Rejects if the database fails. */
export async function readWebhookTable(sql: SQL): Promise<WebhookCopy> {
  const rows = rowsOf(await sql`SELECT cursor FROM chatbox.webhook_cursors`);
  return { ...(await readAll(sql)), cursors: rows.map(({ cursor }) => cursorOf(cursor)) };
}

/** Replaces everything about the webhooks of a database, within a transaction. No server may run. */
export async function writeWebhookTable(
  sql: SQL,
  { revision, webhooks, cursors }: WebhookCopy,
): Promise<void> {
  await sql`DELETE FROM chatbox.webhooks`;
  await sql`DELETE FROM chatbox.webhook_cursors`;
  for (const webhook of webhooks) await apply(sql, { kind: "put", webhook });
  await insertCursors(sql, cursors, null);
  await sql`UPDATE chatbox.webhook_state SET revision = ${revision}::bigint`;
}

/** @param server the one that must have claimed the webhooks; null for any */
async function insertCursors(
  sql: SQL,
  cursors: readonly WebhookCursor[],
  server: string | null,
): Promise<void> {
  const rows = cursors.map((cursor) => ({
    webhook: cursor.webhook,
    room: cursor.room,
    cursor: JSON.stringify(cursor),
  }));
  await sql`
    INSERT INTO chatbox.webhook_cursors (webhook, room, cursor)
    SELECT given.webhook, given.room, given.cursor
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json) AS given (webhook text, room text, cursor text)
    JOIN chatbox.webhooks ON webhooks.id = given.webhook
    WHERE ${server}::text IS NULL OR webhooks.server = ${server}::text
    ON CONFLICT (webhook, room) DO UPDATE SET cursor = excluded.cursor`;
}

async function apply(sql: SQL, change: WebhookChange): Promise<void> {
  switch (change.kind) {
    case "put": {
      const { webhook } = change;
      await sql`
        INSERT INTO chatbox.webhooks (id, webhook) VALUES (${webhook.id}, ${JSON.stringify(webhook)})
        ON CONFLICT (id) DO UPDATE SET webhook = excluded.webhook`;
      break;
    }
    case "remove":
      await sql`DELETE FROM chatbox.webhooks WHERE id = ${change.id}`;
      await sql`DELETE FROM chatbox.webhook_cursors WHERE webhook = ${change.id}`;
      break;
    default:
      change satisfies never;
  }
}

async function revisionOf(sql: SQL): Promise<number> {
  const [row] = rowsOf(await sql`SELECT revision::float8 AS revision FROM chatbox.webhook_state`);
  return integerOf(row?.revision);
}

async function readAll(sql: SQL): Promise<WebhookReading> {
  const revision = await revisionOf(sql);
  const rows = rowsOf(await sql`SELECT webhook FROM chatbox.webhooks`);
  return { revision, webhooks: rows.map(({ webhook }) => webhookOf(webhook)) };
}

function idsOf(rows: unknown): ReadonlySet<string> {
  return new Set(rowsOf(rows).map(({ id }) => textOf(id)));
}
