type Fault = (sentence: string) => void;

/** Between which events somebody was told of an action. */
interface Span {
  from: number;
  to: number;
}

/** Where actions stand among the events of a room, and among each other: everybody must be told the same. */
export class ActionOrder {
  readonly #spans = new Map<string, Span>();
  /** Of two actions the one that somebody was told of first, and then the other one. */
  readonly #pairs = new Map<string, string>();

  /**
   * Somebody was told of an action.
   *
   * @param history which one it has its place in
   * @param from the newest event before it on this connection
   * @param earlier the actions before it on this connection
   */
  heard(
    who: string,
    history: string,
    action: string,
    from: number,
    earlier: Iterable<string>,
    fault: Fault,
  ): void {
    const span = this.#spanOf(history, action);
    span.from = Math.max(span.from, from);
    this.#check(who, action, span, fault);
    for (const each of earlier) {
      const other = this.#pairs.get(`${history} ${action} ${each}`);
      if (other !== undefined)
        fault(`ORD-1 ${who} was told of ${each} before ${action}, and ${other} the other way round`);
      this.#pairs.set(`${history} ${each} ${action}`, who);
    }
  }

  /** An event came after an action. */
  bounded(who: string, history: string, action: string, to: number, fault: Fault): void {
    const span = this.#spanOf(history, action);
    span.to = Math.min(span.to, to);
    this.#check(who, action, span, fault);
  }

  #spanOf(history: string, action: string): Span {
    const key = `${history} ${action}`;
    const span = this.#spans.get(key) ?? { from: 0, to: Number.POSITIVE_INFINITY };
    this.#spans.set(key, span);
    return span;
  }

  #check(who: string, action: string, { from, to }: Span, fault: Fault): void {
    if (from >= to)
      fault(
        `ORD-1 ${who} was told of ${action} at another place: one was told after ${from}, and one before ${to}`,
      );
  }
}
