/** Moments as Unix milliseconds in statements, where the tables have `timestamptz`. */
import type { SQL } from "bun";
import type { Fragment } from "./database.ts";

/** The Unix milliseconds of a `timestamptz`, as `float8`. */
export function unixMs(sql: SQL, moment: Fragment): Fragment {
  return sql`round(extract(epoch FROM ${moment}) * 1000)::float8`;
}

/** The `timestamptz` of Unix milliseconds, which may be an expression of type `float8`. */
export function timestampOf(sql: SQL, unixMs: number | Fragment): Fragment {
  const ms = typeof unixMs === "number" ? sql`${unixMs}::float8` : unixMs;
  return sql`('epoch'::timestamptz + ${ms} * interval '1 millisecond')`;
}

/** The `timestamptz` of so many milliseconds ago, by the clock of the database; NULL for null. */
export function ago(sql: SQL, ms: number | null): Fragment {
  return sql`(now() - ${ms}::float8 * interval '1 millisecond')`;
}
