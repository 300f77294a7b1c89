import type { Database } from "bun:sqlite";
import type { PeopleLimits } from "../people.ts";
import type { PeopleChange, PeopleDecision } from "../people-rules.ts";
import { type NicknameUse, type PeopleCopy, type PeopleReading, PeopleView } from "../people-view.ts";
import { newSecret, PersonIds } from "../person-ids.ts";
import { type PeopleStore, StoredPeople } from "../stored-people.ts";
import {
  applyAll,
  fillTables,
  makeTables,
  noteAll,
  readSince,
  secretOf,
  stateOf,
  upgradeTables,
  VERSION,
} from "./people-tables.ts";
import {
  type FileForm,
  type FileFormat,
  readSharedFile,
  SharedFile,
  type SharedFileOptions,
  writeSharedFile,
} from "./shared-file.ts";

/** The people are in `{dataFile}.people`. */
export interface PeopleFileOptions extends SharedFileOptions {
  readonly limits: PeopleLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export const PEOPLE_FORM: FileForm = {
  suffix: "people",
  version: VERSION,
  words: {
    lost: "owners, roles, reserved nicknames and tokens",
    impossible: "nobody can be given a role or reserve a nickname",
    kept: "roles and reserved nicknames",
  },
  upgradeTables,
};

/**
 * Opens the people of a history for its server, which holds the lock of the history; creates the file if there is none. If
 * it cannot be created, for example because the disk is full, nothing can be granted or reserved until it can, and the ids
 * that people have until then are kept when the file is created.
 *
 * @throws JournalError if there is a file that cannot be used: who owns the chat, and whom it has turned away, is not guessed
 */
export function openPeopleFile(options: PeopleFileOptions): StoredPeople {
  return peopleOf(options, SharedFile.open);
}

/**
 * Opens the people of a history for a command, whether or not a server runs.
 *
 * @throws JournalError if there is no such history, or its people cannot be used
 */
export function openPeopleFileBeside(options: PeopleFileOptions): StoredPeople {
  return peopleOf(options, SharedFile.openBeside);
}

function peopleOf(options: PeopleFileOptions, open: typeof SharedFile.open): StoredPeople {
  const { limits, now } = options;
  // Until the file can be created, and then in it.
  let secret = newSecret();
  const format = {
    ...formatWith(secret),
    opened: (database: Database) => {
      secret = secretOf(database);
    },
  };
  const view = new PeopleView();
  const store = new PeopleFile(open({ ...options, format, view }));
  return new StoredPeople({ store, view, ids: new PersonIds(secret), limits, now });
}

/**
 * Everything about the people of a history, whether or not a server runs; null if there is no file.
 *
 * @throws JournalError if the file cannot be used
 */
export function readPeopleFile(dataFile: string): PeopleCopy | null {
  return readSharedFile(dataFile, PEOPLE_FORM, (database) => ({
    secret: secretOf(database),
    reading: readSince(database, -1),
  }));
}

/**
 * Writes the file of a history, instead of the one that is there. No server may run.
 *
 * @throws JournalError if it cannot be written; then the one that is there stays
 */
export function writePeopleFile(dataFile: string, { secret, reading }: PeopleCopy): void {
  writeSharedFile(dataFile, formatWith(secret), (database) => fillTables(database, reading));
}

/** @param secret of a file that is created */
function formatWith(secret: Uint8Array<ArrayBuffer>): FileFormat<PeopleChange, PeopleReading> {
  return {
    ...PEOPLE_FORM,
    makeTables: (database) => makeTables(database, secret),
    revisionOf: (database) => stateOf(database).revision,
    readSince,
    applyAll,
  };
}

/** The people of a chat in a file, which commands may change while the server runs. */
class PeopleFile implements PeopleStore {
  readonly #file: SharedFile<PeopleChange, PeopleReading>;

  constructor(file: SharedFile<PeopleChange, PeopleReading>) {
    this.#file = file;
  }

  change<T>(decide: () => PeopleDecision<T>): Promise<T> {
    return this.#file.change(decide);
  }

  note(uses: readonly NicknameUse[], forgetBefore: number): Promise<void> {
    return this.#file.note((database) => noteAll(database, uses, forgetBefore));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
