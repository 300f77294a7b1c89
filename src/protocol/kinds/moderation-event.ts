/** What everybody in a room hears of moderation. Of version 3. */
import { encode, type FrameText } from "../encode.ts";
import type { TimeKeys } from "../extension.ts";

/** What a room's settings say to everybody. `words` and their rule are only in the reply to a moderator. */
export interface SettingsKeys {
  title: string;
  topic: string;
  rules: string;
  listed: boolean;
  entry: "everyone" | "password" | "members";
  /** Whether a password is set. */
  password: boolean;
  writers: "everyone" | "known" | "members" | "moderators";
  knownMinutes: number;
  slowSeconds: number;
  links: "everyone" | "known" | "nobody";
  heldMessages: number;
  keepDays: number | null;
}

/** The actions that everybody hears of. */
export type ToldAction = "mute" | "kick" | "ban" | "undo" | "settings" | "raid" | "calm" | "announce";

export interface ModerateEvent extends TimeKeys {
  type: "receive";
  datatype: "moderate";
  kind: ToldAction;
  /** The id of the action. */
  action: string;
  /** The action that an `undo` undoes. */
  undoes?: string;
  /** The nickname and the public id of the person whom it concerns. */
  name?: string;
  person?: string;
  /** In the words of the moderator; the text of an announcement. */
  reason?: string;
  /** When it ends by itself, in Unix milliseconds; missing for never. */
  until?: number;
  /** Whether it holds in all rooms. */
  everywhere?: true;
  /** The nickname of the moderator; missing for the server itself. */
  moderator?: string;
  settings?: SettingsKeys;
}

export function moderateEvent(keys: Omit<ModerateEvent, "type" | "datatype">): FrameText<ModerateEvent> {
  return encode<ModerateEvent>({ type: "receive", datatype: "moderate", ...keys });
}
