// @ts-check
// Plain Node: this runs before any package is installed.
import { fstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

/**
 * Whether somebody wants what is started here to outlive the terminal, by `nohup`. That has SIGHUP ignored, but npm and Node
 * undo it before any of our code runs, so only nohup's other traces tell: the shell names it in `_`, it puts a file, and a
 * null device that can only be written to, in the place of the terminal, and a script that it runs ignores the signal.
 */
export function outlivesTerminal() {
  if (process.platform === "win32") return false;
  const isNamed = basename(process.env._ ?? "") === "nohup";
  return isNamed || hasUnreadableInput() || writesNohupOut() || isStartedIgnoring();
}

/** Only Linux tells. */
function isStartedIgnoring() {
  try {
    let pid = String(process.ppid);
    // npm is Node, too.
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

/** GNU's nohup alone makes such an input. */
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
  // npm changes to the folder of the package, and leaves word of where it was.
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
