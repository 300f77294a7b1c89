/** The public list of rooms, as `/rooms.json` has it. */
import { pathOfRoom, roomOfPath } from "./room-name.ts";

/** The most rooms in a list. */
export const ROOMS_LISTED_MAX = 200;
/** In how many rooms one request can have messages counted, and how many in each. */
export const COUNTED_ROOMS_MAX = 20;
export const COUNTED_MESSAGES_MAX = 100;

const ROOM_AND_ID = /^([^:]+):(\d+)$/;

/** A room that its moderators have put on the list. */
export interface ListedRoom {
  /** The name of the room in its path; `/` for the main room. */
  room: string;
  /** Inside the chat: `/rooms/tea`, or `/` for the main room. */
  path: string;
  /** Empty for none; the room is then called by its name. */
  title: string;
  topic: string;
  /** How many have a nickname there, over all servers. */
  online: number;
  entry: "everyone" | "password" | "members";
  /** The id of the newest message. Missing if not everybody may read the room, if it has no messages, or if it is not known. */
  lastId?: number;
}

export interface RoomList {
  /** Those with the most people first, at most {@link ROOMS_LISTED_MAX}. */
  rooms: readonly ListedRoom[];
  /**
   * By room, whether or not it is listed: how many messages have ids above the one that was asked for, at most
   * {@link COUNTED_MESSAGES_MAX}. Rooms that not everybody may read are missing.
   */
  unread?: Readonly<Record<string, number>>;
}

/** Reads the query `after`, such as `tea:812,/:90`. @returns the ids by room. What is malformed is missing */
export function idsAfter(query: string): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const pair of query.split(",", COUNTED_ROOMS_MAX)) {
    const [, room = "", digits] = ROOM_AND_ID.exec(pair) ?? [];
    const id = Number(digits);
    if (roomOfPath(pathOfRoom(room)) !== undefined && Number.isSafeInteger(id)) ids.set(room, id);
  }
  return ids;
}
