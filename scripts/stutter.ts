/**
 * `bun scripts/stutter.ts npm test -- tests/e2e` runs a command, and keeps pausing one of its processes after another for up
 * to 1.5 s. A test that depends on the speed of the machine fails. Linux only. `STUTTER_SEED=7` chooses other processes and
 * times.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Random } from "../tests/support/random.ts";

const STOPPED_MOST_MS = 1_500;
const BETWEEN_MOST_MS = 400;

/** The state and the parent of a process; null when it is gone. */
function look(pid: number): { state: string; parent: number } | null {
  try {
    // After the name, which is in brackets and may contain any character.
    const [, state = "", parent] = /^.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** A process and all of its descendants. */
function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of readdirSync("/proc").map(Number)) {
    const parent = Number.isInteger(pid) ? look(pid)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process has ended.
  }
}

const random = new Random(Number(process.env.STUTTER_SEED ?? 1));
const child = Bun.spawn(process.argv.slice(2), { stdio: ["inherit", "inherit", "inherit"] });
// A request to end this process is passed on to the command, so that none of its processes stays paused.
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
while (child.exitCode === null && child.signalCode === null) {
  await Bun.sleep(random.integer(0, BETWEEN_MOST_MS));
  const pids = family(child.pid);
  const pid = pids[random.integer(0, pids.length - 1)] ?? child.pid;
  // Leave a process alone that a test has paused itself.
  if (look(pid)?.state === "T") continue;
  signal(pid, "SIGSTOP");
  await Bun.sleep(random.integer(0, STOPPED_MOST_MS));
  signal(pid, "SIGCONT");
}
process.exit(child.exitCode ?? 1);
