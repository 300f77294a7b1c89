import type { Engine } from "../engine/engine.ts";
import type { WelcomeTerms } from "../protocol/welcome.ts";
import { publicSettings } from "../room/room-settings.ts";
import { settingsKeys } from "./kinds/moderation.ts";
import type { Settings } from "./settings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What somebody is told of a room who comes: what is set and announced in it, and what the chat keeps. */
export function aboutRoom(
  { moderation }: Pick<Engine, "moderation">,
  { retention: { keepMs, keepMessages }, log }: Pick<Settings, "retention" | "log">,
  room: string,
): Pick<WelcomeTerms, "settings" | "announcements" | "raid" | "keeps"> {
  const now = Date.now();
  const announcements = moderation
    .announcementsIn(room, now)
    .map(({ id, reason, until }) => ({ action: id, text: reason, ...(until === null ? {} : { until }) }));
  return {
    settings: settingsKeys(publicSettings(moderation.settingsOf(room))),
    announcements,
    raid: moderation.raidOf(room, now) !== undefined,
    keeps: {
      days: keepMs === null ? null : keepMs / DAY_MS,
      messages: keepMessages,
      logsAddresses: log.addresses,
    },
  };
}
