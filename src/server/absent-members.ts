import type { Outcome } from "../engine/outcome.ts";
import type { ConnectionId } from "../room/operation.ts";
import type { Address } from "./address-table.ts";
import { rulesOf } from "./outcome-rules.ts";

/** How long an engine may still be busy with the end of a grace. */
const PATIENCE_MS = 10_000;

interface AbsentMember {
  readonly address: Address;
  readonly room: string;
  /** When it no longer counts, even if this server did not hear of its end. */
  readonly until: number;
}

/**
 * The members whose connections to this server are gone and whose nicknames are kept for the grace. Until that ends they
 * count for their addresses: otherwise one host could fill the rooms with nicknames by connecting again and again.
 */
export class AbsentMembers {
  readonly #graceMs: number;
  readonly #members = new Map<ConnectionId, AbsentMember>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** A connection is gone that may be resumed. @param now milliseconds of a monotonic clock, as in {@link shed} */
  keep(connection: ConnectionId, room: string, address: Address, now: number): void {
    address.keep();
    this.#members.set(connection, { address, room, until: now + this.#graceMs + PATIENCE_MS });
  }

  /** A member may have resumed, or be gone for good. */
  delivered(outcome: Outcome): void {
    const returned = rulesOf(outcome).effect?.returned?.(outcome);
    if (returned !== undefined) this.#letGo(returned);
  }

  /** Forgets members whose end this server did not hear of. Must be called regularly. */
  shed(now: number): void {
    for (const [connection, { until }] of this.#members) {
      if (now < until) break;
      this.#letGo(connection);
    }
  }

  #letGo(connection: ConnectionId): void {
    const member = this.#members.get(connection);
    if (member === undefined) return;
    this.#members.delete(connection);
    member.address.letGo(member.room);
  }
}
