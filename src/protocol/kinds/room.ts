/** `room`: what is set in a room, and setting it. Of version 3. */
import type { Reader } from "../reader.ts";
import { pathOfRoom, roomOfPath } from "../room-name.ts";
import type { RefusedAnswer } from "./answer.ts";
import type { SettingsKeys } from "./moderation-event.ts";

// What travels.

/** What only moderators see of the settings. */
export interface WordKeys {
  words: readonly string[];
  wordRule: "refuse" | "hold";
}

/** What is to be set: keys that are missing stay as they are. */
export type SettingsInput = Partial<
  Omit<SettingsKeys, "password"> & WordKeys & { /** Null for none. */ password: string | null }
>;

/** Without `set` it only asks. */
export interface RoomRequest {
  type: "room";
  set?: SettingsInput;
  /** Another room than that of the connection, by its name in the path; `/` for the main room. It is made by setting something. */
  room?: string;
}

export interface RoomReply {
  type: "room";
  status: true;
  settings: SettingsKeys & Partial<WordKeys>;
}

export type RoomRefusedReply = RefusedAnswer<
  "room",
  "NotAllowed" | "WrongFormatSettings" | "TooManyRooms" | "ErrorWhenRoom"
>;

// How it is read.

/**
 * `set` is any JSON object; null if the request only asks. `room` is undefined for the room of the connection, null if it is not
 * the name of a room.
 */
export interface ParsedRoom {
  readonly kind: "room";
  readonly set: object | null;
  readonly room: string | null | undefined;
}

export const roomReader: Reader<"room", ParsedRoom> = {
  since: 3,
  read(value) {
    const set: unknown = "set" in value ? value.set : null;
    const room = "room" in value ? namedBy(value.room) : undefined;
    return { kind: "room", request: { kind: "room", set: typeof set === "object" ? set : {}, room } };
  },
};

function namedBy(name: unknown): string | null {
  return (typeof name === "string" ? roomOfPath(pathOfRoom(name)) : undefined) ?? null;
}
