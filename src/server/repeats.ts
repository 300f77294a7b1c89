/** Lets a few of many events of a kind be told, and counts the others, so that a flood of them is no flood of lines. */
export class Repeats<Kind> {
  readonly #most: number;
  readonly #everyMs: number;
  readonly #spans = new Map<Kind, { readonly from: number; told: number; untold: number }>();

  /** @param most events of a kind are told in a span of `everyMs`, which begins with the first of them */
  constructor(most: number, everyMs: number) {
    this.#most = most;
    this.#everyMs = everyMs;
  }

  /** Takes note of an event. @returns whether it is to be told */
  take(kind: Kind, now: number): boolean {
    const span = this.#spans.get(kind) ?? { from: now, told: 0, untold: 0 };
    this.#spans.set(kind, span);
    const isTold = span.told < this.#most;
    if (isTold) span.told++;
    else span.untold++;
    return isTold;
  }

  /** Ends the spans that are over. To be called now and then. @returns how many events of them were not told */
  shed(now: number): [kind: Kind, untold: number][] {
    const over = [...this.#spans].filter(([, { from }]) => now - from >= this.#everyMs);
    for (const [kind] of over) this.#spans.delete(kind);
    return over.flatMap(([kind, { untold }]) => (untold > 0 ? [[kind, untold]] : []));
  }
}
