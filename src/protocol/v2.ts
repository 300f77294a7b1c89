/**
 * The frames of the v2 dialect, server to client: one function a frame, each giving its JSON text. The order of
 * the keys is that of the protocol's tables; clients in the field compare texts.
 */
import { PING_EVERY_S } from "./limits.ts";
import type { Refusal, RequestKind, SendRefusalReason } from "./request.ts";

/** A frame with messages in it, which many frames have in common and which are encoded already. */
export interface HistoryFrame {
  readonly head: string;
  /** JSON texts joined by commas, in UTF-8. */
  readonly messages: Uint8Array;
  readonly tail: string;
}

export type NameRefusalReason = "NameAlreadyUsed" | "WrongFormatName";

/** The ping that goes to every connection each {@link PING_EVERY_S} seconds. */
export const PING = JSON.stringify({ type: "ping", timeout: PING_EVERY_S });

export function registered(name: string, timestamp: string): string {
  return JSON.stringify({ type: "name", action: "register", name, status: true, timestamp });
}

export function renamed(oldname: string, newname: string, timestamp: string): string {
  return JSON.stringify({ type: "name", action: "change", oldname, newname, status: true, timestamp });
}

/** A refused nickname. `oldname` is null for a sender without one; `name` is what was asked for, whatever it is. */
export function nameRefused(oldname: string | null, name: unknown, reason: NameRefusalReason): string {
  return oldname === null
    ? JSON.stringify({ type: "name", action: "register", name, status: false, reason })
    : JSON.stringify({ type: "name", action: "change", oldname, newname: name, status: false, reason });
}

/** A nickname that could not be taken because of a fault; `error` is one sentence for a person. */
export function nameFailed(oldname: string | null, name: unknown, error: string): string {
  return oldname === null
    ? JSON.stringify({
        type: "name",
        action: "register",
        name,
        status: false,
        reason: "ErrorWhenRegister",
        error,
      })
    : JSON.stringify({
        type: "name",
        action: "change",
        oldname,
        newname: name,
        status: false,
        reason: "ErrorWhenChange",
        error,
      });
}

/**
 * The reply to `get`.
 *
 * @param messages the messages' JSON texts joined by commas, oldest first (see {@link historyMessage}), in UTF-8
 * @param online the nicknames in the order they registered, as a JSON array
 */
export function got(name: string, timestamp: string, messages: Uint8Array, online: string): HistoryFrame {
  const head = JSON.stringify({ type: "get", status: true, name, timestamp });
  return { head: `${head.slice(0, -1)},"data":{"message":[`, messages, tail: `],"online":${online}}}` };
}

/** The refusal of a request that only registered clients may make. */
export function unregistered(type: RequestKind): string {
  return JSON.stringify({ type, status: false, reason: "UnknownRegister" });
}

export function getFailed(name: string, error: string): string {
  return JSON.stringify({ type: "get", name, status: false, reason: "ErrorWhenGet", error });
}

export function sent(name: string, content: string, timestamp: string): string {
  return JSON.stringify({ type: "send", name, content, status: true, timestamp });
}

/** A content that breaks the rules, carried back. The key is `username`, not `name`: the seed's clients read it. */
export function sendRefused(username: string, content: unknown, reason: SendRefusalReason): string {
  return JSON.stringify({ type: "send", username, content, status: false, reason });
}

export function sendFailed(username: string, content: string, error: string): string {
  return JSON.stringify({ type: "send", username, content, status: false, reason: "ErrorWhenSend", error });
}

export function refused(refusal: Refusal): string {
  switch (refusal.reason) {
    case "WrongFormatJSON":
      return JSON.stringify({ status: false, reason: refusal.reason });
    case "UnknownType":
      return JSON.stringify({ type: null, status: false, reason: refusal.reason });
    case "NotEnoughKey":
      return JSON.stringify({
        type: refusal.type,
        status: false,
        reason: refusal.reason,
        need: NEEDED[refusal.type],
      });
    case "WrongFormatPage":
      return JSON.stringify({ type: refusal.type, status: false, reason: refusal.reason });
    case "TooManyRequests":
      return JSON.stringify({
        type: refusal.type,
        status: false,
        reason: refusal.reason,
        retry: refusal.retryS,
      });
  }
}

const NEEDED = { name: "name", send: "content", resume: "session" } as const;

export function registerEvent(name: string, timestamp: string): string {
  return JSON.stringify({ type: "receive", datatype: "register", name, timestamp });
}

export function changeEvent(oldname: string, newname: string, timestamp: string): string {
  return JSON.stringify({ type: "receive", datatype: "change", oldname, newname, timestamp });
}

export function messageEvent(name: string, content: string, timestamp: string): string {
  return JSON.stringify({ type: "receive", datatype: "message", name, content, timestamp });
}

export function leaveEvent(name: string, timestamp: string): string {
  return JSON.stringify({ type: "receive", datatype: "leave", name, timestamp });
}

/** A message as it stands in the history of a `get` reply. */
export function historyMessage(name: string, content: string, timestamp: string): string {
  return JSON.stringify({ name, content, timestamp });
}
