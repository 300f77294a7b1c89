import type { Database } from "bun:sqlite";
import type { Action } from "../../room/action.ts";
import type { ActionFilter, HeldMessage, Noted, NotedFilter, Report } from "../moderation.ts";
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
} from "../moderation-view.ts";
import { UnreadableRow } from "../shared-store.ts";

/** The version of the tables. A file of a later one is not touched. */
export const VERSION = 1;

/**
 * A row has the revision that has changed it last, and an action also the one that made it. `forgotten` is the highest revision
 * of a row that was dropped: whoever has not seen that one reads everything. A revision may hold several messages, each at its
 * place. Networks are lists in JSON, the address first.
 */
const SCHEMA = `
  CREATE TABLE moderation (revision INTEGER NOT NULL, forgotten INTEGER NOT NULL);
  CREATE TABLE actions (
    made INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    room TEXT NOT NULL,
    person TEXT,
    kind TEXT NOT NULL,
    is_live INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    action TEXT NOT NULL,
    settings_before TEXT
  );
  CREATE INDEX actions_by_revision ON actions (revision);
  CREATE INDEX actions_by_room ON actions (room, made);
  CREATE INDEX actions_by_person ON actions (person, made);
  CREATE INDEX actions_live ON actions (is_live, made);
  CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    settings TEXT,
    reports INTEGER NOT NULL,
    held INTEGER NOT NULL,
    revision INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX rooms_by_revision ON rooms (revision);
  CREATE TABLE reports (
    made INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    room TEXT NOT NULL,
    person TEXT NOT NULL,
    networks TEXT NOT NULL,
    at INTEGER NOT NULL,
    report TEXT NOT NULL
  );
  CREATE INDEX reports_by_person ON reports (room, person);
  CREATE INDEX reports_by_address ON reports (room, networks ->> 0);
  CREATE INDEX reports_by_room ON reports (room, made);
  CREATE INDEX reports_by_time ON reports (at);
  CREATE TABLE held_messages (
    made INTEGER NOT NULL,
    place INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    room TEXT NOT NULL,
    person TEXT NOT NULL,
    networks TEXT NOT NULL,
    at INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (made, place)
  );
  CREATE INDEX held_by_room ON held_messages (room, made, place);
  CREATE INDEX held_by_person ON held_messages (room, person);
  CREATE INDEX held_by_address ON held_messages (room, networks ->> 0);
  CREATE INDEX held_by_time ON held_messages (at);
  INSERT INTO moderation VALUES (0, 0);
`;

/** Stands for all rooms: a room's name is never empty. */
const ALL_ROOMS = "";

/** Makes the tables of a new chat, within a transaction. */
export function makeTables(database: Database): void {
  database.run(SCHEMA);
}

export function revisionOf(database: Database): number {
  return stateOf(database).revision;
}

/** Makes changes, within a transaction, as one revision. */
export function applyAll(database: Database, changes: readonly ModerationStep[], revision: number): void {
  for (const change of changes) {
    // TypeScript does not see that the rule and the change are of one kind.
    const apply = APPLY[change.kind] as (
      database: Database,
      change: ModerationStep,
      revision: number,
    ) => void;
    apply(database, change, revision);
  }
  database.query("UPDATE moderation SET revision = ?").run(revision);
}

/** How each kind of change is stored. */
const APPLY: {
  readonly [K in ModerationStep["kind"]]: (
    database: Database,
    change: Extract<ModerationStep, { kind: K }>,
    revision: number,
  ) => void;
} = {
  act: (database, { action, before }, revision) =>
    insertAction(database, { action, before, made: revision, isLive: isLasting(action) }, revision),
  end: (database, { action }, revision) => {
    database
      .query("UPDATE actions SET is_live = 0, action = ?, revision = ? WHERE id = ?")
      .run(JSON.stringify(action), revision, action.id);
  },
  set: (database, { room, settings }, revision) => {
    database
      .query(
        `INSERT INTO rooms (room, settings, reports, held, revision) VALUES (?1, ?2, 0, 0, ?3)
         ON CONFLICT DO UPDATE SET settings = excluded.settings, revision = excluded.revision`,
      )
      .run(room, settings === null ? null : JSON.stringify(settings), revision);
  },
  report: (database, { report }, revision) => {
    insertReport(database, report, revision);
    count(database, report.room, revision);
  },
  close: (database, { report }, revision) => {
    database.query("DELETE FROM reports WHERE id = ?").run(report.id);
    count(database, report.room, revision);
  },
  hold: (database, { room, messages }, revision) => {
    for (const [place, message] of messages.entries()) insertHeld(database, message, revision, place);
    count(database, room, revision);
  },
  release: (database, { room, messages }, revision) => {
    for (const { id } of messages) database.query("DELETE FROM held_messages WHERE id = ?").run(id);
    count(database, room, revision);
  },
  drop: (database, { room, person, networks }, revision) => {
    const rooms = ["reports", "held_messages"].flatMap((table) =>
      database
        .query<{ room: string }, [string | null, string | null, string]>(
          `DELETE FROM ${table} WHERE (?1 IS NULL OR room = ?1) AND (person = ?2 OR EXISTS (
             SELECT 1 FROM json_each(networks) WHERE value IN (SELECT value FROM json_each(?3)))) RETURNING room`,
        )
        .all(room, person, JSON.stringify(networks)),
    );
    for (const each of new Set(rooms.map((row) => row.room))) count(database, each, revision);
  },
  expire: (database, { room, before }, revision) => {
    for (const table of ["reports", "held_messages"])
      database.query(`DELETE FROM ${table} WHERE room = ? AND at < ?`).run(room, before);
    count(database, room, revision);
  },
  trim: (database, { actions }, revision) => {
    // The oldest of the rooms that have most, so that nobody can have the log of another room dropped.
    const oldest = `
      SELECT made FROM (
        SELECT made, row_number() OVER (PARTITION BY room ORDER BY made DESC) AS nth FROM actions WHERE is_live = 0
      ) ORDER BY nth DESC, made LIMIT ?1`;
    database
      .query(
        `UPDATE moderation SET forgotten = max(forgotten,
           coalesce((SELECT max(revision) FROM actions WHERE made IN (${oldest})), 0),
           coalesce((SELECT max(revision) FROM rooms WHERE ${FORGETTABLE} AND revision <= ?2), 0))`,
      )
      .run(actions, revision - KEPT_REVISIONS);
    database.query(`DELETE FROM actions WHERE made IN (${oldest})`).run(actions);
    database.query(`DELETE FROM rooms WHERE ${FORGETTABLE} AND revision <= ?`).run(revision - KEPT_REVISIONS);
  },
};

/** Rows of rooms that say nothing. They stay for a while, so that others learn of it. */
const FORGETTABLE = "settings IS NULL AND reports = 0 AND held = 0";

function insertAction(
  database: Database,
  { action, before, made, isLive }: StoredAction,
  revision: number,
): void {
  const { id, room, person, kind } = action;
  database
    .query(
      `INSERT INTO actions (made, id, room, person, kind, is_live, revision, action, settings_before)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      made,
      id,
      room ?? ALL_ROOMS,
      person,
      kind,
      isLive ? 1 : 0,
      revision,
      JSON.stringify(action),
      before === null ? null : JSON.stringify(before),
    );
}

function insertReport(database: Database, report: Report, made: number): void {
  database
    .query("INSERT INTO reports (made, id, room, person, networks, at, report) VALUES (?, ?, ?, ?, ?, ?, ?)")
    .run(
      made,
      report.id,
      report.room,
      report.by,
      JSON.stringify(report.networks),
      report.at,
      JSON.stringify(report),
    );
}

function insertHeld(database: Database, message: HeldMessage, made: number, place: number): void {
  database
    .query(
      `INSERT INTO held_messages (made, place, id, room, person, networks, at, message)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      made,
      place,
      message.id,
      message.room,
      message.by,
      JSON.stringify(message.networks),
      message.at,
      JSON.stringify(message),
    );
}

/** Notes how much waits in a room. */
function count(database: Database, room: string, revision: number): void {
  database
    .query(
      `INSERT INTO rooms (room, reports, held, revision) SELECT ?1,
         (SELECT count(*) FROM reports WHERE room = ?1), (SELECT count(*) FROM held_messages WHERE room = ?1), ?2
       WHERE true
       ON CONFLICT DO UPDATE SET reports = excluded.reports, held = excluded.held, revision = excluded.revision`,
    )
    .run(room, revision);
}

interface ActionRow {
  made: number;
  is_live: number;
  action: string;
  settings_before: string | null;
}

interface RoomRow {
  room: string;
  settings: string | null;
  reports: number;
  held: number;
}

/** What has changed since a revision; everything if that is too long ago, or was in another file. */
export function readSince(database: Database, since: number): ModerationReading {
  const { revision, forgotten } = stateOf(database);
  const isWhole = since < forgotten || since > revision || since < 0;
  const actions = database
    .query<ActionRow, [number]>(
      `SELECT made, is_live, action, settings_before FROM actions WHERE ${isWhole ? "is_live = 1 OR made > ?" : "revision > ?"}`,
    )
    // At first nothing is new.
    .all(since < 0 ? revision : since);
  const rooms = isWhole
    ? database.query<RoomRow, []>("SELECT room, settings, reports, held FROM rooms").all()
    : database
        .query<RoomRow, [number]>("SELECT room, settings, reports, held FROM rooms WHERE revision > ?")
        .all(since);
  return { revision, since, isWhole, actions: actions.map(storedActionOf), rooms: rooms.map(roomOf) };
}

/** Everything that is stored, within a transaction. */
export function readAll(database: Database): ModerationCopy {
  const { rooms } = readSince(database, -1);
  return {
    revision: revisionOf(database),
    actions: database
      .query<ActionRow, []>("SELECT made, is_live, action, settings_before FROM actions ORDER BY made")
      .all()
      .map(storedActionOf),
    rooms,
    reports: database
      .query<{ made: number; report: string }, []>("SELECT made, report FROM reports ORDER BY made")
      .all()
      .map(({ made, report }) => ({ row: reportOf(report), made })),
    held: database
      .query<{ made: number; message: string }, []>(
        "SELECT made, message FROM held_messages ORDER BY made, place",
      )
      .all()
      .map(({ made, message }) => ({ row: heldOf(message), made })),
  };
}

/** Fills the tables of a new chat with what another one has, within a transaction. */
export function fillTables(
  database: Database,
  { revision, actions, rooms, reports, held }: ModerationCopy,
): void {
  for (const action of actions) insertAction(database, action, revision);
  for (const { row, made } of reports) insertReport(database, row, made);
  for (const [place, { row, made }] of held.entries()) insertHeld(database, row, made, place);
  for (const { room, settings } of rooms) {
    APPLY.set(database, { kind: "set", room, settings }, revision);
    count(database, room, revision);
  }
  database.query("UPDATE moderation SET revision = ?").run(revision);
}

function stateOf(database: Database): { revision: number; forgotten: number } {
  const row = database
    .query<{ revision: number; forgotten: number }, []>("SELECT revision, forgotten FROM moderation")
    .get();
  if (row === null || !Number.isSafeInteger(row.revision) || !Number.isSafeInteger(row.forgotten))
    throw new UnreadableRow("There is no state.");
  return row;
}

function storedActionOf({ made, is_live, action, settings_before }: ActionRow): StoredAction {
  const before = settings_before === null ? null : settingsOf(settings_before);
  return { action: actionOf(action), made, isLive: is_live !== 0, before };
}

function roomOf({ room, settings, reports, held }: RoomRow): ModeratedRoom {
  return { room, settings: settings === null ? null : settingsOf(settings), waiting: { reports, held } };
}

/** What can be asked of the file. */
export class ModerationFileRows implements ModerationRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async action(id: string): Promise<StoredAction | null> {
    const row = this.#database
      .query<ActionRow, [string]>("SELECT made, is_live, action, settings_before FROM actions WHERE id = ?")
      .get(id);
    return row && storedActionOf(row);
  }

  async actions(
    room: string | null,
    { person, kinds, before, limit }: ActionFilter,
  ): Promise<readonly Action[]> {
    const from = before === null ? null : await this.action(before);
    return this.#database
      .query<{ action: string }, [string | null, string | null, string | null, number, number]>(
        `SELECT action FROM actions
         WHERE (?1 IS NULL OR room IN (?1, '${ALL_ROOMS}')) AND (?2 IS NULL OR person = ?2)
           AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3))) AND made < ?4
         ORDER BY made DESC LIMIT ?5`,
      )
      .all(
        room,
        person,
        kinds === undefined ? null : JSON.stringify(kinds),
        from?.made ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .map(({ action }) => actionOf(action));
  }

  async reports(room: string): Promise<readonly Report[]> {
    return this.#database
      .query<{ report: string }, [string]>("SELECT report FROM reports WHERE room = ? ORDER BY made")
      .all(room)
      .map(({ report }) => reportOf(report));
  }

  async report(id: string): Promise<Report | null> {
    const row = this.#database
      .query<{ report: string }, [string]>("SELECT report FROM reports WHERE id = ?")
      .get(id);
    return row && reportOf(row.report);
  }

  async notedAfter({ after, kinds, limit }: NotedFilter): Promise<Noted> {
    const actions = this.#database
      .query<{ made: number; action: string }, [number, string, number]>(
        `SELECT made, action FROM actions WHERE made > ? AND kind IN (SELECT value FROM json_each(?))
         ORDER BY made LIMIT ?`,
      )
      .all(after, JSON.stringify(kinds), limit)
      .map(({ made, action }) => ({ made, action: actionOf(action) }));
    const reports = this.#database
      .query<{ made: number; report: string }, [number, number]>(
        "SELECT made, report FROM reports WHERE made > ? ORDER BY made LIMIT ?",
      )
      .all(after, limit)
      .map(({ made, report }) => ({ made, report: reportOf(report) }));
    return { revision: revisionOf(this.#database), entries: notedTogether(actions, reports, limit) };
  }

  async reportsBy(room: string, { person, address }: Waiter): Promise<readonly Report[]> {
    return this.#database
      .query<{ report: string }, [string, string, string | null]>(
        "SELECT report FROM reports WHERE room = ?1 AND (person = ?2 OR networks ->> 0 = ?3)",
      )
      .all(room, person, address)
      .map(({ report }) => reportOf(report));
  }

  async held(room: string): Promise<readonly HeldMessage[]> {
    return this.#database
      .query<{ message: string }, [string]>(
        "SELECT message FROM held_messages WHERE room = ? ORDER BY made, place",
      )
      .all(room)
      .map(({ message }) => heldOf(message));
  }

  async heldMessage(id: string): Promise<HeldMessage | null> {
    const row = this.#database
      .query<{ message: string }, [string]>("SELECT message FROM held_messages WHERE id = ?")
      .get(id);
    return row && heldOf(row.message);
  }

  async heldBy(room: string, { person, address }: Waiter): Promise<readonly HeldMessage[]> {
    return this.#database
      .query<{ message: string }, [string, string, string | null]>(
        `SELECT message FROM held_messages WHERE room = ?1 AND (person = ?2 OR networks ->> 0 = ?3)
         ORDER BY made, place`,
      )
      .all(room, person, address)
      .map(({ message }) => heldOf(message));
  }

  async roomsWaiting(before: number): Promise<readonly string[]> {
    return this.#database
      .query<{ room: string }, [number]>(
        "SELECT room FROM reports WHERE at < ?1 UNION SELECT room FROM held_messages WHERE at < ?1",
      )
      .all(before)
      .map(({ room }) => room);
  }

  async counts(): Promise<RowCounts> {
    const { revision } = stateOf(this.#database);
    const counts = this.#database
      .query<RowCounts, [number]>(
        `SELECT (SELECT count(*) FROM actions) AS actions, (SELECT count(*) FROM actions WHERE is_live = 0) AS over,
           (SELECT count(*) FROM rooms WHERE ${FORGETTABLE} AND revision <= ?) AS rooms`,
      )
      .get(revision - KEPT_REVISIONS);
    if (counts === null) throw new UnreadableRow("Nothing can be counted.");
    return counts;
  }
}
