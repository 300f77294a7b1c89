import fs from "node:fs";
import { chmod, type FileHandle, link, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { CLOSING } from "../record.ts";
import { errorCode } from "./fault.ts";

const COPY_BYTES = 1024 * 1024;
/** What people have said is the business of the server's user alone, until the operator says otherwise. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** What systems answer that cannot fsync a folder at all; there a rename is as safe as they make it. */
const FOLDER_SYNC_UNKNOWN: ReadonlySet<string | undefined> = new Set([
  "EINVAL",
  "EISDIR",
  "EPERM",
  "ENOTSUP",
]);

/** Writes all of `bytes` from offset `at` on, in as many calls as the system wants. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error("the system wrote nothing");
    done += bytesWritten;
  }
}

/**
 * {@link writeAll} without a detour over another thread, which for the few bytes of an append costs many times
 * the write itself. The system takes them into its memory; only the disk is slow, and that is fdatasync's part.
 */
export function writeAllNow(file: FileHandle, bytes: Uint8Array, at: number): void {
  let done = 0;
  while (done < bytes.length) {
    const bytesWritten = fs.writeSync(file.fd, bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error("The system wrote nothing.");
    done += bytesWritten;
  }
}

/** Makes the names in a folder (a new file, a rename) survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!FOLDER_SYNC_UNKNOWN.has(errorCode(error))) throw error;
  }
}

/** Makes a folder and those above it that are missing, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  // Whatever the mask of the process left of it.
  await chmod(folder, FOLDER_MODE).catch(() => undefined);
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the file of an empty history, durably. It is gone again when that fails. */
export async function createHistoryFile(path: string): Promise<FileHandle> {
  const file = await open(path, "wx+", FILE_MODE);
  try {
    makePrivate(path);
    await writeAll(file, Buffer.from(`[${CLOSING}`), 0);
    await file.sync();
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

/** Makes an empty file for its owner alone, unless there is one. */
export function makePrivateFile(path: string): void {
  try {
    const file = fs.openSync(path, "ax", FILE_MODE);
    fs.closeSync(file);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return;
    throw error;
  }
  makePrivate(path);
}

/** Takes from a file all rights but its owner's to read and write it, whatever the mask of the process left of them. */
export function makePrivate(path: string): void {
  try {
    fs.chmodSync(path, FILE_MODE);
  } catch {
    // Not every file system has rights.
  }
}

/**
 * Gives a file the owner and the rights of the one whose place it takes. Where it cannot have the group, that has no rights:
 * they were meant for another one.
 */
export async function resemble(file: FileHandle, source: FileHandle): Promise<void> {
  const { mode, uid, gid } = await source.stat();
  const own = await file.stat();
  const isGivenTo = (user: number) =>
    file.chown(user, gid).then(
      () => true,
      () => false,
    );
  const isSame = uid === own.uid && gid === own.gid;
  // Only root may give a file away; its owner may give it to a group that the owner is in.
  const hasGroup = isSame || (await isGivenTo(uid)) || gid === own.gid || (await isGivenTo(own.uid));
  await file.chmod(mode & (hasGroup ? 0o777 : 0o707)).catch(() => undefined);
}

/** Appends the bytes `from` to `to` of a file to another one, which holds `at` bytes. */
export async function copyBytes(
  source: FileHandle,
  from: number,
  to: number,
  target: FileHandle,
  at: number,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
  for (let done = 0; done < to - from; ) {
    const { bytesRead } = await source.read(
      buffer,
      0,
      Math.min(buffer.length, to - from - done),
      from + done,
    );
    if (bytesRead === 0) throw new Error("the file became shorter while it was read");
    await writeAll(target, buffer.subarray(0, bytesRead), at + done);
    done += bytesRead;
  }
}

/**
 * Copies what a file holds from `from` on into a new file, durably; the first of `names` that is free becomes its name.
 * An existing file is never written over.
 */
export async function saveCopy(source: FileHandle, from: number, names: Iterable<string>): Promise<string> {
  const { size } = await source.stat();
  return await firstFree(names, async (name) => {
    const copy = await open(name, "wx", FILE_MODE);
    try {
      await resemble(copy, source);
      await copyBytes(source, from, size, copy, 0);
      await copy.sync();
    } catch (error) {
      await unlink(name);
      throw error;
    } finally {
      await copy.close();
    }
    await syncFolder(dirname(name));
  });
}

/** Gives a file a second name, the first of `names` that is free, so that it stays when its first name moves on. */
export async function keepOriginal(
  source: FileHandle,
  path: string,
  names: () => Iterable<string>,
): Promise<string> {
  try {
    return await firstFree(names(), (name) => link(path, name));
  } catch {
    // Not every file system has hard links.
    return await saveCopy(source, 0, names());
  }
}

async function firstFree(names: Iterable<string>, make: (name: string) => Promise<void>): Promise<string> {
  for (const name of names) {
    try {
      await make(name);
      return name;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
  throw new Error("every name for a copy is taken");
}

/** `path`, then `path-2`, `path-3` and so on. */
export function* numbered(path: string): Generator<string> {
  yield path;
  for (let number = 2; number < 10_000; number++) yield `${path}-${number}`;
}
