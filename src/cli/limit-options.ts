/** The options that limit what clients may take: rows of `option-table.ts`. */
import { MODERATION_LIMITS } from "../engine/moderation.ts";
import { PEOPLE_LIMITS } from "../engine/people.ts";
import { WEBHOOK_LIMITS } from "../engine/webhook.ts";
import { FRAME_MAX_BYTES } from "../protocol/limits.ts";
import { CHANGE_LIMITS } from "../room/change-limits.ts";
import { RAID_LIMITS } from "../server/moderation/raid-watch.ts";
import { parseNetwork } from "./network.ts";
import { count, list, number, size, toggle } from "./option.ts";

const MIB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

const perSecond = (means: string, value: number) => number("<n>", means, value);

export const CONNECTION_LIMITS = {
  "no-limits": toggle("no rate or connection limits (trusted networks, benchmarks)"),
  "exempt-address": list(
    "<address>",
    "address (or network a.b.c.d/n) of your own bots, exempt from limits on rates and numbers; repeatable",
    parseNetwork,
  ),
  "connections-per-address": count("open connections from one address", 200),
  "max-connections": count("open connections in total; fewer if the system allows fewer open files", 10_000),
  "connection-rate": perSecond("new connections per second from one address", 50),
  "connection-burst": count("new connections in one burst from one address", 200),
  "rooms-per-address": count("rooms that one address may be in at a time", 100),
  "handshake-timeout": number(
    "<seconds>",
    "time a client has to send its HTTP request, and to disconnect after a close",
    10,
  ),
  "get-grace": number("<seconds>", "time a client has to read one large history", 120),
};

export const RATE_LIMITS = {
  "requests-per-second": perSecond("requests per second from one connection", 30),
  "requests-burst": count("requests in one burst from one connection", 150),
  "names-per-second": perSecond("nickname requests per second from one connection", 2),
  "names-burst": count("nickname requests in one burst from one connection", 20),
  "gets-per-second": perSecond("history requests per second from one connection", 5),
  "gets-burst": count("history requests in one burst from one connection", 10),
  "sends-per-second": perSecond("messages per second from one connection", 5),
  "sends-burst": count("messages in one burst from one connection", 50),
  "address-requests-per-second": perSecond("requests per second from one address", 600),
  "address-requests-burst": count("requests in one burst from one address", 400),
  "address-sends-per-second": perSecond("messages per second from one address", 25),
  "address-sends-burst": count("messages in one burst from one address", 200),
  "address-send-size": size("size of messages per minute from an address", 4 * MIB),
  "address-events-per-second": perSecond("nickname and typing events from an address", 40),
  "address-events-burst": count("nickname and typing events in one burst", 400),
  "address-people-per-second": perSecond("reserve and claim requests from an address", 0.1),
  "address-people-burst": count("reserve and claim requests in one burst", 10),
  "room-sends-per-second": perSecond("messages per second in one room", 200),
  "room-sends-burst": count("messages in one burst in one room", 1000),
  "tls-handshakes-per-second": perSecond("TLS handshakes per second with one address", 150),
  "tls-handshakes-burst": count("TLS handshakes in one burst with one address", 600),
  "http-per-second": perSecond("plain HTTP requests per second from one address", 100),
  "http-burst": count("plain HTTP requests in one burst from one address", 400),
  "token-requests-per-second": perSecond("requests per second with one token", 10),
  "token-requests-burst": count("requests in one burst with one token", 100),
};

export const MEMORY_LIMITS = {
  "frame-size": size("largest frame accepted", FRAME_MAX_BYTES),
  "unsent-output": size("unsent output at which a connection is closed", MIB),
  "get-memory": size("memory for unsent histories", 256 * MIB),
  "address-get-memory": size("memory for unsent histories, per address", 128 * MIB),
  "history-memory": size("memory for history, all rooms together", 256 * MIB),
  "pending-memory": size("memory for waiting requests", 64 * MIB),
  "address-pending-memory": size("the same for one address", 16 * MIB),
  "connection-pending-memory": size("the same for one connection", 4 * MIB),
};

export const NUMBER_LIMITS = {
  "max-rooms": count("rooms in use at a time", 1000),
  "send-keys": count("keys of sends to remember, all rooms together", 1_000_000),
  "past-sessions": count("ended sessions to remember, per room", 10_000),
  "max-edits": count("edits of one message", CHANGE_LIMITS.edits),
  "max-message-reactions": count(
    "reactions to one message, counting those that were taken back",
    CHANGE_LIMITS.reactionsMade,
  ),
  "max-reactions": count("reactions in one room, if its history is in a file", CHANGE_LIMITS.roomReactions),
  "nicknames-per-person": count("nicknames one person may reserve", PEOPLE_LIMITS.nicknamesPerPerson),
  "nicknames-per-address": count(
    "nicknames that people of one address may reserve in 30 days",
    PEOPLE_LIMITS.nicknamesPerAddress,
  ),
  "max-nicknames": count("reserved nicknames in total", PEOPLE_LIMITS.nicknames),
  "nickname-days": number(
    "<n>",
    "days to keep a reserved nickname that nobody uses",
    PEOPLE_LIMITS.nicknameMs / DAY_MS,
  ),
  "max-roles": count("roles given to people in total", PEOPLE_LIMITS.grants),
  "max-tokens": count("tokens of programs in total", PEOPLE_LIMITS.tokens),
  "max-commands": count("commands of programs in total", PEOPLE_LIMITS.commands),
  "max-webhooks": count("webhooks in total", WEBHOOK_LIMITS.webhooks),
};

export const MODERATION_OPTIONS = {
  "raid-newcomers": count("newcomers to a room that arm raid mode", RAID_LIMITS.newcomers),
  "raid-messages": count("messages of newcomers that must come with them", RAID_LIMITS.messages),
  "raid-within": number("<seconds>", "the time in which both must come", RAID_LIMITS.withinMs / 1000),
  "raid-lasts": number("<seconds>", "how long raid mode stays on after that", RAID_LIMITS.lastsMs / 1000),
  "max-sanctions": count(
    "mutes and bans in force, all rooms together; one room has at most a fifth of them",
    MODERATION_LIMITS.sanctions,
  ),
  "max-moderation-log": count("moderators' actions to keep in the log", MODERATION_LIMITS.actions),
  "max-reports": count("open reports in one room", MODERATION_LIMITS.reports),
  "max-held": count("messages that wait for approval in one room", MODERATION_LIMITS.held),
};
