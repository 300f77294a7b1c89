import { isAtLeast } from "../room/roles.ts";
import type { Connection } from "./connection.ts";

/** The connections of a server, over all rooms. */
export class ConnectionTable {
  readonly #connections = new Set<Connection>();

  get size(): number {
    return this.#connections.size;
  }

  /** How many have a nickname. */
  get named(): number {
    let named = 0;
    for (const { name } of this.#connections) if (name !== null) named++;
    return named;
  }

  /** Whether something is unsent to one of them. */
  get hasUnsent(): boolean {
    for (const { unsentBytes } of this.#connections) if (unsentBytes > 0) return true;
    return false;
  }

  /** The public ids of the people who are connected to a room as moderators. */
  keepersOf(room: string): ReadonlySet<string> {
    const keepers = new Set<string>();
    for (const each of this.#connections)
      if (each.room === room && isAtLeast(each.role, "moderator"))
        for (const id of each.persons) keepers.add(id);
    return keepers;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Ends those to which too much is unsent. Must be called regularly. */
  checkUnsent(): void {
    for (const connection of this.#connections) connection.checkUnsent();
  }
}
