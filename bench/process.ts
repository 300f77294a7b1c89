import { readFileSync } from "node:fs";

/** What /proc says about a process, with the CPU time of all its threads. */
export interface Usage {
  /** In user and system mode together, since the start of the process. Counted in steps of 10 ms. */
  readonly cpuS: number;
  readonly residentKiB: number;
  /** The most that was resident at any time. */
  readonly peakKiB: number;
}

/** A fixed number of the Linux interface: see proc(5), `stat`. */
const TICKS_PER_S = 100;
/** Fields 14 and 15 of `stat`, counted after the name, which is field 2 and may contain spaces. */
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** @throws Error if the process, or /proc, does not exist */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    cpuS: (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) / TICKS_PER_S,
    residentKiB: kib("VmRSS"),
    peakKiB: kib("VmHWM"),
  };
}

/** How many files, and so sockets, a child process may have open. Bun and Node raise their limit to the hard one. */
export function mostOpenFiles(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}
