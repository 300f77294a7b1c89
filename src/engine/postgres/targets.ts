/** Looks up the messages that a batch would change. */
import type { SQL } from "bun";
import type { CurrentMessage } from "../../room/operation.ts";
import { type OneReaction, type Target, type Targets, UNCHANGED } from "../../room/state.ts";
import { MessageRecord } from "../record.ts";
import { messagesByIds, unnested } from "./message-table.ts";
import { integerOf, rowsOf, textOf } from "./rows.ts";

/** What a room must know to decide about changes, and the messages as they are now, by id. */
export interface FoundTargets {
  readonly targets: Targets;
  readonly messages: ReadonlyMap<number, MessageRecord>;
}

export const NO_TARGETS: FoundTargets = { targets: new Map(), messages: new Map() };

/** Must be called under the room's lock, so that nobody changes the messages meanwhile. */
export async function findTargets(sql: SQL, room: string, ids: readonly number[]): Promise<FoundTargets> {
  const [messages, reactions, counts] = await Promise.all([
    messagesByIds(sql, room, ids),
    reactionsTo(sql, room, ids),
    countsOf(sql, room, ids),
  ]);
  const targets = Array.from(messages, ([id, message]): [number, Target] => [
    id,
    targetOf(message, { ...UNCHANGED, ...counts.get(id), reactions: reactions.get(id) ?? [] }),
  ]);
  return {
    targets: new Map(targets),
    messages: new Map(Array.from(messages, ([id, message]) => [id, MessageRecord.of(message)])),
  };
}

function targetOf({ by, deleted }: CurrentMessage, changes: Omit<Target, "by" | "isDeleted">): Target {
  return { by: by ?? null, isDeleted: deleted ?? false, ...changes };
}

/** How often some messages were edited, and how many reactions were made to each, by the ids of the messages. */
async function countsOf(
  sql: SQL,
  room: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Pick<Target, "edits" | "reactionsMade">>> {
  const rows = rowsOf(
    await sql`
    SELECT id::float8 AS id, edits::float8 AS edits, reactions_made::float8 AS reactions_made FROM chatbox.messages
    WHERE room = ${room} AND id IN (${unnested(sql, ids)})`,
  );
  return new Map(
    rows.map(({ id, edits, reactions_made: reactions }) => [
      integerOf(id),
      { edits: integerOf(edits), reactionsMade: integerOf(reactions) },
    ]),
  );
}

/** The reactions to some messages, by the ids of the messages, in their order. */
async function reactionsTo(
  sql: SQL,
  room: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly OneReaction[]>> {
  const rows = rowsOf(
    await sql`
    SELECT message::float8 AS message, emoji, author, name FROM chatbox.reactions
    WHERE room = ${room} AND message IN (${unnested(sql, ids)}) ORDER BY reactions.id`,
  );
  const found = new Map<number, OneReaction[]>();
  for (const { message, emoji, author, name } of rows) {
    const reaction = { emoji: textOf(emoji), by: textOf(author), name: textOf(name) };
    const id = integerOf(message);
    const known = found.get(id);
    if (known === undefined) found.set(id, [reaction]);
    else known.push(reaction);
  }
  return found;
}
