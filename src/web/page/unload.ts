import { effect } from "@preact/signals";
import type { RoomStore } from "../store/room.ts";

/** If all is well, the server has confirmed a message within this time. */
const CONFIRMED_MS = 2_000;

/**
 * Asks before the tab is closed while messages or changes of them wait. They are sent only when the chat is open again,
 * which the user should know.
 */
export function askBeforeUnload(room: RoomStore): void {
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
