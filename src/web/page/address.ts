/**
 * The path of the chat's root, with a slash at its end. A proxy may serve the chat under a path of which the server knows
 * nothing: the root is where the folder of this script is.
 */
export const CHAT_ROOT = new URL("..", import.meta.url).pathname;

/** Where a room is. */
export interface Address {
  /** Its path inside the chat, such as `/rooms/tea`; `/` is the main room's. */
  readonly path: string;
  /** The URL of its WebSocket endpoint. */
  readonly socket: string;
}

/** The address of the room whose page is at a location, in the chat with a root. */
export function addressOf(
  { protocol, host, pathname }: Pick<Location, "protocol" | "host" | "pathname">,
  root: string,
): Address {
  const path = `${pathname}/`.startsWith(root) ? `/${pathname.slice(root.length)}` : pathname;
  return { path, socket: `${protocol === "https:" ? "wss:" : "ws:"}//${host}${root.slice(0, -1)}${path}` };
}
