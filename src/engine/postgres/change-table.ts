/** The tables `chatbox.changes` and `chatbox.reactions`, and what changes make of the rows of messages. */
import type { SQL } from "bun";
import type { CurrentMessage } from "../../room/operation.ts";
import type { ChangeRecord, ReactRecord, StoredEvent } from "../record.ts";
import { asText, type Replacement, replaceContents, unnested } from "./message-table.ts";
import type { Row } from "./rows.ts";
import { timestampOf } from "./time.ts";

/** What is to be written for a run of events: what they come to all together, whatever their order among themselves. */
export interface Effects {
  /** The new messages, as they are after the events. */
  readonly messages: readonly CurrentMessage[];
  readonly changes: readonly ChangeRecord[];
  /** What has become of the contents of earlier messages. */
  readonly replacements: readonly Replacement[];
  /** The messages whose reactions are gone. */
  readonly deleted: readonly number[];
  /** The newest reaction, or withdrawal of one, of each person with each emoji to each message that is still there. */
  readonly reactions: readonly ReactRecord[];
}

/**
 * @param events oldest first
 * @param before gives an earlier message as it is in the table; undefined if it is not kept any more
 */
export function effectsOf(
  events: readonly StoredEvent[],
  before: (id: number) => CurrentMessage | undefined,
): Effects {
  const messages = new Map<number, CurrentMessage>();
  const changes: ChangeRecord[] = [];
  const replacements = new Map<number, CurrentMessage>();
  const deleted = new Set<number>();
  const reactions = new Map<string, ReactRecord>();
  const replace = (id: number, content: Pick<CurrentMessage, "content" | "edited" | "deleted">) => {
    const message = messages.get(id) ?? before(id);
    if (message !== undefined)
      (messages.has(id) ? messages : replacements).set(id, { ...message, ...content });
  };
  for (const event of events) {
    if (event.kind === "message") messages.set(event.id, event.message);
    if (event.kind !== "message" && event.kind !== "unknown") changes.push(event);
    // An edit of a deleted message undoes its removal.
    if (event.kind === "edit")
      replace(event.of, { content: event.content, edited: event.time, deleted: undefined });
    if (event.kind === "react") reactions.set(`${event.of} ${event.by} ${event.emoji}`, event);
    if (event.kind !== "delete") continue;
    deleted.add(event.of);
    // A message that has its content again may get new ones.
    for (const [key, { of }] of reactions) if (of === event.of) reactions.delete(key);
    replace(event.of, { content: "", edited: undefined, deleted: true });
  }
  return {
    messages: [...messages.values()],
    changes,
    replacements: [...replacements.values()],
    deleted: [...deleted],
    reactions: [...reactions.values()],
  };
}

/** The earlier messages whose contents some events replace or delete. */
export function replacedBy(events: readonly StoredEvent[]): number[] {
  const ids = events.flatMap((event) => (event.kind === "edit" || event.kind === "delete" ? [event.of] : []));
  return [...new Set(ids)];
}

/** Writes what changes come to. The messages that they concern must have been inserted before. */
export async function writeChanges(sql: SQL, room: string, effects: Effects): Promise<void> {
  const { changes, replacements, deleted, reactions } = effects;
  const [withdrawn, made] = [reactions.filter(({ on }) => !on), reactions.filter(({ on }) => on)];
  await Promise.all([
    ...(changes.length > 0 ? [insertChanges(sql, room, changes), countChanges(sql, room, changes)] : []),
    ...(replacements.length > 0 ? [replaceContents(sql, room, replacements)] : []),
    ...(deleted.length > 0 ? [removeReactionsTo(sql, room, deleted)] : []),
    ...(withdrawn.length > 0 ? [removeReactions(sql, room, withdrawn)] : []),
    ...(made.length > 0 ? [putReactions(sql, room, made)] : []),
  ]);
}

async function insertChanges(sql: SQL, room: string, changes: readonly ChangeRecord[]): Promise<void> {
  await sql`
    INSERT INTO chatbox.changes (room, id, of, kind, sent_at, author, name, emoji, is_on, key)
    SELECT ${room}::text, id, of, kind, ${timestampOf(sql, sql`time`)}, author, name, emoji, is_on, key
    FROM json_to_recordset(${JSON.stringify(changes.map(rowOf))}::text::json)
      AS r (id bigint, of bigint, kind text, time float8, author text, name text, emoji text, is_on boolean, key text)`;
}

/** Adds changes up at their messages: a message may have too many to count them for each batch. */
async function countChanges(sql: SQL, room: string, changes: readonly ChangeRecord[]): Promise<void> {
  const counts = new Map<number, { id: number; edits: number; made: number }>();
  for (const change of changes) {
    const { of: id, kind } = change;
    const count = counts.get(id) ?? { id, edits: 0, made: 0 };
    if (kind === "edit") count.edits++;
    if (kind === "react" && change.on) count.made++;
    if (count.edits + count.made > 0) counts.set(id, count);
  }
  if (counts.size === 0) return;
  await sql`
    UPDATE chatbox.messages SET edits = messages.edits + r.edits, reactions_made = messages.reactions_made + r.made
    FROM json_to_recordset(${JSON.stringify([...counts.values()])}::text::json)
      AS r (id bigint, edits integer, made integer)
    WHERE messages.room = ${room} AND messages.id = r.id AND r.edits + r.made > 0`;
}

function rowOf(change: ChangeRecord): Row {
  const { id, of, kind, time, by: author } = change;
  const row = { id, of, kind, time, author };
  switch (change.kind) {
    case "edit":
      // Its content is that of the message, and in no other place.
      return { ...row, key: change.digest ?? null };
    case "delete":
      return row;
    case "react":
      return { ...row, name: asText(change.name), emoji: asText(change.emoji), is_on: change.on };
  }
}

async function removeReactionsTo(sql: SQL, room: string, ids: readonly number[]): Promise<void> {
  await sql`
    DELETE FROM chatbox.reactions WHERE room = ${room} AND message IN (${unnested(sql, ids)})`;
}

async function removeReactions(sql: SQL, room: string, withdrawn: readonly ReactRecord[]): Promise<void> {
  await sql`
    DELETE FROM chatbox.reactions
    USING json_to_recordset(${JSON.stringify(withdrawn.map(reactionOf))}::text::json)
      AS r (message bigint, emoji text, author text)
    WHERE reactions.room = ${room} AND reactions.message = r.message AND reactions.emoji = r.emoji
      AND reactions.author = r.author`;
}

async function putReactions(sql: SQL, room: string, made: readonly ReactRecord[]): Promise<void> {
  await sql`
    INSERT INTO chatbox.reactions (room, message, emoji, author, name, id)
    SELECT ${room}::text, message, emoji, author, name, id
    FROM json_to_recordset(${JSON.stringify(made.map(reactionOf))}::text::json)
      AS r (message bigint, emoji text, author text, name text, id bigint)
    WHERE EXISTS (
      SELECT 1 FROM chatbox.messages WHERE messages.room = ${room} AND messages.id = r.message AND NOT is_deleted
    )
    ON CONFLICT (room, message, emoji, author) DO UPDATE SET name = excluded.name, id = excluded.id`;
}

function reactionOf({ of, emoji, by, name, id }: ReactRecord): Row {
  return { message: of, emoji: asText(emoji), author: by, name: asText(name), id };
}
