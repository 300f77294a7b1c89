import type { Database } from "bun:sqlite";
import type { ModerationLimits } from "../moderation.ts";
import type { ModerationRows } from "../moderation-rows.ts";
import type { ModerationStep } from "../moderation-rules.ts";
import { type ModerationCopy, type ModerationReading, ModerationView } from "../moderation-view.ts";
import type { Decide } from "../shared-store.ts";
import { type ModerationStore, StoredModeration } from "../stored-moderation.ts";
import {
  applyAll,
  fillTables,
  ModerationFileRows,
  makeTables,
  readAll,
  readSince,
  revisionOf,
  VERSION,
} from "./moderation-tables.ts";
import {
  type FileForm,
  type FileFormat,
  readSharedFile,
  SharedFile,
  type SharedFileOptions,
  writeSharedFile,
} from "./shared-file.ts";

/** Moderation is in `{dataFile}.moderation`. */
export interface ModerationFileOptions extends SharedFileOptions {
  readonly limits: ModerationLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export const MODERATION_FORM: FileForm = {
  suffix: "moderation",
  version: VERSION,
  words: {
    lost: "bans, the settings of rooms and the log of moderators",
    impossible: "moderators can do nothing, and nothing can be reported",
    kept: "bans and the settings of rooms",
  },
};

const FORMAT: FileFormat<ModerationStep, ModerationReading> = {
  ...MODERATION_FORM,
  makeTables,
  revisionOf,
  readSince,
  applyAll,
};

/**
 * Opens the moderation of a history for its server, which holds the lock of the history; creates the file if there is none. If
 * it cannot be created, for example because the disk is full, nothing can be done until it can.
 *
 * @throws JournalError if there is a file that cannot be used: whom a chat has turned away is not guessed
 */
export function openModerationFile(options: ModerationFileOptions): StoredModeration {
  return moderationOf(options, SharedFile.open);
}

/**
 * Opens the moderation of a history for a command, whether or not a server runs.
 *
 * @throws JournalError if there is no such history, or its moderation cannot be used
 */
export function openModerationFileBeside(options: ModerationFileOptions): StoredModeration {
  return moderationOf(options, SharedFile.openBeside);
}

/**
 * Everything about the moderation of a history, whether or not a server runs; null if there is no file.
 *
 * @throws JournalError if the file cannot be used
 */
export function readModerationFile(dataFile: string): ModerationCopy | null {
  return readSharedFile(dataFile, FORMAT, readAll);
}

/**
 * Writes the file of a history, instead of the one that is there. No server may run.
 *
 * @throws JournalError if it cannot be written; then the one that is there stays
 */
export function writeModerationFile(dataFile: string, copy: ModerationCopy): void {
  writeSharedFile(dataFile, FORMAT, (database) => fillTables(database, copy));
}

function moderationOf(options: ModerationFileOptions, open: typeof SharedFile.open): StoredModeration {
  const { limits, now } = options;
  const view = new ModerationView();
  const store = new ModerationFile(open({ ...options, format: FORMAT, view }));
  return new StoredModeration({ store, view, limits, now });
}

/** Moderation in a file, which commands may change while the server runs. */
class ModerationFile implements ModerationStore {
  readonly #file: SharedFile<ModerationStep, ModerationReading>;

  constructor(file: SharedFile<ModerationStep, ModerationReading>) {
    this.#file = file;
  }

  change<T>(decide: Decide<ModerationRows, ModerationStep, T>): Promise<T> {
    return this.#file.change((database: Database) => decide(new ModerationFileRows(database)));
  }

  read<T>(work: (rows: ModerationRows) => Promise<T>): Promise<T> {
    return this.#file.read((database) => work(new ModerationFileRows(database)));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
