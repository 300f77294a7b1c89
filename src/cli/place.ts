import { MAIN_ROOM } from "../protocol/room-name.ts";

/** Where something holds, in words. @param room null for all rooms */
export function placeOf(room: string | null): string {
  if (room === null) return "in all rooms";
  return room === MAIN_ROOM ? "in the main room" : `in the room ${room}`;
}
