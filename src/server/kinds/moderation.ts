/** What everybody in a room hears of moderation. Version 2 does not have it. */

import { encode } from "../../protocol/encode.ts";
import { getFailed } from "../../protocol/kinds/get.ts";
import { moderateEvent, type SettingsKeys, type ToldAction } from "../../protocol/kinds/moderation-event.ts";
import { nameFailed } from "../../protocol/kinds/name.ts";
import { notPermitted } from "../../protocol/kinds/permission.ts";
import { sendFailed } from "../../protocol/kinds/send.ts";
import { refused } from "../../protocol/refusal.ts";
import type { ModerationReply } from "../../protocol/wire.ts";
import type { ActionKind, Enactment } from "../../room/action.ts";
import type { NotPermitted } from "../../room/permission.ts";
import { wireKindOf } from "../../room/room.ts";
import type { PublicSettings } from "../../room/room-settings.ts";
import { identifyCosts, peopleCosts } from "./person.ts";
import type { KindCosts, OutcomeRulesOf } from "./rules.ts";

/** Visitors are refused at once, and moderators must not have to wait: these cost as much as a nickname. */
export const deskCosts: KindCosts = identifyCosts;
/** Anybody can have these stored, or carried out over a whole history. */
export const askedOfAllCosts: KindCosts = peopleCosts;

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
  token: false,
  revoke: false,
};

export const moderationRules: OutcomeRulesOf<"enacted" | "answered" | "not-permitted"> = {
  answered: {
    event: null,
    reply: { 2: null, 3: ({ reply }) => encode<ModerationReply>(reply) },
    refusal: null,
    report: null,
    effect: null,
  },
  "not-permitted": {
    event: null,
    reply: {
      2: classicRefusal,
      3: (outcome) =>
        notPermitted(wireKindOf({ kind: outcome.request }), outcome.reason, outcome.error, outcome),
    },
    refusal: ({ reason }) => reason,
    report: null,
    effect: { keepsOut: () => true },
  },
  enacted: {
    event: { 2: null, 3: ({ action }) => eventOf(action) },
    reply: null,
    refusal: null,
    // Not every server that learns of an action enacts it.
    report: null,
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

/** Version 2 knows that a request comes too early. Otherwise it has a word for a fault only, with a sentence that its client shows. */
function classicRefusal({ request, name, asked, error, reason, retry }: NotPermitted) {
  const type = wireKindOf({ kind: request });
  if (reason === "SlowMode") return refused({ reason: "TooManyRequests", type, retryS: retry ?? 1 });
  switch (request) {
    case "name":
      return nameFailed(name, asked, error);
    case "send":
      return sendFailed(name ?? "", asked, error);
    case "get":
      return getFailed(name ?? "", error);
    default:
      return null;
  }
}
