/** The history file cannot be used. The message is one sentence for the operator. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a folder",
  ENOENT: "there is no such file or folder",
  EBUSY: "it is in use by the system, or mounted by itself",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than allowed",
  EIO: "the disk reports an error",
  SQLITE_FULL: "no space is left on the disk",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** Errors that end once there is room on the disk again. */
const FULL: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** The system's code of an error (`ENOENT`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Why an operation on a file failed, in words that end a sentence. */
export function errorReason(error: unknown): string {
  const code = errorCode(error);
  return REASONS[code ?? ""] ?? code ?? (error instanceof Error ? error.message : String(error));
}

/** Names the file of an error, if it is not the one in question; in words that follow {@link errorReason}. */
export function errorPlace(error: unknown, path: string): string {
  const place = error instanceof Error && "path" in error ? error.path : undefined;
  return typeof place === "string" && place !== path ? ` (${place})` : "";
}

/** Whether an operation on a file failed for want of room. */
export function isFull(error: unknown): boolean {
  return FULL.has(errorCode(error));
}

export function isDirectory(path: string): JournalError {
  return new JournalError(`The history file ${path} is a directory.`);
}
