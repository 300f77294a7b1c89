/** A place among emoji that are in sections, each of which is a grid with the same number of columns. */
export interface Place {
  readonly section: number;
  readonly index: number;
}

/** The number of rows that so many emoji take. */
export function rowsOf(count: number, columns: number): number {
  return Math.ceil(count / columns);
}

/**
 * Where a key leads. Left and right go on in the next row or section; up and down stay in the column, or go to the end of
 * a row that is shorter.
 *
 * @param counts the number of emoji in each section, none of them 0
 * @param page the number of rows that PageUp and PageDown move by
 * @returns the same place if there is nothing further; "above" if a key leads up from the first row; undefined for keys
 *   that do not move
 */
export function placeAfter(
  key: string,
  { section, index }: Place,
  counts: readonly number[],
  columns: number,
  page: number,
): Place | "above" | undefined {
  const count = counts[section] ?? 0;
  const rowStart = index - (index % columns);
  switch (key) {
    case "ArrowRight":
      if (index + 1 < count) return { section, index: index + 1 };
      return section + 1 < counts.length ? { section: section + 1, index: 0 } : { section, index };
    case "ArrowLeft":
      if (index > 0) return { section, index: index - 1 };
      return section > 0
        ? { section: section - 1, index: (counts[section - 1] ?? 1) - 1 }
        : { section, index };
    case "ArrowDown":
      return down({ section, index }, counts, columns) ?? { section, index };
    case "ArrowUp":
      return up({ section, index }, counts, columns) ?? "above";
    case "PageDown":
    case "PageUp": {
      let place: Place = { section, index };
      for (let row = 0; row < page; row++)
        place = (key === "PageDown" ? down : up)(place, counts, columns) ?? place;
      return place;
    }
    case "Home":
      return { section, index: rowStart };
    case "End":
      return { section, index: Math.min(rowStart + columns, count) - 1 };
    default:
      return undefined;
  }
}

function down({ section, index }: Place, counts: readonly number[], columns: number): Place | undefined {
  const count = counts[section] ?? 0;
  const row = Math.floor(index / columns);
  if (row + 1 < rowsOf(count, columns)) return { section, index: Math.min(index + columns, count - 1) };
  const next = counts[section + 1];
  return next === undefined
    ? undefined
    : { section: section + 1, index: Math.min(index % columns, next - 1) };
}

function up({ section, index }: Place, counts: readonly number[], columns: number): Place | undefined {
  if (index >= columns) return { section, index: index - columns };
  const before = counts[section - 1];
  if (before === undefined) return undefined;
  const lastRow = (rowsOf(before, columns) - 1) * columns;
  return { section: section - 1, index: Math.min(lastRow + index, before - 1) };
}
