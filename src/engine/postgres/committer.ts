import type { SQL } from "bun";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import { type Decision, isChange } from "../../room/decision.ts";
import { POSTS } from "../../room/kinds/moderation.ts";
import type { Moment } from "../../room/moment.ts";
import type { ConnectionId, Operation } from "../../room/operation.ts";
import type { SendKeys } from "../../room/send-keys.ts";
import { changedMessages } from "../changed-messages.ts";
import type { RoomOptions } from "../engine.ts";
import { noteRemoved } from "../held.ts";
import { keyDigest, type MessageRecord, type StoredEvent } from "../record.ts";
import { decideAll, isInHistory, recordsOf, targetsOf } from "../rules.ts";
import { writeBatch } from "./batch.ts";
import type { Database } from "./database.ts";
import type { Batch } from "./entry.ts";
import { CommitInDoubt, Evicted, FallenBehind, isTransient, sqlState } from "./fault.ts";
import { entriesAfter } from "./log.ts";
import type { Replica } from "./replica.ts";
import { type LockedHead, lockRoom } from "./room-head.ts";
import { rowsOf, textOf } from "./rows.ts";
import { keysAmong } from "./stored-keys.ts";
import { type FoundTargets, findTargets, NO_TARGETS } from "./targets.ts";

/** A batch that cannot be committed within this time has failed. */
const BATCH_TIMEOUT_MS = 4_500;
/** One attempt to commit takes no longer than this, so that there is time to find out whether it succeeded. */
const ATTEMPT_TIMEOUT_MS = 3_000;
const RETRY_AFTER_MS = 100;
const UNIQUE_VIOLATION = "23505";

/** What is to be decided under the lock. */
export interface Work {
  readonly operations: readonly Operation[];
  /** Whose members to take over along with it, because their servers cannot care for them. */
  readonly adopts: "none" | "of dead servers" | "of dead servers and this one";
  /** Whether this server really has a connection that the room says is here. */
  readonly isConnected: (connection: ConnectionId) => boolean;
}

/** What was decided about some work. */
export interface Decided {
  /** First come the decisions of the operations, in order, then those about members taken over. */
  readonly decisions: readonly Decision[];
  /** What is stored of them in the history. */
  readonly records: readonly StoredEvent[];
  /** By id, the messages that they change, as they are after them. */
  readonly changed: ReadonlyMap<number, MessageRecord>;
}

/** The result of the work. */
export type Verdict =
  /** It is committed. */
  | ({ readonly kind: "committed" } & Decided)
  /** It could not be committed, and never will be. */
  | { readonly kind: "failed"; readonly error: unknown }
  /** Nobody knows whether it is committed. */
  | { readonly kind: "in doubt"; readonly error: unknown };

/** A batch as it was decided under the lock. */
interface DecidedBatch extends Decided {
  /** The earlier messages that it changes, as they were before it, by id. */
  readonly before: ReadonlyMap<number, MessageRecord>;
}

/** A batch that may or may not be committed. */
interface Doubt extends DecidedBatch {
  readonly batch: string;
}

/** How far an attempt has come, which determines what a failure means. */
type Stage =
  /** Nothing is decided yet. An earlier attempt may have left a doubt. */
  | { readonly kind: "begun"; readonly doubt: Doubt | null }
  /** An earlier attempt is committed. This one has nothing to commit. */
  | ({ readonly kind: "settled" } & DecidedBatch)
  /** Decided by this attempt, and not committed. */
  | ({ readonly kind: "decided" } & DecidedBatch);

const NOTHING: DecidedBatch = { decisions: [], records: [], changed: new Map(), before: new Map() };

/** Brings what is known of moderators' actions up to a revision, on the connection of the batch. */
export type Moderated = (revision: number, sql: SQL) => Promise<void>;

export interface CommitterOptions extends Pick<RoomOptions, "name" | "hold" | "removed" | "observer"> {
  readonly database: Database;
  readonly server: () => string;
  /**
   * Resolves when the database may be tried; rejects if it stays unreachable.
   *
   * @param until a time of `performance.now`
   */
  readonly reachable: (until: number) => Promise<void>;
  /** Receives the error of an attempt, which shows whether the database works. */
  readonly seen: (error: unknown) => void;
  readonly fault: (error: unknown) => void;
  readonly moderated: Moderated;
  readonly now: () => Moment;
  readonly keys: SendKeys;
}

/**
 * Commits batches of a room. A batch is one transaction under the room's lock, which serialises all servers: it applies
 * what other servers have committed, decides, and writes. Within this server the queue serialises: one batch at a time.
 *
 * A connection to the database that breaks during a commit leaves a doubt. The lock settles it: while this server holds
 * the lock, the transaction in doubt has ended, so that its entry is in the log or never will be.
 */
export class Committer {
  readonly #options: CommitterOptions;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Retries while there is time. If the batch stands or is in doubt, the replica holds when this resolves. */
  async commit(replica: Replica, work: Work): Promise<Verdict> {
    const { seen, fault } = this.#options;
    const until = performance.now() + BATCH_TIMEOUT_MS;
    let doubt: Doubt | null = null;
    let hasRecalled = false;
    for (;;) {
      try {
        return { kind: "committed", ...(await this.#attempt(replica, work, doubt, until)) };
      } catch (error) {
        replica.room.rollback();
        doubt = error instanceof InDoubt ? error.doubt : null;
        // Other servers' entries need not wait for the next attempt. But only that attempt may settle a doubt, not a
        // notification.
        if (doubt === null) replica.release();
        seen(error instanceof InDoubt ? error.cause : error);
        fault(error);
        if (sqlState(error) === UNIQUE_VIOLATION && !hasRecalled) {
          hasRecalled = true;
          await this.#recallKeys(replica, work.operations).catch(seen);
          continue;
        }
        if (isRetried(error) && performance.now() + RETRY_AFTER_MS < until) {
          await Bun.sleep(RETRY_AFTER_MS);
          continue;
        }
        return { kind: doubt === null ? "failed" : "in doubt", error };
      }
    }
  }

  /** Looks up keys that memory had no room for: the index still has them. */
  async #recallKeys({ room }: Replica, operations: readonly Operation[]): Promise<void> {
    const { database, keys, name } = this.#options;
    const digests = operations.flatMap((operation) => {
      if (operation.kind === "post")
        return operation.key === undefined ? [] : [keyDigest(POSTS, operation.key)];
      const identity = room.maker(operation)?.session?.identity;
      const key = operation.kind === "request" && "key" in operation.request ? operation.request.key : null;
      return identity === undefined || key === null ? [] : [keyDigest(identity, key)];
    });
    const known = await database.query(ATTEMPT_TIMEOUT_MS, (sql) => keysAmong(sql, name, digests));
    for (const { digest, id, time } of known) keys.add(digest, id, time);
  }

  /** @throws InDoubt if the batch may or may not be committed */
  async #attempt(replica: Replica, work: Work, doubt: Doubt | null, until: number): Promise<Decided> {
    const { database, moderated, name, reachable, server } = this.#options;
    const batch = crypto.randomUUID();
    const attempt: { stage: Stage } = { stage: { kind: "begun", doubt } };
    try {
      await reachable(until);
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, until - performance.now());
      await database.transaction(timeoutMs, async (sql) => {
        const head = await lockRoom(sql, name, server());
        if (await this.#hearOthers(sql, replica, head, doubt)) {
          attempt.stage = { ...(doubt ?? NOTHING), kind: "settled" };
          return;
        }
        attempt.stage = { kind: "decided", ...NOTHING };
        // What moderators did before the room was locked holds for all that is decided now.
        await moderated(head.moderation, sql);
        const orphans = await this.#orphans(sql, replica, work);
        const found = await this.#targets(sql, replica, work.operations);
        const decided = this.#decide(replica, work.operations, orphans, found);
        attempt.stage = { kind: "decided", ...decided };
        const changes = decided.decisions.filter(isChange);
        if (changes.length > 0)
          await this.#write(sql, replica, {
            id: batch,
            changes,
            records: decided.records,
            messages: decided.before,
          });
      });
    } catch (error) {
      throwUnlessSettled(attempt.stage, batch, error);
    }
    const { stage } = attempt;
    if (stage.kind === "begun") throw new Error("A transaction ended before its batch was decided.");
    const { decisions, records, changed, before } = stage;
    if (stage.kind === "decided") replica.committed(decisions.filter(isChange), batch);
    noteRemoved(this.#options, work.operations, decisions, before);
    return { decisions, records, changed };
  }

  /**
   * Under the lock, applies what other servers have committed since.
   *
   * @returns whether a batch in doubt turns out to be committed
   */
  async #hearOthers(sql: SQL, replica: Replica, head: LockedHead, doubt: Doubt | null): Promise<boolean> {
    const { name } = this.#options;
    if (!head.isAlive) throw new Evicted("The other servers consider this one dead.");
    replica.hold();
    if (replica.isAt(head)) return false;
    for (const entry of await entriesAfter(sql, name, replica.position)) {
      if (!replica.isFollowedBy(entry)) break;
      if (doubt !== null && entry.batch === doubt.batch) {
        replica.committedAfterAll(doubt.decisions, doubt.batch);
        // Later entries are delivered after it: they were notified, or will be.
        return true;
      }
      replica.receive(entry);
    }
    if (!replica.isAt(head))
      throw new FallenBehind("The log lacks entries that this server missed, or has another past.");
    return false;
  }

  /**
   * The connections of members whose servers cannot care for them: those of dead servers, those of this server when it
   * ends, and those that had left this server but are back since the database was restored to an earlier state.
   */
  async #orphans(sql: SQL, replica: Replica, { adopts, isConnected }: Work): Promise<ConnectionId[]> {
    if (adopts === "none") return [];
    const living = new Set(rowsOf(await sql`SELECT id FROM chatbox.servers`).map((row) => textOf(row.id)));
    if (adopts === "of dead servers and this one") living.delete(this.#options.server());
    const stranded = adopts === "of dead servers" ? replica.stranded(isConnected) : [];
    return [...replica.awayFrom((server) => living.has(server)), ...stranded];
  }

  /** The messages that operations would change, as they are now. */
  async #targets(sql: SQL, { room }: Replica, operations: readonly Operation[]): Promise<FoundTargets> {
    // Clients may name any number.
    const ids = targetsOf(operations).filter((id) => id <= room.lastId);
    return ids.length === 0 ? NO_TARGETS : await findTargets(sql, this.#options.name, ids);
  }

  #decide(
    { room }: Replica,
    operations: readonly Operation[],
    orphans: readonly ConnectionId[],
    { targets, messages: before }: FoundTargets,
  ): DecidedBatch {
    const leaves = orphans.map((connection) => ({ kind: "leave", connection, resumable: true }) as const);
    const decisions = decideAll(room, [...operations, ...leaves], this.#options.now(), targets);
    const records = recordsOf(decisions);
    const changed = changedMessages(records, before, (id) => room.reactionsTo(id));
    return { decisions, records, changed, before };
  }

  async #write(
    sql: SQL,
    { room, position, batch }: Replica,
    decided: Pick<Batch, "id" | "changes" | "records" | "messages">,
  ): Promise<void> {
    const { name, now, server } = this.#options;
    const touched = new Set<ConnectionId>();
    for (const change of decided.changes) {
      if (!isInHistory(change) && change.kind !== "enacted") touched.add(change.connection);
      if (change.kind === "resumed") touched.add(change.from);
    }
    await writeBatch(sql, {
      room: name,
      server: server(),
      ...decided,
      follows: batch,
      position: position + 1,
      lastId: room.lastId,
      lastPlace: room.lastPlace,
      touched: [...touched],
      members: [...touched].flatMap((connection) => room.member(connection) ?? []),
      keysSince: now().time - REMEMBERED_MS,
    });
  }
}

/** It is unknown whether a batch was committed, until the lock is held again. */
class InDoubt extends Error {
  override readonly name = "InDoubt";
  readonly doubt: Doubt;

  constructor(doubt: Doubt, cause: unknown) {
    super("It is not known whether a batch was committed.", { cause });
    this.doubt = doubt;
  }
}

/** Interprets the error of an attempt by its stage. @param batch the id under which the attempt was to commit */
function throwUnlessSettled(stage: Stage, batch: string, error: unknown): void {
  switch (stage.kind) {
    case "settled":
      return;
    case "begun":
      throw stage.doubt === null ? error : new InDoubt(stage.doubt, error);
    case "decided": {
      const { kind: _, ...decided } = stage;
      throw error instanceof CommitInDoubt ? new InDoubt({ ...decided, batch }, error) : error;
    }
  }
}

function isRetried(error: unknown): boolean {
  return error instanceof InDoubt ? !(error.cause instanceof Evicted) : isTransient(error);
}
