import { roomOfPath } from "../protocol/room-name.ts";

/** No deeper path is led back to the root: a request of some bytes must not make an answer of many times that. */
const STEPS_MOST = 16;
const SPELLING = /^\/rooms\/([^/]+)\/{0,9}$/i;
const BELOW_ROOMS = /^\/rooms\/(.+)$/is;
/** Enough to find a name in. */
const TEXT_MOST = 200;

/**
 * The path inside the chat. The base path may be there or not: a proxy keeps it, and who asks the server itself leaves it
 * away.
 *
 * @param basePath such as `/chat`; empty for none
 */
export function pathInChat(path: string, basePath: string): string {
  if (basePath === "" || !`${path}/`.startsWith(`${basePath}/`)) return path;
  return path.slice(basePath.length) || "/";
}

/**
 * What leads from an address to the chat's root, with a slash at its end. Without a base path it is relative: a proxy may
 * take a part of the path away, and the server need not know of it.
 *
 * @param path inside the chat
 */
export function rootFrom(path: string, basePath: string): string {
  if (basePath !== "") return `${basePath}/`;
  return "../".repeat(Math.min(path.split("/").length - 2, STEPS_MOST)) || "./";
}

/** The room that a path means in another spelling: with capitals, a slash at its end, or percent-encoded. */
export function roomMeant(path: string): string | undefined {
  const [, name = ""] = SPELLING.exec(decoded(path)) ?? [];
  return roomOfPath(`/rooms/${name.toLowerCase()}`);
}

/** A room whose name comes near to what stands below `/rooms/`, which is none: `lop` to `lớp`, `my-room` to `my room`. */
export function roomLike(path: string): string | undefined {
  const [, text = ""] = BELOW_ROOMS.exec(decoded(path)) ?? [];
  const name = text
    .slice(0, TEXT_MOST)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("đ", "d")
    .replace(/[^a-z0-9\-_.]+/g, "-")
    .replace(/^[-_.]+/, "")
    .slice(0, 64)
    .replace(/[-_.]+$/, "");
  return roomOfPath(`/rooms/${name}`);
}

/** Empty when it is encoded badly. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
