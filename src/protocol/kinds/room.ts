/** `room`: what is set in a room, and setting it. Of version 3. */
import type { Reader } from "../reader.ts";
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

/** `set` is any JSON object; null if the request only asks. */
export interface ParsedRoom {
  readonly kind: "room";
  readonly set: object | null;
}

export const roomReader: Reader<"room", ParsedRoom> = {
  since: 3,
  read(value) {
    const set: unknown = "set" in value ? value.set : null;
    return { kind: "room", request: { kind: "room", set: typeof set === "object" ? set : {} } };
  },
};
