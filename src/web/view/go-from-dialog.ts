import { focusOn } from "../page/lifecycle.ts";
import type { Stores } from "./stores.ts";

/**
 * Goes to a message from a dialog that is being closed, as soon as that has given the focus back to what opened it: a keyboard or a
 * screen reader continues at the message.
 */
export function goFromDialog({ room, settings, announcer }: Stores, id: number, time?: number): void {
  setTimeout(() => {
    focusOn(document.querySelector<HTMLElement>(".log"));
    room.goToMessage(id, () => announcer.showToast(settings.words.peek().gone), time);
  });
}
