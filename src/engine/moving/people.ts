import { existsSync } from "node:fs";
import { readPeopleFile, writePeopleFile } from "../local/people-file.ts";
import type { PeopleCopy } from "../people-view.ts";
import { readPeople, writePeople } from "../postgres/people-table.ts";
import type { InTransaction } from "./in-database.ts";

/** Where people are moved from or to. */
export interface MovablePeople {
  /** Null if nothing is known about anybody there. */
  read(): Promise<PeopleCopy | null>;
  /** Replaces all that is known there, or nothing. */
  write(copy: PeopleCopy): Promise<void>;
}

/** What became of the people: how many roles and reserved nicknames there were, or that the target has people of its own. */
export type MovedPeople =
  | { readonly grants: number; readonly nicknames: number; readonly tokens: number }
  | "kept"
  | "none";

/**
 * Copies people, with the secret from which their ids follow, so that earlier messages are still theirs. A target with people
 * of its own keeps them, unless it is an earlier state of the same chat.
 */
export async function movePeople(source: MovablePeople, target: MovablePeople): Promise<MovedPeople> {
  const copy = await source.read();
  if (copy === null) return "none";
  const there = await target.read();
  if (there !== null && !isEarlier(there, copy)) return "kept";
  await target.write(copy);
  const { grants, nicknames, tokens } = copy.reading;
  return { grants: grants.length, nicknames: nicknames.length, tokens: tokens.length };
}

/** Whether nothing is lost when one state takes the place of another. */
function isEarlier(there: PeopleCopy, copy: PeopleCopy): boolean {
  const { revision } = there.reading.state;
  if (revision === 0) return true;
  return Buffer.compare(there.secret, copy.secret) === 0 && revision <= copy.reading.state.revision;
}

/** The people beside a history file. @throws JournalError */
export class FilePeople implements MovablePeople {
  readonly #dataFile: string;

  constructor(dataFile: string) {
    this.#dataFile = dataFile;
  }

  async read(): Promise<PeopleCopy | null> {
    return existsSync(this.#dataFile) ? readPeopleFile(this.#dataFile) : null;
  }

  async write(copy: PeopleCopy): Promise<void> {
    writePeopleFile(this.#dataFile, copy);
  }
}

/** The people of a database, whose schema is up to date. @throws DatabaseError */
export class DatabasePeople implements MovablePeople {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  read(): Promise<PeopleCopy | null> {
    return this.#run(readPeople);
  }

  write(copy: PeopleCopy): Promise<void> {
    return this.#run((sql) => writePeople(sql, copy));
  }
}
