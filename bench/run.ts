import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Bench, type BenchOptions, type Stage } from "./bench.ts";
import { CONTENDERS } from "./contenders.ts";
import { machine } from "./machine.ts";
import type { Results, Section } from "./results.ts";
import { mergeRounds, sideBySide } from "./side-by-side.ts";
import { targetResults } from "./targets.ts";
import { abuse } from "./workloads/abuse.ts";
import { withAudiences } from "./workloads/audience.ts";
import { changes } from "./workloads/changes.ts";
import { history } from "./workloads/history.ts";
import { idle } from "./workloads/idle.ts";
import { joinStorms } from "./workloads/join-storm.ts";
import { PACED, paced } from "./workloads/paced.ts";
import { raids } from "./workloads/raid.ts";
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
  "changes",
  "rooms",
  "abuse",
  "raid",
] as const;

export type WorkloadName = (typeof WORKLOADS)[number];

export interface RunOptions extends Omit<BenchOptions, "folder" | "checkout"> {
  /** The folder of another checkout of this project, whose server is measured in alternation with this one's. */
  readonly against?: string;
}

/** Runs workloads and returns their measurements; `command` is the command that started the run. */
export async function run(
  names: readonly WorkloadName[],
  options: RunOptions,
  command: string,
): Promise<Results> {
  const startedAtMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "chatbox-bench-"));
  // However this process ends, unless it is killed.
  const clean = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  try {
    const failures: string[] = [];
    const { sections, shown } = await measureAll(names, { ...options, folder }, options.against, failures);
    return {
      date: new Date().toISOString().slice(0, 10),
      command,
      isShort: options.size !== "full",
      wallS: (performance.now() - startedAtMs) / 1000,
      machine: machine(),
      sections: shown,
      failures,
      // They apply to the sizes of a full run.
      targets: options.size === "full" ? targetResults(sections) : [],
    };
  } finally {
    clean();
  }
}

interface Sections {
  /** Of this project's server. */
  readonly sections: readonly Section[];
  /** The same, together with those of the other server if there is one. */
  readonly shown: readonly Section[];
}

async function measureAll(
  names: readonly WorkloadName[],
  options: BenchOptions,
  against: string | undefined,
  failures: string[],
): Promise<Sections> {
  if (against === undefined) {
    using bench = new Bench(options);
    const sections = await measure(bench, names, failures);
    return { sections, shown: sections };
  }
  const alone = { ...options, peers: new Set<never>(), rounds: 1, attackRounds: 1 };
  using here = new Bench(alone);
  using there = new Bench({ ...alone, checkout: against });
  const measured = new Map<Bench, Section[][]>([
    [here, []],
    [there, []],
  ]);
  for (const { rounds, work } of partsOf(names, options)) {
    for (let round = 0; round < rounds; round++) {
      for (const bench of round % 2 === 0 ? [here, there] : [there, here]) {
        bench.progress(bench === here ? "here" : `in ${against}`);
        measured.get(bench)?.push(await work(bench, failures));
      }
    }
  }
  const sections = mergeRounds(measured.get(here) ?? []);
  const others = mergeRounds(measured.get(there) ?? []);
  return { sections, shown: sideBySide(sections, others, basename(against)) };
}

/** Done with one server and then with the other: the smaller it is, the more alike are the machine's conditions for both. */
interface Part {
  readonly rounds: number;
  readonly work: (bench: Bench, failures: string[]) => Promise<Section[]>;
}

function partsOf(names: readonly WorkloadName[], { rounds, attacks, attackRounds }: BenchOptions): Part[] {
  return names.flatMap((name): Part[] =>
    name === "abuse"
      ? attacks.map((attack) => ({
          rounds: attackRounds,
          work: (bench, failures) => abuse(bench, [attack], (sentence) => failures.push(sentence)),
        }))
      : [
          {
            rounds: name === "raid" ? attackRounds : rounds,
            work: (bench, failures) => measure(bench, [name], failures),
          },
        ],
  );
}

async function measure(bench: Bench, names: readonly WorkloadName[], failures: string[]): Promise<Section[]> {
  const sections: Section[] = [];
  // If a workload fails, the others still run.
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
  const others = {
    join: joinStorms,
    reconnect: reconnectStorm,
    idle,
    history,
    changes,
    rooms,
    abuse: (of: Bench) => abuse(of, of.attacks, (sentence) => failures.push(sentence)),
    raid: raids,
  };
  for (const name of names) if (!isForAudience(name)) await attempt(name, () => others[name](bench));
  return sections;
}

/** The workloads that share audiences. */
type AudienceWorkload = TalkName | "paced";

function isForAudience(name: WorkloadName): name is AudienceWorkload {
  return name === "sparse" || name === "busy" || name === "flood" || name === "paced";
}
