import { writeModerationFile } from "../local/moderation-file.ts";
import { writePeopleFile } from "../local/people-file.ts";
import { writeWebhookFile } from "../local/webhook-file.ts";
import { DatabaseHistories } from "../moving/database-histories.ts";
import { FileTarget } from "../moving/file-histories.ts";
import { move, type Progress } from "../moving/move.ts";
import type { DatabaseOptions } from "../postgres/database.ts";
import { readModeration } from "../postgres/moderation-table.ts";
import { readPeople } from "../postgres/people-table.ts";
import { readWebhookTable } from "../postgres/webhook-table.ts";
import { dataFileIn } from "./layout.ts";
import type { Staged } from "./stage-files.ts";

/**
 * Copies the chat of a database into files in a folder, as it is at one moment, while servers may go on.
 *
 * @throws MoveError or DatabaseError with one sentence
 */
export async function stageDatabase(
  database: DatabaseOptions,
  folder: string,
  timeOf: (timestamp: string) => number | undefined,
  progress: Progress,
): Promise<Staged> {
  const dataFile = dataFileIn(folder);
  const source = await DatabaseHistories.snapshot(database);
  try {
    const target = new FileTarget(dataFile, timeOf);
    let moved: Staged;
    try {
      moved = await move(source, target, progress);
    } finally {
      await target.close();
    }
    const people = await source.run(readPeople);
    if (people !== null) writePeopleFile(dataFile, people);
    writeModerationFile(dataFile, await source.run(readModeration));
    writeWebhookFile(dataFile, await source.run(readWebhookTable));
    return moved;
  } finally {
    await source.close();
  }
}
