import { fieldsOf, listOf, numberOf, textOf } from "../../client/frame.ts";
import type { ListedRoom, RoomList } from "../../protocol/room-list.ts";
import { roomOfPath } from "../../protocol/room-name.ts";

/** Whoever may enter in a way that this version does not know may not do so freely. */
const ENTRIES = ["everyone", "password", "members"] as const;

/** Asks for the listed rooms. Rejects if there is no answer, or none that can be understood. @param root the path of the chat's root */
export async function fetchRooms(root: string): Promise<readonly ListedRoom[]> {
  const response = await fetch(`${root}rooms.json`);
  if (!response.ok) throw new Error(`the list of rooms has the status ${response.status}`);
  return readRooms(await response.json());
}

/** @throws TypeError if it is not a list of rooms */
export function readRooms(value: unknown): readonly ListedRoom[] {
  return listOf(fieldsOf<RoomList>(value).rooms).map(readRoom);
}

function readRoom(value: unknown): ListedRoom {
  const { path, title, topic, online, entry, lastId } = fieldsOf<ListedRoom>(value);
  const room = roomOfPath(textOf(path));
  if (room === undefined) throw new TypeError("This is not the path of a room.");
  const newest = numberOf(lastId);
  return {
    room,
    path: textOf(path),
    title: textOf(title),
    topic: textOf(topic),
    online: numberOf(online) ?? 0,
    entry: ENTRIES.find((each) => each === entry) ?? "members",
    ...(newest === null ? {} : { lastId: newest }),
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
