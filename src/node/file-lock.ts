import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/** Where files have one name only, a lock is empty for a moment; and for longer if its process was killed in that moment. */
const EMPTY_MS = 10_000;

/**
 * Takes a file for this process, by a file beside it that names the process. Node has no locks that the system frees, so
 * that of a process that is gone is taken over. Processes may be killed, and many may want it, at any moment.
 *
 * @returns what gives it back
 * @throws Error when another process has it
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

/** Makes the lock one's own. @throws Error when its process lives */
function take(lock: string, own: string): void {
  while (!create(lock, own)) {
    const holder = textOf(lock);
    if (holder === undefined) continue;
    if (lives(holder, lock)) {
      const [pid] = holder.split(" ");
      throw new Error(
        `process ${pid || "?"} has it, and one at a time can. If that is no such program, remove ${lock}.`,
      );
    }
    // One after the other may take it over: a second one would take it from the first. This turn is a lock as well, since
    // whoever has it may be killed, too.
    const turn = `${lock}.next`;
    take(turn, own);
    if (textOf(lock) === holder) {
      renameSync(turn, lock);
      return;
    }
    rmSync(turn);
  }
}

/** Makes a file, with its text in it from the first moment. @returns false when there is one */
function create(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw error;
      // Not every file system has links.
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
    // Of another user's process it is only known that it is there.
    return codeOf(error) === "EPERM";
  }
  // Numbers of processes are used again: in a container it is always the same one.
  const started = startOf(Number(pid));
  return start === "" || started === "" || start === started;
}

/** When a process started, in the system's own count; "" where there is no /proc. */
function startOf(pid: number): string {
  let stat = "";
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {}
  // Its name, in brackets, may have anything in it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Undefined when there is no such file. */
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
