import type { SQL } from "bun";
import type { Action } from "../../room/action.ts";
import type {
  ActionFilter,
  HeldMessage,
  ModerationLimits,
  Noted,
  NotedFilter,
  Report,
} from "../moderation.ts";
import {
  actionOf,
  heldOf,
  KEPT_REVISIONS,
  type ModerationRows,
  notedTogether,
  type RowCounts,
  reportOf,
  type StoredAction,
  settingsOf,
  type Waiter,
} from "../moderation-rows.ts";
import type { ModerationStep } from "../moderation-rules.ts";
import {
  isLasting,
  type ModeratedRoom,
  type ModerationCopy,
  type ModerationReading,
  ModerationView,
} from "../moderation-view.ts";
import type { Decide } from "../shared-store.ts";
import { type ModerationStore, StoredModeration } from "../stored-moderation.ts";
import type { Database, Fragment } from "./database.ts";
import { CHANNEL, encodeNotification } from "./notification.ts";
import { booleanOf, integerOf, type Row, rowsOf, textOf } from "./rows.ts";
import { SharedTables, type TableFormat } from "./shared-table.ts";
import { timestampOf } from "./time.ts";

/** Stands for all rooms: a room's name is never empty. */
const ALL_ROOMS = "";
/** How many changes can be found again when it was in doubt whether they were made. */
const LATEST_CHANGES = 100;

export interface ModerationTableOptions {
  readonly database: Database;
  readonly limits: ModerationLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Called when the moderation is closed. */
  readonly closed?: () => Promise<void>;
}

/** The moderation of a database, and what its server must tell it. */
export interface DatabaseModeration {
  readonly moderation: StoredModeration;
  readonly table: ModerationTable;
}

/** Opens the moderation of a database, whose schema is up to date. Rejects if the database fails. */
export async function openModerationTable({
  database,
  limits,
  now,
  closed = async () => {},
}: ModerationTableOptions): Promise<DatabaseModeration> {
  const table = new ModerationTable(database, closed);
  await table.reload();
  const moderation = new StoredModeration({ store: table, view: table.view, limits, now });
  return { moderation, table };
}

/** How moderation is stored. */
const FORMAT: TableFormat<ModerationStep, ModerationReading> = {
  lock: async (sql) => {
    await sql`SELECT id FROM chatbox.moderation FOR UPDATE`;
    // In a statement of its own, which sees what was committed while this one waited for the lock.
    return (await stateOf(sql)).revision;
  },
  revisionOf: async (sql) => (await stateOf(sql)).revision,
  readSince,
  applyAll,
  isApplied: async (sql, id) => {
    const rows = await sql`SELECT 1 AS found FROM chatbox.moderation WHERE ${id} = ANY (latest_changes)`;
    return rowsOf(rows).length > 0;
  },
};

/** The moderation of a chat in tables that all of its servers share. */
export class ModerationTable implements ModerationStore {
  readonly view = new ModerationView();
  readonly #tables: SharedTables<ModerationStep, ModerationReading>;

  /** @param closed called when this is closed, which leaves the database open */
  constructor(database: Database, closed: () => Promise<void>) {
    this.#tables = new SharedTables({ database, format: FORMAT, view: this.view, closed });
  }

  /** Reads everything, because changes may have been missed. Rejects if the database fails. */
  reload(): Promise<void> {
    return this.#tables.reload();
  }

  /** Reads what other servers have changed. Rejects if the database fails. */
  catchUp(): Promise<void> {
    return this.#tables.catchUp();
  }

  /**
   * The same, on a connection that is in use, unless the view has what there was at a revision. It may run beside everything
   * else: the view takes nothing over that is older than what it has.
   */
  async catchUpTo(revision: number, sql: SQL): Promise<void> {
    if (revision > this.view.revision) await this.#tables.catchUpIn(sql);
  }

  change<T>(decide: Decide<ModerationRows, ModerationStep, T>): Promise<T> {
    return this.#tables.change((sql: SQL) => decide(new ModerationTableRows(sql)));
  }

  read<T>(work: (rows: ModerationRows) => Promise<T>): Promise<T> {
    return this.#tables.read((sql) => work(new ModerationTableRows(sql)));
  }

  close(): Promise<void> {
    return this.#tables.close();
  }
}

/** Makes changes as one revision, and notifies the servers. */
async function applyAll(
  sql: SQL,
  changes: readonly ModerationStep[],
  revision: number,
  id: string,
): Promise<void> {
  for (const change of changes) {
    // TypeScript does not see that the rule and the change are of one kind.
    const apply = APPLY[change.kind] as (
      sql: SQL,
      change: ModerationStep,
      revision: number,
    ) => Promise<unknown>;
    await apply(sql, change, revision);
  }
  await sql`
    WITH counted AS (
      UPDATE chatbox.moderation SET revision = ${revision}::bigint,
        latest_changes = array_prepend(${id}::text, latest_changes[1:${LATEST_CHANGES - 1}::integer])
      RETURNING id
    )
    SELECT pg_notify(${CHANNEL}, ${encodeNotification({ kind: "moderation" })}) FROM counted`;
}

/** How each kind of change is stored. */
const APPLY: {
  readonly [K in ModerationStep["kind"]]: (
    sql: SQL,
    change: Extract<ModerationStep, { kind: K }>,
    revision: number,
  ) => Promise<unknown>;
} = {
  act: (sql, { action, before }, revision) =>
    insertAction(sql, { action, before, made: revision, isLive: isLasting(action) }, revision),
  end: (sql, { action }, revision) => sql`
    UPDATE chatbox.actions SET is_live = false, action = ${JSON.stringify(action)}, revision = ${revision}::bigint
    WHERE id = ${action.id}`,
  set: (sql, { room, settings }, revision) => {
    const json = settings === null ? null : JSON.stringify(settings);
    return sql`
      INSERT INTO chatbox.room_settings (room, settings, reports, held, revision)
      VALUES (${room}, ${json}, 0, 0, ${revision}::bigint)
      ON CONFLICT (room) DO UPDATE SET settings = excluded.settings, revision = excluded.revision`;
  },
  report: async (sql, { report }, revision) => {
    await insertReport(sql, report, revision);
    await count(sql, report.room, revision);
  },
  close: async (sql, { report }, revision) => {
    await sql`DELETE FROM chatbox.reports WHERE id = ${report.id}`;
    await count(sql, report.room, revision);
  },
  hold: async (sql, { room, messages }, revision) => {
    for (const [place, message] of messages.entries()) await insertHeld(sql, message, revision, place);
    await count(sql, room, revision);
  },
  release: async (sql, { room, messages }, revision) => {
    for (const { id } of messages) await sql`DELETE FROM chatbox.held_messages WHERE id = ${id}`;
    await count(sql, room, revision);
  },
  drop: async (sql, { room, person, networks }, revision) => {
    const inRoom = room === null ? sql`` : sql`AND room = ${room}`;
    const list = JSON.stringify(networks);
    const isMeant = sql`(person = ${person} OR EXISTS (
      SELECT 1 FROM jsonb_array_elements_text(networks) AS network
      WHERE network IN (SELECT jsonb_array_elements_text(${list}::text::jsonb)))) ${inRoom}`;
    const rooms = rowsOf(
      await sql`
        WITH reported AS (DELETE FROM chatbox.reports WHERE ${isMeant} RETURNING room),
          held AS (DELETE FROM chatbox.held_messages WHERE ${isMeant} RETURNING room)
        SELECT room FROM reported UNION SELECT room FROM held`,
    );
    for (const each of rooms) await count(sql, textOf(each.room), revision);
  },
  expire: async (sql, { room, before }, revision) => {
    await sql`DELETE FROM chatbox.reports WHERE room = ${room} AND noted_at < ${timestampOf(sql, before)}`;
    await sql`
      DELETE FROM chatbox.held_messages WHERE room = ${room} AND noted_at < ${timestampOf(sql, before)}`;
    await count(sql, room, revision);
  },
  trim: async (sql, { actions }, revision) => {
    // The oldest of the rooms that have most, so that nobody can have the log of another room dropped.
    const oldest = sql`
      SELECT made FROM (
        SELECT made, row_number() OVER (PARTITION BY room ORDER BY made DESC) AS nth
        FROM chatbox.actions WHERE NOT is_live
      ) AS over ORDER BY nth DESC, made LIMIT ${actions}::bigint`;
    await sql`
      WITH dropped_actions AS (
        DELETE FROM chatbox.actions WHERE made IN (${oldest}) RETURNING revision
      ), dropped_rooms AS (
        DELETE FROM chatbox.room_settings WHERE ${isForgettable(sql, revision)} RETURNING revision
      )
      UPDATE chatbox.moderation SET forgotten = greatest(forgotten,
        (SELECT max(revision) FROM dropped_actions), (SELECT max(revision) FROM dropped_rooms))`;
  },
};

/** Whether a row of a room says nothing. It stays for a while, so that others learn of it. */
function isForgettable(sql: SQL, revision: number): Fragment {
  return sql`settings IS NULL AND reports = 0 AND held = 0 AND revision <= ${revision - KEPT_REVISIONS}::bigint`;
}

async function insertAction(
  sql: SQL,
  { action, before, made, isLive }: StoredAction,
  revision: number,
): Promise<void> {
  const { id, room, person, kind } = action;
  const settings = before === null ? null : JSON.stringify(before);
  await sql`
    INSERT INTO chatbox.actions (made, id, room, person, kind, is_live, revision, action, settings_before)
    VALUES (${made}::bigint, ${id}, ${room ?? ALL_ROOMS}, ${person}, ${kind}, ${isLive}, ${revision}::bigint,
      ${JSON.stringify(action)}, ${settings})`;
}

async function insertReport(sql: SQL, report: Report, made: number): Promise<void> {
  await sql`
    INSERT INTO chatbox.reports (made, id, room, person, networks, noted_at, report)
    VALUES (${made}::bigint, ${report.id}, ${report.room}, ${report.by},
      ${JSON.stringify(report.networks)}::text::jsonb, ${timestampOf(sql, report.at)}, ${JSON.stringify(report)})`;
}

async function insertHeld(sql: SQL, message: HeldMessage, made: number, place: number): Promise<void> {
  await sql`
    INSERT INTO chatbox.held_messages (made, place, id, room, person, networks, noted_at, message)
    VALUES (${made}::bigint, ${place}::integer, ${message.id}, ${message.room}, ${message.by},
      ${JSON.stringify(message.networks)}::text::jsonb, ${timestampOf(sql, message.at)}, ${JSON.stringify(message)})`;
}

/** Notes how much waits in a room. */
async function count(sql: SQL, room: string, revision: number): Promise<void> {
  await sql`
    INSERT INTO chatbox.room_settings (room, reports, held, revision)
    SELECT ${room}::text, (SELECT count(*) FROM chatbox.reports WHERE room = ${room}),
      (SELECT count(*) FROM chatbox.held_messages WHERE room = ${room}), ${revision}::bigint
    ON CONFLICT (room) DO UPDATE
    SET reports = excluded.reports, held = excluded.held, revision = excluded.revision`;
}

/** What has changed since a revision; everything if that is too long ago, or the database was set back. */
async function readSince(sql: SQL, since: number): Promise<ModerationReading> {
  const { revision, forgotten } = await stateOf(sql);
  const isWhole = since < forgotten || since > revision || since < 0;
  // At first nothing is new.
  const known = since < 0 ? revision : since;
  const isWanted = isWhole ? sql`is_live OR made > ${known}::bigint` : sql`revision > ${known}::bigint`;
  const actions = rowsOf(
    await sql`SELECT made::float8 AS made, is_live, action, settings_before FROM chatbox.actions WHERE ${isWanted}`,
  );
  const isChanged = isWhole ? sql`true` : sql`revision > ${known}::bigint`;
  const rooms = rowsOf(
    await sql`
      SELECT room, settings, reports::float8 AS reports, held::float8 AS held
      FROM chatbox.room_settings WHERE ${isChanged}`,
  );
  return { revision, since, isWhole, actions: actions.map(storedActionOf), rooms: rooms.map(roomOf) };
}

/** Everything about the moderation of a database. Rejects if the database fails. */
export async function readModeration(sql: SQL): Promise<ModerationCopy> {
  const { revision } = await stateOf(sql);
  const { rooms } = await readSince(sql, -1);
  const actions = rowsOf(
    await sql`
      SELECT made::float8 AS made, is_live, action, settings_before FROM chatbox.actions
      ORDER BY actions.made`,
  );
  const reports = rowsOf(
    await sql`SELECT made::float8 AS made, report FROM chatbox.reports ORDER BY reports.made`,
  );
  const held = rowsOf(
    await sql`
      SELECT made::float8 AS made, message FROM chatbox.held_messages
      ORDER BY held_messages.made, held_messages.place`,
  );
  return {
    revision,
    actions: actions.map(storedActionOf),
    rooms,
    reports: reports.map(({ made, report }) => ({ row: reportOf(report), made: integerOf(made) })),
    held: held.map(({ made, message }) => ({ row: heldOf(message), made: integerOf(made) })),
  };
}

/** Replaces everything about the moderation of a database, within a transaction. No server may run. */
export async function writeModeration(
  sql: SQL,
  { revision, actions, rooms, reports, held }: ModerationCopy,
): Promise<void> {
  for (const table of ["actions", "room_settings", "reports", "held_messages"])
    await sql.unsafe(`DELETE FROM chatbox.${table}`);
  for (const action of actions) await insertAction(sql, action, revision);
  for (const { row, made } of reports) await insertReport(sql, row, made);
  for (const [place, { row, made }] of held.entries()) await insertHeld(sql, row, made, place);
  for (const { room, settings } of rooms) {
    await APPLY.set(sql, { kind: "set", room, settings }, revision);
    await count(sql, room, revision);
  }
  await sql`
    UPDATE chatbox.moderation SET revision = ${revision}::bigint, forgotten = 0, latest_changes = '{}'`;
}

async function stateOf(sql: SQL): Promise<{ revision: number; forgotten: number }> {
  const [row] = rowsOf(
    await sql`
      SELECT revision::float8 AS revision, forgotten::float8 AS forgotten FROM chatbox.moderation`,
  );
  return { revision: integerOf(row?.revision), forgotten: integerOf(row?.forgotten) };
}

function storedActionOf({ made, is_live, action, settings_before }: Row): StoredAction {
  const before = settings_before === null ? null : settingsOf(settings_before);
  return { action: actionOf(action), made: integerOf(made), isLive: booleanOf(is_live), before };
}

function roomOf({ room, settings, reports, held }: Row): ModeratedRoom {
  return {
    room: textOf(room),
    settings: settings === null ? null : settingsOf(settings),
    waiting: { reports: integerOf(reports), held: integerOf(held) },
  };
}

/** What can be asked of the tables. */
class ModerationTableRows implements ModerationRows {
  readonly #sql: SQL;

  constructor(sql: SQL) {
    this.#sql = sql;
  }

  async action(id: string): Promise<StoredAction | null> {
    const sql = this.#sql;
    const [row] = rowsOf(
      await sql`SELECT made::float8 AS made, is_live, action, settings_before FROM chatbox.actions WHERE id = ${id}`,
    );
    return row === undefined ? null : storedActionOf(row);
  }

  async actions(
    room: string | null,
    { person, kinds, before, limit }: ActionFilter,
  ): Promise<readonly Action[]> {
    const sql = this.#sql;
    const from = before === null ? null : await this.action(before);
    const inRoom = room === null ? sql`` : sql`AND room IN (${room}, ${ALL_ROOMS})`;
    const ofPerson = person === null ? sql`` : sql`AND person = ${person}`;
    const list = JSON.stringify(kinds ?? []);
    const ofKinds =
      kinds === undefined ? sql`` : sql`AND kind IN (SELECT jsonb_array_elements_text(${list}::text::jsonb))`;
    const rows = await sql`
      SELECT action FROM chatbox.actions
      WHERE made < ${from?.made ?? Number.MAX_SAFE_INTEGER}::bigint ${inRoom} ${ofPerson} ${ofKinds}
      ORDER BY made DESC LIMIT ${limit}::bigint`;
    return rowsOf(rows).map(({ action }) => actionOf(action));
  }

  async counts(): Promise<RowCounts> {
    const sql = this.#sql;
    const { revision } = await stateOf(sql);
    const [row] = rowsOf(
      await sql`
        SELECT count(*)::float8 AS actions, (count(*) FILTER (WHERE NOT is_live))::float8 AS over,
          (SELECT count(*) FROM chatbox.room_settings WHERE ${isForgettable(sql, revision)})::float8 AS rooms
        FROM chatbox.actions`,
    );
    return {
      actions: integerOf(row?.actions),
      over: integerOf(row?.over),
      rooms: integerOf(row?.rooms),
    };
  }

  async reports(room: string): Promise<readonly Report[]> {
    const sql = this.#sql;
    const rows = await sql`SELECT report FROM chatbox.reports WHERE room = ${room} ORDER BY made`;
    return rowsOf(rows).map(({ report }) => reportOf(report));
  }

  async report(id: string): Promise<Report | null> {
    const sql = this.#sql;
    const [row] = rowsOf(await sql`SELECT report FROM chatbox.reports WHERE id = ${id}`);
    return row === undefined ? null : reportOf(row.report);
  }

  async notedAfter({ after, kinds, limit }: NotedFilter): Promise<Noted> {
    const sql = this.#sql;
    const list = JSON.stringify(kinds);
    const actions = rowsOf(
      await sql`
        SELECT made::float8 AS made, action FROM chatbox.actions
        WHERE made > ${after}::bigint AND kind IN (SELECT jsonb_array_elements_text(${list}::text::jsonb))
        ORDER BY actions.made LIMIT ${limit}::bigint`,
    ).map(({ made, action }) => ({ made: integerOf(made), action: actionOf(action) }));
    const reports = rowsOf(
      await sql`
        SELECT made::float8 AS made, report FROM chatbox.reports
        WHERE made > ${after}::bigint ORDER BY reports.made LIMIT ${limit}::bigint`,
    ).map(({ made, report }) => ({ made: integerOf(made), report: reportOf(report) }));
    const { revision } = await stateOf(sql);
    return { revision, entries: notedTogether(actions, reports, limit) };
  }

  async reportsBy(room: string, { person, address }: Waiter): Promise<readonly Report[]> {
    const sql = this.#sql;
    const rows = await sql`
      SELECT report FROM chatbox.reports
      WHERE room = ${room} AND (person = ${person} OR networks ->> 0 = ${address}::text)`;
    return rowsOf(rows).map(({ report }) => reportOf(report));
  }

  async held(room: string): Promise<readonly HeldMessage[]> {
    const sql = this.#sql;
    const rows =
      await sql`SELECT message FROM chatbox.held_messages WHERE room = ${room} ORDER BY made, place`;
    return rowsOf(rows).map(({ message }) => heldOf(message));
  }

  async heldMessage(id: string): Promise<HeldMessage | null> {
    const sql = this.#sql;
    const [row] = rowsOf(await sql`SELECT message FROM chatbox.held_messages WHERE id = ${id}`);
    return row === undefined ? null : heldOf(row.message);
  }

  async heldBy(room: string, { person, address }: Waiter): Promise<readonly HeldMessage[]> {
    const sql = this.#sql;
    const rows = await sql`
      SELECT message FROM chatbox.held_messages
      WHERE room = ${room} AND (person = ${person} OR networks ->> 0 = ${address}::text)
      ORDER BY made, place`;
    return rowsOf(rows).map(({ message }) => heldOf(message));
  }

  async roomsWaiting(before: number): Promise<readonly string[]> {
    const sql = this.#sql;
    const rows = await sql`
      SELECT room FROM chatbox.reports WHERE noted_at < ${timestampOf(sql, before)}
      UNION SELECT room FROM chatbox.held_messages WHERE noted_at < ${timestampOf(sql, before)}`;
    return rowsOf(rows).map(({ room }) => textOf(room));
  }
}
