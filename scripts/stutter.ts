/**
 * `bun scripts/stutter.ts npm test -- tests/e2e`: runs a command, and all the while stops one of its processes for up to
 * 1.5 s, and then another one. A test that depends on the speed of the machine fails. On Linux only. `STUTTER_SEED=7`
 * chooses other processes and times.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Random } from "../tests/support/random.ts";

const STOPPED_MOST_MS = 1_500;
const BETWEEN_MOST_MS = 400;

/** The state and the parent of a process; null when it is gone. */
function look(pid: number): { state: string; parent: number } | null {
  try {
    // Behind the name, which is in brackets and may have any character.
    const [, state = "", parent] = /^.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** A process and all that come from it. */
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
    // It has ended.
  }
}

const random = new Random(Number(process.env.STUTTER_SEED ?? 1));
const child = Bun.spawn(process.argv.slice(2), { stdio: ["inherit", "inherit", "inherit"] });
// Whoever asks this process to end asks the command, and none of its processes is left stopped.
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
while (child.exitCode === null && child.signalCode === null) {
  await Bun.sleep(random.integer(0, BETWEEN_MOST_MS));
  const pids = family(child.pid);
  const pid = pids[random.integer(0, pids.length - 1)] ?? child.pid;
  // What a test has stopped itself is left alone.
  if (look(pid)?.state === "T") continue;
  signal(pid, "SIGSTOP");
  await Bun.sleep(random.integer(0, STOPPED_MOST_MS));
  signal(pid, "SIGCONT");
}
process.exit(child.exitCode ?? 1);
