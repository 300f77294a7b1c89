/** Has a few of many events of a kind logged, and counts the others, so that a flood of events does not flood the log. */
export class LogThrottle<Kind> {
  readonly #most: number;
  readonly #everyMs: number;
  readonly #spans = new Map<Kind, { readonly from: number; logged: number; leftOut: number }>();

  /** @param most events of a kind are logged in a span of `everyMs`, which begins with the first of them */
  constructor(most: number, everyMs: number) {
    this.#most = most;
    this.#everyMs = everyMs;
  }

  /** Counts an event. @returns whether it is to be logged */
  allows(kind: Kind, now: number): boolean {
    const span = this.#spans.get(kind) ?? { from: now, logged: 0, leftOut: 0 };
    this.#spans.set(kind, span);
    const isLogged = span.logged < this.#most;
    if (isLogged) span.logged++;
    else span.leftOut++;
    return isLogged;
  }

  /** Ends the spans that are over. Must be called regularly. @returns how many events of each kind were left out */
  endSpans(now: number): [kind: Kind, leftOut: number][] {
    const over = [...this.#spans].filter(([, { from }]) => now - from >= this.#everyMs);
    for (const [kind] of over) this.#spans.delete(kind);
    return over.flatMap(([kind, { leftOut }]) => (leftOut > 0 ? [[kind, leftOut]] : []));
  }
}
