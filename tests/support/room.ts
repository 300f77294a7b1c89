import { parseRequest } from "../../src/protocol/request.ts";
import type { Version } from "../../src/protocol/version.ts";
import { CHANGE_LIMITS } from "../../src/room/change-limits.ts";
import type { Operation } from "../../src/room/operation.ts";
import { PastSessions } from "../../src/room/past-sessions.ts";
import { Room } from "../../src/room/room.ts";
import { SendKeys } from "../../src/room/send-keys.ts";
import type { RoomStart } from "../../src/room/state.ts";
import { isRoomBound } from "../../src/server/request-rules.ts";
import { UNMODERATED } from "./moderation.ts";

/** A room in which nothing has happened. */
export function emptyRoom(state: Partial<RoomStart> = {}): Room {
  return new Room({
    lastId: 0,
    lastPlace: 0,
    members: [],
    past: new PastSessions(10),
    notes: new Map(),
    keys: new SendKeys({ count: 0, most: 1000 }),
    digest: (identity, key) => `${identity}/${key}`,
    isFreeFor: () => true,
    authorOf: (identity) => `by ${identity}`,
    changeLimits: CHANGE_LIMITS,
    moderation: UNMODERATED,
    isHere: () => true,
    ...state,
  });
}

/**
 * What a connection makes of a frame. A connection that begins with a letter speaks version 3: it has its own name as the
 * secret, and secrets are their own hashes.
 */
export function operationOf(connection: string, frame: unknown): Operation {
  const version: Version = /^[a-z]/.test(connection) ? 3 : 2;
  const parsed = parseRequest(JSON.stringify(frame), version);
  if (!("request" in parsed)) return { kind: "refuse", connection, refusal: parsed.refusal, size: 1 };
  const { request } = parsed;
  if (!isRoomBound(request)) throw new Error("A room gets no such request.");
  return {
    kind: "request",
    connection,
    request:
      request.kind === "resume" ? { kind: "resume", hash: request.secret, page: request.page } : request,
    size: 1,
    ref: parsed.ref,
    sessionHash: version === 3 ? connection : undefined,
  };
}
