import type { SQL } from "bun";
import { isScope } from "../../protocol/kinds/tokens.ts";
import { isGrantedRole } from "../../room/roles.ts";
import { type Grant, isPersonId, type PeopleLimits } from "../people.ts";
import { type PeopleChange, type PeopleDecision, personOf } from "../people-rules.ts";
import {
  type NicknameUse,
  type PeopleCopy,
  type PeopleReading,
  type PeopleState,
  PeopleView,
  type ReservedNickname,
  type Stored,
} from "../people-view.ts";
import { checkedSecret, newSecret, PersonIds } from "../person-ids.ts";
import { type PeopleStore, StoredPeople } from "../stored-people.ts";
import { commandsOf, type Token } from "../token.ts";
import { Database, type DatabaseOptions, nameOfDatabase } from "./database.ts";
import { DatabaseError, startSentence } from "./fault.ts";
import { CHANNEL, encodeNotification } from "./notification.ts";
import { refuseTransactionPooler } from "./pooler-check.ts";
import { booleanOf, bytesOf, integerOf, type Row, rowsOf, textOf, textOrNull } from "./rows.ts";
import { migrate } from "./schema.ts";
import { SharedTables, type TableFormat } from "./shared-table.ts";
import { timestampOf, unixMs } from "./time.ts";

const TIMEOUT_MS = 4_000;
/** How many revisions other servers can be behind without having to read everything. */
const LOG_REVISIONS = 1_000;

/** Stands for all rooms: a room's name is never empty. */
const ALL_ROOMS = "";

export interface PeopleTableOptions {
  readonly database: Database;
  readonly limits: PeopleLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Called when the people are closed. */
  readonly closed?: () => Promise<void>;
}

/** The people of a database, and what their server must tell them. */
export interface DatabasePeople {
  readonly people: StoredPeople;
  readonly table: PeopleTable;
}

/**
 * Opens the people of a database, whose schema is up to date. The first one to do so makes the secret of the chat. Rejects if
 * the database fails.
 */
export async function openPeopleTable({
  database,
  limits,
  now,
  closed = async () => {},
}: PeopleTableOptions): Promise<DatabasePeople> {
  const secret = await database.query(TIMEOUT_MS, async (sql) => {
    await sql`
      INSERT INTO chatbox.people (id, revision, secret, is_started) VALUES (1, 0, ${newSecret()}, false)
      ON CONFLICT (id) DO NOTHING`;
    const [row] = rowsOf(await sql`SELECT secret FROM chatbox.people`);
    return checkedSecret(bytesOf(row?.secret));
  });
  const table = new PeopleTable(database, closed);
  await table.reload();
  const people = new StoredPeople({
    store: table,
    view: table.view,
    ids: new PersonIds(secret),
    limits,
    now,
  });
  return { people, table };
}

/**
 * Opens the people of a database for a command, whether or not servers run. Closing them closes the database.
 *
 * @throws DatabaseError with one sentence if the database cannot be used
 */
export async function openDatabasePeople(options: {
  readonly database: DatabaseOptions;
  readonly limits: PeopleLimits;
  readonly now: () => number;
}): Promise<StoredPeople> {
  const { url } = options.database;
  const database = new Database(options.database);
  try {
    await refuseTransactionPooler(database, url);
    await migrate(database, url);
    const { people } = await openPeopleTable({ ...options, database, closed: () => database.close() });
    return people;
  } catch (error) {
    await database.close();
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError(startSentence(error, nameOfDatabase(url)), { cause: error });
  }
}

/** How people are stored. */
const FORMAT: TableFormat<PeopleChange, PeopleReading> = {
  lock: async (sql) => {
    await sql`SELECT id FROM chatbox.people FOR UPDATE`;
    // In a statement of its own, which sees what was committed while this one waited for the lock.
    return (await stateOf(sql)).revision;
  },
  revisionOf: async (sql) => (await stateOf(sql)).revision,
  readSince: async (sql, revision) => read(sql, await stateOf(sql), revision),
  applyAll: makeChanges,
  isApplied: isLogged,
};

/** The people of a chat in tables that all of its servers share. */
export class PeopleTable implements PeopleStore {
  readonly view = new PeopleView();
  readonly #tables: SharedTables<PeopleChange, PeopleReading>;

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

  change<T>(decide: () => PeopleDecision<T>): Promise<T> {
    return this.#tables.change(decide);
  }

  note(uses: readonly NicknameUse[], forgetBefore: number): Promise<void> {
    return this.#tables.note(async (sql) => {
      for (const { person, name, usedAt } of uses) {
        await sql`
          UPDATE chatbox.reserved_nicknames SET used_at = greatest(used_at, ${timestampOf(sql, usedAt)})
          WHERE person = ${person} AND name = ${name}`;
      }
      await sql`
        UPDATE chatbox.reserved_nicknames SET address = NULL
        WHERE address IS NOT NULL AND reserved_at < ${timestampOf(sql, forgetBefore)}`;
    });
  }

  close(): Promise<void> {
    return this.#tables.close();
  }
}

async function isLogged(sql: SQL, id: string): Promise<boolean> {
  const rows = await sql`SELECT 1 AS found FROM chatbox.people_log WHERE change = ${id} LIMIT 1`;
  return rowsOf(rows).length > 0;
}

/** Makes changes as one revision, and notifies the servers. */
async function makeChanges(
  sql: SQL,
  changes: readonly PeopleChange[],
  revision: number,
  id: string,
): Promise<void> {
  for (const change of changes) {
    // TypeScript does not see that the rule and the change are of one kind.
    const apply = APPLY[change.kind] as (
      sql: SQL,
      change: PeopleChange,
      revision: number,
    ) => Promise<unknown>;
    await apply(sql, change, revision);
  }
  // Later ones are left when the state was restored from a backup without them.
  await sql`
    DELETE FROM chatbox.people_log
    WHERE revision <= ${revision - LOG_REVISIONS}::bigint OR revision >= ${revision}::bigint`;
  for (const person of new Set(changes.map((change) => personOf(change) ?? ""))) {
    await sql`
      INSERT INTO chatbox.people_log (revision, person, change) VALUES (${revision}::bigint, ${person}, ${id})`;
  }
  await sql`
    WITH counted AS (UPDATE chatbox.people SET revision = ${revision}::bigint RETURNING id)
    SELECT pg_notify(${CHANNEL}, ${encodeNotification({ kind: "people" })}) FROM counted`;
}

/** Everything about the people of a database; null if there is nothing yet. Rejects if the database fails. */
export async function readPeople(sql: SQL): Promise<PeopleCopy | null> {
  const [row] = rowsOf(await sql`SELECT secret FROM chatbox.people`);
  if (row === undefined) return null;
  return { secret: checkedSecret(bytesOf(row.secret)), reading: await readAll(sql, await stateOf(sql)) };
}

/** Replaces everything about the people of a database, within a transaction. No server may run. */
export async function writePeople(sql: SQL, { secret, reading }: PeopleCopy): Promise<void> {
  const { state, grants, nicknames, tokens } = reading;
  for (const table of ["people", "grants", "reserved_nicknames", "tokens", "people_log"]) {
    await sql.unsafe(`DELETE FROM chatbox.${table}`);
  }
  await sql`
    INSERT INTO chatbox.people (id, revision, secret, code_hash, code_expires_at, is_started)
    VALUES (1, ${state.revision}::bigint, ${secret}, ${state.codeHash}, ${timestampOf(sql, state.codeExpiresAt)},
      ${state.isStarted})`;
  for (const grant of grants) await APPLY.grant(sql, { kind: "grant", grant }, grant.revision);
  for (const nickname of nicknames)
    await APPLY.reserve(sql, { kind: "reserve", nickname }, nickname.revision);
  for (const token of tokens)
    await APPLY["create-token"](sql, { kind: "create-token", token }, token.revision);
}

/** How each kind of change is stored. */
const APPLY: {
  readonly [K in PeopleChange["kind"]]: (
    sql: SQL,
    change: Extract<PeopleChange, { kind: K }>,
    revision: number,
  ) => Promise<unknown>;
} = {
  grant: (sql, { grant: { person, role, room } }, revision) => sql`
    INSERT INTO chatbox.grants (person, room, role, revision)
    VALUES (${person}, ${room ?? ALL_ROOMS}, ${role}, ${revision}::bigint)
    ON CONFLICT (person, room) DO UPDATE SET role = excluded.role, revision = excluded.revision`,
  revoke: (sql, { person, room }) => sql`
    DELETE FROM chatbox.grants WHERE person = ${person} AND room = ${room ?? ALL_ROOMS}`,
  reserve: (sql, { nickname: { person, name, reservedAt, usedAt, address, isGiven } }, revision) => sql`
    INSERT INTO chatbox.reserved_nicknames (person, name, reserved_at, used_at, address, is_given, revision)
    VALUES (${person}, ${name}, ${timestampOf(sql, reservedAt)}, ${timestampOf(sql, usedAt)}, ${address},
      ${isGiven}, ${revision}::bigint)`,
  release: (sql, { person, name }) => sql`
    DELETE FROM chatbox.reserved_nicknames WHERE person = ${person} AND name = ${name}`,
  expire: (sql, { person, name, unusedSince }) => sql`
    DELETE FROM chatbox.reserved_nicknames
    WHERE person = ${person} AND name = ${name} AND used_at < ${timestampOf(sql, unusedSince)}`,
  code: (sql, { hash, expiresAt }) => sql`
    UPDATE chatbox.people SET code_hash = ${hash}, code_expires_at = ${timestampOf(sql, expiresAt)}`,
  start: (sql) => sql`UPDATE chatbox.people SET is_started = true`,
  "create-token": (sql, { token }, revision) => {
    const { id, person, hash, label, nickname, scopes, rooms, isHook, createdAt, expiresAt, commands } =
      token;
    const expires = expiresAt === null ? null : timestampOf(sql, expiresAt);
    return sql`
      INSERT INTO chatbox.tokens
        (id, person, hash, label, nickname, scopes, rooms, is_hook, created_at, expires_at, commands, revision)
      VALUES (${id}, ${person}, ${hash}, ${label}, ${nickname}, ${scopes.join(",")},
        ${rooms === null ? null : rooms.join(",")}, ${isHook}, ${timestampOf(sql, createdAt)}, ${expires},
        ${JSON.stringify(commands)}, ${revision}::bigint)`;
  },
  "revoke-token": (sql, { id }) => sql`DELETE FROM chatbox.tokens WHERE id = ${id}`,
  "set-commands": (sql, { id, commands }) => sql`
    UPDATE chatbox.tokens SET commands = ${JSON.stringify(commands)} WHERE id = ${id}`,
};

async function stateOf(sql: SQL): Promise<PeopleState> {
  const [row] = rowsOf(
    await sql`
      SELECT revision::float8 AS revision, code_hash, is_started,
        ${unixMs(sql, sql`coalesce(code_expires_at, 'epoch')`)} AS code_expires_at
      FROM chatbox.people`,
  );
  return {
    revision: integerOf(row?.revision),
    codeHash: textOrNull(row?.code_hash),
    codeExpiresAt: integerOf(row?.code_expires_at),
    isStarted: booleanOf(row?.is_started),
  };
}

/** What has changed since a revision; everything if that is too long ago, or the database was set back. */
async function read(sql: SQL, state: PeopleState, revision: number): Promise<PeopleReading> {
  const log = rowsOf(
    await sql`
      SELECT revision::float8 AS revision, person FROM chatbox.people_log
      WHERE revision > ${revision}::bigint ORDER BY people_log.revision`,
  );
  const isWhole =
    state.revision > revision && log[0] !== undefined && integerOf(log[0].revision) === revision + 1;
  if (!isWhole) return await readAll(sql, state);
  const changed = new Set(log.map(({ person }) => textOf(person)).filter((person) => person !== ""));
  const wanted = JSON.stringify([...changed]);
  const among = sql`person IN (SELECT jsonb_array_elements_text(${wanted}::text::jsonb))`;
  const grants = rowsOf(
    await sql`SELECT person, room, role, revision::float8 AS revision FROM chatbox.grants WHERE ${among}`,
  );
  const nicknames = rowsOf(
    await sql`SELECT ${nicknameColumns(sql)} FROM chatbox.reserved_nicknames WHERE ${among}`,
  );
  const tokens = rowsOf(await sql`SELECT ${tokenColumns(sql)} FROM chatbox.tokens WHERE ${among}`);
  return {
    state,
    changed,
    grants: grants.map(grantOf),
    nicknames: nicknames.map(nicknameOf),
    tokens: tokens.map(tokenOf),
  };
}

async function readAll(sql: SQL, state: PeopleState): Promise<PeopleReading> {
  const grants = rowsOf(
    await sql`SELECT person, room, role, revision::float8 AS revision FROM chatbox.grants`,
  );
  const nicknames = rowsOf(await sql`SELECT ${nicknameColumns(sql)} FROM chatbox.reserved_nicknames`);
  const tokens = rowsOf(await sql`SELECT ${tokenColumns(sql)} FROM chatbox.tokens`);
  return {
    state,
    changed: null,
    grants: grants.map(grantOf),
    nicknames: nicknames.map(nicknameOf),
    tokens: tokens.map(tokenOf),
  };
}

function nicknameColumns(sql: SQL) {
  return sql`person, name, address, is_given, revision::float8 AS revision, ${unixMs(sql, sql`reserved_at`)} AS reserved_at,
    ${unixMs(sql, sql`used_at`)} AS used_at`;
}

function tokenColumns(sql: SQL) {
  return sql`id, person, hash, label, nickname, scopes, rooms, is_hook, commands, revision::float8 AS revision,
    ${unixMs(sql, sql`created_at`)} AS created_at, expires_at IS NULL AS is_lasting,
    ${unixMs(sql, sql`coalesce(expires_at, 'epoch')`)} AS expires_at`;
}

function tokenOf(row: Row): Stored<Token> {
  const scopes = textOf(row.scopes).split(",").filter(isScope);
  return {
    id: textOf(row.id),
    person: idOf(row.person),
    hash: textOf(row.hash),
    label: textOf(row.label),
    nickname: textOf(row.nickname),
    scopes,
    rooms: textOrNull(row.rooms)?.split(",") ?? null,
    isHook: booleanOf(row.is_hook),
    createdAt: integerOf(row.created_at),
    expiresAt: booleanOf(row.is_lasting) ? null : integerOf(row.expires_at),
    commands: commandsOf(textOf(row.commands)),
    revision: integerOf(row.revision),
  };
}

function grantOf({ person, room, role, revision }: Row): Stored<Grant> {
  const name = textOf(role);
  if (!isGrantedRole(name)) throw new TypeError("A role is expected here.");
  return {
    person: idOf(person),
    role: name,
    room: room === ALL_ROOMS ? null : textOf(room),
    revision: integerOf(revision),
  };
}

function nicknameOf({
  person,
  name,
  address,
  is_given,
  revision,
  reserved_at,
  used_at,
}: Row): Stored<ReservedNickname> {
  return {
    person: idOf(person),
    name: textOf(name),
    address: textOrNull(address),
    reservedAt: integerOf(reserved_at),
    usedAt: integerOf(used_at),
    isGiven: booleanOf(is_given),
    revision: integerOf(revision),
  };
}

function idOf(value: unknown): string {
  const id = textOf(value);
  if (!isPersonId(id)) throw new TypeError("The id of a person is expected here.");
  return id;
}
