/** A moment as a room receives it: in Unix milliseconds, and formatted by the operator's template. */
export interface Moment {
  readonly time: number;
  readonly timestamp: string;
}
