/** What the keyboard does outside of fields: lists are one stop of the Tab key, and the focus is never lost. */
import { focusOn } from "./lifecycle.ts";

/** A list whose entries share one stop of the Tab key. */
interface List {
  readonly selector: string;
  /** What the arrow keys lead to in an entry; if it has none, its first stop. */
  readonly main: string;
  /** The entry that is the stop at first, counted like that of `Array.at`. */
  readonly first: 0 | -1;
}

const LISTS: readonly List[] = [
  { selector: ".log > ol", main: ".more", first: -1 },
  { selector: ".roster-list", main: ".cover", first: 0 },
];

/** What the Tab key stops at: code only while it has to be scrolled. */
const STOPS = "a[href], button, pre";

/** The keys of the entries that are the stops of their lists. */
const current = new WeakMap<Element, string>();
/** What the Tab key skips because it belongs to another entry. */
const skipped = new WeakSet<Element>();

/** Handles the keyboard from now on. To be called once. */
export function followKeyboard(): void {
  /** What had the focus last, and the log if it was in there. */
  let focused: Element | null = null;
  let log: HTMLElement | null = null;
  /** What had the focus last outside of dialogs. */
  let opener: Element | null = null;
  let isByMouse = false;
  let wasOpenedByMouse = false;
  const dialogs = document.getElementsByTagName("dialog");
  let dialogsBefore = 0;

  document.addEventListener("pointerdown", ({ pointerType }) => (isByMouse = pointerType === "mouse"), true);
  document.addEventListener("keydown", () => (isByMouse = false), true);
  document.addEventListener("keydown", press);
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof Element)) return;
    focused = target;
    log = target.closest<HTMLElement>(".log");
    if (!target.closest("dialog")) opener = target;
    const entry = target.closest<HTMLElement>("[data-key]");
    if (entry?.parentElement) current.set(entry.parentElement, entry.dataset.key ?? "");
  });
  new MutationObserver(() => {
    const isFree = document.activeElement === document.body;
    if (dialogs.length > 0 && dialogsBefore === 0) wasOpenedByMouse = isByMouse;
    const isClosed = dialogs.length === 0 && dialogsBefore > 0;
    dialogsBefore = dialogs.length;
    if (dialogs.length > 0) return;
    // A dialog gives the focus back to what opened it, which only the keyboard has a use for.
    if (isClosed && wasOpenedByMouse && (isFree || document.activeElement === opener)) returnToComposer();
    else if (isFree && focused?.isConnected === false) log?.isConnected ? focusOn(log) : returnToComposer();
  }).observe(document.body, { childList: true, subtree: true });
}

/** Focuses the message field, unless that would open the keyboard of a phone: then it is the log. */
export function returnToComposer(): void {
  const isTouch = matchMedia("(pointer: coarse)").matches;
  focusOn((isTouch ? null : composer()) ?? document.querySelector<HTMLElement>(".log"));
}

function composer(): HTMLElement | null {
  return document.getElementById("message");
}

function press(event: KeyboardEvent): void {
  const { key, target } = event;
  if (event.defaultPrevented || !(target instanceof Element)) return;
  if (key === "Tab") rove();
  else if (key === "ArrowUp" || key === "ArrowDown") goToNeighbour(event, target, key === "ArrowUp" ? -1 : 1);
  // In a field these keys are its own, and a dialog is to be closed first.
  else if (
    !target.matches("input, textarea, select") &&
    !document.querySelector("dialog") &&
    isForComposer(event)
  )
    focusOn(composer());
}

/** Whether a key writes or pastes a text, which goes into the field that has the focus by then, or leaves the messages. */
function isForComposer({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey) return key === "v" && !altKey;
  // A space presses a button, or scrolls.
  return key === "Escape" || (key !== " " && [...key].length === 1);
}

/** Has the Tab key stop at one entry of each list, and at all that is in it. */
function rove(): void {
  for (const list of LISTS) {
    for (const element of document.querySelectorAll(list.selector)) {
      const entries = entriesOf(element, list);
      const key = current.get(element);
      const entry = entries.find(({ dataset }) => dataset.key === key) ?? entries.at(list.first);
      for (const stop of element.querySelectorAll<HTMLElement>(STOPS)) {
        if (!entry?.contains(stop)) skip(stop);
        else if (skipped.delete(stop) && stop.hasAttribute("tabindex")) stop.tabIndex = 0;
      }
    }
  }
}

function skip(stop: HTMLElement): void {
  if (stop.tabIndex < 0) return;
  skipped.add(stop);
  stop.tabIndex = -1;
}

/** The arrow keys lead from one entry to the next. */
function goToNeighbour(event: KeyboardEvent, target: Element, by: 1 | -1): void {
  for (const list of LISTS) {
    const element = target.closest(list.selector);
    if (!element) continue;
    const entries = entriesOf(element, list);
    const at = entries.findIndex((entry) => entry.contains(target));
    if (at < 0) continue;
    event.preventDefault();
    const entry = entries[at + by];
    if (entry) stopOf(entry, list)?.focus();
  }
}

function entriesOf(element: Element, list: List): HTMLElement[] {
  return [...element.children].filter(
    (entry): entry is HTMLElement => entry instanceof HTMLElement && stopOf(entry, list) !== undefined,
  );
}

/** Where the keyboard arrives in an entry. */
function stopOf(entry: HTMLElement, { main }: List): HTMLElement | undefined {
  return (
    entry.querySelector<HTMLElement>(main) ??
    [...entry.querySelectorAll<HTMLElement>(STOPS)].find(
      (stop) => (skipped.has(stop) || stop.tabIndex >= 0) && stop.checkVisibility(),
    )
  );
}
