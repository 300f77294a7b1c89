import type { Outcome } from "../../room/operation.ts";
import type { Database } from "./database.ts";
import type { LogEntry } from "./entry.ts";
import { entriesAfter } from "./log.ts";
import { loadKept } from "./message-table.ts";
import type { Replica } from "./replica.ts";
import { loadHead } from "./room-head.ts";

const CATCH_UP_TIMEOUT_MS = 3_000;

/** What comes of an entry that somebody has committed. */
type Phase =
  /** The room is not in memory: an entry waits until it has been read. */
  | { readonly kind: "unread" }
  /** It is applied and told as soon as it is the next one. */
  | { readonly kind: "following"; readonly replica: Replica }
  /**
   * It waits: between the lock and the telling of a batch, or while nobody knows what came of one, only whoever has the
   * lock applies entries.
   */
  | { readonly kind: "holding"; readonly replica: Replica };

export interface FollowerOptions {
  readonly name: string;
  readonly database: Database;
  readonly deliver: (outcomes: Iterable<Outcome>) => void;
  readonly dropHistory: () => void;
  /** Has the queue run, which is to {@link Follower.catchUp}. */
  readonly wake: () => void;
}

/**
 * Follows the log of a room: what is committed elsewhere is applied to the replica in the log's order, as it is notified or
 * read, and told. The room's lock has put the entries in order; within this server the queue sees to it that nothing reads
 * the log beside a batch, and {@link hold} that nothing is notified into one.
 */
export class Follower {
  readonly #options: FollowerOptions;
  #phase: Phase = { kind: "unread" };
  /** Entries that were notified and are not applied yet, by position. Null where it must be read from the log. */
  readonly #inbox = new Map<number, LogEntry | null>();
  #isBehind = false;
  #isPruned = false;
  /** An entry was heard that comes next, and is not of the log that was followed. */
  #hasParted = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Null when the room is not in memory. */
  get replica(): Replica | null {
    return this.#phase.kind === "unread" ? null : this.#phase.replica;
  }

  /** Whether there may be entries of which nothing was heard. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Follows from where a replica stands. */
  begin(replica: Replica): void {
    this.#phase = { kind: "following", replica };
    this.applyNext();
  }

  /** Lets go of the replica. */
  end(): void {
    this.#phase = { kind: "unread" };
    this.#inbox.clear();
    this.#hasParted = false;
  }

  /** From here on only {@link hear} applies entries, until {@link release}. */
  hold(): void {
    if (this.#phase.kind === "following") this.#phase = { ...this.#phase, kind: "holding" };
  }

  /** Entries are applied again as they come; those that have waited, with {@link applyNext}. */
  release(): void {
    if (this.#phase.kind === "holding") this.#phase = { ...this.#phase, kind: "following" };
  }

  /** Somebody has committed an entry, this server perhaps. Null where it must be read from the log. */
  notified(position: number, entry: LogEntry | null): void {
    this.#inbox.set(position, entry);
    if (this.#phase.kind === "following") this.applyNext();
  }

  /** Notifications may have been lost. */
  missed(): void {
    this.#isBehind = true;
    this.#options.wake();
  }

  /** Messages that were not to be kept any longer are deleted. */
  pruned(): void {
    this.#isPruned = true;
    this.missed();
  }

  /** Applies and tells an entry that was read, and comes next. */
  hear(replica: Replica, entry: LogEntry): void {
    // What was skipped may have changed or deleted messages: what is held of them is read anew before the next batch.
    if (entry.changes.some(({ kind }) => kind === "skipped")) this.#isPruned = true;
    this.#options.deliver(replica.take(entry));
  }

  /** Applies and tells the entries that come next, as far as they are here. */
  applyNext(): void {
    const { replica } = this;
    if (replica === null) return;
    for (const position of this.#inbox.keys()) if (position <= replica.position) this.#inbox.delete(position);
    for (;;) {
      const entry = this.#inbox.get(replica.position + 1);
      if (!entry) break;
      this.#hasParted = !replica.isFollowedBy(entry);
      if (this.#hasParted) break;
      this.#inbox.delete(entry.position);
      this.hear(replica, entry);
    }
    if (this.#inbox.size > 0) this.missed();
  }

  /**
   * Reads what was not notified. Rejects as the database does.
   *
   * @returns false when the log does not tell it any more, or the database has another past than this server knows, as
   *   after a restore or a failover that lost what was newest: the room must be read anew
   */
  async catchUp(): Promise<boolean> {
    const { database, name } = this.#options;
    const { replica } = this;
    const isBehind = this.#isBehind || this.#isPruned;
    this.#isBehind = false;
    if (replica === null || !isBehind) return true;
    if (this.#isPruned) await this.#forgetPruned(replica);
    const before = replica.position;
    const { head, entries } = await database.query(CATCH_UP_TIMEOUT_MS, async (sql) => ({
      head: await loadHead(sql, name),
      entries: await entriesAfter(sql, name, before),
    }));
    for (const entry of entries) this.#inbox.set(entry.position, entry);
    this.applyNext();
    if (this.#hasParted || head.position < before || head.position > replica.position) return false;
    // Which message is the newest is read again after an entry of which something was skipped.
    const isNewest = this.#isPruned || replica.hasNewest(head.newest);
    return head.position < replica.position || (replica.isAt(head) && isNewest);
  }

  async #forgetPruned(replica: Replica): Promise<void> {
    const { database, name, dropHistory } = this.#options;
    const { lastId } = replica.room;
    this.#isPruned = false;
    try {
      replica.keeps(await database.query(CATCH_UP_TIMEOUT_MS, (sql) => loadKept(sql, name, lastId)), lastId);
    } catch (error) {
      this.#isPruned = true;
      throw error;
    }
    dropHistory();
  }
}
