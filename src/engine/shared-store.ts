/** What stores that several servers and commands share have in common. */

/** What a store is to do, all of it or nothing, and what to tell the one who asked. */
export interface Decision<Change, T> {
  readonly changes: readonly Change[];
  readonly result: T;
}

/** Decides while the store is locked. @param source what can be asked of the store meanwhile */
export type Decide<Source, Change, T> = (
  source: Source,
) => Decision<Change, T> | Promise<Decision<Change, T>>;

/** A row does not have what it must have. */
export class UnreadableRow extends Error {}
