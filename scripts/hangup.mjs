// @ts-check
// Plain Node: this runs before any package is installed.
import { fstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

/**
 * Whether somebody used `nohup` so that the program outlives the terminal. `nohup` makes a process ignore SIGHUP, but npm and
 * Node undo that before any of our code runs, so only its other traces remain: the shell names it in `_`, it replaces the
 * terminal by a file and by a write-only null device, and a script that it runs ignores the signal.
 */
export function outlivesTerminal() {
  if (process.platform === "win32") return false;
  const isNamed = basename(process.env._ ?? "") === "nohup";
  return isNamed || hasUnreadableInput() || writesNohupOut() || isStartedIgnoring();
}

/** This can be seen on Linux only. */
function isStartedIgnoring() {
  try {
    let pid = String(process.ppid);
    // npm runs on Node, too.
    while (basename(readlinkSync(`/proc/${pid}/exe`)) === "node") pid = statusOf(pid, "PPid");
    return (BigInt(`0x${statusOf(pid, "SigIgn")}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

/**
 * @param {string} pid
 * @param {string} name
 */
function statusOf(pid, name) {
  const [, value = ""] =
    new RegExp(`^${name}:\\s*(\\w+)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return value;
}

/** Only GNU's nohup creates such an input. */
function hasUnreadableInput() {
  try {
    const [, flags = "0"] = /^flags:\s*(\d+)$/m.exec(readFileSync("/proc/self/fdinfo/0", "utf8")) ?? [];
    const isWriteOnly = (Number.parseInt(flags, 8) & 0o3) === 1;
    return isWriteOnly && readlinkSync("/proc/self/fd/0") === "/dev/null";
  } catch {
    return false;
  }
}

function writesNohupOut() {
  // npm changes to the folder of the package, and puts the folder that it was started in into INIT_CWD.
  const folders = [process.env.INIT_CWD ?? process.cwd(), process.cwd(), homedir()];
  return folders.some((folder) => isOutput(join(folder, "nohup.out")));
}

/** @param {string} path */
function isOutput(path) {
  try {
    const [file, output] = [statSync(path), fstatSync(1)];
    return file.isFile() && file.ino === output.ino && file.dev === output.dev;
  } catch {
    return false;
  }
}
