/** What servers write for each other, and read of each other, whichever versions they are. */
import { expect, test } from "bun:test";
import { type Batch, changesOf, encodeChanges, pointedAt } from "../../src/engine/postgres/entry.ts";
import {
  decodeNotification,
  encodeEntryNotification,
  encodeNotification,
} from "../../src/engine/postgres/notification.ts";
import { stayAuthor } from "../../src/engine/record.ts";
import type { Change, DecidedChange } from "../../src/room/decision.ts";
import type { Message } from "../../src/room/operation.ts";
import fc from "../support/chance.ts";

const session = { hash: "hash", identity: "identity" };
const BY = "author-in-16-chr";
const message: Message = { id: 7, name: "An", content: 'a ","changes":[ b', timestamp: "T", time: 1_000 };

const ACTION = {
  id: "action-in-16-chr",
  kind: "mute",
  room: "/",
  person: BY,
  name: "An",
  reason: "shouting",
  by: BY,
  byName: "Bình",
  at: 5,
  until: 6,
  of: null,
  count: null,
  settings: null,
} as const;

/** A change of each kind. */
const CHANGES: { readonly [K in DecidedChange["kind"]]: Extract<DecidedChange, { kind: K }>[] } = {
  registered: [
    {
      kind: "registered",
      connection: "a",
      name: "An",
      time: 1,
      session,
      by: BY,
      networks: ["n32", "n24"],
      isKnown: true,
    },
    {
      kind: "registered",
      connection: "1",
      name: "Bình",
      time: 2,
      session: null,
      by: BY,
      networks: [],
      isKnown: false,
    },
  ],
  renamed: [{ kind: "renamed", connection: "a", oldName: "An", name: "Ân", time: 3, session, by: BY }],
  sent: [
    { kind: "sent", connection: "a", message },
    { kind: "sent", connection: "a", message: { ...message, id: 8, digest: "digest", by: BY, reply: 7 } },
  ],
  edited: [
    { kind: "edited", connection: "a", id: 9, of: 7, time: 6, by: BY, content: "other", digest: undefined },
    { kind: "edited", connection: "a", id: 10, of: 8, time: 6, by: BY, content: "new", digest: "digest" },
  ],
  deleted: [{ kind: "deleted", connection: "a", id: 11, of: 7, time: 6, by: BY }],
  reacted: [
    {
      kind: "reacted",
      connection: "a",
      id: 12,
      of: 8,
      time: 6,
      by: BY,
      name: "An",
      emoji: "👍",
      on: true,
      count: 2,
    },
  ],
  resumed: [
    {
      kind: "resumed",
      connection: "b",
      from: "a",
      name: "Ân",
      time: 4,
      online: ["Ân"],
      present: [{ name: "Ân", by: BY }],
      page: { limit: 1, before: null, after: null },
      session,
      oldHash: "old",
      by: BY,
      networks: ["n32"],
    },
  ],
  absent: [{ kind: "absent", connection: "b", name: "Ân" }],
  left: [{ kind: "left", connection: "b", name: "Ân", time: 5, session }],
  became: [{ kind: "became", connection: "a", by: BY, isProven: true }],
  enacted: [{ kind: "enacted", connection: "c", action: ACTION }],
};
const all = Object.values(CHANGES).flat();

/** The changes as they are written. */
const WRITTEN = [
  ["registered", "a", "An", 1, "hash", "identity", BY, ["n32", "n24"], true],
  ["registered", "1", "Bình", 2, null, null, BY, [], false],
  ["renamed", "a", "An", "Ân", 3, BY],
  ["sent", "a", 7, "An", message.content, "T", 1_000, null, null, null],
  ["sent", "a", 8, "An", message.content, "T", 1_000, "digest", BY, 7],
  ["edited", "a", 9, 7, 6, BY, "other", null],
  ["edited", "a", 10, 8, 6, BY, "new", "digest"],
  ["deleted", "a", 11, 7, 6, BY],
  ["reacted", "a", 12, 8, 6, BY, "An", "👍", true, 2],
  ["resumed", "b", "a", "Ân", 4, "hash", "identity", BY, ["n32"]],
  ["absent", "b", "Ân"],
  ["left", "b", "Ân", 5],
  ["became", "a", BY, true],
  ["enacted", "c", ACTION],
];

/** The changes as version 0.1.0 writes and reads them. */
const AS_EVER = [
  ["registered", "a", "An", 1, "hash", "identity"],
  ["registered", "1", "Bình", 2],
  ["renamed", "a", "An", "Ân", 3],
  ["sent", "a", 7, "An", message.content, "T", 1_000, null],
  ["sent", "a", 8, "An", message.content, "T", 1_000, "digest"],
  ["resumed", "b", "a", "Ân", 4, "hash", "identity"],
  ["absent", "b", "Ân"],
  ["left", "b", "Ân", 5],
];

/** How many elements each kind has, when all are there. */
const LENGTHS = new Map([
  ["registered", 9],
  ["renamed", 6],
  ["resumed", 9],
  ["sent", 10],
  ["edited", 9],
]);

const batch: Batch = {
  room: '/tea,"changes":[',
  server: "me",
  id: "batch",
  follows: "before",
  position: 3,
  lastId: 8,
  lastPlace: 2,
  changes: all,
  records: [],
  messages: new Map(),
  touched: [],
  members: [],
  keysSince: 0,
};

test("changes are read as they were written, and begin with what a server of the previous version reads", () => {
  const written: unknown[][] = JSON.parse(encodeChanges(all, true));
  expect(written).toEqual(WRITTEN);
  const read = changesOf(written);
  expect(read).toHaveLength(WRITTEN.length);
  expect(read).toMatchObject(
    all.map((each): object => {
      if (each.kind === "resumed" || each.kind === "renamed" || each.kind === "left") {
        const { kind, connection, name } = each;
        return { kind, connection, name };
      }
      return each;
    }),
  );
  const known = written.filter(([kind]) => AS_EVER.some((each) => each[0] === kind));
  expect(known.map((each, at) => each.slice(0, AS_EVER[at]?.length))).toMatchObject(AS_EVER);
});

test("a server of the previous version names no authors: those of members follow from their identities or connections", () => {
  const [first, second] = changesOf(AS_EVER);
  expect(first).toEqual({ ...CHANGES.registered[0], by: stayAuthor("identity"), networks: [] } as Change);
  // Whoever is not known to be a newcomer is none.
  expect(second).toEqual({ ...CHANGES.registered[1], by: stayAuthor("1"), isKnown: true } as Change);
});

test("the id of what a server of the previous version does not know is in the third place", () => {
  const unknown = WRITTEN.filter(([kind]) => !AS_EVER.some((each) => each[0] === kind));
  const ids = unknown.map(([, , id]) => id).filter((id) => typeof id === "number");
  expect(ids).toEqual([9, 10, 11, 12]);
});

test("the log has no contents of edits: they are those of the messages, and an edit of one that is gone is skipped", () => {
  const list: unknown = JSON.parse(encodeChanges(CHANGES.edited, false));
  expect(list).toEqual([
    ["edited", "a", 9, 7, 6, BY, null, null],
    ["edited", "a", 10, 8, 6, BY, null, "digest"],
  ]);
  expect(pointedAt(list)).toEqual([7, 8]);
  const newest = { ...message, content: "newest" };
  for (const gone of [undefined, { ...message, content: "", deleted: true } as const])
    expect(
      changesOf(list, new Map([[7, newest], ...(gone === undefined ? [] : [[8, gone] as const])])),
    ).toEqual([{ ...CHANGES.edited[0], content: "newest" } as Change, { kind: "skipped", id: 10 }]);
  expect(JSON.stringify(list)).not.toContain("other");
});

test("changes that only point at messages are read with them, and the id of a deleted one counts", () => {
  const list: unknown = JSON.parse(encodeChanges(CHANGES.sent, false));
  expect(list).toEqual([
    ["sent", "a", 7],
    ["sent", "a", 8],
  ]);
  expect(pointedAt(list)).toEqual([7, 8]);
  expect(changesOf(list, new Map([[7, message]]))).toEqual([
    { kind: "sent", connection: "a", message },
    { kind: "skipped", id: 8 },
  ]);
});

test("fields that a later version adds after the known ones are ignored, and of unknown kinds only the ids count", () => {
  const further = fc.array(fc.jsonValue(), { maxLength: 3 });
  const known = fc.tuple(fc.constantFrom(...AS_EVER, ...WRITTEN), further).map(([change, fields]) => {
    const missing = Math.max(0, (LENGTHS.get(String(change[0])) ?? 0) - change.length);
    const list = [...change, ...Array<null>(missing).fill(null), ...fields];
    return { list, read: changesOf([change]) };
  });
  const unknown = fc
    .tuple(fc.string(), fc.jsonValue(), fc.oneof(fc.nat(), fc.string(), fc.constant(null)), further)
    .filter(([kind]) => !(kind in CHANGES))
    .map(([kind, about, id, fields]) => ({
      list: [kind, about, id, ...fields],
      read: typeof id === "number" ? [{ kind: "skipped" as const, id }] : [],
    }));
  fc.assert(
    fc.property(fc.array(fc.oneof(known, unknown)), (changes) => {
      const read = changesOf(JSON.parse(JSON.stringify(changes.map(({ list }) => list))));
      expect(read).toEqual(changes.flatMap((change) => change.read));
    }),
  );
  expect(pointedAt([["sent", "a", 7, null, null, null, null, null, "author"]])).toEqual([7]);
});

test("the notification of a batch is written and read in the form of the previous version", () => {
  const payload = encodeEntryNotification(batch);
  const { room, server, position, follows } = batch;
  const asEver = { kind: "entry", room, position, server, batch: "batch", follows, changes: WRITTEN };
  expect(JSON.parse(payload)).toEqual(asEver);
  const entry = { position, server, batch: "batch", follows, changes: changesOf(WRITTEN) };
  const read = { kind: "entry", room, position, entry } as const;
  for (const each of [payload, JSON.stringify(asEver)])
    expect(decodeNotification(each, "other")).toEqual(read);
  const { follows: _, ...earlier } = asEver;
  const unchained = { ...read, entry: { ...entry, follows: null } };
  expect(decodeNotification(JSON.stringify(earlier), "other")).toEqual(unchained);
});

test("a server recognises its own batches and does not read their changes", () => {
  const { room, position } = batch;
  const place = { kind: "entry", room, position, entry: null } as const;
  const payload = encodeEntryNotification(batch);
  const broken = `${payload.slice(0, payload.lastIndexOf(',"changes":'))},"changes":no JSON}`;
  for (const each of [payload, broken]) expect(decodeNotification(each, batch.server)).toEqual(place);
  expect(() => decodeNotification(broken, "other")).toThrow(SyntaxError);
});

test("only the position is notified of a batch that is too large for a notification", () => {
  const large = { ...batch, changes: Array.from({ length: 50 }, () => all).flat() };
  const { room, position } = batch;
  for (const own of [batch.server, "other"]) {
    const read = decodeNotification(encodeEntryNotification(large), own);
    expect(read).toEqual({ kind: "entry", room, position, entry: null });
  }
});

test("other notifications than those of batches are read as they are written, and those of unknown kinds are ignored", () => {
  const typing = { kind: "typing", room: "/", server: "me", connection: "a" } as const;
  expect(JSON.parse(encodeNotification(typing))).toEqual({
    kind: "typing",
    room: "/",
    server: "me",
    session: "a",
  });
  const plain = [
    typing,
    { kind: "beat", server: "me", beat: 3 },
    { kind: "pruned" },
    { kind: "gone" },
  ] as const;
  for (const each of plain) expect(decodeNotification(encodeNotification(each), "me")).toEqual(each);
  for (const kind of ["later", "toString", "__proto__", 7, null, undefined])
    expect(decodeNotification(JSON.stringify({ kind, room: "/" }), "me")).toBeNull();
});
