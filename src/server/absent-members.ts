import type { Outcome } from "../engine/outcome.ts";
import type { ConnectionId } from "../room/operation.ts";
import type { Address } from "./address-table.ts";

/** After the grace an engine may still be busy with the end of it. */
const PATIENCE_MS = 10_000;

interface AbsentMember {
  readonly address: Address;
  readonly room: string;
  /** When it counts no more, even if nothing was heard of its end. */
  readonly until: number;
}

/**
 * Those whose connections to this server are gone and whose nicknames are kept for their grace. Until that ends they count
 * for their addresses: else one host could fill the rooms with names by connecting again and again.
 */
export class AbsentMembers {
  readonly #graceMs: number;
  readonly #members = new Map<ConnectionId, AbsentMember>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Somebody may resume who had a connection. @param now milliseconds of a monotonic clock, as in {@link shed} */
  keep(connection: ConnectionId, room: string, address: Address, now: number): void {
    address.keep();
    this.#members.set(connection, { address, room, until: now + this.#graceMs + PATIENCE_MS });
  }

  /** Whoever has resumed, or is gone after all, is not absent any more. */
  told(outcome: Outcome): void {
    if (outcome.kind === "left" || outcome.kind === "gone") this.#letGo(outcome.connection);
    else if (outcome.kind === "resumed") this.#letGo(outcome.from);
  }

  /** Forgets those whose end this server did not hear of. To be called now and then. */
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
