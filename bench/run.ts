import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bench, type BenchOptions } from "./bench.ts";
import { machine } from "./machine.ts";
import type { Results, Section } from "./results.ts";
import { targetResults } from "./targets.ts";
import { history } from "./workloads/history.ts";
import { idle } from "./workloads/idle.ts";
import { joinStorms } from "./workloads/join-storm.ts";
import { paced } from "./workloads/paced.ts";
import { reconnectStorm } from "./workloads/reconnect-storm.ts";
import { rooms } from "./workloads/rooms.ts";
import { type TalkName, talk } from "./workloads/talk.ts";

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
    const sections = await measure(bench, names);
    return {
      date: new Date().toISOString().slice(0, 10),
      command,
      isShort: options.size !== "full",
      wallS: (performance.now() - startedAtMs) / 1000,
      machine: machine(),
      sections,
      targets: targetResults(sections),
    };
  } finally {
    clean();
  }
}

async function measure(bench: Bench, names: readonly WorkloadName[]): Promise<Section[]> {
  const others: Readonly<Record<Exclude<WorkloadName, TalkName>, () => Promise<Section | Section[]>>> = {
    paced: () => paced(bench),
    join: () => joinStorms(bench),
    reconnect: () => reconnectStorm(bench),
    idle: () => idle(bench),
    history: () => history(bench),
    rooms: () => rooms(bench),
  };
  const talks = names.filter((name) => isTalk(name));
  const sections = talks.length === 0 ? [] : await talk(bench, talks);
  for (const name of names) if (!isTalk(name)) sections.push(...[await others[name]()].flat());
  return sections;
}

function isTalk(name: WorkloadName): name is TalkName {
  return name === "sparse" || name === "busy" || name === "flood";
}
