/** A moment as a room receives it: Unix milliseconds, and the same in the operator's template. */
export interface Moment {
  readonly time: number;
  readonly timestamp: string;
}
