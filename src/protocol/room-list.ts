/** The public list of rooms, as `/rooms.json` has it. */

/** The most rooms in a list. */
export const ROOMS_LISTED_MAX = 200;

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
}
