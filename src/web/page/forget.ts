import { attempt } from "../../client/frame.ts";
import { keyPrefix } from "../store/browser-storage.ts";
import { isOfChat } from "../store/chat-items.ts";
import { FORGET_KEY } from "../store/person.ts";
import { CHAT_ROOT } from "./address.ts";
import { DATABASE } from "./picture-files.ts";
import { allowAddresses } from "./picture-policy.ts";
import { forgetPage } from "./service.ts";

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
  await forgetPage();
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
