/**
 * How the server is, for owners of a chat. The page loads this when it is needed, and the SDK's package does not have it: a program
 * that watches a server reads its metrics.
 */
import type { HealthKeys, NoticeKeys } from "../protocol/kinds/health.ts";
import type { Chat } from "./chat.ts";
import { type Answer, type Fields, fieldsOf, numberOf, optionalText, textOf, wellFormed } from "./frame.ts";
import { ask } from "./moderation.ts";
import type { WaitOptions } from "./wait.ts";

/** A notice to the operator. Its kind may be one that only a later server has. */
export type HealthNotice = { readonly [K in keyof NoticeKeys]: NoticeKeys[K] | Missing<NoticeKeys, K> };

/** Sizes are bytes, moments Unix milliseconds. What the server does not know is undefined. */
export type ServerHealth = {
  readonly [K in Exclude<keyof HealthKeys, "notices">]-?: HealthKeys[K] | Missing<HealthKeys, K>;
} & { readonly notices: readonly HealthNotice[] };

/** What a key is read as that may be missing. */
type Missing<T, K extends keyof T> = object extends Pick<T, K> ? undefined : never;

/**
 * How the server is that this chat is connected to.
 *
 * @returns a moment later. Rejects with ModerationError, IdentityError, ClosedError, RefusedError, or ChatError `UnknownType` with
 *   an older server
 */
export function health(chat: Chat, options: WaitOptions = {}): Promise<ServerHealth> {
  return ask(chat, { type: "health" }, options, readHealth);
}

function readHealth(answer: Answer): ServerHealth {
  const number = (key: keyof HealthKeys) => numberOf(Reflect.get(answer, key)) ?? 0;
  return {
    version: textOf(answer.version),
    started: number("started"),
    now: number("now"),
    healthy: answer.healthy === true,
    people: number("people"),
    connections: number("connections"),
    maxConnections: numberOf(answer.maxConnections) ?? undefined,
    rooms: number("rooms"),
    messages: number("messages"),
    memory: number("memory"),
    disk: answer.disk === undefined ? undefined : readDisk(fieldsOf(answer.disk)),
    data: numberOf(answer.data) ?? undefined,
    backup: answer.backup === undefined ? undefined : readBackup(fieldsOf(answer.backup)),
    reports: number("reports"),
    held: number("held"),
    raids: number("raids"),
    notices: wellFormed(answer.notices, readNotice),
  };
}

function readDisk({ free, size }: Fields): { readonly free: number; readonly size: number } {
  return { free: numberOf(free) ?? 0, size: numberOf(size) ?? 0 };
}

function readBackup({ every, newest }: Fields): NonNullable<HealthKeys["backup"]> {
  const newestAt = numberOf(newest);
  return { every: numberOf(every) ?? 0, ...(newestAt === null ? {} : { newest: newestAt }) };
}

function readNotice({ kind, about, severity, text, values, since }: Fields): HealthNotice {
  const known = Object.entries(fieldsOf(values)).flatMap(([key, value]) =>
    typeof value === "string" || typeof value === "number" ? [[key, value] as const] : [],
  );
  return {
    kind: textOf(kind),
    about: optionalText(about),
    severity: severity === "fault" ? "fault" : "warning",
    text: textOf(text),
    values: Object.fromEntries(known),
    since: numberOf(since) ?? 0,
  };
}
