import { readFileSync } from "node:fs";

/** So many files are open at any time, whatever the server does: its log, its lock, the event loop, the database. */
const ALWAYS_OPEN = 64;

/** How many sockets the system leaves this process beside its files, or null where it does not say. */
export function socketsLeft(maxRooms: number): number | null {
  const most = descriptorLimit();
  // With few descriptors the rooms, which may have a file each, must not leave the sockets nothing.
  return most === null ? null : most - Math.min(Math.floor(most / 2), maxRooms + ALWAYS_OPEN);
}

/** How many descriptors the system gives this process (`ulimit -n`). */
function descriptorLimit(): number | null {
  try {
    const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return most === undefined ? null : Number(most);
  } catch {
    return null;
  }
}
