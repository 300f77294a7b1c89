/** A server's replica of a room that servers share, without a database. */
import { expect, test } from "bun:test";
import { Occupancy } from "../../src/engine/occupancy.ts";
import { Replica } from "../../src/engine/postgres/replica.ts";
import { decideAll } from "../../src/engine/rules.ts";
import { CHANGE_LIMITS } from "../../src/room/change-limits.ts";
import type { ConnectionId, Operation } from "../../src/room/operation.ts";
import { SendKeys } from "../../src/room/send-keys.ts";
import type { ConnectionNote } from "../../src/room/state.ts";
import { UNMODERATED } from "../support/moderation.ts";

const NOW = { time: 1_000, timestamp: "T" };
const PAST = { hash: "hash of the session that is over", identity: "An" };
const PAGE = { limit: 1, before: null, after: null };

function emptyReplica(notes: Map<ConnectionId, ConnectionNote>): Replica {
  const stored = {
    position: 7,
    lastId: 0,
    batch: null,
    newest: null,
    lastMessageId: 0,
    lastPlace: 0,
    firstId: 0,
    emptiedTo: 0,
    isLogAhead: false,
    members: [],
    past: [{ ...PAST, endedAt: 0 }],
    keys: [],
    enacted: [],
  };
  return new Replica(stored, {
    name: "/",
    database: null as never,
    server: () => "this server",
    queue: {
      occupancy: new Occupancy({ graceMs: 0, restartGraceMs: 0 }, () => undefined),
      keys: new SendKeys({ count: 0, most: 10 }),
      notes,
      history: null,
      take: () => undefined,
      deliver: () => undefined,
    },
    pastSessions: 10,
    isFreeFor: () => true,
    moderation: UNMODERATED,
    changeLimits: CHANGE_LIMITS,
    followed: () => {},
    skipped: () => undefined,
  });
}

test("RES-6 a batch in doubt that stands after all leaves nothing out, not even who has resumed too late", () => {
  const notes = new Map<ConnectionId, ConnectionNote>([["gone", { kind: "superseded" }]]);
  const replica = emptyReplica(notes);
  const asked = { kind: "request", size: 1, sessionHash: "hash of the new session" } as const;
  const resume: Operation = {
    ...asked,
    connection: "late",
    request: { kind: "resume", hash: PAST.hash, page: PAGE },
  };
  const register = (connection: ConnectionId): Operation => {
    return { ...asked, connection, request: { kind: "name", name: connection } };
  };
  const leave: Operation = { kind: "leave", connection: "gone", resumable: false };
  const decisions = decideAll(replica.room, [resume, register("other"), leave], NOW);
  replica.room.rollback();
  replica.committedAfterAll(decisions, "batch");
  expect(replica.position).toBe(8);
  expect(replica.room.online).toEqual(["other"]);
  expect(notes.has("gone")).toBe(false);
  expect(replica.room.decide(register("late"), NOW)).toMatchObject({ session: { identity: PAST.identity } });
});
