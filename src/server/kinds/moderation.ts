/** What everybody in a room hears of moderation. Version 2 does not have it. */
import { moderateEvent, type SettingsKeys, type ToldAction } from "../../protocol/kinds/moderation-event.ts";
import type { ActionKind, Enactment } from "../../room/action.ts";
import type { PublicSettings } from "../../room/room-settings.ts";
import type { OutcomeRulesOf } from "./rules.ts";

/** Whether everybody hears of an action. What becomes of messages is told by events of their own. */
const IS_TOLD: { readonly [K in ActionKind]: K extends ToldAction ? true : false } = {
  mute: true,
  kick: true,
  ban: true,
  undo: true,
  settings: true,
  raid: true,
  calm: true,
  announce: true,
  remove: false,
  approve: false,
  reject: false,
  dismiss: false,
};

export const moderationRules: OutcomeRulesOf<"enacted"> = {
  enacted: {
    event: { 2: null, 3: ({ action }) => eventOf(action) },
    reply: null,
    refusal: null,
    report: {
      counter: null,
      category: "moderation",
      line: ({ action: { kind, name, person, byName, reason } }) => ({
        text: `${kind}${name === null ? "" : ` of ${name}`}, by ${byName}`,
        fields: { action: kind, person, reason },
      }),
    },
    effect: null,
  },
};

function eventOf(action: Enactment) {
  const { kind } = action;
  if (!isTold(kind)) return null;
  const { id, of, name, person, reason, until, room, byName, by, at, settings } = action;
  return moderateEvent({
    kind,
    action: id,
    ...(kind === "undo" && of !== null ? { undoes: of } : {}),
    ...(name === null ? {} : { name }),
    ...(person === null ? {} : { person }),
    ...(reason === "" ? {} : { reason }),
    ...(until === null ? {} : { until }),
    ...(room === null ? { everywhere: true } : {}),
    ...(by === null ? {} : { moderator: byName }),
    ...(settings === null ? {} : { settings: settingsKeys(settings) }),
    time: at,
  });
}

function isTold(kind: ActionKind): kind is ToldAction {
  return IS_TOLD[kind];
}

/** The public part of settings as it is sent. */
export function settingsKeys({ isListed, hasPassword, ...rest }: PublicSettings): SettingsKeys {
  const { title, topic, rules, ...others } = rest;
  return { title, topic, rules, listed: isListed, password: hasPassword, ...others };
}
