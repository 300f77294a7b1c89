import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";

/** A lock without a word in it is being made; or its process was killed in that moment. */
const MAKING_MS = 10_000;

/**
 * Takes a file for this process, by a file beside it that names the process. Node has no locks that the system frees, so
 * that of a process that is gone is taken over.
 *
 * @returns what gives it back
 * @throws Error when another process has it
 */
export function lockFile(path: string): () => void {
  const lock = `${path}.lock`;
  const own = `${process.pid} ${startOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(lock, own, { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const holder = textOf(lock);
    if (holder !== undefined) takeAway(lock, holder);
  }
  const giveBack = () => {
    if (textOf(lock) === own) rmSync(lock, { force: true });
  };
  process.once("exit", giveBack);
  return () => {
    process.off("exit", giveBack);
    giveBack();
  };
}

/** Takes the lock of a process that is gone away. @throws Error when it lives */
function takeAway(lock: string, holder: string): void {
  const [pid = ""] = holder.split(" ");
  const inUse = `process ${pid || "?"} has it, and one at a time can. If that is no such program, remove ${lock}.`;
  if (lives(holder, lock)) throw new Error(inUse);
  // One after the other: a second one could take the new lock of the first one away.
  const taking = `${lock}.taking`;
  if (ageMsOf(taking) > MAKING_MS) rmSync(taking, { force: true });
  try {
    writeFileSync(taking, "", { flag: "wx", mode: 0o600 });
  } catch {
    throw new Error(inUse);
  }
  try {
    if (textOf(lock) === holder) rmSync(lock);
  } finally {
    rmSync(taking, { force: true });
  }
}

function lives(holder: string, lock: string): boolean {
  const [pid = "", start = ""] = holder.split(" ");
  if (pid === "") return ageMsOf(lock) < MAKING_MS;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Of another user's process it is only known that it is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  // Numbers of processes are used again: in a container it is always the same one.
  const started = startOf(Number(pid));
  return start === "" || started === "" || start === started;
}

/** When a process started, in the system's own count; "" where there is no /proc. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`) ?? "";
  // Its name, in brackets, may have anything in it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** 0 when it is not there. */
function ageMsOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
