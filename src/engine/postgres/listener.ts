import type { SQL } from "bun";
import { CHANNEL, decodeNote, type Note } from "./channel.ts";
import type { Database } from "./database.ts";
import { inTime } from "./deadline.ts";

const RETRY_AFTER_MS = 500;
/** A connection on which nothing comes of the wish to listen is given up after this time. */
const OPEN_TIMEOUT_MS = 5_000;

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

  /** Resolves when it listens for the first time. May reject as the database does. @throws DatabaseTimeout */
  async open(): Promise<void> {
    const sql = this.#database.separate();
    this.#sql = sql;
    const listening = sql.listen(
      CHANNEL,
      (payload) => {
        if (this.#sql === sql) this.#heard(payload);
      },
      () => {
        if (this.#sql === sql) this.#hearing.listening();
      },
    );
    await inTime(listening, OPEN_TIMEOUT_MS, "The database did not let this server listen in time.");
  }

  /** Takes another connection: this one is silent. */
  async renew(): Promise<void> {
    while (!this.#isClosed) {
      this.#drop();
      try {
        await this.open();
        return;
      } catch (error) {
        this.#hearing.fault(error);
        await Bun.sleep(RETRY_AFTER_MS);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  /** Nobody waits for its end: on a silent connection it may not come. */
  #drop(): void {
    this.#sql?.close({ timeout: 0 }).catch(() => {});
    this.#sql = null;
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
