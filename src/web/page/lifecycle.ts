import { effect } from "@preact/signals";
import type { Handover } from "../store/handover.ts";
import type { RoomStore } from "../store/room.ts";
import type { TabStorage } from "../store/tab-storage.ts";

/** If all is well, the server has confirmed a message within this time. */
const CONFIRMED_MS = 2_000;

/**
 * Gives up the connection while the browser does not let the page run: in its back/forward cache, or in a frozen tab.
 * Otherwise such a page would stay in the room for as long as the browser keeps it.
 */
export function followLifecycle(room: RoomStore, tab: TabStorage, handover: Handover): void {
  const go = (leaves: boolean) => {
    room.suspend(leaves);
    tab.setLeft(true);
    handover.close();
  };
  const comeBack = () => {
    tab.setLeft(false);
    handover.open();
    room.wake();
  };
  // The page may never come back. A listener of its own, and the first one: what the chat sends at the end of it has gone out
  // when the next one gives up the connection.
  const deleteNow = () => void room.changes.deleteNow();
  addEventListener("pagehide", deleteNow);
  document.addEventListener("freeze", deleteNow);
  document.addEventListener("visibilitychange", () => document.hidden && deleteNow());
  // Without storage the next page is a different client, which could not take the nickname before the grace ends.
  addEventListener("pagehide", () => go(!tab.isKept));
  addEventListener("pageshow", ({ persisted }: PageTransitionEvent) => persisted && comeBack());
  document.addEventListener("freeze", () => go(false));
  document.addEventListener("resume", comeBack);
  askBeforeUnload(room);
}

/**
 * Asks before the tab is closed while messages or changes of them wait. They are sent only when the chat is open again,
 * which the user should know.
 */
function askBeforeUnload(room: RoomStore): void {
  const ask = (event: BeforeUnloadEvent) => {
    const isConnected = room.state.peek().kind === "open";
    const isWaiting = ({ time }: { readonly time: number }) =>
      !isConnected || Date.now() - time > CONFIRMED_MS;
    if (room.waiting.peek().some(isWaiting) || (!isConnected && room.changes.pending.peek().length > 0))
      event.preventDefault();
  };
  effect(() => {
    // Some browsers do not cache a page that listens for this event.
    if (room.waiting.value.length + room.changes.pending.value.length > 0)
      addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  });
}

/**
 * Focuses the element where the user continues. In a frame it does so only if the frame already has the focus, which
 * would otherwise be taken from the surrounding page.
 */
export function focusOn(element: HTMLElement | null | undefined): void {
  if (window.top === window || document.hasFocus()) element?.focus({ preventScroll: true });
}
