import { expect, test } from "bun:test";
import type { Decision } from "../../src/room/decision.ts";
import type { RoomRequest } from "../../src/room/operation.ts";
import { SendKeys } from "../../src/room/send-keys.ts";
import { emptyRoom, operationOf } from "../support/room.ts";

const NOW = { time: 1_000, timestamp: "T" };

/** A room without sockets, disk or clock: frames go in, decisions come out. */
class Stage {
  readonly room = emptyRoom();
  now = NOW;

  play(connection: string, frame: unknown): Decision {
    return this.room.decide(operationOf(connection, frame), this.now);
  }

  leave(connection: string, resumable = false): Decision {
    return this.room.decide({ kind: "leave", connection, resumable }, this.now);
  }

  expire(connection: string): Decision {
    return this.room.decide({ kind: "expire", connection }, this.now);
  }
}

const name = (value: unknown) => ({ type: "name", name: value });
const send = (value: unknown) => ({ type: "send", content: value });

test("NAME-1 NAME-2 the first nickname registers, the next one changes", () => {
  const stage = new Stage();
  expect(stage.play("1", name("An"))).toMatchObject({ kind: "registered", name: "An", time: 1_000 });
  expect(stage.play("1", name("Bình"))).toMatchObject({ kind: "renamed", oldName: "An", name: "Bình" });
  expect(stage.room.online).toEqual(["Bình"]);
});

test("a guest does what a member may, with keys of its own, and is in no roster", () => {
  const stage = new Stage();
  stage.play("1", name("An"));
  const play = (identity: string, request: RoomRequest) => {
    const guest = { name: "Bot", identity, person: { id: `person of ${identity}`, role: "member" } } as const;
    return stage.room.decide({ kind: "request", connection: identity, request, guest, size: 0 }, NOW);
  };
  const sent = { kind: "send", content: "x", key: "k", reply: null } as const;
  expect(play("one", sent)).toMatchObject({
    kind: "sent",
    message: { id: 1, name: "Bot", by: "person of one" },
  });
  expect(play("one", sent)).toMatchObject({ kind: "repeated", id: 1 });
  expect(play("two", sent)).toMatchObject({ kind: "sent", message: { id: 2, by: "person of two" } });
  const page = { limit: 1, before: null, after: null };
  expect(play("one", { kind: "get", page })).toMatchObject({ kind: "page", name: "Bot", online: ["An"] });
  expect(stage.room.online).toEqual(["An"]);
  expect(stage.leave("one")).toEqual({ kind: "gone", connection: "one" });
});

test("NAME-8 a look-alike of another's nickname is taken, and changes nothing", () => {
  const stage = new Stage();
  stage.play("1", name("An"));
  expect(stage.play("2", name("ＡＮ"))).toMatchObject({
    kind: "name-refused",
    oldName: null,
    reason: "NameAlreadyUsed",
  });
  expect(stage.play("2", send("x"))).toMatchObject({ kind: "unregistered" });
  stage.play("2", name("Ân"));
  expect(stage.play("2", name("an "))).toMatchObject({
    kind: "name-refused",
    oldName: "Ân",
    reason: "NameAlreadyUsed",
  });
  expect(stage.room.online).toEqual(["An", "Ân"]);
});

test("NAME-9 a member can respell its own nickname, which stays taken for others", () => {
  const stage = new Stage();
  stage.play("1", name("An"));
  expect(stage.play("1", name("AN"))).toMatchObject({ kind: "renamed", oldName: "An", name: "AN" });
  expect(stage.play("1", name("AN"))).toMatchObject({ kind: "renamed", oldName: "AN", name: "AN" });
  expect(stage.play("2", name("an"))).toMatchObject({ reason: "NameAlreadyUsed" });
});

test("NAME-8 NAME-9 two members with look-alike nicknames from an earlier version keep them, and the nickname is free when both have left", () => {
  const stage = new Stage();
  stage.play("1", name("Mia"));
  // As a server of a version that tells them apart has decided.
  stage.room.apply({
    kind: "registered",
    connection: "2",
    name: "Mıa",
    time: 1_000,
    session: null,
    by: "2",
    networks: [],
    isKnown: false,
  });
  expect(stage.room.online).toEqual(["Mia", "Mıa"]);
  for (const connection of ["1", "2", "3"]) {
    expect(stage.play(connection, name("MIA"))).toMatchObject({ reason: "NameAlreadyUsed" });
  }
  expect(stage.play("2", name("Mıa"))).toMatchObject({ kind: "renamed", oldName: "Mıa", name: "Mıa" });
  stage.leave("1");
  expect(stage.play("3", name("MIA"))).toMatchObject({ reason: "NameAlreadyUsed" });
  expect(stage.play("2", name("MIA"))).toMatchObject({ kind: "renamed", oldName: "Mıa", name: "MIA" });
  stage.leave("2");
  expect(stage.play("3", name("Mia"))).toMatchObject({ kind: "registered" });
  expect(stage.room.online).toEqual(["Mia"]);
});

test("NAME-12 a nickname is free from the change or the leave on, and not before", () => {
  const stage = new Stage();
  stage.play("1", name("An"));
  stage.play("1", name("Bình"));
  expect(stage.play("2", name("An"))).toMatchObject({ kind: "registered" });
  expect(stage.leave("1")).toMatchObject({ kind: "left", name: "Bình" });
  expect(stage.play("3", name("bình"))).toMatchObject({ kind: "registered" });
});

test("GET-3 the roster is in the order of registration, and a change keeps the place", () => {
  const stage = new Stage();
  for (const connection of ["1", "2", "3"]) stage.play(connection, name(`n${connection}`));
  stage.play("1", name("z"));
  stage.leave("2");
  stage.play("2", name("again"));
  expect(stage.play("3", { type: "get" })).toMatchObject({
    kind: "history",
    name: "n3",
    online: ["z", "n3", "again"],
  });
});

test("GET-3 a roster that was shown does not change afterwards", () => {
  const stage = new Stage();
  stage.play("1", name("An"));
  const outcome = stage.play("1", { type: "get" });
  stage.play("2", name("Bình"));
  expect(outcome).toMatchObject({ online: ["An"] });
});

test("SEND-6 NotEnoughKey comes before UnknownRegister, and that before WrongFormatContent", () => {
  const stage = new Stage();
  expect(stage.play("1", { type: "send" })).toMatchObject({
    refusal: { reason: "NotEnoughKey", type: "send" },
  });
  expect(stage.play("1", send(""))).toMatchObject({ kind: "unregistered", request: "send" });
  stage.play("1", name("An"));
  expect(stage.play("1", send(""))).toMatchObject({ kind: "send-refused", name: "An", content: "" });
});

test("a room counts its messages on from the newest stored", () => {
  const room = emptyRoom({ lastId: 41 });
  room.decide(operationOf("1", name("An")), NOW);
  const outcome = room.decide(operationOf("1", send("x")), NOW);
  expect(outcome).toMatchObject({
    kind: "sent",
    message: { id: 42, name: "An", content: "x", time: 1_000, timestamp: "T" },
  });
});

test("GRACE-1 GRACE-5 when the connection breaks, only a member that can resume stays", () => {
  const stage = new Stage();
  stage.play("1", name("classic"));
  stage.play("a", name("An"));
  expect(stage.leave("1", true)).toMatchObject({ kind: "left", name: "classic" });
  expect(stage.leave("a", true)).toMatchObject({ kind: "absent", name: "An" });
  expect(stage.room.online).toEqual(["An"]);
  expect(stage.play("2", name("an"))).toMatchObject({ reason: "NameAlreadyUsed" });
  expect(stage.expire("a")).toMatchObject({ kind: "left", name: "An" });
  expect(stage.expire("a")).toMatchObject({ kind: "gone" });
  expect(stage.play("2", name("an"))).toMatchObject({ kind: "registered" });
});

test("GRACE-1 the end of a grace has no effect on a member that is back", () => {
  const stage = new Stage();
  stage.play("a", name("An"));
  stage.leave("a", true);
  stage.play("b", { type: "resume", session: "a" });
  expect(stage.expire("a")).toMatchObject({ kind: "gone" });
  expect(stage.expire("b")).toMatchObject({ kind: "gone" });
  expect(stage.room.online).toEqual(["An"]);
});

test("RES-2 requests of a superseded connection that were on their way are refused, and a change of nickname does not register it again", () => {
  const stage = new Stage();
  stage.play("a", name("An"));
  stage.play("b", { type: "resume", session: "a" });
  for (const frame of [name("Bình"), name(""), send("x"), send(""), { type: "get" }, { type: "typing" }]) {
    expect(stage.play("a", frame)).toMatchObject({ kind: "unregistered", request: frame.type });
  }
  expect(stage.play("a", { type: "resume", session: "b" })).toMatchObject({ kind: "unregistered" });
  expect(stage.leave("a")).toMatchObject({ kind: "gone" });
  expect(stage.room.online).toEqual(["An"]);
});

test("RES-6 KEY-5 a late resume gets its identity back for ten minutes, on that connection alone", () => {
  const stage = new Stage();
  stage.play("a", name("An"));
  stage.play("a", { ...send("x"), key: "k" });
  stage.leave("a");
  stage.now = { time: NOW.time + 599_999, timestamp: "T" };
  expect(stage.play("b", { type: "resume", session: "a" })).toMatchObject({ kind: "resume-refused" });
  expect(stage.play("b", { type: "resume", session: "nobody" })).toMatchObject({ kind: "resume-refused" });
  stage.play("b", name("Bình"));
  stage.play("c", name("Chi"));
  expect(stage.play("b", { ...send("x"), key: "k" })).toMatchObject({ kind: "repeated", id: 1 });
  expect(stage.play("c", { ...send("x"), key: "k" })).toMatchObject({ kind: "sent" });
  stage.now = { time: NOW.time + 600_000, timestamp: "T" };
  stage.play("d", { type: "resume", session: "a" });
  stage.play("d", name("Dung"));
  expect(stage.play("d", { ...send("x"), key: "k" })).toMatchObject({ kind: "sent" });
});

test("RES-6 KEY-5 a session that was resumed long ago is recognised, and one that was rolled back is not", () => {
  const stage = new Stage();
  stage.play("a", name("An"));
  stage.play("a", { ...send("x"), key: "k" });
  stage.room.begin();
  stage.play("b", { type: "resume", session: "a" });
  stage.room.rollback();
  stage.play("n", { type: "resume", session: "b" });
  stage.play("n", name("Chi"));
  expect(stage.play("n", { ...send("x"), key: "k" })).toMatchObject({ kind: "sent" });
  stage.play("c", { type: "resume", session: "a" });
  stage.play("d", { type: "resume", session: "a" });
  stage.play("d", name("Dung"));
  expect(stage.play("d", { ...send("x"), key: "k" })).toMatchObject({ kind: "repeated", id: 1 });
});

test("KEY-2 a key is remembered for ten minutes at least, whatever is sent meanwhile", () => {
  const stage = new Stage();
  stage.play("a", name("An"));
  for (let minute = 0; minute < 60; minute++) {
    stage.now = { time: minute * 60_000, timestamp: "T" };
    expect(stage.play("a", { ...send("x"), key: `k${minute}` })).toMatchObject({ kind: "sent" });
    for (let back = 0; back <= Math.min(minute, 10); back++) {
      stage.now = { time: minute * 60_000 - (back === 10 ? 1 : 0), timestamp: "T" };
      const repeat = stage.play("a", { ...send("x"), key: `k${minute - back}` });
      expect([repeat.kind, back]).toEqual(["repeated", back]);
    }
  }
});

test("the keys of all rooms together stay within their memory", () => {
  const memory = { count: 0, most: 100 };
  const rooms = [1, 2].map(() => emptyRoom({ keys: new SendKeys(memory) }));
  for (const room of rooms) room.decide(operationOf("a", name("An")), NOW);
  for (let i = 0; i < 1000; i++) {
    rooms[i % 3 === 0 ? 0 : 1]?.decide(operationOf("a", { ...send("x"), key: `k${i}` }), NOW);
    expect(memory.count).toBeLessThanOrEqual(101);
  }
  expect(rooms[1]?.decide(operationOf("a", { ...send("x"), key: "k998" }), NOW).kind).toBe("repeated");
});

test("EV-7 somebody without a nickname leaves without one", () => {
  const stage = new Stage();
  expect(stage.leave("1")).toMatchObject({ kind: "gone" });
});

test("two sessions never hold look-alike nicknames, whatever happens", () => {
  let seed = 20261123;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const stage = new Stage();
  const names = ["An", "AN", "an ", "Ân", "ân", "Bình", "BÌNH", "B\u200bình", "C"];
  for (let i = 0; i < 20_000; i++) {
    const connection = String(random(6));
    if (random(4) === 0) stage.leave(connection);
    else stage.play(connection, name(names[random(names.length)]));
    const folded = stage.room.online.map((each) => each.replace("\u200b", "").trim().toLowerCase());
    expect(new Set(folded).size).toBe(folded.length);
  }
});
