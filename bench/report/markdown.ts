import { CONTENDERS } from "../contenders.ts";
import type { Results, Section } from "../results.ts";
import { figure } from "./figure.ts";

/** docs/benchmarks.md, all of it. @param chart the chart's file, as it is linked */
export function markdownReport(results: Results, chart: string): string {
  const { date, command, machine, sections, targets, wallS } = results;
  const missed = targets.filter(({ isMet }) => isMet === false).length;
  return `${[
    "# Benchmarks",
    `Written by \`${command}\` on ${date}; change nothing here by hand. ` +
      `It took ${(wallS / 60).toFixed(0)} minutes on a machine with ${machine.processors} processors (${machine.processor}), ` +
      `${machine.memoryGiB} GiB of memory, ${machine.kernel}, Bun ${machine.bun}, Node.js ${machine.node}. ` +
      "The servers, the generator of load and the disk are all on it.",
    `![CPU a delivery by server, for three workloads](${chart})`,
    "## How to read it",
    "What counts is the CPU that the server takes for a delivery: one message that one listener gets. It is read from " +
      "`/proc`, all threads and the system's part together. A figure is the median of some rounds, with the least and the " +
      "most behind it; rounds alternate the order of the servers, after a warm-up. Compare figures of one table, by their " +
      "ratio: another machine has other figures. The chat server is run as it comes (`--fsync always`: a message is on disk " +
      "before anybody hears of it), but for `--no-limits`, except in the tables of abuse.",
    "A _floor_ is a server with Bun's sockets that does nothing but to write the bytes of version 2. The others are small " +
      "servers of the same protocol in `bench/peers`, each as one would write it with its library. One order for all they " +
      "have as well: it costs nothing where nothing is waited for.",
    table([
      ["server", "what it does not do"],
      ...CONTENDERS.filter(({ isPeer }) => isPeer).map(({ title, lacks }) => [title, lacks]),
    ]),
    "## Targets",
    targets.length === 0
      ? "A short run has none: they are about the sizes of a full one."
      : `${missed === 0 ? "None is missed" : `${missed} of ${targets.length} ${missed === 1 ? "is" : "are"} missed`}. Ratios are made within each round.`,
    table([
      ["target", "wanted", "measured", ""],
      ...targets.map(({ text, limit, measured, isMet }) => [
        text,
        limit,
        measured ?? "not measured",
        isMet === null ? "" : isMet ? "met" : "**missed**",
      ]),
    ]),
    ...sections.flatMap(sectionText),
  ].join("\n\n")}\n`;
}

function sectionText({ title, about, columns, rows }: Section): string[] {
  return [
    `## ${title}`,
    about,
    table([
      ["", ...columns.map((column) => column.title)],
      ...rows.map((row) => [row.title, ...columns.map(({ key }) => figure(row.values[key]))]),
    ]),
    ...remarks(rows),
  ];
}

function remarks(rows: Section["rows"]): string[] {
  const lines = rows.flatMap(({ title, remark }) =>
    remark === undefined ? [] : [`- _${title.trim()}_: ${remark}`],
  );
  return lines.length === 0 ? [] : [lines.join("\n")];
}

function table([head = [], ...lines]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(head.map((_, at) => (at === 0 ? "---" : "---:")));
  const isText = head.length === 2 || head[1] === "wanted";
  return [line(head), isText ? line(head.map(() => "---")) : rule, ...lines.map(line)].join("\n");
}
