import { DatabaseHistories } from "../engine/moving/database-histories.ts";
import { FileSource } from "../engine/moving/file-histories.ts";
import { type HistorySource, MoveError } from "../engine/moving/move.ts";
import { DatabaseError } from "../engine/postgres/fault.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import type { Settings } from "../server/settings.ts";
import { CommandError } from "./command-error.ts";
import { placeOf } from "./place.ts";

/**
 * The public id of the author of the newest message under a nickname. The history is read from its beginning, and a server may
 * write to it meanwhile.
 *
 * @throws CommandError if there is no such message, it has no author, or the history cannot be read
 */
export async function authorUnder(name: string, room: string, settings: Settings): Promise<string> {
  try {
    return await newestAuthor(name, room, settings);
  } catch (error) {
    if (!(error instanceof MoveError || error instanceof DatabaseError)) throw error;
    throw new CommandError(
      `The nickname cannot be looked up, because the history cannot be read: ${error.message}`,
    );
  }
}

async function newestAuthor(name: string, room: string, settings: Settings): Promise<string> {
  const history = await openHistory(settings);
  let author: string | null | undefined;
  try {
    for await (const { events } of history.events(room)) {
      for (const event of events)
        if (event.kind === "message" && event.message.name === name) author = event.message.by ?? null;
    }
  } finally {
    await history.close();
  }
  if (author === undefined)
    throw new CommandError(`Nobody has written ${placeOf(room)} under this nickname.`);
  if (author === null)
    throw new CommandError("The newest message under this nickname is from before messages had authors.");
  return author;
}

async function openHistory({ database, dataFile, timestamp, timezone }: Settings): Promise<HistorySource> {
  if (database !== null) return await DatabaseHistories.snapshot(database);
  const timestamps = new TimestampFormat(timestamp, timezone);
  return new FileSource(dataFile, (text) => timestamps.parse(text));
}
