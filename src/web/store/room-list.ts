import { fieldsOf, listOf, numberOf, textOf } from "../../client/frame.ts";
import type { ListedRoom, RoomList } from "../../protocol/room-list.ts";
import { pathOfRoom, roomOfPath } from "../../protocol/room-name.ts";
import type { Visit } from "./visits.ts";

/** Whoever may enter in a way that this version does not know may not do so freely. */
const ENTRIES = ["everyone", "password", "members"] as const;

/** The listed rooms, and what is new in those that were visited. */
export interface RoomNews {
  readonly listed: readonly ListedRoom[];
  /** By path: how many messages were not read yet, at most `COUNTED_MESSAGES_MAX`. Missing where the server does not tell. */
  readonly unread: ReadonlyMap<string, number>;
}

/**
 * Asks for the listed rooms, and for what is new since some visits. Rejects if there is no answer, or none that can be
 * understood.
 *
 * @param root the path of the chat's root
 */
export async function fetchRooms(root: string, visits: readonly Visit[]): Promise<RoomNews> {
  const after = visits.map(({ path, readId }) => `${roomOfPath(path)}:${readId}`).join();
  // Without a query the answer is one that others get as well, and may be cached.
  const response = await fetch(`${root}rooms.json${after && `?after=${after}`}`);
  if (!response.ok) throw new Error(`the list of rooms has the status ${response.status}`);
  return readRooms(await response.json());
}

/** @throws TypeError if it is not a list of rooms */
export function readRooms(value: unknown): RoomNews {
  const { rooms, unread } = fieldsOf<RoomList>(value);
  const counts = Object.entries(unread === undefined ? {} : fieldsOf(unread));
  return {
    listed: listOf(rooms).map(readRoom),
    unread: new Map(counts.map(([room, count]) => [pathOfRoom(room), numberOf(count) ?? 0])),
  };
}

function readRoom(value: unknown): ListedRoom {
  const { path, title, topic, online, entry } = fieldsOf<ListedRoom>(value);
  const room = roomOfPath(textOf(path));
  if (room === undefined) throw new TypeError("This is not the path of a room.");
  return {
    room,
    path: textOf(path),
    title: textOf(title),
    topic: textOf(topic),
    online: numberOf(online) ?? 0,
    entry: ENTRIES.find((each) => each === entry) ?? "members",
  };
}

/**
 * Whether a room exists, or is there as soon as somebody connects. Without an answer it counts as one that does: its page
 * will say what is wrong.
 *
 * @param url the address of its page
 */
export async function isRoomThere(url: string): Promise<boolean> {
  const response = await fetch(url, { method: "HEAD" }).catch(() => null);
  return response?.status !== 404;
}
