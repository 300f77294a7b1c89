import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { createHistoryFile } from "./disk-file.ts";
import { errorCode, errorReason, isDirectory, JournalError } from "./fault.ts";

/**
 * Opens a history file that exists.
 *
 * @param path as the operator knows it
 * @param realPath without symbolic links
 * @returns undefined when there is no file
 * @throws JournalError when it cannot be opened for reading and writing
 */
export async function openHistoryFile(path: string, realPath: string): Promise<FileHandle | undefined> {
  try {
    const found = await stat(realPath);
    if (found.isDirectory()) throw isDirectory(path);
    // Opening a pipe would wait forever for its other end.
    if (!found.isFile()) throw new JournalError(`The history file ${path} is not a regular file.`);
    return await open(realPath, "r+");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    if (error instanceof JournalError) throw error;
    throw new JournalError(`The history file ${path} cannot be opened for writing: ${errorReason(error)}.`);
  }
}

/**
 * Creates the file of an empty history.
 *
 * @throws JournalError whose cause is the system's error
 */
export async function createFirst(path: string, realPath: string): Promise<FileHandle> {
  try {
    return await createHistoryFile(realPath);
  } catch (error) {
    const isMissing = errorCode(error) === "ENOENT";
    const reason = isMissing ? `the folder ${dirname(realPath)} does not exist` : errorReason(error);
    throw new JournalError(`The history file ${path} cannot be created: ${reason}.`, { cause: error });
  }
}
