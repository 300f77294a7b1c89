import { encode, type FrameText } from "./encode.ts";
import type { SettingsKeys } from "./kinds/moderation-event.ts";
import { CONTENT_MAX, NICKNAME_MAX, PING_EVERY_S } from "./limits.ts";

/** A rate of requests: so many a second, and so many at once after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** The first frame of version 3. */
export interface Welcome {
  type: "welcome";
  version: 3;
  /** The room's name; "/" is the main room. */
  room: string;
  /** The secret of this connection: see `resume`. */
  session: string;
  limits: {
    /** The longest nickname and content, in characters. */
    name: number;
    content: number;
    /** The largest frame that the server takes, in bytes. */
    frame: number;
    /** The rates of a connection: of all its requests by their cost, and of its messages. Null for none. */
    requests: Rate | null;
    sends: Rate | null;
  };
  /** Seconds between two pings. */
  ping: number;
  /** Seconds over which clients are to spread when they connect again. */
  retry: number;
  /** Whether the host site has a login, and whether nobody can talk without it. */
  login: "none" | "optional" | "required";
  /** What is set in the room. */
  settings: SettingsKeys;
  /** What is announced now, the oldest first. */
  announcements: readonly Announcement[];
  /** Whether raid mode is on. */
  raid: boolean;
  keeps: Keeps;
}

export interface Announcement {
  /** The id of the action. */
  action: string;
  text: string;
  /** Unix milliseconds; missing for an announcement that stays. */
  until?: number;
}

/** What the chat keeps, and for how long. */
export interface Keeps {
  /** Days and number of the messages that a room keeps; null for no limit. */
  days: number | null;
  messages: number | null;
  /** Whether addresses are written to the log. */
  logsAddresses: boolean;
}

/** The server's limits and reconnection times, as the client gets them. */
export interface WelcomeTerms {
  readonly frameBytes: number;
  readonly requests: Rate | null;
  readonly sends: Rate | null;
  /** Seconds over which clients spread when they connect again. */
  readonly retryS: number;
  readonly login: Welcome["login"];
  readonly settings: SettingsKeys;
  readonly announcements: readonly Announcement[];
  readonly raid: boolean;
  readonly keeps: Keeps;
}

export function welcome(room: string, session: string, terms: WelcomeTerms): FrameText<Welcome> {
  return encode<Welcome>({
    type: "welcome",
    version: 3,
    room,
    session,
    limits: {
      name: NICKNAME_MAX,
      content: CONTENT_MAX,
      frame: terms.frameBytes,
      requests: terms.requests,
      sends: terms.sends,
    },
    ping: PING_EVERY_S,
    retry: terms.retryS,
    login: terms.login,
    settings: terms.settings,
    announcements: terms.announcements,
    raid: terms.raid,
    keeps: terms.keeps,
  });
}
