/** Rooms that only apply what another one has decided, and rooms that take back what they have decided. */
import { expect, test } from "bun:test";
import { type Decision, isChange } from "../../src/room/decision.ts";
import type { Operation } from "../../src/room/operation.ts";
import { PastSessions } from "../../src/room/past-sessions.ts";
import type { Room } from "../../src/room/room.ts";
import { SendKeys } from "../../src/room/send-keys.ts";
import fc from "../support/chance.ts";
import { emptyRoom, operationOf } from "../support/room.ts";

const CONNECTIONS = ["a", "b", "c", "d", "1", "2"];
const session = fc.constantFrom(...CONNECTIONS);
const nickname = fc.constantFrom("An", "AN", "Bình", "Chi", "ß", "SS");

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc
    .record({ session, name: nickname })
    .map(({ session, name }) => operationOf(session, { type: "name", name })),
  fc
    .record({ session, key: fc.constantFrom("k", "l", "m") })
    .map(({ session, key }) => operationOf(session, { type: "send", content: key, key })),
  fc
    .record({ session, from: session })
    .map(({ session, from }) => operationOf(session, { type: "resume", session: from })),
  fc
    .record({ connection: session, resumable: fc.boolean() })
    .map((leave) => ({ kind: "leave" as const, ...leave })),
  session.map((connection) => ({ kind: "expire" as const, connection })),
);
const operations = fc.array(operation, { maxLength: 60, size: "max" });

/**
 * Makes lists of operations one story, in which a leave is the last operation of its connection, as engines promise: what
 * follows it is of the next connection of that name. A resume asks for the session of the connection that has a name now, or
 * had it last.
 *
 * @param isNewServer whether the last list is of connections to another server, so that all of them are new
 */
function story(lists: readonly (readonly Operation[])[], isNewServer = false): Operation[][] {
  const generations = new Map<string, number>();
  const generation = (name: string) => generations.get(name) ?? 0;
  const begin = (name: string) => generations.set(name, generation(name) + 1);
  return lists.map((list, at) => {
    if (isNewServer && at === lists.length - 1) CONNECTIONS.forEach(begin);
    return list.map((each, position) => {
      const connection = `${each.connection}.${generation(each.connection)}`;
      if (each.kind === "leave") begin(each.connection);
      if (each.kind !== "request") return { ...each, connection };
      const { request } = each;
      const back = position % 2;
      return {
        ...each,
        connection,
        sessionHash: each.sessionHash && connection,
        request:
          request.kind === "resume"
            ? { ...request, hash: `${request.hash}.${Math.max(0, generation(request.hash) - back)}` }
            : request,
      };
    });
  });
}

function newRoom(): Room {
  return emptyRoom({ past: new PastSessions(1000), keys: new SendKeys({ count: 0, most: 1000 }) });
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

function decisionsOf(room: Room, batch: readonly Operation[], from = 0): Decision[] {
  return batch.map((each, at) => room.decide(each, moment(from + at)));
}

test("ORD-1 a room that applies another room's changes is in the same state, and makes the same decisions", () => {
  fc.assert(
    fc.property(operations, operations, (...lists) => {
      const [before = [], after = []] = story(lists, true);
      const deciding = newRoom();
      const replica = newRoom();
      for (const decision of decisionsOf(deciding, before)) if (isChange(decision)) replica.apply(decision);
      expect(portrait(replica)).toEqual(portrait(deciding));
      expect(decisionsOf(replica, after, 100)).toEqual(decisionsOf(deciding, after, 100));
    }),
    { numRuns: 500 },
  );
});

test("finding a decision changes nothing", () => {
  fc.assert(
    fc.property(operations, operation, (before, next) => {
      const [list = [], [asked] = []] = story([before, [next]]);
      const room = newRoom();
      const twin = newRoom();
      decisionsOf(room, list);
      decisionsOf(twin, list);
      if (asked === undefined) throw new Error("there is one more operation");
      for (const each of [asked, ...list]) room.find(each, moment(200));
      expect(portrait(room)).toEqual(portrait(twin));
      expect(room.decide(asked, moment(300))).toEqual(twin.decide(asked, moment(300)));
    }),
  );
});

test("DUR-3 a rollback leaves no trace: the room is as before, and makes the same decisions", () => {
  fc.assert(
    fc.property(operations, operations, operations, (...lists) => {
      const [before = [], lost = [], after = []] = story(lists);
      const room = newRoom();
      const twin = newRoom();
      decisionsOf(room, before);
      decisionsOf(twin, before);
      room.begin();
      decisionsOf(room, lost, 100);
      room.rollback();
      expect(portrait(room)).toEqual(portrait(twin));
      expect(decisionsOf(room, after, 200)).toEqual(decisionsOf(twin, after, 200));
    }),
    { numRuns: 500 },
  );
});
