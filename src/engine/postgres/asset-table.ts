import { type AssetLimits, type AssetStore, isAssetName } from "../assets.ts";
import type { Database } from "./database.ts";
import { bytesOf, rowsOf, textOf } from "./rows.ts";
import { ago } from "./time.ts";

const TIMEOUT_MS = 4_000;

/** Keeps the files of the web page in a table, for all servers of the database. */
export class AssetTable implements AssetStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async names(): Promise<ReadonlySet<string>> {
    const rows = await this.#database.query(TIMEOUT_MS, (sql) => sql`SELECT name FROM chatbox.assets`);
    return new Set(
      rowsOf(rows)
        .map(({ name }) => textOf(name))
        .filter(isAssetName),
    );
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const rows = await this.#database.query(
      TIMEOUT_MS,
      (sql) => sql`SELECT contents FROM chatbox.assets WHERE name = ${name}`,
    );
    const [row] = rowsOf(rows);
    return row === undefined ? null : bytesOf(row.contents);
  }

  async keep(
    files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    { ageMs, bytes }: AssetLimits,
  ): Promise<void> {
    for (const [name, contents] of files) {
      // Contents that are already there are not written again: a name stands for its contents.
      await this.#database.query(
        TIMEOUT_MS,
        (sql) => sql`
        INSERT INTO chatbox.assets (name, contents, kept_at) VALUES (${name}, ${contents}, now())
        ON CONFLICT (name) DO UPDATE SET kept_at = now()`,
      );
    }
    await this.#database.query(
      TIMEOUT_MS,
      (sql) => sql`
      DELETE FROM chatbox.assets WHERE kept_at < ${ago(sql, ageMs)} OR name IN (
        SELECT name FROM (
          SELECT name, sum(octet_length(contents)) OVER (ORDER BY kept_at DESC, name) AS sum FROM chatbox.assets
        ) AS newest_first WHERE sum > ${bytes}::bigint)`,
    );
  }
}
