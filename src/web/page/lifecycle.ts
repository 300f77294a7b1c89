import { effect } from "@preact/signals";
import type { Handover } from "../store/handover.ts";
import type { RoomStore } from "../store/room.ts";
import type { TabStorage } from "../store/tab-storage.ts";

/** The server has confirmed a message by then, if all is well. */
const CONFIRMED_MS = 2_000;

/**
 * Gives the connection up while the browser does not let the page run: in its back/forward cache, or in a tab that was
 * frozen. Otherwise such a page stays in the room for as long as the browser keeps it.
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
  // Without storage the next page is somebody else: it could not have the nickname before the end of the grace.
  addEventListener("pagehide", () => go(!tab.isKept));
  addEventListener("pageshow", ({ persisted }: PageTransitionEvent) => persisted && comeBack());
  document.addEventListener("freeze", () => go(false));
  document.addEventListener("resume", comeBack);
  askBeforeUnload(room);
}

/** What waits for the connection goes out when the chat is open again: whoever closes it should know. */
function askBeforeUnload(room: RoomStore): void {
  const ask = (event: BeforeUnloadEvent) => {
    const isConnected = room.state.peek().kind === "open";
    const isWaiting = ({ time }: { readonly time: number }) =>
      !isConnected || Date.now() - time > CONFIRMED_MS;
    if (room.waiting.peek().some(isWaiting)) event.preventDefault();
  };
  effect(() => {
    // Some browsers keep no page that listens for this.
    if (room.waiting.value.length > 0) addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  });
}

/** Puts the focus where one goes on. In a frame only if one is in it: else it would be taken from the page around it. */
export function focusOn(element: HTMLElement | null | undefined): void {
  if (window.top === window || document.hasFocus()) element?.focus({ preventScroll: true });
}
