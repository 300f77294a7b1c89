import { attempt } from "../../client/frame.ts";
import { keyPrefix } from "../store/browser-storage.ts";
import { FORGET_KEY } from "../store/person.ts";
import { addressOf, CHAT_ROOT } from "./address.ts";
import { DATABASE } from "./picture-files.ts";
import { allowAddresses } from "./theme.ts";

/** The paths of rooms: only what has one of them after the chat's prefix is of this chat, and not of another on the site. */
const ROOM = /^\/(rooms\/|$| )/;

/**
 * Removes all that this browser keeps of the person in this chat, and begins anew. The chat must have been left. Other tabs
 * are told, and do the same.
 */
export async function forget(): Promise<void> {
  attempt(() => {
    localStorage.setItem(keyPrefix(CHAT_ROOT) + FORGET_KEY, "1");
  });
  clear();
  allowAddresses(false);
  await removePictures();
  // What still runs here may write it all down again until the very end. This is the last listener.
  addEventListener("pagehide", clear);
  location.reload();
}

function clear(): void {
  attempt(() => clearStorage(localStorage));
  attempt(() => clearStorage(sessionStorage));
}

function clearStorage(storage: Storage): void {
  for (const key of Object.keys(storage)) if (isOfChat(key, CHAT_ROOT, location)) storage.removeItem(key);
}

/** Whether an item of the browser's storage belongs to the chat at this root, and not to another one on the same site. */
export function isOfChat(
  key: string,
  root: string,
  location: Pick<Location, "protocol" | "host" | "pathname">,
): boolean {
  const prefix = keyPrefix(root);
  // Those of one room that are not behind the prefix: what a session is resumed by, and where it was put.
  const { socket } = addressOf({ ...location, pathname: root }, root);
  const places = [
    `chat:${socket.slice(0, -1)}`,
    `classic-chatbox.stay:${prefix}`,
    `classic-chatbox.shelf:${prefix}`,
  ];
  if (places.some((place) => key.startsWith(place) && ROOM.test(key.slice(place.length)))) return true;
  const isOfRoom = key.startsWith("classic-chatbox.stay:") || key.startsWith("classic-chatbox.shelf:");
  return key.startsWith(`${prefix}classic-chatbox.`) && !isOfRoom;
}

function removePictures(): Promise<void> {
  return new Promise((resolve) => {
    const isAsked = attempt(() => {
      const asked = indexedDB.deleteDatabase(keyPrefix(CHAT_ROOT) + DATABASE);
      // Another tab may have it open. It is removed when that one is done.
      for (const type of ["success", "error", "blocked"]) asked.addEventListener(type, () => resolve());
      return true;
    });
    if (!isAsked) resolve();
  });
}
