import type { SQL } from "bun";
import { CHANNEL, decodeNote, type Note } from "./channel.ts";
import type { Database } from "./database.ts";

const RETRY_AFTER_MS = 500;

/** What a listener tells of. */
export interface Hearing {
  heard(note: Note): void;
  /** It listens, for the first time or again: what was said before was not heard. */
  listening(): void;
  fault(error: unknown): void;
}

/** Hears what other servers notify, over a connection of its own, which is made anew when it is lost. */
export class Listener {
  readonly #database: Database;
  readonly #hearing: Hearing;
  #sql: SQL | null = null;
  #isClosed = false;

  constructor(database: Database, hearing: Hearing) {
    this.#database = database;
    this.#hearing = hearing;
  }

  /** Resolves when it listens for the first time. May reject as the database does. */
  async open(): Promise<void> {
    const sql = this.#database.separate();
    this.#sql = sql;
    await sql.listen(
      CHANNEL,
      (payload) => {
        if (this.#sql === sql) this.#heard(payload);
      },
      () => {
        if (this.#sql === sql) this.#hearing.listening();
      },
    );
  }

  /** Takes another connection: this one is silent. */
  async renew(): Promise<void> {
    const before = this.#sql;
    this.#sql = null;
    await before?.close({ timeout: 0 }).catch(() => {});
    while (!this.#isClosed) {
      try {
        await this.open();
        return;
      } catch (error) {
        this.#hearing.fault(error);
        await Bun.sleep(RETRY_AFTER_MS);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const sql = this.#sql;
    this.#sql = null;
    await sql?.close({ timeout: 0 });
  }

  #heard(payload: string): void {
    try {
      const note = decodeNote(payload);
      if (note !== null) this.#hearing.heard(note);
    } catch (error) {
      this.#hearing.fault(error);
    }
  }
}
