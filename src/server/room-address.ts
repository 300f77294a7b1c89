import { roomLike } from "../protocol/room-like.ts";
import { roomOfPath } from "../protocol/room-name.ts";

/** The deepest path that is led back to the root: a short request must not cause an answer many times as long. */
const STEPS_MOST = 16;
const SPELLING = /^\/rooms\/([^/]+)\/{0,9}$/i;
const BELOW_ROOMS = /^\/rooms\/(.+)$/is;

/**
 * The path inside the chat. The base path may be missing: some proxies keep it, and requests that come to the server
 * directly do not have it.
 *
 * @param basePath such as `/chat`; empty for none
 */
export function pathInChat(path: string, basePath: string): string {
  if (basePath === "" || !`${path}/`.startsWith(`${basePath}/`)) return path;
  return path.slice(basePath.length) || "/";
}

/**
 * The address of the chat's root, with a slash at its end, for a page at a path. Without a base path it is relative: a
 * proxy may remove a part of the path, and the server need not know of that.
 *
 * @param path inside the chat
 */
export function rootFrom(path: string, basePath: string): string {
  if (basePath !== "") return `${basePath}/`;
  return "../".repeat(Math.min(path.split("/").length - 2, STEPS_MOST)) || "./";
}

/** The room that a path means in another spelling: with capitals, slashes at its end, or percent-encoded. */
export function roomMeant(path: string): string | undefined {
  const [, name = ""] = SPELLING.exec(decoded(path)) ?? [];
  return roomOfPath(`/rooms/${name.toLowerCase()}`);
}

/** The room whose name resembles an invalid one below `/rooms/`. */
export function roomLikePath(path: string): string | undefined {
  const [, text = ""] = BELOW_ROOMS.exec(decoded(path)) ?? [];
  return roomLike(text);
}

/** Empty when the encoding is invalid. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
