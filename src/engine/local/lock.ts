import { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { makePrivateFile } from "./disk-file.ts";
import { errorCode, errorReason, isDirectory, JournalError } from "./fault.ts";
import { realFile } from "./real-file.ts";

/** Keeps a reference to each database: one that is no longer referenced would be closed, and its lock released. */
const held = new Set<Database>();

/**
 * Keeps other servers away from a history file until `release` is called or this process ends, however it ends. The
 * lock is one of the operating system, on an empty file `{path}.lock`, which is never deleted.
 *
 * SQLite is used only because it is part of the runtime and knows how to lock on each system. It never writes anything,
 * so locking works on a full disk as well.
 *
 * @throws JournalError if this or another process holds the lock, or the lock file cannot be created
 */
export function lockFile(path: string): { release(): void } {
  const file = realFile(path);
  // Otherwise the mistake would leave a lock file beside a folder.
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
    // Opening a pipe would wait forever for its other end.
    if (!statSync(lockPath).isFile()) throw new NoFile();
    database = new Database(lockPath, { readwrite: true });
    // Otherwise the transaction would begin by creating a file beside the lock, which needs disk space.
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
