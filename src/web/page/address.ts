import { attempt } from "../../client/frame.ts";
import type { Message } from "../../client/index.ts";

/**
 * The path of the chat's root, with a trailing slash. A proxy may serve the chat under a path that the server does
 * not know, so the root is derived from the folder of this script.
 */
export const CHAT_ROOT = new URL("..", import.meta.url).pathname;

/** The address of a room. */
export interface Address {
  /** The room's path inside the chat, such as `/rooms/tea`, or `/` for the main room. */
  readonly path: string;
  /** The URL of its WebSocket endpoint. */
  readonly socket: string;
}

/** Derives the address of a room from the location of its page. @param root the path of the chat's root */
export function addressOf(
  { protocol, host, pathname }: Pick<Location, "protocol" | "host" | "pathname">,
  root: string,
): Address {
  const shown = `${pathname}/`.startsWith(root) ? `/${pathname.slice(root.length)}` : pathname;
  const path = decoded(shown);
  return { path, socket: `${protocol === "https:" ? "wss:" : "ws:"}//${host}${root.slice(0, -1)}${path}` };
}

/**
 * Some proxies decode the path before the server sees it. Otherwise the server would have redirected the browser to
 * the decoded path.
 */
function decoded(path: string): string {
  return attempt(() => decodeURI(path)) ?? path;
}

/** What the address of the page ends with in a link to a message. */
export function hashOf({ id, time }: Pick<Message, "id" | "time">): string {
  return `#${id}${time === null ? "" : `.${time.toString(36)}`}`;
}

/**
 * Copies a text.
 *
 * @returns false where the browser does not let the page write to the clipboard: over plain HTTP, and in some frames
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Copies the link to what a hash names. If that is not allowed, the address bar has it. @returns whether it was copied */
export async function copyLink(hash: string): Promise<boolean> {
  const link = new URL(hash, location.href).href;
  const isCopied = await copyText(link);
  if (!isCopied) history.replaceState(null, "", link);
  return isCopied;
}
