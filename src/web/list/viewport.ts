import { type ReadonlySignal, signal } from "@preact/signals";
import { Heights } from "./heights.ts";

/** So much is rendered above and below what is seen, in CSS pixels. */
const OVERSCAN = 800;
/** The rendered rows are changed when less than this is left of it. */
const OVERSCAN_LEAST = 300;
/** Whoever is so near to the end is at the end. */
const END_SLACK = 3;
/** From here on the next page is wanted. */
const NEAR = 2500;

/** Rows that are rendered: from `start` up to, but not, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What must stay where it is when rows come, go or change their height. */
type Anchor =
  | { readonly kind: "end" }
  /** The top of a row, so many pixels below the top of what is seen. */
  | { readonly kind: "row"; readonly key: string; readonly index: number; readonly offset: number };

/**
 * A window onto a long list. Only rows near to what is seen are in the document; they stand in its normal flow, so that
 * text can be selected over them, and padding stands for all others. Whatever happens to the rows, what the reader has
 * before the eyes stays there to the pixel.
 */
export class Viewport {
  readonly #range = signal<Range>({ start: 0, end: 0 });
  readonly #isAtEnd = signal(true);
  readonly #heights: Heights;
  readonly #near: (side: "start" | "end") => void;
  readonly #prepare: (list: HTMLElement) => void;
  #scroller: HTMLElement | null = null;
  #list: HTMLElement | null = null;
  #anchor: Anchor = { kind: "end" };
  /** The `scrollTop` that the anchor accounts for. Any other is the reader's doing. */
  #knownTop = 0;
  #hasEnd = true;
  #rows: readonly { readonly key: string }[] = [];

  /**
   * @param estimate of a row that was never measured, in CSS pixels
   * @param near is told when the reader comes near to a side of the list
   * @param prepare may change the heights of rows that were rendered, before they are measured
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

  get range(): ReadonlySignal<Range> {
    return this.#range;
  }

  /** Whether the newest row is in sight; the view then follows new ones. */
  get isAtEnd(): ReadonlySignal<boolean> {
    return this.#isAtEnd;
  }

  /** @returns what ends it */
  attach(scroller: HTMLElement, list: HTMLElement): () => void {
    this.#scroller = scroller;
    this.#list = list;
    const stop = new AbortController();
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal: stop.signal });
    let width = scroller.clientWidth;
    const observer = new ResizeObserver(() => {
      this.#notice();
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
   * Takes the list as it is now: another array, if anything in it has changed. To be called before rows are rendered.
   *
   * @param hasEnd whether the list ends with the newest row: only then is there an end to follow
   */
  sync(rows: readonly { readonly key: string }[], hasEnd: boolean): Range {
    // The reader may have scrolled, and the event of it is still to come.
    this.#notice();
    if (!hasEnd && this.#anchor.kind === "end" && this.#hasEnd) this.#anchorRow();
    this.#hasEnd = hasEnd;
    // Most renderings come of scrolling: the list is the same, and it may be long.
    if (rows !== this.#rows) this.#heights.sync(rows.map(({ key }) => key));
    this.#rows = rows;
    return this.#reach();
  }

  /** To be called after rows were rendered: measures them, and puts the anchor where it was. */
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
    this.#show();
  }

  /**
   * The reader is about to change the height of a row: its beginning stays where it is, and what is below moves. To be
   * called before the document changes, and {@link release} right after it.
   *
   * @param isShrinking a beginning that was far above comes into sight, or else nothing of the row might
   */
  hold(key: string, isShrinking: boolean): void {
    const index = this.#heights.indexOf(key, -1);
    if (index < 0 || !this.#scroller || !this.#list) return;
    const y = this.#scroller.scrollTop - this.#list.offsetTop;
    const offset = this.#heights.topOf(index) - y;
    this.#anchor = { kind: "row", key, index, offset: isShrinking ? Math.max(0, offset) : offset };
  }

  /** The height has changed. From here on, what is seen then stays. */
  release(): void {
    this.settle();
    this.#anchorRow();
    this.#show();
  }

  /** Goes to the newest row, and follows from there. */
  toEnd(): void {
    this.#anchor = { kind: "end" };
    this.settle();
  }

  /** Puts a row into the upper third of what is seen. @returns whether there is such a row */
  toRow(key: string): boolean {
    const index = this.#heights.indexOf(key, -1);
    if (index < 0 || !this.#scroller) return false;
    this.#anchor = { kind: "row", key, index, offset: Math.round(this.#scroller.clientHeight / 4) };
    this.#reach();
    this.settle();
    return true;
  }

  #scrolled(): void {
    this.#notice();
    this.#show();
  }

  #notice(): void {
    if (!this.#scroller || this.#scroller.scrollTop === this.#knownTop) return;
    this.#knownTop = this.#scroller.scrollTop;
    this.#anchorRow();
  }

  /** Whatever is seen now is what is to stay. */
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
   * The first row that is seen and will not change: the topmost may lose its day line when there is something before it,
   * and rows that are not rendered yet are not as high as they are taken for.
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

  /** Where what is seen must begin for the anchor to be in its place. */
  #anchorTop(scroller: HTMLElement, list: HTMLElement): number {
    const anchor = this.#anchor;
    const most = Math.max(0, scroller.scrollHeight - scroller.clientHeight);
    if (anchor.kind === "end") return most;
    const index = this.#heights.indexOf(anchor.key, anchor.index);
    if (index < 0) return Math.min(most, scroller.scrollTop);
    this.#anchor = { ...anchor, index };
    return Math.min(most, Math.max(0, list.offsetTop + this.#heights.topOf(index) - anchor.offset));
  }

  /** Renders other rows when those there are do not reach, and tells who is near to a side. */
  #show(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    this.#isAtEnd.value = this.#anchor.kind === "end";
    this.#reach();
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    if (scrollTop < NEAR) this.#near("start");
    if (!this.#hasEnd && scrollHeight - scrollTop - clientHeight < NEAR) this.#near("end");
  }

  #reach(): Range {
    const top = this.#seenFrom;
    const bottom = top + (this.#scroller?.clientHeight ?? 800);
    const { start, end } = this.#range.peek();
    const least = this.#within(top - OVERSCAN_LEAST, bottom + OVERSCAN_LEAST);
    if (end > this.#heights.count || least.start < start || least.end > end || end - start > 400) {
      this.#range.value = this.#within(top - OVERSCAN, bottom + OVERSCAN);
    }
    return this.#range.peek();
  }

  /** The distance from the start of the list to what is seen, once the anchor is in its place. */
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
