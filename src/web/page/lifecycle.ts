import type { Handover } from "../store/handover.ts";
import type { RoomStore } from "../store/room.ts";
import type { TabStorage } from "../store/tab-storage.ts";

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
}

/**
 * Focuses the element where the user continues. In a frame it does so only if the frame already has the focus, which
 * would otherwise be taken from the surrounding page.
 */
export function focusOn(element: HTMLElement | null | undefined): void {
  if (window.top === window || document.hasFocus()) element?.focus({ preventScroll: true });
}
