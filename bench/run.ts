import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bench, type BenchOptions, type Stage } from "./bench.ts";
import { CONTENDERS } from "./contenders.ts";
import { machine } from "./machine.ts";
import type { Results, Section } from "./results.ts";
import { targetResults } from "./targets.ts";
import { withAudiences } from "./workloads/audience.ts";
import { history } from "./workloads/history.ts";
import { idle } from "./workloads/idle.ts";
import { joinStorms } from "./workloads/join-storm.ts";
import { PACED, paced } from "./workloads/paced.ts";
import { reconnectStorm } from "./workloads/reconnect-storm.ts";
import { rooms } from "./workloads/rooms.ts";
import { exercise, type TalkName, talk } from "./workloads/talk.ts";

export const WORKLOADS = [
  "sparse",
  "busy",
  "flood",
  "paced",
  "join",
  "reconnect",
  "idle",
  "history",
  "rooms",
] as const;

export type WorkloadName = (typeof WORKLOADS)[number];

/** Runs workloads and gives what they measured; `command` is how the run was asked for. */
export async function run(
  names: readonly WorkloadName[],
  options: Omit<BenchOptions, "folder">,
  command: string,
): Promise<Results> {
  const startedAtMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "chatbox-bench-"));
  // However this process ends, but for a kill.
  const clean = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  try {
    using bench = new Bench({ ...options, folder });
    const failures: string[] = [];
    const sections = await measure(bench, names, failures);
    return {
      date: new Date().toISOString().slice(0, 10),
      command,
      isShort: options.size !== "full",
      wallS: (performance.now() - startedAtMs) / 1000,
      machine: machine(),
      sections,
      failures,
      // They are about the sizes of a full run.
      targets: options.size === "full" ? targetResults(sections) : [],
    };
  } finally {
    clean();
  }
}

async function measure(bench: Bench, names: readonly WorkloadName[], failures: string[]): Promise<Section[]> {
  const sections: Section[] = [];
  // A workload that fails leaves the others their time.
  const attempt = async (name: string, work: () => Promise<Section | Section[]>) => {
    try {
      sections.push(...[await work()].flat());
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const talks = names.filter(isForAudience);
  if (talks.length > 0) {
    const all = talks.every((name) => name === "paced") ? PACED : CONTENDERS.map(({ name }) => name);
    const talkInAllWays = async (stages: readonly Stage[]): Promise<Section[]> => {
      await exercise(bench, stages);
      for (const name of talks) {
        await attempt(name, () => (name === "paced" ? paced(bench, stages) : talk(bench, name, stages)));
      }
      return [];
    };
    await attempt("the audiences", () => withAudiences(bench, bench.among(all), talkInAllWays));
  }
  for (const name of names) if (!isForAudience(name)) await attempt(name, () => OTHERS[name](bench));
  return sections;
}

const OTHERS = { join: joinStorms, reconnect: reconnectStorm, idle, history, rooms };

/** The workloads that have the same audiences. */
type AudienceWorkload = TalkName | "paced";

function isForAudience(name: WorkloadName): name is AudienceWorkload {
  return name === "sparse" || name === "busy" || name === "flood" || name === "paced";
}
