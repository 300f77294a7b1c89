/** What a server has stored, whichever engine it has: for tests that look into it. */
import { test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SQL } from "bun";
import { backupOf } from "./postgres.ts";

/** Whether the tests' servers use a database: `CHAT_ENGINE=postgres`. */
export const IS_ON_DATABASE = process.env.CHAT_ENGINE === "postgres";

/** A test of files, which a server with a database has none of. */
export const fileTest = test.skipIf(IS_ON_DATABASE);

export interface Store {
  /** The history of the main room as a JSON array, however it is stored. Half an array while something is being written. */
  history(): Promise<string>;
  /** Copies the messages of all rooms, and gives what puts them back; no server may run then. */
  backUp(): Promise<() => Promise<void>>;
  /** Drops the oldest messages of the main room. No server may run. */
  dropOldest(count: number): Promise<void>;
  /** Everything that is stored, in pieces. */
  texts(): Promise<string[]>;
  /** Has the next server find what one that was killed has left. */
  bury(): Promise<void>;
}

/** A history file, and what lies beside it. */
export class FileStore implements Store {
  readonly #dataFile: string;

  constructor(dataFile: string) {
    this.#dataFile = dataFile;
  }

  async history(): Promise<string> {
    return readFileSync(this.#dataFile, "utf8");
  }

  async backUp(): Promise<() => Promise<void>> {
    const paths = [this.#dataFile, this.#dataFile.replace(/\.json$/, ".rooms")];
    const copy = mkdtempSync(join(dirname(this.#dataFile), "backup-"));
    for (const path of paths)
      if (existsSync(path)) cpSync(path, join(copy, basename(path)), { recursive: true });
    return async () => {
      for (const path of paths) {
        rmSync(path, { recursive: true, force: true });
        const copied = join(copy, basename(path));
        if (existsSync(copied)) cpSync(copied, path, { recursive: true });
      }
    };
  }

  async dropOldest(count: number): Promise<void> {
    const [bracket, ...records] = readFileSync(this.#dataFile, "utf8").split("\n");
    writeFileSync(this.#dataFile, [bracket, ...records.slice(count)].join("\n"));
  }

  async texts(): Promise<string[]> {
    const folder = dirname(this.#dataFile);
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => readFileSync(join(each.parentPath, each.name), "latin1"));
  }

  async bury(): Promise<void> {}
}

export class DatabaseStore implements Store {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async history(): Promise<string> {
    const rows = await this.#query(
      "SELECT name, content, shown_time AS timestamp FROM chatbox.messages WHERE room = '/' ORDER BY id",
    );
    return JSON.stringify(rows);
  }

  async backUp(): Promise<() => Promise<void>> {
    const { save, putBack } = backupOf(["rooms", "messages", "changes", "reactions"]);
    await this.#query(save);
    return async () => {
      await this.#query(putBack);
    };
  }

  async dropOldest(count: number): Promise<void> {
    const oldest = `SELECT id FROM chatbox.messages WHERE room = '/' ORDER BY id LIMIT ${count}`;
    await this.#query(`DELETE FROM chatbox.messages WHERE room = '/' AND id IN (${oldest})`);
  }

  async texts(): Promise<string[]> {
    const tables = await this.#query("SELECT tablename FROM pg_tables WHERE schemaname = 'chatbox'");
    const rows = await Promise.all(
      tables.map(({ tablename }) => this.#query(`SELECT t::text AS text FROM chatbox.${tablename} AS t`)),
    );
    return rows.flat().map(({ text }) => String(text));
  }

  /** The others take a silent server for dead, after a time that the tests of several servers wait for, and these do not. */
  async bury(): Promise<void> {
    await this.#query("DELETE FROM chatbox.servers");
  }

  async #query(statement: string): Promise<Record<string, unknown>[]> {
    const sql = new SQL(this.url, { max: 1 });
    try {
      return [...(await sql.unsafe(statement))];
    } finally {
      await sql.close({ timeout: 0 });
    }
  }
}
