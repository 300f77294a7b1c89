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
  const shown = `${pathname}/`.startsWith(root) ? `/${pathname.slice(root.length)}` : pathname;
  const path = decoded(shown);
  return { path, socket: `${protocol === "https:" ? "wss:" : "ws:"}//${host}${root.slice(0, -1)}${path}` };
}

/** Some proxies decode a path before the server sees it, which would else have led the browser to the plain one. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
