import type { Database } from "bun:sqlite";
import { isScope } from "../../protocol/kinds/tokens.ts";
import { isGrantedRole } from "../../room/roles.ts";
import { type Grant, isPersonId } from "../people.ts";
import { type PeopleChange, personOf } from "../people-rules.ts";
import type { NicknameUse, PeopleReading, PeopleState, ReservedNickname, Stored } from "../people-view.ts";
import { checkedSecret } from "../person-ids.ts";
import { UnreadableRow } from "../shared-store.ts";
import { commandsOf, type Token } from "../token.ts";

/** How many revisions others can be behind without having to read everything. */
const LOG_REVISIONS = 1_000;
/** The version of the tables. A file of a later one is not touched. */
export const VERSION = 3;

const SCHEMA = `
  CREATE TABLE chat (
    revision INTEGER NOT NULL,
    secret BLOB NOT NULL,
    code_hash TEXT,
    code_expires_at INTEGER NOT NULL,
    is_started INTEGER NOT NULL
  );
  CREATE TABLE grants (
    person TEXT NOT NULL,
    room TEXT NOT NULL,
    role TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person, room)
  ) WITHOUT ROWID;
  CREATE TABLE nicknames (
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    reserved_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    address TEXT,
    is_given INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person, name)
  ) WITHOUT ROWID;
  CREATE TABLE changes (
    revision INTEGER NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (revision, person)
  ) WITHOUT ROWID;
`;

/** What version 2 added. */
const TOKENS = `
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    nickname TEXT NOT NULL,
    scopes TEXT NOT NULL,
    rooms TEXT,
    is_hook INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revision INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX tokens_by_person ON tokens (person);
`;

/** What version 3 added: JSON. */
const COMMANDS = "ALTER TABLE tokens ADD COLUMN commands TEXT NOT NULL DEFAULT '[]'";

/** What each version added to the one before, from the second one on. */
const STEPS = [TOKENS, COMMANDS];

/** Stands for all rooms: a room's name is never empty. */
const ALL_ROOMS = "";

/** Makes the tables of a new chat, within a transaction. */
export function makeTables(database: Database, secret: Uint8Array<ArrayBuffer>): void {
  database.run(SCHEMA);
  upgradeTables(database, 1);
  database
    .query("INSERT INTO chat (revision, secret, code_expires_at, is_started) VALUES (0, ?, 0, 0)")
    .run(secret);
}

/** Brings the tables of an earlier version up to date, within a transaction. */
export function upgradeTables(database: Database, version: number): void {
  for (const step of STEPS.slice(version - 1)) database.run(step);
}

/** Fills the tables of a new chat with what another one has, within a transaction. */
export function fillTables(database: Database, { state, grants, nicknames, tokens }: PeopleReading): void {
  const { revision, codeHash, codeExpiresAt, isStarted } = state;
  for (const grant of grants) APPLY.grant(database, { kind: "grant", grant }, grant.revision);
  for (const nickname of nicknames) APPLY.reserve(database, { kind: "reserve", nickname }, nickname.revision);
  for (const token of tokens)
    APPLY["create-token"](database, { kind: "create-token", token }, token.revision);
  database
    .query("UPDATE chat SET revision = ?, code_hash = ?, code_expires_at = ?, is_started = ?")
    .run(revision, codeHash, codeExpiresAt, isStarted ? 1 : 0);
}

/** Stores what has no revision, within a transaction. */
export function noteAll(database: Database, uses: readonly NicknameUse[], forgetBefore: number): void {
  const use = database.query("UPDATE nicknames SET used_at = ? WHERE person = ? AND name = ?");
  for (const { person, name, usedAt } of uses) use.run(usedAt, person, name);
  database
    .query("UPDATE nicknames SET address = NULL WHERE address IS NOT NULL AND reserved_at < ?")
    .run(forgetBefore);
}

/** Makes changes, within a transaction, as one revision. */
export function applyAll(database: Database, changes: readonly PeopleChange[], revision: number): void {
  for (const change of changes) {
    // TypeScript does not see that the rule and the change are of one kind.
    const apply = APPLY[change.kind] as (database: Database, change: PeopleChange, revision: number) => void;
    apply(database, change, revision);
  }
  database.query("UPDATE chat SET revision = ?").run(revision);
  const log = database.query("INSERT OR IGNORE INTO changes (revision, person) VALUES (?, ?)");
  for (const change of changes) log.run(revision, personOf(change) ?? "");
  database.query("DELETE FROM changes WHERE revision <= ?").run(revision - LOG_REVISIONS);
}

/** How each kind of change is stored. */
const APPLY: {
  readonly [K in PeopleChange["kind"]]: (
    database: Database,
    change: Extract<PeopleChange, { kind: K }>,
    revision: number,
  ) => void;
} = {
  grant: (database, { grant: { person, role, room } }, revision) => {
    database
      .query("INSERT OR REPLACE INTO grants (person, room, role, revision) VALUES (?, ?, ?, ?)")
      .run(person, room ?? ALL_ROOMS, role, revision);
  },
  revoke: (database, { person, room }) => {
    database.query("DELETE FROM grants WHERE person = ? AND room = ?").run(person, room ?? ALL_ROOMS);
  },
  reserve: (database, { nickname: { person, name, reservedAt, usedAt, address, isGiven } }, revision) => {
    database
      .query(
        "INSERT INTO nicknames (person, name, reserved_at, used_at, address, is_given, revision) VALUES (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(person, name, reservedAt, usedAt, address, isGiven ? 1 : 0, revision);
  },
  release: (database, { person, name }) => {
    database.query("DELETE FROM nicknames WHERE person = ? AND name = ?").run(person, name);
  },
  expire: (database, { person, name, unusedSince }) => {
    database
      .query("DELETE FROM nicknames WHERE person = ? AND name = ? AND used_at < ?")
      .run(person, name, unusedSince);
  },
  code: (database, { hash, expiresAt }) => {
    database.query("UPDATE chat SET code_hash = ?, code_expires_at = ?").run(hash, expiresAt);
  },
  start: (database) => {
    database.run("UPDATE chat SET is_started = 1");
  },
  "create-token": (database, { token }, revision) => {
    const { id, person, hash, label, nickname, scopes, rooms, isHook, createdAt, expiresAt, commands } =
      token;
    const roomTexts = rooms === null ? null : rooms.join(",");
    database
      .query(
        "INSERT INTO tokens (id, person, hash, label, nickname, scopes, rooms, is_hook, created_at, expires_at, commands, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .run(
        id,
        person,
        hash,
        label,
        nickname,
        scopes.join(","),
        roomTexts,
        isHook ? 1 : 0,
        createdAt,
        expiresAt,
        JSON.stringify(commands),
        revision,
      );
  },
  "revoke-token": (database, { id }) => {
    database.query("DELETE FROM tokens WHERE id = ?").run(id);
  },
  "set-commands": (database, { id, commands }) => {
    database.query("UPDATE tokens SET commands = ? WHERE id = ?").run(JSON.stringify(commands), id);
  },
};

interface ChatRow {
  revision: number;
  code_hash: string | null;
  code_expires_at: number;
  is_started: number;
}

export function stateOf(database: Database): PeopleState {
  const row = database
    .query<ChatRow, []>("SELECT revision, code_hash, code_expires_at, is_started FROM chat")
    .get();
  if (row === null || !Number.isSafeInteger(row.revision)) throw new UnreadableRow("There is no state.");
  return {
    revision: row.revision,
    codeHash: row.code_hash,
    codeExpiresAt: row.code_expires_at,
    isStarted: row.is_started !== 0,
  };
}

export function secretOf(database: Database): Uint8Array<ArrayBuffer> {
  const secret = database.query<{ secret: unknown }, []>("SELECT secret FROM chat").get()?.secret;
  if (!(secret instanceof Uint8Array)) throw new UnreadableRow("There is no secret.");
  try {
    return checkedSecret(new Uint8Array(secret));
  } catch (error) {
    throw new UnreadableRow("The secret is damaged.", { cause: error });
  }
}

interface GrantRow {
  person: string;
  room: string;
  role: string;
  revision: number;
}

interface NicknameRow {
  person: string;
  name: string;
  reserved_at: number;
  used_at: number;
  address: string | null;
  is_given: number;
  revision: number;
}

interface TokenRow {
  id: string;
  person: string;
  hash: string;
  label: string;
  nickname: string;
  scopes: string;
  rooms: string | null;
  is_hook: number;
  created_at: number;
  expires_at: number | null;
  commands: string;
  revision: number;
}

/** What has changed since a revision; everything if that is too long ago, or was in another file. */
export function readSince(database: Database, revision: number): PeopleReading {
  const state = stateOf(database);
  const next = database
    .query<{ revision: number }, [number]>("SELECT revision FROM changes WHERE revision = ?")
    .get(revision + 1);
  if (state.revision <= revision || next === null) {
    const grants = database.query<GrantRow, []>("SELECT * FROM grants").all();
    const nicknames = database.query<NicknameRow, []>("SELECT * FROM nicknames").all();
    const tokens = database.query<TokenRow, []>("SELECT * FROM tokens").all();
    return {
      state,
      changed: null,
      grants: grants.map(grantOf),
      nicknames: nicknames.map(nicknameOf),
      tokens: tokens.map(tokenOf),
    };
  }
  const changed = new Set(
    database
      .query<{ person: string }, [number]>("SELECT person FROM changes WHERE revision > ? AND person <> ''")
      .all(revision)
      .map(({ person }) => person),
  );
  const grantsOf = database.query<GrantRow, [string]>("SELECT * FROM grants WHERE person = ?");
  const tokensOf = database.query<TokenRow, [string]>("SELECT * FROM tokens WHERE person = ?");
  const nicknamesOf = database.query<NicknameRow, [string]>("SELECT * FROM nicknames WHERE person = ?");
  return {
    state,
    changed,
    grants: [...changed].flatMap((person) => grantsOf.all(person).map(grantOf)),
    nicknames: [...changed].flatMap((person) => nicknamesOf.all(person).map(nicknameOf)),
    tokens: [...changed].flatMap((person) => tokensOf.all(person).map(tokenOf)),
  };
}

function grantOf({ person, room, role, revision }: GrantRow): Stored<Grant> {
  if (!isPersonId(person) || !isGrantedRole(role)) throw new UnreadableRow("A role is damaged.");
  return { person, role, room: room === ALL_ROOMS ? null : room, revision };
}

function nicknameOf(row: NicknameRow): Stored<ReservedNickname> {
  const { person, name, reserved_at, used_at, address, is_given, revision } = row;
  if (!isPersonId(person) || typeof name !== "string") throw new UnreadableRow("A nickname is damaged.");
  return {
    person,
    name,
    reservedAt: reserved_at,
    usedAt: used_at,
    address,
    isGiven: is_given !== 0,
    revision,
  };
}

function tokenOf(row: TokenRow): Stored<Token> {
  const { id, person, hash, label, nickname, is_hook, created_at, expires_at, revision } = row;
  const scopes = row.scopes.split(",").filter(isScope);
  if (!isPersonId(person) || scopes.length === 0) throw new UnreadableRow("A token is damaged.");
  return {
    id,
    person,
    hash,
    label,
    nickname,
    scopes,
    rooms: row.rooms === null ? null : row.rooms.split(","),
    isHook: is_hook !== 0,
    createdAt: created_at,
    expiresAt: expires_at,
    commands: commandsOf(row.commands),
    revision,
  };
}
