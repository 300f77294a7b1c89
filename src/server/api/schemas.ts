/** JSON schemas (2020-12) of what travels over the API, by the names under which they refer to each other. */

import { COMMAND_NAME, COMMANDS_PER_BOT } from "../../protocol/bot-command.ts";
import { NICKNAME_MAX } from "../../protocol/limits.ts";

export type Schema = Readonly<Record<string, unknown>>;

const text = { type: "string" } as const;
const whole = { type: "integer" } as const;
const wholeOrNull = { type: ["integer", "null"] } as const;
const id = { type: "integer", minimum: 1 } as const;
const flag = { type: "boolean" } as const;
const time = { type: "integer", description: "Unix milliseconds" } as const;
const content = { type: "string", minLength: 1, maxLength: 4000 } as const;

/** An object. Keys that are not named may be there: the API grows by keys. */
function object(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: "object", properties, required };
}

function list(items: Schema): Schema {
  return { type: "array", items };
}

export function ref(name: keyof typeof SCHEMAS): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const settings = {
  title: text,
  topic: text,
  rules: text,
  listed: flag,
  entry: { enum: ["everyone", "password", "members"] },
  writers: { enum: ["everyone", "known", "members", "moderators"] },
  knownMinutes: { type: "integer", minimum: 0 },
  slowSeconds: { type: "integer", minimum: 0 },
  links: { enum: ["everyone", "known", "nobody"] },
  heldMessages: { type: "integer", minimum: 0 },
  keepDays: { type: ["integer", "null"], minimum: 1 },
} as const;
const words = { words: list(text), wordRule: { enum: ["refuse", "hold"] } } as const;

const commands = {
  ...list(
    object(
      {
        name: { type: "string", pattern: COMMAND_NAME.source },
        about: { type: "string", minLength: 1, maxLength: NICKNAME_MAX },
      },
      ["name", "about"],
    ),
  ),
  maxItems: COMMANDS_PER_BOT,
} as const;

export const SCHEMAS = {
  Problem: {
    ...object(
      {
        type: text,
        title: text,
        status: whole,
        detail: { type: "string", description: "One sentence for a person" },
        reason: { type: "string", description: "The protocol's word for it" },
        retry: { type: "integer", minimum: 1, description: "Seconds" },
        until: time,
      },
      ["type", "title", "status", "detail", "reason"],
    ),
    description: "Problem details, as RFC 9457 defines them",
  },
  ListedRoom: object(
    {
      room: text,
      path: text,
      title: text,
      topic: text,
      online: whole,
      entry: settings.entry,
      lastId: id,
    },
    ["room", "path", "title", "topic", "online", "entry"],
  ),
  RoomList: object({ rooms: list({ $ref: "#/components/schemas/ListedRoom" }) }, ["rooms"]),
  Settings: object({ ...settings, ...words, password: flag }, [...Object.keys(settings), "password"]),
  SettingsInput: object(
    { ...settings, ...words, password: { type: ["string", "null"], minLength: 4, maxLength: 200 } },
    [],
  ),
  SettingsReply: object({ settings: { $ref: "#/components/schemas/Settings" } }, ["settings"]),
  Room: object(
    { room: text, path: text, online: whole, settings: { $ref: "#/components/schemas/Settings" } },
    ["room", "path", "online", "settings"],
  ),
  Position: object({ id, time }, ["id", "time"]),
  Mark: object(
    {
      by: text,
      role: { enum: ["member", "moderator", "owner"] },
      reserved: { const: true },
      bot: { const: true },
    },
    ["by"],
  ),
  Message: object(
    {
      name: text,
      content: text,
      timestamp: text,
      id,
      time,
      by: { type: "string", description: "The public id of the author" },
      reply: id,
      edited: time,
      deleted: { const: true },
      reactions: list(
        object({ emoji: text, count: whole, by: list(object({ by: text, name: text }, ["by", "name"])) }, [
          "emoji",
          "count",
          "by",
        ]),
      ),
    },
    ["name", "content", "timestamp", "id", "time"],
  ),
  Page: object(
    {
      message: { ...list({ $ref: "#/components/schemas/Message" }), description: "Oldest first" },
      online: list(text),
      marks: { type: "object", additionalProperties: { $ref: "#/components/schemas/Mark" } },
      more: flag,
      changed: list({ $ref: "#/components/schemas/Message" }),
      cursor: { $ref: "#/components/schemas/Position" },
      gap: object({ from: whole, to: whole }, ["from", "to"]),
      reset: { const: true },
    },
    ["message", "online", "more"],
  ),
  Diagnosis: object(
    {
      version: text,
      time,
      startedAt: time,
      address: { ...text, description: "Of the client, as far as trusted proxies name it" },
      peer: { ...text, description: "Of the other end of the TCP connection" },
      peerIsTrusted: flag,
      forwardedFor: { type: ["string", "null"], description: "The header X-Forwarded-For" },
      originsAreNamed: { ...flag, description: "Whether --allow-origin is set" },
      onlyThisMachine: flag,
      healthy: flag,
      connections: object({ now: whole, most: wholeOrNull, wanted: wholeOrNull }, ["now", "most", "wanted"]),
      descriptors: object({ now: wholeOrNull, most: wholeOrNull }, ["now", "most"]),
      limited: flag,
    },
    [
      "version",
      "time",
      "startedAt",
      "address",
      "peer",
      "peerIsTrusted",
      "forwardedFor",
      "originsAreNamed",
      "onlyThisMachine",
      "healthy",
      "connections",
      "descriptors",
      "limited",
    ],
  ),
  People: object(
    {
      online: list(text),
      marks: { type: "object", additionalProperties: { $ref: "#/components/schemas/Mark" } },
    },
    ["online", "marks"],
  ),
  Send: object({ content, reply: id }, ["content"]),
  Edit: object({ content }, ["content"]),
  Changed: object({ of: id, content: text, id, time }, ["of", "id"]),
  Deleted: object({ of: id, id, time }, ["of", "id", "time"]),
  Reacted: object({ of: id, emoji: text, on: flag, count: whole, id, time }, ["of", "emoji", "on", "count"]),
  Commands: object({ commands }, ["commands"]),
  Bot: object({ name: text, by: { type: "string", description: "The public id of the program" }, commands }, [
    "name",
    "by",
    "commands",
  ]),
  Order: object(
    {
      kind: {
        enum: [
          "mute",
          "kick",
          "ban",
          "remove",
          "undo",
          "approve",
          "reject",
          "dismiss",
          "raid",
          "calm",
          "sweep",
          "announce",
        ],
      },
      of: id,
      name: text,
      person: text,
      id: text,
      minutes: { type: "integer", minimum: 1 },
      all: flag,
      reason: text,
      reach: { enum: ["person", "address", "network", "wide"] },
      everywhere: flag,
      post: flag,
      preview: flag,
    },
    ["kind"],
  ),
  Moderated: object({ kind: text, action: text, hits: list(text), hitCount: whole, count: whole }, ["kind"]),
  HookMessage: object(
    {
      text: content,
      username: { type: "string" },
      attachments: {
        ...list(object({ fallback: text, title: text, text }, [])),
        description: "What is posted if there is no text",
      },
    },
    [],
  ),
} as const satisfies Readonly<Record<string, Schema>>;
