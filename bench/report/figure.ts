import { median } from "../results.ts";
import { format } from "../targets.ts";

/** The median of some rounds, and their spread when it can be seen. */
export function figure(values: readonly number[] | undefined): string {
  if (values === undefined || values.length === 0) return "";
  const middle = format(median(values));
  const least = format(Math.min(...values));
  const most = format(Math.max(...values));
  return least === most ? middle : `${middle} (${least}–${most})`;
}
