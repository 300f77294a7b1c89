import { existsSync } from "node:fs";
import { readModerationFile, writeModerationFile } from "../local/moderation-file.ts";
import type { ModerationCopy } from "../moderation-view.ts";
import { readModeration, writeModeration } from "../postgres/moderation-table.ts";
import type { InTransaction } from "./in-database.ts";

/** Where moderation is moved from or to. */
export interface MovableModeration {
  /** Null if there is nothing. */
  read(): Promise<ModerationCopy | null>;
  /** Replaces all that is there, or nothing. */
  write(copy: ModerationCopy): Promise<void>;
}

/** What became of the moderation: what was moved, or that the target has some of its own. */
export type MovedModeration =
  | { readonly actions: number; readonly settings: number; readonly reports: number; readonly held: number }
  | "kept"
  | "none";

/**
 * Copies what moderators have done and what waits for them. A target with moderation of its own keeps it, unless it is an
 * earlier state of the same. People are moved first: the hashes of networks mean nothing without their secret.
 */
export async function moveModeration(
  source: MovableModeration,
  target: MovableModeration,
): Promise<MovedModeration> {
  const copy = await source.read();
  if (copy === null || copy.revision === 0) return "none";
  const there = await target.read();
  if (there !== null && !isEarlier(there, copy)) return "kept";
  await target.write(copy);
  return {
    actions: copy.actions.length,
    settings: copy.rooms.filter(({ settings }) => settings !== null).length,
    reports: copy.reports.length,
    held: copy.held.length,
  };
}

/** Whether nothing is lost when one state takes the place of another. */
function isEarlier(there: ModerationCopy, copy: ModerationCopy): boolean {
  if (there.revision === 0) return true;
  const newest = there.actions.at(-1)?.action.id;
  return there.revision <= copy.revision && copy.actions.some(({ action }) => action.id === newest);
}

/** The moderation beside a history file. @throws JournalError */
export class FileModeration implements MovableModeration {
  readonly #dataFile: string;

  constructor(dataFile: string) {
    this.#dataFile = dataFile;
  }

  async read(): Promise<ModerationCopy | null> {
    return existsSync(this.#dataFile) ? readModerationFile(this.#dataFile) : null;
  }

  async write(copy: ModerationCopy): Promise<void> {
    writeModerationFile(this.#dataFile, copy);
  }
}

/** The moderation of a database, whose schema is up to date. @throws DatabaseError */
export class DatabaseModeration implements MovableModeration {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  read(): Promise<ModerationCopy | null> {
    return this.#run(readModeration);
  }

  write(copy: ModerationCopy): Promise<void> {
    return this.#run((sql) => writeModeration(sql, copy));
  }
}
