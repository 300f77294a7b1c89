import type { SQL } from "bun";
import type { Database } from "./database.ts";
import { withDeadline } from "./deadline.ts";
import { CHANNEL, decodeNotification, type PeerNotification } from "./notification.ts";

const RETRY_AFTER_MS = 500;
/** A connection on which LISTEN is not answered in this time is given up. */
const OPEN_TIMEOUT_MS = 5_000;

/** Receives what the subscription brings. */
export interface Subscriber {
  /** The id of this server, whose own entries are given without their changes. */
  server(): string;
  notified(notification: PeerNotification): void;
  /** The subscription has begun, or begun again: what was notified before was missed. */
  subscribed(): void;
  fault(error: unknown): void;
}

/**
 * Receives what the servers of a chat notify (LISTEN and NOTIFY of PostgreSQL), over a connection of its own. The
 * connection is replaced when it is lost.
 */
export class Subscription {
  readonly #database: Database;
  readonly #subscriber: Subscriber;
  #sql: SQL | null = null;
  #isClosed = false;

  constructor(database: Database, subscriber: Subscriber) {
    this.#database = database;
    this.#subscriber = subscriber;
  }

  /** Resolves once the subscription has begun. Rejects if the database fails. @throws DatabaseTimeout */
  async open(): Promise<void> {
    const sql = this.#database.dedicated();
    this.#sql = sql;
    const listening = sql.listen(
      CHANNEL,
      (payload) => {
        if (this.#sql === sql) this.#received(payload);
      },
      () => {
        if (this.#sql === sql) this.#subscriber.subscribed();
      },
    );
    await withDeadline(listening, OPEN_TIMEOUT_MS, "The database did not answer LISTEN in time.");
  }

  /** Takes another connection, because this one is silent. */
  async renew(): Promise<void> {
    while (!this.#isClosed) {
      this.#drop();
      try {
        await this.open();
        return;
      } catch (error) {
        this.#subscriber.fault(error);
        await Bun.sleep(RETRY_AFTER_MS);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  /** Closes the connection without waiting for the end: on a silent one it may never come. */
  #drop(): void {
    this.#sql?.close({ timeout: 0 }).catch(() => {});
    this.#sql = null;
  }

  #received(payload: string): void {
    try {
      const notification = decodeNotification(payload, this.#subscriber.server());
      if (notification !== null) this.#subscriber.notified(notification);
    } catch (error) {
      this.#subscriber.fault(error);
    }
  }
}
