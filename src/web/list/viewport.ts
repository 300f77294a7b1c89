import { type ReadonlySignal, signal } from "@preact/signals";
import { Heights } from "./heights.ts";

/** How far beyond the visible part rows are rendered, in CSS pixels. */
const OVERSCAN = 800;
/** The rendered range is updated when less than this remains of it. */
const OVERSCAN_LEAST = 300;
/** Within this distance of the end, the user counts as being at the end. */
const END_SLACK = 3;
/** Within this distance of a side, the next page is requested. */
const NEAR = 2500;

/** The rows that are rendered: from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What must keep its place when rows are added or removed or change their heights. */
type Anchor =
  | { readonly kind: "end" }
  /** The top of a row, `offset` pixels below the top of the visible part. */
  | { readonly kind: "row"; readonly key: string; readonly index: number; readonly offset: number };

/**
 * A window onto a long list. Only rows near the visible part are in the document. They are in its normal flow, so
 * that text can be selected across them, and padding takes the place of all others. Whatever happens to the rows, the
 * ones the user sees stay in place to the pixel.
 */
export class Viewport {
  readonly #range = signal<Range>({ start: 0, end: 0 });
  readonly range: ReadonlySignal<Range> = this.#range;
  readonly #isAtEnd = signal(true);
  /** Whether the newest row is in sight. The view then follows new rows. */
  readonly isAtEnd: ReadonlySignal<boolean> = this.#isAtEnd;
  readonly #heights: Heights;
  readonly #near: (side: "start" | "end") => void;
  readonly #prepare: (list: HTMLElement) => void;
  #scroller: HTMLElement | null = null;
  #list: HTMLElement | null = null;
  #anchor: Anchor = { kind: "end" };
  /** The `scrollTop` that the anchor accounts for. Any other value means that the user has scrolled. */
  #knownTop = 0;
  #hasEnd = true;
  #rows: readonly { readonly key: string }[] = [];

  /**
   * @param estimate the height of a row that was never measured, in CSS pixels
   * @param near called when the user comes near a side of the list
   * @param prepare may change the heights of newly rendered rows before they are measured
   */
  constructor(
    estimate: (index: number) => number,
    near: (side: "start" | "end") => void,
    prepare: (list: HTMLElement) => void,
  ) {
    this.#heights = new Heights(estimate);
    this.#near = near;
    this.#prepare = prepare;
  }

  /** Starts to manage the scroll position. @returns a function that stops it */
  attach(scroller: HTMLElement, list: HTMLElement): () => void {
    this.#scroller = scroller;
    this.#list = list;
    const stop = new AbortController();
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal: stop.signal });
    // While a text is replaced, its field is small for a moment, in which the browser moves the end of the list. That is not the
    // user's scrolling.
    const keepEnd = () => {
      if (this.#anchor.kind === "end") this.settle();
    };
    addEventListener("input", keepEnd, { capture: true, signal: stop.signal });
    let width = scroller.clientWidth;
    const observer = new ResizeObserver(() => {
      this.#noticeScroll();
      if (scroller.clientWidth !== width) this.#heights.forget();
      width = scroller.clientWidth;
      this.settle();
    });
    observer.observe(scroller);
    observer.observe(list);
    return () => {
      stop.abort();
      observer.disconnect();
    };
  }

  /**
   * Updates to the current list, which must be a new array if anything in it has changed. Call this before rows are
   * rendered.
   *
   * @param hasEnd whether the list ends with the newest row; only then can the view follow the end
   */
  sync(rows: readonly { readonly key: string }[], hasEnd: boolean): Range {
    // The user may have scrolled although the event has not been dispatched yet.
    this.#noticeScroll();
    if (!hasEnd && this.#anchor.kind === "end" && this.#hasEnd) this.#anchorRow();
    this.#hasEnd = hasEnd;
    // Most renders are caused by scrolling: the list, which may be long, is unchanged.
    if (rows !== this.#rows) this.#heights.sync(rows.map(({ key }) => key));
    this.#rows = rows;
    return this.#updateRange();
  }

  /** Measures the rows and puts the anchor back in its place. Call this after rows were rendered. */
  settle(): void {
    const { start, end } = this.#range.peek();
    if (!this.#scroller || !this.#list) return;
    this.#prepare(this.#list);
    for (const [at, row] of [...this.#list.children].entries()) {
      this.#heights.measure(start + at, row.getBoundingClientRect().height);
    }
    const { total } = this.#heights;
    this.#list.style.paddingBlock = `${this.#heights.topOf(start)}px ${total - this.#heights.topOf(end)}px`;
    this.#restore(this.#scroller, this.#list);
    this.#update();
  }

  /**
   * Prepares for the user to change the height of a row: its beginning stays in place, and what is below it moves.
   * Call this before the document changes, and {@link release} right after.
   *
   * @param isShrinking whether the row shrinks: then a beginning far above moves into sight, because otherwise
   *   nothing of the row might be visible
   */
  hold(key: string, isShrinking: boolean): void {
    const index = this.#heights.indexOf(key, -1);
    if (index < 0 || !this.#scroller || !this.#list) return;
    const y = this.#scroller.scrollTop - this.#list.offsetTop;
    const offset = this.#heights.topOf(index) - y;
    this.#anchor = { kind: "row", key, index, offset: isShrinking ? Math.max(0, offset) : offset };
  }

  /** Completes {@link hold} once the height has changed. From then on, what is visible stays in place. */
  release(): void {
    this.settle();
    this.#anchorRow();
    this.#update();
  }

  /** Forgets all heights, because another layout has others. Call this after the document has changed, before {@link settle}. */
  forget(): void {
    this.#heights.forget();
  }

  /** Scrolls to the newest row and follows from there. */
  toEnd(): void {
    this.#anchor = { kind: "end" };
    this.settle();
  }

  /** Scrolls a row into the upper third of the visible part. @returns whether the row exists */
  toRow(key: string): boolean {
    const index = this.#heights.indexOf(key, -1);
    if (index < 0 || !this.#scroller) return false;
    this.#anchor = { kind: "row", key, index, offset: Math.round(this.#scroller.clientHeight / 4) };
    this.#updateRange();
    this.settle();
    return true;
  }

  #scrolled(): void {
    this.#noticeScroll();
    this.#update();
  }

  #noticeScroll(): void {
    if (!this.#scroller || this.#scroller.scrollTop === this.#knownTop) return;
    this.#knownTop = this.#scroller.scrollTop;
    this.#anchorRow();
  }

  /** Anchors what is visible now. */
  #anchorRow(): void {
    const scroller = this.#scroller;
    const list = this.#list;
    if (!scroller || !list) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    if (this.#hasEnd && scrollHeight - scrollTop - clientHeight <= END_SLACK) {
      this.#anchor = { kind: "end" };
      return;
    }
    const y = scrollTop - list.offsetTop;
    const index = this.#steadyRow(y, y + clientHeight);
    const key = this.#heights.keyAt(index);
    if (key !== undefined) this.#anchor = { kind: "row", key, index, offset: this.#heights.topOf(index) - y };
  }

  /**
   * The first visible row that will not change: the topmost one may lose its day line when rows are added before it,
   * and rows that are not rendered yet have only estimated heights.
   */
  #steadyRow(top: number, bottom: number): number {
    const first = this.#heights.indexAt(top);
    const { start, end } = this.#range.peek();
    const steady = Math.max(first + 1, start + 1);
    return steady < end && this.#heights.topOf(steady) < bottom ? steady : first;
  }

  #restore(scroller: HTMLElement, list: HTMLElement): void {
    const top = this.#anchorTop(scroller, list);
    if (Math.abs(scroller.scrollTop - top) >= 0.5) scroller.scrollTop = top;
    this.#knownTop = scroller.scrollTop;
  }

  /** The `scrollTop` at which the anchor is in its place. */
  #anchorTop(scroller: HTMLElement, list: HTMLElement): number {
    const anchor = this.#anchor;
    const max = Math.max(0, scroller.scrollHeight - scroller.clientHeight);
    if (anchor.kind === "end") return max;
    const index = this.#heights.indexOf(anchor.key, anchor.index);
    if (index < 0) return Math.min(max, scroller.scrollTop);
    this.#anchor = { ...anchor, index };
    return Math.min(max, Math.max(0, list.offsetTop + this.#heights.topOf(index) - anchor.offset));
  }

  /** Renders other rows if the rendered ones do not suffice, and reports when the user is near a side. */
  #update(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    this.#isAtEnd.value = this.#anchor.kind === "end";
    this.#updateRange();
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    if (scrollTop < NEAR) this.#near("start");
    if (!this.#hasEnd && scrollHeight - scrollTop - clientHeight < NEAR) this.#near("end");
  }

  #updateRange(): Range {
    const top = this.#seenFrom;
    const bottom = top + (this.#scroller?.clientHeight ?? 800);
    const { start, end } = this.#range.peek();
    const least = this.#within(top - OVERSCAN_LEAST, bottom + OVERSCAN_LEAST);
    if (end > this.#heights.count || least.start < start || least.end > end || end - start > 400) {
      this.#range.value = this.#within(top - OVERSCAN, bottom + OVERSCAN);
    }
    return this.#range.peek();
  }

  /** The distance from the start of the list to the visible part once the anchor is in its place. */
  get #seenFrom(): number {
    const anchor = this.#anchor;
    if (anchor.kind === "end")
      return Math.max(0, this.#heights.total - (this.#scroller?.clientHeight ?? 800));
    const index = this.#heights.indexOf(anchor.key, anchor.index);
    return index < 0 ? 0 : this.#heights.topOf(index) - anchor.offset;
  }

  #within(top: number, bottom: number): Range {
    if (this.#heights.count === 0) return { start: 0, end: 0 };
    return { start: this.#heights.indexAt(top), end: this.#heights.indexAt(bottom) + 1 };
  }
}
