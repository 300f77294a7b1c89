import { roomOfPath } from "../../protocol/room-name.ts";
import { type ListableStorage, newestFirst } from "./browser-storage.ts";
import { NICKNAME_KEY } from "./room.ts";
import { READ_KEY } from "./unread.ts";

const VISITS_MAX = 20;
const KEY = `${NICKNAME_KEY}:`;

/** A room that somebody has joined in this browser. */
export interface Visit {
  /** Inside the chat. */
  readonly path: string;
  /** The id of the last message that was read there, 0 for none. */
  readonly readId: number;
}

/** The rooms that were joined last in this browser, the newest first: those whose nickname it keeps. */
export function visitsIn(storage: ListableStorage): readonly Visit[] {
  return newestFirst(storage, KEY)
    .map((key) => key.slice(KEY.length))
    .filter((path) => roomOfPath(path) !== undefined)
    .slice(0, VISITS_MAX)
    .map((path) => ({ path, readId: readIdOf(storage.getItem(READ_KEY + path)) }));
}

/** Forgets that somebody was in a room, with the nickname there and what was read. */
export function forgetVisit(storage: ListableStorage, path: string): void {
  storage.removeItem(KEY + path);
  storage.removeItem(READ_KEY + path);
}

/** @param mark as `UnreadStore` stores it: a time and an id, or in earlier versions the id alone */
function readIdOf(mark: string | null): number {
  return Number(mark?.split(" ").at(-1)) || 0;
}
