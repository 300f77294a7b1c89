import { existsSync } from "node:fs";
import { readWebhookFile, writeWebhookFile } from "../local/webhook-file.ts";
import type { DatabaseOptions } from "../postgres/database.ts";
import { readWebhookTable, writeWebhookTable } from "../postgres/webhook-table.ts";
import type { WebhookCursor } from "../webhook.ts";
import type { WebhookCopy } from "../webhook-view.ts";
import { inDatabase } from "./in-database.ts";

/** Where webhooks are moved from or to. */
export interface MovableWebhooks {
  /** Null if there is nothing. */
  read(): Promise<WebhookCopy | null>;
  /** Replaces all that is there, or nothing. */
  write(copy: WebhookCopy): Promise<void>;
}

/** What became of the webhooks: how many were moved, or that the target has some of its own. */
export type MovedWebhooks = { readonly webhooks: number } | "kept" | "none";

/**
 * Copies webhooks, and how far they have come: histories keep their ids and times when they are moved. A target with webhooks of
 * its own keeps them, unless it is an earlier state of the same.
 */
export async function moveWebhooks(source: MovableWebhooks, target: MovableWebhooks): Promise<MovedWebhooks> {
  const copy = await source.read();
  if (copy === null || copy.webhooks.length === 0) return "none";
  const there = await target.read();
  if (there !== null && !isEarlier(there, copy)) return "kept";
  await target.write(copy);
  return { webhooks: copy.webhooks.length };
}

/** Whether nothing is lost, and nothing told again, when one state takes the place of another. */
function isEarlier(there: WebhookCopy, copy: WebhookCopy): boolean {
  const ids = new Set(copy.webhooks.map(({ id }) => id));
  const reached = new Map(copy.cursors.map((cursor) => [keyOf(cursor), cursor.id]));
  return (
    there.webhooks.every(({ id }) => ids.has(id)) &&
    there.cursors.every((cursor) => (reached.get(keyOf(cursor)) ?? -1) >= cursor.id)
  );
}

function keyOf({ webhook, room }: WebhookCursor): string {
  return `${webhook} ${room}`;
}

/** The webhooks beside a history file. @throws JournalError */
export class FileWebhooks implements MovableWebhooks {
  readonly #dataFile: string;

  constructor(dataFile: string) {
    this.#dataFile = dataFile;
  }

  async read(): Promise<WebhookCopy | null> {
    return existsSync(this.#dataFile) ? readWebhookFile(this.#dataFile) : null;
  }

  async write(copy: WebhookCopy): Promise<void> {
    writeWebhookFile(this.#dataFile, copy);
  }
}

/** The webhooks of a database, whose schema is up to date. @throws DatabaseError */
export class DatabaseWebhooks implements MovableWebhooks {
  readonly #options: DatabaseOptions;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  read(): Promise<WebhookCopy | null> {
    return inDatabase(this.#options, readWebhookTable);
  }

  write(copy: WebhookCopy): Promise<void> {
    return inDatabase(this.#options, (sql) => writeWebhookTable(sql, copy));
  }
}
