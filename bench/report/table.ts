import type { Results, Section } from "../results.ts";
import { figure } from "./figure.ts";

/** The results, formatted for a terminal. */
export function terminalReport({ sections, targets, wallS }: Results): string {
  const known = targets.filter(({ measured }) => measured !== null);
  return [
    ...sections.map(sectionTable),
    ...(known.length === 0
      ? []
      : [
          table("Targets", [
            ["", "goal", "measured", ""],
            ...known.map(({ text, limit, measured, isMet }) => [
              text,
              limit,
              measured ?? "",
              isMet ? "met" : "MISSED",
            ]),
          ]),
        ]),
    `${Math.round(wallS)} s in total. Figures are medians of the rounds, followed by the smallest and the largest.`,
  ].join("\n\n");
}

function sectionTable({ title, columns, rows }: Section): string {
  const remarks = rows.flatMap(({ title, remark }) =>
    remark === undefined ? [] : [`${title.trim()}: ${remark}`],
  );
  return [
    table(title, [
      ["", ...columns.map((column) => column.title)],
      ...rows.map((row) => [row.title, ...columns.map(({ key }) => figure(row.values[key]))]),
    ]),
    ...remarks,
  ].join("\n");
}

function table(title: string, lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const padded = lines.map((line) =>
    line
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return [title, ...padded].join("\n");
}
