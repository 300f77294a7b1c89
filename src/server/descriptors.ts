import { readdirSync, readFileSync } from "node:fs";

/** How many files are always open at most: the log, the lock, the event loop, the database. */
const ALWAYS_OPEN = 64;

/** How many sockets this process may have besides its files, or null if the system does not say. */
export function socketsLeft(maxRooms: number): number | null {
  const most = descriptorLimit();
  // Rooms may have a file each. When descriptors are few, half of them must be left for sockets.
  return most === null ? null : most - Math.min(Math.floor(most / 2), maxRooms + ALWAYS_OPEN);
}

/** How many descriptors this process may have (`ulimit -n`); null if the system does not say. */
export function descriptorLimit(): number | null {
  try {
    const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return most === undefined ? null : Number(most);
  } catch {
    return null;
  }
}

/** How many descriptors this process has; null if the system does not say. */
export function openDescriptors(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
