/** The benchmark's parts work together: the smallest run there is, of all servers. What is measured is not looked at. */
import { expect, test } from "bun:test";
import { CONTENDERS } from "../../bench/contenders.ts";
import { chart } from "../../bench/report/chart.ts";
import { markdownReport } from "../../bench/report/markdown.ts";
import { terminalReport } from "../../bench/report/table.ts";
import type { Results, Section } from "../../bench/results.ts";
import { run, type WorkloadName } from "../../bench/run.ts";
import { targetResults } from "../../bench/targets.ts";

const peers = new Set(CONTENDERS.filter(({ isPeer }) => isPeer).map(({ name }) => name));

function tinyRun(...names: WorkloadName[]): Promise<Results> {
  const options = {
    size: "tiny",
    rounds: 1,
    peers,
    attacks: [],
    attackRounds: 1,
    progress: () => {},
  } as const;
  return run(names, options, "npm test");
}

function keysOf(section: Section | undefined): string[] {
  return section?.rows.map(({ key }) => key) ?? [];
}

test.skipIf(process.platform !== "linux")(
  "a run delivers every message of every server, and has all figures that its tables show",
  async () => {
    // A message that is missing, or came twice, fails the order that sent it.
    const results = await tinyRun("sparse", "flood");
    expect(results.failures).toEqual([]);
    expect(results.sections.map(({ id }) => id)).toEqual(["sparse", "flood"]);
    for (const section of results.sections) {
      expect(keysOf(section)).toEqual(CONTENDERS.map(({ name }) => name));
      for (const { values } of section.rows) {
        for (const { key } of section.columns) expect(values[key]?.map(Number.isFinite)).toEqual([true]);
      }
    }
    expect(results.machine.processors).toBeGreaterThan(0);
    expect(targetResults(results.sections).filter(({ measured }) => measured !== null)).toHaveLength(6);
    expect(JSON.parse(JSON.stringify(results))).toEqual(results);

    const page = markdownReport(results, "chart.svg");
    for (const { title } of CONTENDERS) expect(page).toContain(`| ${title} |`);
    expect(terminalReport(results)).toContain("Flood");
    expect(chart(results.sections)?.match(/<rect /g)).toHaveLength(2 * CONTENDERS.length);
  },
);

test.skipIf(process.platform !== "linux")(
  "a join storm delivers every event, and after a restart all are back, unseen",
  async () => {
    const { sections, failures } = await tinyRun("join", "reconnect");
    expect(failures).toEqual([]);
    const [join, reconnect] = sections;
    expect(keysOf(join)).toEqual(["v2", "v3"]);
    for (const { values } of join?.rows ?? []) expect(values.complete).toEqual([100]);
    const { leaves, registers, refusals } = reconnect?.rows[0]?.values ?? {};
    expect({ leaves, registers, refusals }).toEqual({ leaves: [0], registers: [0], refusals: [0] });
  },
);

test.skipIf(process.platform !== "linux")(
  "every edit and reaction reaches everybody, and a history with changes is one that the server starts with",
  async () => {
    const { sections, failures } = await tinyRun("changes");
    expect(failures).toEqual([]);
    expect(sections.map(keysOf)).toEqual([
      ["messages", "changes"],
      ["plain", "changed"],
    ]);
    for (const { columns, rows } of sections)
      for (const { values } of rows)
        for (const { key } of columns) expect(values[key]?.map(Number.isFinite)).toEqual([true]);
    expect(targetResults(sections).filter(({ measured }) => measured !== null)).toHaveLength(6);
  },
);
