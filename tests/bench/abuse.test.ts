/** The workload of abuse: what others feel is told of the right ones, and figures of two servers stand side by side. */
import { expect, test } from "bun:test";
import { contender } from "../../bench/contenders.ts";
import { attacksOf } from "../../bench/load/attack/attacks.ts";
import { Innocents } from "../../bench/load/innocents.ts";
import { markdownReport } from "../../bench/report/markdown.ts";
import { terminalReport } from "../../bench/report/table.ts";
import type { Results, Section } from "../../bench/results.ts";
import { type RunOptions, run } from "../../bench/run.ts";
import { OWN_CHECKOUT, Servers } from "../../bench/servers.ts";
import { mergeRounds, sideBySide } from "../../bench/side-by-side.ts";
import { targetResults } from "../../bench/targets.ts";
import { freePort } from "../support/port.ts";
import { TemporaryFolder } from "../support/server.ts";

function tinyAbuse(attacks: readonly string[], more: Partial<RunOptions> = {}): Promise<Results> {
  const options: RunOptions = {
    size: "tiny",
    rounds: 1,
    peers: new Set(),
    attacks: attacksOf(attacks),
    attackRounds: 1,
    progress: () => {},
    ...more,
  };
  return run(["abuse"], options, "npm test");
}

function row(sections: readonly Section[], section: string, key: string) {
  const found = sections.find(({ id }) => id === section)?.rows.find((each) => each.key === key);
  if (found === undefined) throw new Error(`There is no row ${key} in ${section}.`);
  return found;
}

test.skipIf(process.platform !== "linux")(
  "an attack is measured with all its figures, what innocents were asked to do among them",
  async () => {
    const results = await tinyAbuse(["nobody", "closes", "http-nothing", "absent"]);
    const { sections, failures } = results;
    expect(failures).toEqual([]);
    const keys = ["nobody", "nobody-gets", "http-nothing", "closes", "absent"];
    for (const section of sections)
      expect(section.rows.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    for (const { key, values } of sections.flatMap(({ rows }) => rows)) {
      for (const [column, figures] of Object.entries(values)) {
        expect(figures.every(Number.isFinite), `${key}, ${column}`).toBe(true);
      }
    }
    expect(row(sections, "abuse", "nobody").values).toMatchObject({ refused: [0], disconnected: [0] });
    expect(row(sections, "abuse-cost", "nobody").values).toMatchObject({ upKiBS: [0], downKiBS: [0] });
    expect(row(sections, "abuse-cost", "http-nothing").remark).toContain("HTTP 404");
    expect(row(sections, "abuse-cost", "closes").remark).toMatch(/: \d+ connections/);
    // Twenty of them are the innocents, who are all there, and one has come to look.
    expect(row(sections, "abuse", "absent").values.roster?.[0]).toBeGreaterThanOrEqual(21);

    const known = targetResults(sections).filter(({ measured }) => measured !== null);
    expect(known.map(({ text }) => text)).toSatisfy((all) => all.every((text) => text.startsWith("abuse")));
    expect(markdownReport(results, "chart.svg")).toContain(
      "- _http-nothing_: GET of a path that does not exist",
    );
    expect(terminalReport(results)).toContain("http-nothing: GET of a path that does not exist");
  },
);

test.skipIf(process.platform !== "linux")(
  "each client that loses its connection is counted once",
  async () => {
    using folder = new TemporaryFolder();
    const servers = new Servers(folder.path);
    const dataFile = servers.newDataFile();
    const before = await servers.start(contender("v3"), {
      dataFile,
      isLimited: true,
      port: await freePort(),
    });
    const innocents = new Innocents(before.port);
    try {
      await innocents.gather();
      const watching = innocents.watch(0.5, []);
      await before.kill();
      await using _after = await servers.start(contender("v3"), {
        dataFile,
        isLimited: true,
        port: before.port,
      });
      const watched = await watching;
      expect(watched).toMatchObject({ innocents: 20, disconnected: 20, refused: 0 });
      expect(watched.answerMs).toHaveLength(5);
    } finally {
      innocents.scatter();
      await before.kill();
    }
  },
);

test.skipIf(process.platform !== "linux")(
  "the server of another checkout is measured beside this one's",
  async () => {
    const { sections, failures } = await tinyAbuse(["nobody"], { against: OWN_CHECKOUT });
    expect(failures).toEqual([]);
    expect(sections.map(({ id }) => id)).toEqual(["abuse-against", "abuse-cost-against"]);
    expect(sections[0]?.rows.map(({ key }) => key)).toEqual(
      ["nobody", "nobody-gets"].flatMap((key) => [key, `${key}-against`, `${key}-ratio`]),
    );
    for (const { key, values } of sections[0]?.rows ?? []) expect(values.p50Ms, key).toHaveLength(1);
  },
);

const section = (rows: Section["rows"]): Section => ({ id: "s", title: "S", about: "", columns: [], rows });

test("rounds are merged, ratios are taken within each round, and a division by zero is left out", () => {
  const [here] = mergeRounds([
    [section([{ key: "a", title: "A", values: { x: [2], zero: [0] }, remark: "first" }])],
    [section([{ key: "a", title: "A", values: { x: [9], zero: [0] }, remark: "second" }])],
    [section([{ key: "b", title: "B", values: { x: [1] } }])],
  ]);
  expect(here?.rows).toEqual([
    { key: "a", title: "A", values: { x: [2, 9], zero: [0, 0] }, remark: "second" },
    { key: "b", title: "B", values: { x: [1] } },
  ]);
  const there = section([{ key: "a", title: "A", values: { x: [4, 3], zero: [0, 0] } }]);
  const [beside] = sideBySide(here === undefined ? [] : [here], [there], "old");
  expect(beside?.rows.map(({ key }) => key)).toEqual(["a", "a-against", "a-ratio", "b"]);
  expect(beside?.rows[2]?.values).toEqual({ x: [0.5, 3] });
});
