import fs from "node:fs";
import { chmod, type FileHandle, link, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { CLOSING } from "../record.ts";
import { errorCode } from "./fault.ts";

const COPY_BYTES = 1024 * 1024;
/** Only the server's user may read what people have written, unless the operator changes that. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** The errors of systems that cannot fsync a folder at all. There, a rename is as safe as the system makes it. */
const FOLDER_SYNC_UNKNOWN: ReadonlySet<string | undefined> = new Set([
  "EINVAL",
  "EISDIR",
  "EPERM",
  "ENOTSUP",
]);

/** Writes all of `bytes` at offset `at`, in as many calls as the system needs. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error("the system wrote nothing");
    done += bytesWritten;
  }
}

/**
 * {@link writeAll} without a detour over another thread, which costs many times the write itself for the few bytes of
 * an append. The system takes them into its memory; only the disk is slow, and fdatasync waits for that.
 */
export function writeAllNow(file: FileHandle, bytes: Uint8Array, at: number): void {
  let done = 0;
  while (done < bytes.length) {
    const bytesWritten = fs.writeSync(file.fd, bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error("the system wrote nothing");
    done += bytesWritten;
  }
}

/** Makes the names in a folder survive a power loss: those of new files, and renames. */
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

/** Creates a folder and those above it that are missing, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  // The mask of the process may have left less.
  await chmod(folder, FOLDER_MODE).catch(() => undefined);
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Creates the file of an empty history, durably. When that fails, the file is removed again. */
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

/** Creates an empty file that only its owner may use, unless there is one. */
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

/** Lets only its owner read and write a file, whatever the mask of the process says. */
function makePrivate(path: string): void {
  try {
    fs.chmodSync(path, FILE_MODE);
  } catch {
    // Not every file system has permissions.
  }
}

/**
 * Gives a file the owner and the permissions of the one whose place it takes. Where it cannot have the same group, its
 * group gets no permissions: they were meant for another one.
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
  // Only root may give a file away; its owner may give it to a group of which the owner is a member.
  const hasGroup = isSame || (await isGivenTo(uid)) || gid === own.gid || (await isGivenTo(own.uid));
  await file.chmod(mode & (hasGroup ? 0o777 : 0o707)).catch(() => undefined);
}

/** Copies the bytes `from` to `to` of a file to offset `at` of another one. */
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
 * Copies a file from offset `from` to its end into a new file, durably, under the first of `names` that is free. An
 * existing file is never overwritten.
 *
 * @returns the name
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

/**
 * Gives a file a second name, the first of `names` that is free, so that it stays when another file takes its first
 * one.
 */
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

/** `path`, then `path-2`, `path-3` and so on, up to three digits: four would look like a year. */
export function* numbered(path: string): Generator<string> {
  yield path;
  for (let number = 2; number < 1_000; number++) yield `${path}-${number}`;
}
