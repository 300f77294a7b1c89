import { median } from "../results.ts";
import { format } from "../targets.ts";

/** The median of several rounds, and their spread if it is visible. */
export function figure(values: readonly number[] | undefined): string {
  if (values === undefined || values.length === 0) return "";
  const middle = format(median(values));
  const least = format(Math.min(...values));
  const most = format(Math.max(...values));
  return least === most ? middle : `${middle} (${least}–${most})`;
}
