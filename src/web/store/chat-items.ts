import { keyPrefix } from "./browser-storage.ts";

/** What follows the place of a chat in the keys of its rooms: the path of one. */
const ROOM = /^\/(rooms\/|$| )/;

/**
 * Whether an item of the browser's storage belongs to a chat, and not to another one, or to something else, on the same site.
 *
 * @param root the path of the chat's root, such as `/chat/`
 */
export function isOfChat(
  key: string,
  root: string,
  { protocol, host }: Pick<Location, "protocol" | "host">,
): boolean {
  const prefix = keyPrefix(root);
  const socket = `${protocol === "https:" ? "wss:" : "ws:"}//${host}${root.slice(0, -1)}`;
  // The items of one tab: they name the room together with its chat.
  const places = [`chat:${socket}`, `classic-chatbox.stay:${prefix}`, `classic-chatbox.shelf:${prefix}`];
  if (places.some((place) => key.startsWith(place) && ROOM.test(key.slice(place.length)))) return true;
  const isOfTab = /^classic-chatbox\.(stay|shelf):/.test(key);
  return key.startsWith(`${prefix}classic-chatbox.`) && !isOfTab;
}
