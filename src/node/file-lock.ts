import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/** Where hard links do not exist, a lock is empty for a moment, or for longer if its process was killed just then. */
const EMPTY_MS = 10_000;

/**
 * Locks a file for this process, by a lock file beside it that names the process. Node does not offer locks that the system
 * frees, so a lock whose process is gone is taken over. This is safe at any moment against kills and against rivals.
 *
 * @returns a function that frees the lock
 * @throws Error if another process has it
 */
export function lockFile(path: string): () => void {
  const lock = `${path}.lock`;
  const own = `${process.pid} ${startOf(process.pid)}`;
  take(lock, own);
  const giveBack = () => {
    if (textOf(lock) === own) rmSync(lock, { force: true });
  };
  process.once("exit", giveBack);
  return () => {
    process.off("exit", giveBack);
    giveBack();
  };
}

/** Takes the lock. @throws Error if its process lives */
function take(lock: string, own: string): void {
  while (!create(lock, own)) {
    const holder = textOf(lock);
    if (holder === undefined) continue;
    if (lives(holder, lock)) {
      const [pid] = holder.split(" ");
      throw new Error(`process ${pid || "?"} is using it. If that is another program, remove ${lock}.`);
    }
    // Only one process at a time may take a lock over, or a second one would take it from the first. Therefore taking over
    // needs a lock of its own, whose process may be killed as well.
    const turn = `${lock}.next`;
    take(turn, own);
    if (textOf(lock) === holder) {
      renameSync(turn, lock);
      return;
    }
    rmSync(turn);
  }
}

/** Creates a file that has its text from the first moment. @returns false if the file exists already */
function create(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw error;
      // Not every file system has hard links.
      writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    }
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function lives(holder: string, lock: string): boolean {
  const [pid = "", start = ""] = holder.split(" ");
  if (pid === "") return Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) < EMPTY_MS;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // The process exists, and belongs to another user.
    return codeOf(error) === "EPERM";
  }
  // Process ids are reused: in a container it is always the same one.
  const started = startOf(Number(pid));
  return start === "" || started === "" || start === started;
}

/** When a process started, in clock ticks of the system; "" where /proc does not exist. */
function startOf(pid: number): string {
  let stat = "";
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {}
  // The process's name, in brackets, may contain anything.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** The text of a file; undefined if it does not exist. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
