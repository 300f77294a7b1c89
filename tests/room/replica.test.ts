/** Rooms that only apply what another one has decided, and rooms that take back what they have decided. */
import { expect, test } from "bun:test";
import { type DecidedChange, isChange } from "../../src/room/decision.ts";
import type { Operation } from "../../src/room/operation.ts";
import { PastSessions } from "../../src/room/past-sessions.ts";
import type { Room } from "../../src/room/room.ts";
import { SendKeys } from "../../src/room/send-keys.ts";
import fc from "../support/chance.ts";
import { emptyRoom, operationOf } from "../support/room.ts";

const SESSIONS = ["a", "b", "c", "d", "1", "2"];
const connection = fc.constantFrom(...SESSIONS);
const nickname = fc.constantFrom("An", "AN", "Bình", "Chi", "ß", "SS");

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc
    .record({ connection, name: nickname })
    .map(({ connection, name }) => operationOf(connection, { type: "name", name })),
  fc
    .record({ connection, key: fc.constantFrom("k", "l", "m") })
    .map(({ connection, key }) => operationOf(connection, { type: "send", content: key, key })),
  fc
    .record({ connection, from: connection })
    .map(({ connection, from }) => operationOf(connection, { type: "resume", session: from })),
  fc.record({ connection, resumable: fc.boolean() }).map((leave) => ({ kind: "leave" as const, ...leave })),
  connection.map((connection) => ({ kind: "expire" as const, connection })),
);
const operations = fc.array(operation, { maxLength: 60 });

/**
 * Makes lists of operations one story, in which a leave is the last operation of its connection, as engines promise: what
 * comes behind it is of the next connection of that name.
 */
function story(...lists: Operation[][]): Operation[][] {
  const generations = new Map<string, string>();
  const now = (name: string) => name + (generations.get(name) ?? "");
  return lists.map((list) =>
    list.map((each) => {
      const connection = now(each.connection);
      if (each.kind === "leave")
        generations.set(each.connection, `${generations.get(each.connection) ?? ""}'`);
      if (each.kind !== "request") return { ...each, connection };
      const { request } = each;
      return {
        ...each,
        connection,
        sessionHash: each.sessionHash && connection,
        request: request.kind === "resume" ? { ...request, hash: now(request.hash) } : request,
      };
    }),
  );
}

/** Who came too late with a resume is known where the connection is, and only there. */
class Forgetful extends PastSessions {
  override identityOf(): undefined {
    return undefined;
  }
}

function newRoom(past = new PastSessions(1000)): Room {
  return emptyRoom({ past, keys: new SendKeys({ count: 0, most: 1000 }) });
}

function moment(time: number) {
  return { time, timestamp: `T${time}` };
}

/** All that can be seen of a room: who is here, and what would come of anything. */
function portrait(room: Room): unknown {
  return {
    members: [...room.members()],
    online: room.online,
    lastId: room.lastId,
    lastPlace: room.lastPlace,
  };
}

function changesOf(room: Room, batch: readonly Operation[], from = 0): DecidedChange[] {
  return batch.flatMap((each, at) => {
    const decision = room.decide(each, moment(from + at));
    return isChange(decision) ? [decision] : [];
  });
}

test("ORD-1 a room that applies what another has decided is the same room, and decides the same from there", () => {
  fc.assert(
    fc.property(operations, operations, (...lists) => {
      const [before = [], after = []] = story(...lists);
      const deciding = newRoom(new Forgetful(10));
      const replica = newRoom(new Forgetful(10));
      for (const change of changesOf(deciding, before)) replica.apply(change);
      expect(portrait(replica)).toEqual(portrait(deciding));
      expect(changesOf(replica, after, 100)).toEqual(changesOf(deciding, after, 100));
    }),
  );
});

test("DUR-3 what is taken back has never been: the room is as before, and decides as one in which it never happened", () => {
  fc.assert(
    fc.property(operations, operations, operations, (...lists) => {
      const [before = [], lost = [], after = []] = story(...lists);
      const room = newRoom();
      const twin = newRoom();
      changesOf(room, before);
      changesOf(twin, before);
      room.begin();
      changesOf(
        room,
        lost.filter((each) => !isResume(each) && each.kind !== "leave"),
        100,
      );
      room.rollback();
      expect(portrait(room)).toEqual(portrait(twin));
      expect(changesOf(room, after, 200)).toEqual(changesOf(twin, after, 200));
    }),
  );
});

function isResume(operation: Operation): boolean {
  return operation.kind === "request" && operation.request.kind === "resume";
}
