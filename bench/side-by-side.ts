import type { Row, Section } from "./results.ts";

/** Merges the sections of several rounds. */
export function mergeRounds(rounds: readonly (readonly Section[])[]): Section[] {
  const merged = new Map<string, Section>();
  for (const section of rounds.flat()) {
    const before = merged.get(section.id);
    merged.set(section.id, before === undefined ? section : { ...section, rows: mergeRows(before, section) });
  }
  return [...merged.values()];
}

function mergeRows(before: Section, after: Section): Row[] {
  const rows = new Map(before.rows.map((row) => [row.key, row]));
  for (const row of after.rows) {
    const values: Record<string, readonly number[]> = { ...rows.get(row.key)?.values };
    for (const [column, more] of Object.entries(row.values))
      values[column] = [...(values[column] ?? []), ...more];
    rows.set(row.key, { ...row, values });
  }
  return [...rows.values()];
}

/**
 * Merges the sections of two servers: below every row comes that of the other server, and the first as a multiple of the
 * second.
 *
 * @param other the name of the second server
 */
export function sideBySide(
  sections: readonly Section[],
  others: readonly Section[],
  other: string,
): Section[] {
  return sections.map((section) => {
    const rows = others.find(({ id }) => id === section.id)?.rows ?? [];
    return {
      ...section,
      id: `${section.id}-against`,
      title: `${section.title}, against ${other}`,
      rows: section.rows.flatMap((row) => {
        const against = rows.find(({ key }) => key === row.key);
        if (against === undefined) return [row];
        const { key, values, remark } = against;
        return [
          row,
          { key: `${key}-against`, title: `  ${other}`, values, ...(remark !== undefined && { remark }) },
          { key: `${key}-ratio`, title: "  ×", values: ratios(row, against) },
        ];
      }),
    };
  });
}

/** Within each round; columns with a division by zero are left out. */
function ratios(row: Row, against: Row): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(row.values).flatMap(([column, values]) => {
      const quotients = values.map((value, round) => value / (against.values[column]?.[round] ?? Number.NaN));
      return quotients.every(Number.isFinite) ? [[column, quotients]] : [];
    }),
  );
}
