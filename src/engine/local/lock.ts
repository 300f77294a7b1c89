import { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { makePrivateFile } from "./disk-file.ts";
import { errorCode, errorReason, isDirectory, JournalError } from "./fault.ts";
import { realFile } from "./real-file.ts";

/** Referred to from here, because a database that nothing refers to is closed, and its lock with it. */
const held = new Set<Database>();

/**
 * Keeps other servers off a history file until `release`, or until this process ends in whatever way: the lock is the
 * operating system's own, on an empty file `{path}.lock`, which stays.
 *
 * SQLite is used only because it is in the runtime and knows how each system locks; nothing is ever written, so that a
 * full disk gives the lock as well.
 *
 * @throws JournalError when this or another process holds the lock, or when the lock file cannot be made
 */
export function lockFile(path: string): { release(): void } {
  const file = realFile(path);
  // Else the mistake would leave a lock file beside a folder.
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw isDirectory(path);
  const database = openLocked(`${file}.lock`, path);
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}

function openLocked(lockPath: string, path: string): Database {
  let database: Database | undefined;
  try {
    makePrivateFile(lockPath);
    // Opening a pipe would wait for its other end for ever.
    if (!statSync(lockPath).isFile()) throw new NoFile();
    database = new Database(lockPath, { readwrite: true });
    // Else the transaction begins with a file beside the lock, which needs room.
    database.run("PRAGMA journal_mode = MEMORY");
    database.run("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (errorCode(error) === "SQLITE_BUSY") throw inUse(path);
    throw new JournalError(`The history file ${path} cannot be locked: ${lockReason(lockPath, error)}.`);
  }
}

function inUse(path: string): JournalError {
  return new JournalError(`The history file ${path} is in use by another server.`);
}

function lockReason(lockPath: string, error: unknown): string {
  const folder = dirname(lockPath);
  if (!existsSync(folder)) return `the folder ${folder} does not exist`;
  const isUnsuited = error instanceof NoFile || errorCode(error) === "SQLITE_CANTOPEN";
  const reason = isUnsuited ? "" : ` (${errorReason(error)})`;
  return `${lockPath} cannot be opened for writing${reason}`;
}

class NoFile extends Error {}
