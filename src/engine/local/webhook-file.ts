import type { Database } from "bun:sqlite";
import { UnreadableRow } from "../shared-store.ts";
import { StoredWebhooks, type WebhookDecision, type WebhookStore } from "../stored-webhooks.ts";
import type { Webhook, WebhookCursor, WebhookLimits } from "../webhook.ts";
import {
  cursorOf,
  type WebhookChange,
  type WebhookCopy,
  type WebhookReading,
  WebhookView,
  webhookOf,
} from "../webhook-view.ts";
import {
  type FileFormat,
  readSharedFile,
  SharedFile,
  type SharedFileOptions,
  writeSharedFile,
} from "./shared-file.ts";

const SCHEMA = `
  CREATE TABLE state (revision INTEGER NOT NULL);
  INSERT INTO state VALUES (0);
  CREATE TABLE webhooks (id TEXT PRIMARY KEY, webhook TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE cursors (
    webhook TEXT NOT NULL,
    room TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (webhook, room)
  ) WITHOUT ROWID;
`;

/** Webhooks are in `{dataFile}.webhooks`. */
export interface WebhookFileOptions extends SharedFileOptions {
  readonly limits: WebhookLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
}

const FORMAT: FileFormat<WebhookChange, WebhookReading> = {
  suffix: "webhooks",
  version: 1,
  words: {
    lost: "webhooks",
    impossible: "there can be no webhooks",
    kept: "webhooks",
  },
  makeTables: (database) => database.run(SCHEMA),
  revisionOf,
  readSince: (database) => readWebhooks(database),
  applyAll: (database, changes, revision) => {
    for (const change of changes) apply(database, change);
    database.query("UPDATE state SET revision = ?").run(revision);
  },
};

/**
 * Opens the webhooks of a history for its server, which holds the lock of the history; creates the file if there is none. If
 * it cannot be created, for example because the disk is full, there are none until it can.
 *
 * @throws JournalError if there is a file that cannot be used
 */
export function openWebhookFile(options: WebhookFileOptions): StoredWebhooks {
  return webhooksOf(options, SharedFile.open);
}

/**
 * Opens the webhooks of a history for a command, whether or not a server runs.
 *
 * @throws JournalError if there is no such history, or its webhooks cannot be used
 */
export function openWebhookFileBeside(options: WebhookFileOptions): StoredWebhooks {
  return webhooksOf(options, SharedFile.openBeside);
}

/**
 * Everything about the webhooks of a history, whether or not a server runs; null if there is no file.
 *
 * @throws JournalError if the file cannot be used
 */
export function readWebhookFile(dataFile: string): WebhookCopy | null {
  return readSharedFile(dataFile, FORMAT, (database) => ({
    ...readWebhooks(database),
    cursors: rowsOf(database, "SELECT cursor AS row FROM cursors").map(cursorOf),
  }));
}

/**
 * Writes the file of a history, instead of the one that is there. No server may run.
 *
 * @throws JournalError if it cannot be written; then the one that is there stays
 */
export function writeWebhookFile(dataFile: string, { revision, webhooks, cursors }: WebhookCopy): void {
  writeSharedFile(dataFile, FORMAT, (database) => {
    FORMAT.applyAll(
      database,
      webhooks.map((webhook) => ({ kind: "put", webhook })),
      revision,
    );
    keep(database, cursors);
  });
}

function webhooksOf(options: WebhookFileOptions, open: typeof SharedFile.open): StoredWebhooks {
  const { limits, now } = options;
  const view = new WebhookView();
  const store = new WebhookFile(open({ ...options, format: FORMAT, view }), view);
  return new StoredWebhooks({ store, view, limits, now });
}

/** Webhooks in a file, which commands may change while the server runs. The server that has the file has all of them. */
class WebhookFile implements WebhookStore {
  readonly #file: SharedFile<WebhookChange, WebhookReading>;
  readonly #view: WebhookView;

  constructor(file: SharedFile<WebhookChange, WebhookReading>, view: WebhookView) {
    this.#file = file;
    this.#view = view;
  }

  change<T>(decide: () => WebhookDecision<T>): Promise<T> {
    return this.#file.change(decide);
  }

  async claim(): Promise<ReadonlySet<string>> {
    return this.#ids;
  }

  cursors(id: string): Promise<readonly WebhookCursor[]> {
    return this.#file.read((database) =>
      rowsOf(database, "SELECT cursor AS row FROM cursors WHERE webhook = ?", id).map(cursorOf),
    );
  }

  async keep(cursors: readonly WebhookCursor[]): Promise<ReadonlySet<string>> {
    await this.#file.note((database) => keep(database, cursors));
    return this.#ids;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  get #ids(): ReadonlySet<string> {
    return new Set(this.#view.list().map(({ id }) => id));
  }
}

function apply(database: Database, change: WebhookChange): void {
  switch (change.kind) {
    case "put": {
      const { webhook } = change;
      database
        .query("INSERT OR REPLACE INTO webhooks (id, webhook) VALUES (?, ?)")
        .run(webhook.id, JSON.stringify(webhook));
      break;
    }
    case "remove":
      database.query("DELETE FROM webhooks WHERE id = ?").run(change.id);
      database.query("DELETE FROM cursors WHERE webhook = ?").run(change.id);
      break;
    default:
      change satisfies never;
  }
}

/** A webhook that was removed in the meantime gets none. */
function keep(database: Database, cursors: readonly WebhookCursor[]): void {
  const insert = database.query(
    "INSERT OR REPLACE INTO cursors (webhook, room, cursor) SELECT ?1, ?2, ?3 FROM webhooks WHERE id = ?1",
  );
  for (const cursor of cursors) insert.run(cursor.webhook, cursor.room, JSON.stringify(cursor));
}

function readWebhooks(database: Database): WebhookReading {
  const webhooks: readonly Webhook[] = rowsOf(database, "SELECT webhook AS row FROM webhooks").map(webhookOf);
  return { revision: revisionOf(database), webhooks };
}

function revisionOf(database: Database): number {
  const row = database.query<{ revision: number }, []>("SELECT revision FROM state").get();
  if (row === null || !Number.isSafeInteger(row.revision)) throw new UnreadableRow("There is no state.");
  return row.revision;
}

function rowsOf(database: Database, query: string, ...of: string[]): unknown[] {
  return database
    .query<{ row: unknown }, string[]>(query)
    .all(...of)
    .map(({ row }) => row);
}
