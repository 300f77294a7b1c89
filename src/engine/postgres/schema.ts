import type { SQL } from "bun";
import { type Database, nameOfDatabase } from "./database.ts";
import { DatabaseError, startSentence } from "./fault.ts";
import { integerOf, rowsOf } from "./rows.ts";

/** Servers that start at the same time migrate one after the other. The number is arbitrary; nobody else may use it. */
const MIGRATION_LOCK = 7_284_513_901;
const MIGRATION_TIMEOUT_MS = 60_000;

/**
 * The steps of the schema. A step that has been released is never changed. Each step only adds to the schema, so that servers
 * of the version before can go on with it while they are replaced one by one.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE chatbox.rooms (
    name text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    last_id bigint NOT NULL DEFAULT 0,
    last_place bigint NOT NULL DEFAULT 0
  );
  COMMENT ON TABLE chatbox.rooms IS 'One row a room. Whoever locks it decides what happens next in the room.';

  CREATE TABLE chatbox.messages (
    room text NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    content text NOT NULL,
    shown_time text NOT NULL,
    sent_at timestamptz NOT NULL,
    key text,
    exact text,
    PRIMARY KEY (room, id)
  );
  CREATE INDEX messages_by_time ON chatbox.messages (room, sent_at);
  CREATE UNIQUE INDEX messages_by_key ON chatbox.messages (room, key) WHERE key IS NOT NULL;
  COMMENT ON COLUMN chatbox.messages.shown_time IS 'The time in the template that the operator had when it was sent.';
  COMMENT ON COLUMN chatbox.messages.key IS 'A digest by which a repeat of the send is known for ten minutes.';
  COMMENT ON COLUMN chatbox.messages.exact IS
    'JSON of [name, content, shown_time] where these have a NUL or half a surrogate pair, which text cannot hold.';

  CREATE TABLE chatbox.nicknames (
    room text NOT NULL,
    lookalike text NOT NULL,
    session text NOT NULL,
    name text NOT NULL,
    place bigint NOT NULL,
    server text NOT NULL,
    is_absent boolean NOT NULL,
    proof text,
    person text,
    PRIMARY KEY (room, lookalike)
  );
  CREATE UNIQUE INDEX nicknames_by_session ON chatbox.nicknames (room, session);
  CREATE INDEX nicknames_by_server ON chatbox.nicknames (server);
  COMMENT ON COLUMN chatbox.nicknames.lookalike IS
    'SHA-256 of the key that is the same for two nicknames when they look the same.';

  CREATE TABLE chatbox.past_sessions (
    room text NOT NULL,
    proof text NOT NULL,
    person text NOT NULL,
    ended_at timestamptz NOT NULL,
    PRIMARY KEY (room, proof)
  );
  CREATE INDEX past_sessions_by_end ON chatbox.past_sessions (ended_at);

  CREATE TABLE chatbox.servers (
    id text PRIMARY KEY,
    alive_at timestamptz NOT NULL
  );

  CREATE TABLE chatbox.log (
    room text NOT NULL,
    position bigint NOT NULL,
    server text NOT NULL,
    batch text NOT NULL,
    entry text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room, position)
  );
  CREATE INDEX log_by_time ON chatbox.log (written_at);
  COMMENT ON TABLE chatbox.log IS 'What happened in the rooms in the last minutes, for servers that missed a notification.';
  `,
  `
  CREATE TABLE chatbox.assets (
    name text PRIMARY KEY,
    contents bytea NOT NULL,
    kept_at timestamptz NOT NULL
  );
  COMMENT ON TABLE chatbox.assets IS 'Files of the page, for pages that another server gave out or one of another version.';
  `,
  `
  CREATE TABLE chatbox.clock (
    id integer PRIMARY KEY CHECK (id = 1),
    seen_at timestamptz NOT NULL,
    held_ms bigint NOT NULL
  );
  COMMENT ON TABLE chatbox.clock IS
    'What the clock said when it was last believed, and for how long servers have run with one that is not.';
  `,
  `
  ALTER TABLE chatbox.rooms ADD COLUMN emptied_to bigint NOT NULL DEFAULT 0;
  COMMENT ON COLUMN chatbox.rooms.emptied_to IS
    'The newest id when somebody had deleted all the messages of the room; pruning never does.';
  `,
  `
  CREATE TABLE chatbox.people (
    id integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL,
    secret bytea NOT NULL,
    code_hash text,
    code_expires_at timestamptz,
    is_started boolean NOT NULL
  );
  COMMENT ON TABLE chatbox.people IS 'One row. Whoever locks it may change roles, reserved nicknames and the owner code.';
  COMMENT ON COLUMN chatbox.people.secret IS 'The ids of people are derived with it. Without it nobody has the same id again.';

  CREATE TABLE chatbox.grants (
    person text NOT NULL,
    room text NOT NULL,
    role text NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (person, room)
  );
  COMMENT ON COLUMN chatbox.grants.room IS 'The empty text stands for all rooms.';

  CREATE TABLE chatbox.reserved_nicknames (
    person text NOT NULL,
    name text NOT NULL,
    reserved_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    address text,
    is_given boolean NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (person, name)
  );
  COMMENT ON COLUMN chatbox.reserved_nicknames.is_given IS 'Whether the login of the host site gives the nickname.';

  CREATE TABLE chatbox.people_log (
    revision bigint NOT NULL,
    person text NOT NULL,
    change text NOT NULL,
    PRIMARY KEY (revision, person)
  );
  COMMENT ON TABLE chatbox.people_log IS 'Who was changed lately, for servers that missed it.';
  `,
  `
  ALTER TABLE chatbox.nicknames ADD COLUMN author text;

  ALTER TABLE chatbox.messages
    ADD COLUMN author text,
    ADD COLUMN reply_to bigint,
    ADD COLUMN edited_at timestamptz,
    ADD COLUMN is_deleted boolean NOT NULL DEFAULT false;
  COMMENT ON COLUMN chatbox.messages.content IS 'As it is now: what an edit has replaced is gone.';
  COMMENT ON COLUMN chatbox.messages.author IS 'The public id of the person, NULL in histories from before there were any.';

  CREATE TABLE chatbox.changes (
    room text NOT NULL,
    id bigint NOT NULL,
    of bigint NOT NULL,
    kind text NOT NULL,
    sent_at timestamptz NOT NULL,
    author text NOT NULL,
    name text,
    emoji text,
    is_on boolean,
    key text,
    PRIMARY KEY (room, id)
  );
  CREATE INDEX changes_by_message ON chatbox.changes (room, of, id);
  CREATE INDEX changes_by_time ON chatbox.changes (room, sent_at) WHERE key IS NOT NULL;
  CREATE UNIQUE INDEX changes_by_key ON chatbox.changes (room, key) WHERE key IS NOT NULL;
  COMMENT ON TABLE chatbox.changes IS
    'All edits, deletions and reactions, in one sequence of ids with the messages, and without any content.';

  CREATE TABLE chatbox.reactions (
    room text NOT NULL,
    message bigint NOT NULL,
    emoji text NOT NULL,
    author text NOT NULL,
    name text NOT NULL,
    id bigint NOT NULL,
    PRIMARY KEY (room, message, emoji, author)
  );
  COMMENT ON TABLE chatbox.reactions IS 'The reactions that stand, each with the id of its change.';
  `,
  `
  ALTER TABLE chatbox.messages
    ADD COLUMN edits integer NOT NULL DEFAULT 0,
    ADD COLUMN reactions_made integer NOT NULL DEFAULT 0;
  COMMENT ON COLUMN chatbox.messages.edits IS 'How many edits of it are in changes.';
  COMMENT ON COLUMN chatbox.messages.reactions_made IS 'How many reactions to it are in changes, without withdrawals.';
  UPDATE chatbox.messages SET edits = made.edits, reactions_made = made.reactions
  FROM (
    SELECT room, of, count(*) FILTER (WHERE kind = 'edit') AS edits,
      count(*) FILTER (WHERE kind = 'react' AND is_on) AS reactions
    FROM chatbox.changes GROUP BY room, of
  ) AS made
  WHERE messages.room = made.room AND messages.id = made.of;
  `,
  `
  CREATE TABLE chatbox.moderation (
    id integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL,
    forgotten bigint NOT NULL,
    latest_changes text[] NOT NULL
  );
  INSERT INTO chatbox.moderation VALUES (1, 0, 0, '{}');
  COMMENT ON TABLE chatbox.moderation IS 'One row. Whoever locks it may change what moderators have done.';
  COMMENT ON COLUMN chatbox.moderation.forgotten IS
    'The highest revision of a row that was dropped: whoever has not seen that one reads everything.';

  CREATE TABLE chatbox.actions (
    made bigint PRIMARY KEY,
    id text NOT NULL UNIQUE,
    room text NOT NULL,
    person text,
    kind text NOT NULL,
    is_live boolean NOT NULL,
    revision bigint NOT NULL,
    action text NOT NULL,
    settings_before text
  );
  CREATE INDEX actions_by_revision ON chatbox.actions (revision);
  CREATE INDEX actions_by_room ON chatbox.actions (room, made);
  CREATE INDEX actions_by_person ON chatbox.actions (person, made);
  CREATE INDEX actions_in_force ON chatbox.actions (made) WHERE is_live;
  COMMENT ON COLUMN chatbox.actions.room IS 'The empty text stands for all rooms.';
  COMMENT ON COLUMN chatbox.actions.made IS 'The revision that made it; revision is the one that has changed it last.';
  COMMENT ON COLUMN chatbox.actions.action IS 'JSON, which keeps texts that text cannot hold.';

  CREATE TABLE chatbox.room_settings (
    room text PRIMARY KEY,
    settings text,
    reports integer NOT NULL,
    held integer NOT NULL,
    revision bigint NOT NULL
  );
  CREATE INDEX room_settings_by_revision ON chatbox.room_settings (revision);
  COMMENT ON COLUMN chatbox.room_settings.reports IS 'How many reports are open in the room; held: how many messages wait.';

  CREATE TABLE chatbox.reports (
    made bigint PRIMARY KEY,
    id text NOT NULL UNIQUE,
    room text NOT NULL,
    person text NOT NULL,
    networks jsonb NOT NULL,
    noted_at timestamptz NOT NULL,
    report text NOT NULL
  );
  CREATE INDEX reports_by_person ON chatbox.reports (room, person);
  CREATE INDEX reports_by_address ON chatbox.reports (room, (networks ->> 0));
  CREATE INDEX reports_by_room ON chatbox.reports (room, made);
  CREATE INDEX reports_by_time ON chatbox.reports (noted_at);

  CREATE TABLE chatbox.held_messages (
    made bigint NOT NULL,
    place integer NOT NULL,
    id text NOT NULL UNIQUE,
    room text NOT NULL,
    person text NOT NULL,
    networks jsonb NOT NULL,
    noted_at timestamptz NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (made, place)
  );
  COMMENT ON COLUMN chatbox.held_messages.place IS 'Among the messages of the same revision.';
  COMMENT ON COLUMN chatbox.held_messages.networks IS 'Keyed hashes, that of the address first.';
  CREATE INDEX held_messages_by_room ON chatbox.held_messages (room, made, place);
  CREATE INDEX held_messages_by_person ON chatbox.held_messages (room, person);
  CREATE INDEX held_messages_by_address ON chatbox.held_messages (room, (networks ->> 0));
  CREATE INDEX held_messages_by_time ON chatbox.held_messages (noted_at);

  ALTER TABLE chatbox.nicknames ADD COLUMN networks text, ADD COLUMN joined_at timestamptz,
    ADD COLUMN is_known boolean NOT NULL DEFAULT true;
  COMMENT ON COLUMN chatbox.nicknames.is_known IS 'Whether the person was no newcomer when it came.';
  COMMENT ON COLUMN chatbox.nicknames.networks IS 'JSON: keyed hashes of the networks that the person comes from.';

  CREATE INDEX messages_by_author ON chatbox.messages (room, author, id);
  `,
  `
  CREATE TABLE chatbox.tokens (
    id text PRIMARY KEY,
    person text NOT NULL,
    hash text NOT NULL UNIQUE,
    label text NOT NULL,
    nickname text NOT NULL,
    scopes text NOT NULL,
    rooms text,
    is_hook boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revision bigint NOT NULL
  );
  CREATE INDEX tokens_by_person ON chatbox.tokens (person);
  COMMENT ON COLUMN chatbox.tokens.hash IS 'SHA-256 of the secret, which is stored nowhere.';
  COMMENT ON COLUMN chatbox.tokens.rooms IS 'Names of rooms between commas; NULL stands for all rooms.';
  `,
  `
  ALTER TABLE chatbox.tokens ADD COLUMN commands text NOT NULL DEFAULT '[]';
  COMMENT ON COLUMN chatbox.tokens.commands IS 'What the program has declared: JSON.';
  `,
  `
  CREATE TABLE chatbox.webhook_state (
    id integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL,
    latest_change text
  );
  INSERT INTO chatbox.webhook_state VALUES (1, 0, NULL);
  COMMENT ON TABLE chatbox.webhook_state IS 'One row. Whoever locks it may change webhooks.';

  CREATE TABLE chatbox.webhooks (
    id text PRIMARY KEY,
    webhook text NOT NULL,
    server text
  );
  COMMENT ON COLUMN chatbox.webhooks.webhook IS 'JSON, with the secret that signs deliveries.';
  COMMENT ON COLUMN chatbox.webhooks.server IS 'The server that delivers, as long as it is one of the servers.';

  CREATE TABLE chatbox.webhook_cursors (
    webhook text NOT NULL,
    room text NOT NULL,
    cursor text NOT NULL,
    PRIMARY KEY (webhook, room)
  );
  COMMENT ON TABLE chatbox.webhook_cursors IS 'How far each webhook has come in each room: JSON.';
  `,
];

/**
 * Brings the schema up to date.
 *
 * @throws DatabaseError with one sentence if the database cannot be used, or has the schema of a later version
 */
export async function migrate(database: Database, url: string): Promise<void> {
  try {
    if ((await database.query(MIGRATION_TIMEOUT_MS, versionOf)) === STEPS.length) return;
    await database.query(MIGRATION_TIMEOUT_MS, (sql) => alone(sql, () => takeSteps(sql, url)));
  } catch (error) {
    throw new DatabaseError(startSentence(error, nameOfDatabase(url)), { cause: error });
  }
}

/** Runs work while no other server does. If it fails the connection is closed, which frees the lock. */
async function alone(sql: SQL, work: () => Promise<void>): Promise<void> {
  await sql.unsafe("SET statement_timeout = 0; SET lock_timeout = 0");
  // Before the transaction and not within it: only a new one is certain to see what others have done meanwhile.
  await sql`SELECT pg_advisory_lock(${MIGRATION_LOCK}::bigint)`;
  await work();
  await sql`SELECT pg_advisory_unlock(${MIGRATION_LOCK}::bigint)`;
}

async function takeSteps(sql: SQL, url: string): Promise<void> {
  await sql`BEGIN`;
  const version = await versionOf(sql);
  if (version > STEPS.length) throw laterVersion(version, url);
  if (version === 0) await sql.unsafe(FIRST);
  for (const step of STEPS.slice(version)) await sql.unsafe(step);
  await sql`UPDATE chatbox.schema SET version = ${STEPS.length}`;
  await sql`COMMIT`;
}

const FIRST = `
  CREATE SCHEMA IF NOT EXISTS chatbox;
  CREATE TABLE chatbox.schema (version integer NOT NULL);
  INSERT INTO chatbox.schema VALUES (0);
`;

/** The version of the schema in the database, 0 if there is none. */
async function versionOf(sql: SQL): Promise<number> {
  const [found] = rowsOf(await sql`SELECT to_regclass('chatbox.schema') IS NOT NULL AS found`);
  if (found?.found !== true) return 0;
  const [row] = rowsOf(await sql`SELECT version FROM chatbox.schema`);
  return integerOf(row?.version);
}

function laterVersion(version: number, url: string): DatabaseError {
  return new DatabaseError(
    `The database at ${nameOfDatabase(url)} has the schema of a later version (${version}; this program knows ${STEPS.length}). Start that version.`,
  );
}
