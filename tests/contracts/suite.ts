import { expect, test } from "bun:test";
import type { Deliver, Engine } from "../../src/engine/engine.ts";
import type { Outcome } from "../../src/engine/outcome.ts";
import { MAX_ID } from "../../src/engine/record.ts";
import type { Retention } from "../../src/engine/retention.ts";
import type { Ref } from "../../src/protocol/extension.ts";
import type { Page, PageRequest } from "../../src/protocol/page.ts";
import type { ChangeLimits } from "../../src/room/change-limits.ts";
import type { Moment } from "../../src/room/moment.ts";
import type { Message, RoomRequest } from "../../src/room/operation.ts";

const NEWEST: PageRequest = { limit: 100, before: null, after: null };

/** The hash of a connection's session, as long as a real one. */
export function hashFor(connection: string): string {
  return new Bun.CryptoHasher("sha256").update(connection).digest("base64url");
}

/** An outcome, with the message or the history that it shows. */
export type Told =
  | Exclude<Outcome, { kind: "sent" | "repeated" | "history" }>
  | (Extract<Outcome, { kind: "sent" | "repeated" }> & { readonly message: Message })
  | (Extract<Outcome, { kind: "history" }> & { readonly text: string });

/** How an engine is opened where it is not as usual. */
export interface EngineTimes {
  readonly graceMs?: number;
  readonly restartGraceMs?: number;
  /** What the clock says, in Unix ms. */
  readonly at?: number;
  /** A clock that goes on. */
  readonly now?: () => Moment;
  readonly changes?: ChangeLimits;
  /** With it the engine is opened a day after the one before. */
  readonly retention?: Omit<Retention, "everyMs">;
}

/** The options that times stand for. */
export function withRetention({ retention, at, ...times }: EngineTimes = {}) {
  return {
    ...times,
    ...(at === undefined ? {} : { now: () => ({ time: at, timestamp: `T${at}` }) }),
    ...(retention === undefined ? {} : { retention: { ...retention, everyMs: 60_000 } }),
  };
}

const ALL_TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

/** What is encoded already, as text. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** One engine under test, with what it has told. */
export class EngineStage {
  readonly told: Told[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];
  engine!: Engine;

  readonly deliver: Deliver = (_room, outcomes) => {
    for (const outcome of outcomes) {
      if (outcome.kind === "history") this.told.push({ ...outcome, text: textOf(outcome.history.encoded()) });
      else this.told.push("record" in outcome ? { ...outcome, message: outcome.record.message } : outcome);
    }
    for (const waiter of this.#waiting) if (this.told.length >= waiter.count) waiter.resolve();
  };

  /** Sessions that begin with a letter can be resumed, each by its own name. */
  submit(connection: string, request: RoomRequest, room = "/", ref?: Ref): void {
    const sessionHash = /^[a-z]/.test(connection) ? hashFor(connection) : undefined;
    this.engine.submit(room, { kind: "request", connection, request, size: 10, ref, sessionHash });
  }

  leave(connection: string, room = "/"): void {
    this.engine.submit(room, { kind: "leave", connection, resumable: false });
  }

  /** The connection breaks. */
  vanish(connection: string, room = "/"): void {
    this.engine.submit(room, { kind: "leave", connection, resumable: true });
  }

  /** `connection` takes over what `from` had, and asks for what it missed. */
  resume(connection: string, from: string, page: Partial<PageRequest> = {}, room = "/"): void {
    this.submit(connection, { kind: "resume", hash: hashFor(from), page: { ...NEWEST, ...page } }, room);
  }

  /** A program asks for something, or for the newest page. */
  guest(connection: string, room = "/", request: RoomRequest = { kind: "get", page: NEWEST }): void {
    const guest = { name: "Bot", identity: "token:bot", person: { id: "bot", role: "member" } } as const;
    this.engine.submit(room, { kind: "request", connection, request, guest, size: 10 });
  }

  page(connection: string, page: Partial<PageRequest>, room = "/"): void {
    this.submit(connection, { kind: "get", page: { ...NEWEST, ...page } }, room);
  }

  name(connection: string, name: string, room = "/"): void {
    this.submit(connection, { kind: "name", name }, room);
  }

  send(
    connection: string,
    content: string,
    room = "/",
    key: string | null = null,
    reply: number | null = null,
  ): void {
    this.submit(connection, { kind: "send", content, key, reply }, room);
  }

  get(connection: string, room = "/"): void {
    this.submit(connection, { kind: "get", page: null }, room);
  }

  /** The outcomes told so far, once there are at least so many. */
  async until(count: number): Promise<readonly Told[]> {
    if (this.told.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.told;
  }

  kinds(): string[] {
    return this.told.map((outcome) => outcome.kind);
  }
}

/** What a suite needs of an engine's kind. */
export interface EngineKind {
  readonly name: string;
  /** Starts an engine over an empty store, or over the one a stage has used before. */
  open(deliver: Deliver, previous?: EngineStage, times?: EngineTimes): Promise<Engine>;
  /** Ends the engine of a stage as a crash of its process would, as far as its store can tell. */
  abandon(stage: EngineStage): Promise<void>;
  /** Gives somebody another nickname in the store, as an earlier version may have left it. No engine runs over it. */
  renameStored(stage: EngineStage, from: string, to: string): Promise<void>;
  /**
   * Copies the store, and gives what puts it back: all of it, or the messages alone, as an operator may do it by hand. No
   * engine runs over it, neither now nor then.
   */
  backUp(stage: EngineStage, what: "everything" | "messages"): Promise<() => Promise<void>>;
  /** Takes messages of the main room out of the store by hand; all of them where no ids are given. No engine runs over it. */
  takeOut(stage: EngineStage, ids?: readonly number[]): Promise<void>;
}

/** The promises of engine.ts, for any engine. */
export function engineContract(kind: EngineKind): void {
  const stages = async (previous?: EngineStage, times?: EngineTimes): Promise<EngineStage> => {
    const stage = new EngineStage();
    stage.engine = await kind.open(stage.deliver, previous, times);
    return stage;
  };

  test(`${kind.name}: ORD-1 outcomes come in the order of the operations, one for each`, async () => {
    const stage = await stages();
    for (const connection of ["1", "2", "3"]) {
      stage.engine.enter("/");
      stage.name(connection, `n${connection}`);
    }
    const sent: string[] = [];
    for (let i = 0; i < 500; i++) {
      const connection = String(1 + (i % 3));
      stage.send(connection, `m${i}`);
      sent.push(`m${i}`);
      if (i % 97 === 0) await Bun.sleep(0);
    }
    const told = await stage.until(503);
    expect(told.flatMap((each) => (each.kind === "sent" ? [each.message.content] : []))).toEqual(sent);
    const ids = told.flatMap((each) => (each.kind === "sent" ? [each.message.id] : []));
    expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? 0))).toBe(true);
    await stage.engine.close();
    expect(stage.told.length).toBe(503);
  });

  test(`${kind.name}: an outcome is never delivered during submit`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.name("1", "An");
    expect(stage.told).toEqual([]);
    await stage.until(1);
    await stage.engine.close();
  });

  test(`${kind.name}: NAME-8 of look-alike nicknames requested at one moment exactly one is granted`, async () => {
    const stage = await stages();
    for (let i = 0; i < 50; i++) {
      stage.engine.enter("/");
      stage.name(String(i), i % 2 ? "An" : "ＡＮ");
    }
    const told = await stage.until(50);
    expect(told.filter((each) => each.kind === "registered").length).toBe(1);
    expect(told.filter((each) => each.kind === "name-refused").length).toBe(49);
    await stage.engine.close();
  });

  test(`${kind.name}: ORD-5 within one batch, a get shows what precedes it, and nothing that follows`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.name("1", "An");
    stage.get("1");
    stage.send("1", "one");
    stage.get("1");
    stage.send("1", "two");
    stage.get("1");
    const told = await stage.until(6);
    const shown = told.flatMap((each) => (each.kind === "history" ? [contentsOf(each)] : []));
    expect(shown).toEqual([[], ["one"], ["one", "two"]]);
    await stage.engine.close();
  });

  test(`${kind.name}: ORD-4 a leave comes after what the leaver sent`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.name("1", "An");
    for (let i = 0; i < 20; i++) stage.send("1", `m${i}`);
    stage.leave("1");
    await stage.until(22);
    expect(stage.kinds()).toEqual(["registered", ...Array<string>(20).fill("sent"), "left"]);
    await stage.engine.close();
  });

  test(`${kind.name}: DUR-2 acknowledged messages are there after a restart, once and in order, and ids go on`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.name("1", "An");
    for (let i = 0; i < 300; i++) stage.send("1", `m${i}`);
    const before = await stage.until(301);
    await stage.engine.close();
    const again = await stages(stage);
    again.engine.enter("/");
    again.name("1", "An");
    again.get("1");
    again.send("1", "after");
    const told = await again.until(3);
    expect(told[1] && contentsOf(told[1])).toEqual(Array.from({ length: 300 }, (_, i) => `m${i}`));
    const last = before.at(-1);
    const next = told[2];
    expect(last?.kind === "sent" && next?.kind === "sent" && next.message.id > last.message.id).toBe(true);
    await again.engine.close();
  });

  test(`${kind.name}: EP-4 rooms are separate, and a room that was empty for a while still has its history`, async () => {
    const stage = await stages();
    for (const room of ["a", "b"]) {
      expect(stage.engine.enter(room)).toBe(true);
      stage.name("1", "An", room);
      stage.send("1", `in ${room}`, room);
      stage.leave("1", room);
    }
    await stage.until(6);
    while (stage.engine.rooms > 1) await Bun.sleep(1);
    stage.engine.enter("a");
    stage.name("2", "An", "a");
    stage.get("2", "a");
    const told = await stage.until(8);
    expect(told[7] && contentsOf(told[7])).toEqual(["in a"]);
    await stage.engine.close();
  });

  test(`${kind.name}: a place in a room can be taken while the room is being left`, async () => {
    const stage = await stages();
    for (let i = 0; i < 50; i++) {
      expect(stage.engine.enter("a")).toBe(true);
      stage.name(String(i), "An", "a");
      stage.send(String(i), `m${i}`, "a");
      stage.leave(String(i), "a");
      if (i % 3 === 0) await stage.until(3 * (i + 1));
      if (i % 2 === 0) await Bun.sleep(0);
    }
    const told = await stage.until(150);
    expect(told.filter((each) => each.kind === "sent").length).toBe(50);
    await stage.engine.close();
  });

  test(`${kind.name}: close ends every operation submitted before it`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.name("1", "An");
    for (let i = 0; i < 100; i++) stage.send("1", `m${i}`);
    await stage.engine.close();
    expect(stage.told.filter((each) => each.kind === "sent").length).toBe(100);
  });

  test(`${kind.name}: RES-1 RES-3 a resume moves the nickname once, with its place, and the old connection has none`, async () => {
    const stage = await stages();
    for (const connection of ["a", "b", "c", "d"]) {
      stage.engine.enter("/");
      if (connection < "c") stage.name(connection, connection);
    }
    stage.vanish("a");
    stage.resume("c", "a");
    stage.resume("d", "a");
    stage.send("a", "too late");
    stage.send("c", "in time");
    stage.get("b");
    const told = await stage.until(8);
    expect(stage.kinds().slice(2)).toEqual([
      ...["absent", "resumed", "resume-refused", "unregistered", "sent", "history"],
    ]);
    expect(told[3]).toMatchObject({ connection: "c", from: "a", name: "a", shown: { online: ["a", "b"] } });
    expect(told[7]).toMatchObject({ online: ["a", "b"] });
    await stage.engine.close();
  });

  test(`${kind.name}: RES-1 a connection that is still open can be resumed, and its end then announces no leave`, async () => {
    const stage = await stages();
    for (let i = 0; i < 2; i++) stage.engine.enter("r");
    stage.name("a", "An", "r");
    stage.resume("b", "a", {}, "r");
    stage.leave("a", "r");
    stage.get("b", "r");
    const told = await stage.until(4);
    expect(told[2]).toMatchObject({ kind: "gone" });
    expect(told[3]).toMatchObject({ kind: "history", online: ["An"] });
    stage.leave("b", "r");
    await stage.until(5);
    while (stage.engine.rooms > 1) await Bun.sleep(1);
    await stage.engine.close();
  });

  test(`${kind.name}: GRACE-1 a member that does not resume leaves once after the grace, and the room leaves memory`, async () => {
    const stage = await stages(undefined, { graceMs: 20 });
    stage.engine.enter("r");
    stage.name("a", "An", "r");
    stage.vanish("a", "r");
    await stage.until(2);
    expect(stage.engine.absent).toBe(1);
    const told = await stage.until(3);
    expect(told[2]).toMatchObject({ kind: "left", connection: "a", name: "An" });
    expect(stage.engine.absent).toBe(0);
    while (stage.engine.rooms > 1) await Bun.sleep(1);
    stage.engine.enter("r");
    stage.resume("b", "a", {}, "r");
    expect((await stage.until(4))[3]).toMatchObject({ kind: "resume-refused" });
    await stage.engine.close();
  });

  test(`${kind.name}: GRACE-1 of a resume and the end of the grace at one moment, each nickname gets exactly one`, async () => {
    const stage = await stages(undefined, { graceMs: 10 });
    const count = 200;
    for (let i = 0; i < 2 * count; i++) stage.engine.enter("/");
    for (let i = 0; i < count; i++) stage.name(`a${i}`, `n${i}`);
    await stage.until(count);
    for (let i = 0; i < count; i++) stage.vanish(`a${i}`);
    for (let i = 0; i < count; i++) {
      if (i % 20 === 0) await Bun.sleep(1);
      stage.resume(`b${i}`, `a${i}`);
    }
    const own = (i: number) =>
      stage.told.filter((each) => each.connection === `a${i}` || each.connection === `b${i}`);
    while (stage.told.filter((each) => each.connection.startsWith("b")).length < count) await Bun.sleep(1);
    while (stage.engine.absent > 0) await Bun.sleep(1);
    for (let i = 0; i < count; i++) {
      // The end of a grace that comes too late is the leave of nobody.
      const told = own(i).filter(({ kind }) => kind !== "gone");
      const ending = told.map((each) => each.kind).slice(2);
      expect([["resumed"], ["left", "resume-refused"]]).toContainEqual(ending);
    }
    await stage.engine.close();
  });

  for (const end of ["close", "crash"] as const) {
    test(`${kind.name}: RES-7 sessions outlive a ${end} with the roster's order, the newest hash and the newest nickname`, async () => {
      const stage = await stages();
      for (let i = 0; i < 5; i++) stage.engine.enter("/");
      for (const connection of ["a", "b", "c"]) stage.name(connection, connection);
      stage.name("2", "classic");
      stage.vanish("a");
      stage.resume("d", "a");
      stage.name("d", "renamed");
      stage.leave("b");
      await stage.until(8);
      if (end === "close") await stage.engine.close();
      else await kind.abandon(stage);
      const again = await stages(stage);
      expect(again.engine.absent).toBe(2);
      for (let i = 0; i < 4; i++) again.engine.enter("/");
      again.name("3", "RENAMED");
      again.resume("e", "a");
      again.resume("e", "b");
      again.resume("e", "d");
      again.resume("f", "c");
      const told = await again.until(5);
      expect(again.kinds()).toEqual([
        "name-refused",
        "resume-refused",
        "resume-refused",
        "resumed",
        "resumed",
      ]);
      expect(told[3]).toMatchObject({ name: "renamed", shown: { online: ["renamed", "c"] } });
      await again.engine.close();
    });
  }

  test(`${kind.name}: RES-7 NAME-8 two nicknames that an earlier version told apart outlive a restart, and nobody else gets either`, async () => {
    const stage = await stages();
    for (let i = 0; i < 3; i++) stage.engine.enter("/");
    for (const connection of ["a", "b", "c"])
      stage.name(connection, { a: "Mia", b: "Bình", c: "Chi" }[connection] ?? "");
    stage.vanish("a");
    await stage.until(4);
    await stage.engine.close();
    await kind.renameStored(stage, "Bình", "Mıa");
    const again = await stages(stage);
    expect(again.engine.absent).toBe(3);
    for (let i = 0; i < 4; i++) again.engine.enter("/");
    again.resume("d", "a");
    again.resume("e", "b");
    again.resume("f", "c");
    await again.until(3);
    again.name("f", "MIA");
    again.name("d", "Mia");
    again.vanish("e");
    again.resume("1", "nobody");
    again.leave("d");
    again.name("f", "mia");
    again.resume("g", "e");
    again.leave("g");
    again.name("f", "mia");
    const told = await again.until(12);
    expect(again.kinds()).toEqual([
      ...["resumed", "resumed", "resumed", "name-refused", "renamed", "absent", "resume-refused", "left"],
      ...["name-refused", "resumed", "left", "renamed"],
    ]);
    expect(told[2]).toMatchObject({ shown: { online: ["Mia", "Mıa", "Chi"] } });
    await again.engine.close();
  });

  test(`${kind.name}: GRACE-4 a member that does not come back after a restart leaves, even in a room that nobody has entered since`, async () => {
    const stage = await stages();
    stage.engine.enter("r");
    stage.name("a", "An", "r");
    await stage.until(1);
    await stage.engine.close();
    const again = await stages(stage, { restartGraceMs: 20 });
    const [left] = await again.until(1);
    expect(left).toMatchObject({ kind: "left", name: "An" });
    while (again.engine.rooms > 1) await Bun.sleep(1);
    await again.engine.close();
    const third = await stages(again);
    expect(third.engine.absent).toBe(0);
    await third.engine.close();
  });

  test(`${kind.name}: KEY-2 KEY-3 KEY-5 a key is stored once for an identity: within one batch, and across a resume, a lost connection and a restart`, async () => {
    const stage = await stages(undefined, { graceMs: 0 });
    for (let i = 0; i < 4; i++) stage.engine.enter("/");
    stage.name("a", "An");
    stage.send("a", "first", "/", "k");
    stage.send("a", "again", "/", "k");
    stage.name("b", "Bình");
    stage.send("b", "Bình's", "/", "k");
    stage.resume("c", "a");
    stage.send("c", "again", "/", "k");
    stage.leave("c");
    stage.resume("d", "c");
    stage.name("d", "An again");
    stage.send("d", "again", "/", "k");
    const told = await stage.until(11);
    const first = told[1];
    if (first?.kind !== "sent") throw new Error("the first was not sent");
    expect(told.filter((each) => each.kind === "sent").map((each) => each.message.content)).toEqual([
      "first",
      "Bình's",
    ]);
    const repeated = told.flatMap((each) => (each.kind === "repeated" ? [each.message] : []));
    expect(repeated.map(({ id, content }) => [id, content])).toEqual(
      Array(3).fill([first.message.id, "first"]),
    );
    await kind.abandon(stage);
    const again = await stages(stage);
    again.engine.enter("/");
    again.resume("e", "d");
    again.send("e", "again", "/", "k");
    again.send("e", "new", "/", "l");
    const after = await again.until(3);
    expect(after[1]).toMatchObject({ kind: "repeated", message: { id: first.message.id, content: "first" } });
    expect(after[2]).toMatchObject({ kind: "sent" });
    await again.engine.close();
  });

  test(`${kind.name}: PAGE-2 RES-4 pages of any kind at any place agree with the whole history`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.name("a", "An");
    const asked: { limit: number; before: number | null; after: number | null; upTo: number }[] = [];
    let sent = 0;
    let operations = 1;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < round * 3; i++) {
        stage.send("a", String(++sent), "/", i % 2 ? `k${sent}` : null);
        operations++;
        if (i % 5 !== 0) continue;
        const limit = 1 + ((round * 7 + i) % 60);
        const id = (round * 31 + i * 17) % (sent + 5);
        const request = [
          { limit, before: null, after: null },
          { limit, before: id, after: null },
          { limit, before: null, after: id },
        ][i % 3] ?? { limit, before: null, after: null };
        stage.page("a", request);
        asked.push({ ...request, upTo: sent });
        operations++;
      }
      if (round % 4 === 0) await stage.until(operations);
    }
    const told = await stage.until(operations);
    const pages = told.flatMap((each) => (each.kind === "page" ? [each.page] : []));
    expect(pages.length).toBe(asked.length);
    for (const [at, { limit, before, after, upTo }] of asked.entries()) {
      const isForeign = after !== null && after > upTo;
      const ids = Array.from({ length: upTo }, (_, i) => i + 1).filter(
        (id) => id < (before ?? Number.POSITIVE_INFINITY) && (isForeign || id > (after ?? 0)),
      );
      const expected = after === null || isForeign ? ids.slice(-limit) : ids.slice(0, limit);
      const page = pages[at];
      expect(page?.reset).toBe(isForeign);
      const shown: { id: number; content: string }[] = JSON.parse(
        `[${textOf(page?.messages ?? new Uint8Array(0))}]`,
      );
      expect(shown.map((message) => message.id)).toEqual(expected);
      expect(shown.every((message) => message.content === String(message.id))).toBe(true);
      expect(
        shown.every((message) => Object.keys(message).join() === "name,content,timestamp,id,time,by"),
      ).toBe(true);
      expect(page?.more).toBe(ids.length > limit);
    }
    await stage.engine.close();
  });

  test(`${kind.name}: reading the newest messages from outside creates neither a room nor a history`, async () => {
    const stage = await stages();
    stage.engine.enter("/");
    stage.engine.enter("tea");
    stage.name("1", "An");
    for (const content of ["one", "two", "three"]) stage.send("1", content);
    stage.name("2", "Bình", "tea");
    stage.send("2", "in the tea room", "tea");
    await stage.until(6);
    const contents = async (room: string) => (await stage.engine.recent(room))?.map(({ content }) => content);
    expect(await contents("/")).toEqual(["one", "two", "three"]);
    expect(await contents("tea")).toEqual(["in the tea room"]);
    stage.leave("2", "tea");
    await stage.until(7);
    expect(await Promise.all([contents("tea"), contents("tea"), contents("nobody-was-here")])).toEqual([
      ["in the tea room"],
      ["in the tea room"],
      [],
    ]);
    expect(stage.engine.rooms).toBe(1);
    expect(stage.told).toHaveLength(7);
    await stage.engine.close();
    expect(await stage.engine.recent("/")).toBeNull();
  });

  test(`${kind.name}: EP-10 it is known of rooms who is there and what is newest, without opening any`, async () => {
    const stage = await stages();
    const { engine } = stage;
    for (const _ of [1, 2]) engine.enter("/");
    for (const room of ["tea", "null"]) engine.enter(room);
    stage.name("a", "An");
    stage.name("b", "Bình");
    stage.name("c", "Chi", "tea");
    stage.name("d", "Dung", "null");
    await stage.until(4);
    stage.send("a", "one");
    stage.send("a", "two");
    stage.send("c", "one", "tea");
    await stage.until(7);
    stage.submit("a", { kind: "react", of: 2, emoji: "👍", on: true });
    stage.vanish("c", "tea");
    stage.leave("b");
    await stage.until(10);
    const { rooms } = engine;
    const asked = ["/", "tea", "null", "nobody"];
    const facts = async (from: EngineStage) => {
      const [people, newest, histories] = await Promise.all([
        from.engine.headcounts(asked),
        from.engine.newestIds(asked),
        Promise.all(asked.map((room) => from.engine.hasHistory(room))),
      ]);
      return asked.map((room, at) => [people.get(room) ?? 0, newest.get(room), at === 0 || histories[at]]);
    };
    const expected = [
      [1, 2, true],
      [1, 1, true],
      [1, undefined, false],
      [0, undefined, false],
    ];
    expect(await facts(stage)).toEqual(expected);
    expect(await engine.headcounts([])).toEqual(new Map());
    expect(await engine.newestIds([])).toEqual(new Map());
    expect(engine.rooms).toBe(rooms);
    await engine.close();
    const later = await stages(stage);
    const newest = (await facts(later)).map(([, id, hasHistory]) => [id, hasHistory]);
    expect(newest).toEqual(expected.map(([, id, hasHistory]) => [id, hasHistory]));
    await later.engine.close();
  });

  test(`${kind.name}: EP-10 messages after an id are counted up to a number, without those that are deleted`, async () => {
    const stage = await stages();
    const { engine } = stage;
    for (const room of ["/", "tea", "milk"]) engine.enter(room);
    stage.name("a", "An");
    stage.name("b", "Bình", "tea");
    stage.name("c", "Chi", "milk");
    await stage.until(3);
    // Ids 1 to 40; then each even one is deleted, with the ids 41 to 60, and 61 to 64 are messages again.
    for (let i = 1; i <= 40; i++) stage.send("a", `${i}`);
    for (let of = 2; of <= 40; of += 2) stage.submit("a", { kind: "delete", of });
    stage.submit("a", { kind: "edit", of: 1, content: "edited", key: null });
    for (let i = 0; i < 3; i++) stage.send("a", "later");
    for (let i = 0; i < 2; i++) stage.send("b", "tea", "tea");
    await stage.until(69);
    const { rooms } = engine;
    const counts = async (from: EngineStage, most: number, ids: Readonly<Record<string, number>>) =>
      Object.fromEntries(await from.engine.countsAfter(new Map(Object.entries(ids)), most));
    const kept = Array.from({ length: 65 }, (_, id) => id).filter(
      (id) => id > 61 || (id < 40 && id % 2 === 1),
    );
    const check = async (from: EngineStage) => {
      for (const most of [1, 5, 22, 100])
        for (const id of [...Array(66).keys(), MAX_ID]) {
          const count = Math.min(most, kept.filter((each) => each > id).length);
          expect([most, id, await counts(from, most, { "/": id })]).toEqual([most, id, { "/": count }]);
        }
      const all = { "/": 0, tea: 1, milk: 0, nobody: 0, null: 7 };
      expect(await counts(from, 9, all)).toEqual({ "/": 9, tea: 1, milk: 0, nobody: 0, null: 0 });
      expect(await counts(from, 9, {})).toEqual({});
      for (const room of ["milk", "nobody", "null"])
        expect([room, await from.engine.hasHistory(room)]).toEqual([room, false]);
    };
    await check(stage);
    expect(engine.rooms).toBe(rooms);
    await engine.close();
    const later = await stages(stage);
    const roomsLater = later.engine.rooms;
    await check(later);
    expect(later.engine.rooms).toBe(roomsLater);
    await later.engine.close();
  });

  for (const [what, retention, kept] of [
    ["the newest messages", { keepMs: null, keepMessages: 3, keepBytes: null }, [8, 9, 10]],
    ["a time", { keepMs: 60 * 60 * 1000, keepMessages: null, keepBytes: null }, [10]],
    ["a size", { keepMs: null, keepMessages: null, keepBytes: 620 }, [6, 7, 8, 9, 10]],
    ["no more than a large size", { keepMs: null, keepMessages: null, keepBytes: 5000 }, ALL_TEN],
    ["all", { keepMs: 100 * 365 * 24 * 60 * 60 * 1000, keepMessages: 20, keepBytes: null }, ALL_TEN],
  ] as const) {
    test(`${kind.name}: PAGE-5 ID-2 when ${what} of a history is kept, a page reports the gap, and ids go on`, async () => {
      const stage = await stages();
      stage.engine.enter("/");
      stage.name("a", "An");
      for (let i = 1; i <= 10; i++) stage.send("a", `m${i}`);
      await stage.until(11);
      await stage.engine.close();
      const again = await stages(stage, { retention });
      again.engine.enter("/");
      again.name("b", "Bình");
      again.page("b", { after: 0 });
      again.page("b", { limit: 2, before: 10 });
      again.send("b", "next");
      again.get("b");
      const told = await again.until(5);
      const [after, below] = told.flatMap((each) => (each.kind === "page" ? [each.page] : []));
      const ids = (page: typeof after) =>
        JSON.parse(`[${textOf(page?.messages ?? new Uint8Array(0))}]`).map(
          (message: { id: number }) => message.id,
        );
      expect(ids(after)).toEqual(kept);
      expect(after?.gap ?? null).toEqual(kept[0] === 1 ? null : { from: 1, to: kept[0] - 1 });
      const [first] = kept;
      expect(ids(below)).toEqual([8, 9].filter((id) => id >= first));
      expect(below?.more).toBe(first < 8);
      expect(told[3]).toMatchObject({ kind: "sent", message: { id: 11 } });
      expect(told[4] && contentsOf(told[4]).length).toBe(kept.length + 1);
      for (const id of [0, 1])
        expect((await again.engine.countsAfter(new Map([["/", id]]), 100)).get("/")).toBe(
          kept.filter((each) => each > id).length + 1,
        );
      await again.engine.close();
    });
  }

  restoreContract(kind, stages);
}

const HOUR_MS = 60 * 60 * 1000;

/** What is promised when the history is not the one that somebody was told of. */
function restoreContract(
  kind: EngineKind,
  stages: (previous?: EngineStage, times?: EngineTimes) => Promise<EngineStage>,
): void {
  /** Says something at a time, ends the engine, and gives what was stored. */
  const say = async (previous: EngineStage | undefined, at: number, contents: readonly string[]) => {
    const stage = await stages(previous, { at });
    stage.engine.enter("/");
    stage.name("1", "An");
    for (const content of contents) stage.send("1", content);
    const told = await stage.until(1 + contents.length);
    await stage.engine.close();
    return { stage, said: told.flatMap((each) => (each.kind === "sent" ? [each.message] : [])) };
  };

  /** What somebody is given who asks for what comes behind each of some places. */
  const goOnFrom = async (previous: EngineStage, places: readonly Partial<PageRequest>[]) => {
    const stage = await stages(previous);
    stage.engine.enter("/");
    stage.name("1", "An");
    for (const place of places) stage.page("1", place);
    const told = await stage.until(1 + places.length);
    await stage.engine.close();
    return told.flatMap((each) => (each.kind === "page" ? [pageShown(each.page)] : []));
  };

  const behind = ({ id, time }: { id: number; time: number }) => ({ after: id, time });
  const FIRST = ["one", "two", "three"];

  for (const what of ["everything", "messages"] as const) {
    test(`${kind.name}: PAGE-6 after ${what} of an older backup was restored, clients that know more get the newest page, and the others go on`, async () => {
      const { stage, said } = await say(undefined, 1_000, FIRST);
      const putBack = await kind.backUp(stage, what);
      const { stage: later, said: lost } = await say(stage, 2_000, ["four", "five", "six"]);
      await putBack();
      const [three, six] = [said[2], lost[2]];
      if (!three || !six) throw new Error("all was stored");
      const places = [behind(six), { after: 6 }, behind(three), { after: 0, time: 7 }, { after: 3 }];
      const all = { contents: FIRST, gap: null, more: false };
      const none = { contents: [], gap: null, more: false, reset: false };
      expect(await goOnFrom(later, places)).toEqual([
        { ...all, reset: true },
        { ...all, reset: true },
        none,
        { ...all, reset: false },
        none,
      ]);
      // As many as there were before, and more.
      for (const contents of [["4", "5", "6"], ["7"]]) {
        const { stage: again } = await say(later, 3_000, contents);
        const [lostPage, keptPage] = await goOnFrom(again, [behind(six), behind(three)]);
        expect(lostPage).toMatchObject({ reset: true, gap: null });
        expect(lostPage?.contents.slice(0, 4)).toEqual([...FIRST, "4"]);
        expect(keptPage).toMatchObject({ reset: false, gap: null, contents: lostPage?.contents.slice(3) });
      }
    });
  }

  test(`${kind.name}: PAGE-6 after a backup with more messages was restored, clients that know the history in between get the newest page`, async () => {
    const { stage } = await say(undefined, 1_000, FIRST);
    const putBackLess = await kind.backUp(stage, "everything");
    const { stage: more } = await say(stage, 2_000, ["four", "five", "six"]);
    const putBackMore = await kind.backUp(more, "everything");
    await putBackLess();
    const { stage: other, said } = await say(more, 3_000, ["4", "5"]);
    await putBackMore();
    expect(said.map(({ id }) => id)).toEqual([4, 5]);
    expect(await goOnFrom(other, [...said.map(behind), { after: 2, time: 1_000, limit: 2 }])).toEqual([
      { contents: [...FIRST, "four", "five", "six"], gap: null, more: false, reset: true },
      { contents: [...FIRST, "four", "five", "six"], gap: null, more: false, reset: true },
      { contents: ["three", "four"], gap: null, more: true, reset: false },
    ]);
  });

  test(`${kind.name}: PAGE-6 ID-2 after a history was deleted, clients get an empty page without a gap, and ids go on`, async () => {
    const { stage, said } = await say(undefined, 1_000, FIRST);
    await kind.takeOut(stage);
    const places = [...said.map(behind), { after: 3 }, { after: 0 }];
    const emptied = await goOnFrom(stage, places);
    const nothing = { contents: [], gap: null, more: false };
    expect(emptied).toEqual([...Array(4).fill({ ...nothing, reset: true }), { ...nothing, reset: false }]);
    const { said: anew } = await say(stage, 2_000, ["four", "five"]);
    expect(anew.map(({ id }) => id)).toEqual([4, 5]);
    const after = await goOnFrom(stage, [...said.map(behind), { after: 0 }]);
    const all = { contents: ["four", "five"], gap: null, more: false };
    expect(after).toEqual([...Array(3).fill({ ...all, reset: true }), { ...all, reset: false }]);
  });

  test(`${kind.name}: PAGE-6 a client that continues from a message that was removed by hand gets the newest page, and the others go on`, async () => {
    const { stage, said } = await say(undefined, 1_000, [...FIRST, "four", "five"]);
    await kind.takeOut(stage, [2, 3]);
    const left = { contents: ["one", "four", "five"], gap: null, more: false, reset: true };
    const [one, two, three, four] = await goOnFrom(stage, said.map(behind));
    expect([two, three]).toEqual([left, left]);
    expect(one).toMatchObject({ contents: ["four", "five"], gap: null, reset: false });
    expect(four).toMatchObject({ contents: ["five"], reset: false });
    // By an id alone nobody can tell; numbers may be left out.
    expect(await goOnFrom(stage, [{ after: 2 }])).toMatchObject([
      { contents: ["four", "five"], reset: false },
    ]);
  });

  test(`${kind.name}: PAGE-6 after the newest message was removed, its id is not used again, and clients that know it get the newest page`, async () => {
    const { stage, said } = await say(undefined, 1_000, FIRST);
    await kind.takeOut(stage, [3]);
    const { said: next } = await say(stage, 2_000, ["four"]);
    expect(next[0]?.id).toBe(4);
    const [two, three] = await goOnFrom(stage, said.slice(1).map(behind));
    expect(two).toEqual({ contents: ["four"], gap: null, more: false, reset: false });
    expect(three).toEqual({ contents: ["one", "two", "four"], gap: null, more: false, reset: true });
  });

  test(`${kind.name}: PAGE-6 messages of one moment, or of a clock that was set back, are recognised by their ids and times`, async () => {
    const { stage } = await say(undefined, 5_000, ["one", "two"]);
    const { stage: back } = await say(stage, 1_000, ["three", "four"]);
    const { stage: last } = await say(back, 6_000, ["five"]);
    const places = [5_000, 5_000, 1_000, 1_000, 6_000].map((time, at) => ({ after: at + 1, time }));
    const pages = await goOnFrom(last, places);
    expect(pages.map(({ contents, reset }) => [contents.length, reset])).toEqual(
      [4, 3, 2, 1, 0].map((count) => [count, false]),
    );
    const wrong = await goOnFrom(last, [
      { after: 3, time: 5_000 },
      { after: 1, time: 4_999 },
      { after: 2, time: -1 },
    ]);
    expect(wrong.map(({ reset }) => reset)).toEqual([true, true, true]);
  });

  test(`${kind.name}: PAGE-5 PAGE-6 a client that continues in a pruned history gets a gap, and in another history the newest page`, async () => {
    const { stage, said } = await say(undefined, 1_000, [...FIRST, "four", "five"]);
    const times = { at: 48 * HOUR_MS, retention: { keepMs: null, keepMessages: 2, keepBytes: null } };
    const pruning = await stages(stage, times);
    await pruning.engine.close();
    const pages = await goOnFrom(pruning, [...said.map(behind), { after: 2, time: 47 * HOUR_MS }]);
    const page = { contents: ["four", "five"], more: false, reset: false };
    expect(pages).toEqual([
      { ...page, gap: { from: 2, to: 3 } },
      { ...page, gap: { from: 3, to: 3 } },
      { ...page, gap: null },
      { ...page, contents: ["five"], gap: null },
      { ...page, contents: [], gap: null },
      { ...page, gap: null, reset: true },
    ]);
  });

  test(`${kind.name}: PAGE-6 ORD-5 whether a position is known depends on the place in the order, even within one batch`, async () => {
    const stage = await stages(undefined, { at: 1_000 });
    stage.engine.enter("/");
    stage.name("1", "An");
    stage.page("1", { after: 1, time: 1_000 });
    stage.send("1", "one");
    stage.page("1", { after: 1, time: 1_000 });
    stage.send("1", "two");
    stage.page("1", { after: 1, time: 1_000 });
    stage.page("1", { after: 1, time: 999 });
    const told = await stage.until(7);
    const pages = told.flatMap((each) => (each.kind === "page" ? [pageShown(each.page)] : []));
    expect(pages.map(({ contents, reset }) => [contents, reset])).toEqual([
      [[], true],
      [[], false],
      [["two"], false],
      [["one", "two"], true],
    ]);
    await stage.engine.close();
  });

  test(`${kind.name}: PAGE-3 PAGE-6 pages after any position agree with the whole history, also after a restart`, async () => {
    const contents = Array.from({ length: 200 }, (_, at) => `${at + 1} ${"x".repeat((at * 37) % 400)}`);
    const { stage } = await say(undefined, 1_000, contents);
    for (const time of [1_000, 2_000, undefined]) {
      const places = [1, 2, 63, 64, 65, 100, 127, 128, 129, 190, 199, 200].map((after, at) => ({
        ...{ after, limit: 1 + ((at * 29) % 90) },
        ...(time === undefined ? {} : { time }),
      }));
      const pages = await goOnFrom(stage, places);
      for (const [at, { after, limit }] of places.entries()) {
        const isForeign = time === 2_000;
        expect(pages[at]).toEqual({
          contents: isForeign ? contents.slice(-limit) : contents.slice(after, after + limit),
          gap: null,
          more: isForeign ? limit < 200 : after + limit < 200,
          reset: isForeign,
        });
      }
    }
  });

  for (const what of ["everything", "messages"] as const) {
    test(`${kind.name}: KEY-2 KEY-4 DUR-2 after ${what} of a backup was restored, a repeat is stored if its message is gone, and only then`, async () => {
      const stage = await stages(undefined, { at: 1_000 });
      stage.engine.enter("/");
      stage.name("a", "An");
      stage.send("a", "kept", "/", "k");
      stage.vanish("a");
      await stage.until(3);
      await stage.engine.close();
      const putBack = await kind.backUp(stage, what);
      const between = await stages(stage, { at: 1_001 });
      between.engine.enter("/");
      between.resume("b", "a");
      between.send("b", "lost", "/", "l");
      between.send("b", "lost as well");
      between.vanish("b");
      await between.until(4);
      await between.engine.close();
      await putBack();
      const after = await stages(between, { at: 1_002 });
      after.engine.enter("/");
      after.resume("c", what === "everything" ? "a" : "b", { after: 3, time: 1_001 });
      after.send("c", "lost", "/", "l");
      after.send("c", "lost", "/", "l");
      after.send("c", "kept", "/", "k");
      const [resumed, sent, ...repeated] = await after.until(4);
      expect(resumed).toMatchObject({ kind: "resumed", shown: { page: { reset: true } } });
      expect(sent).toMatchObject({ kind: "sent", message: { content: "lost", time: 1_002 } });
      expect(repeated).toMatchObject([
        { kind: "repeated", message: { content: "lost", time: 1_002 } },
        { kind: "repeated", message: { content: "kept", id: 1 } },
      ]);
      await after.engine.close();
    });
  }
}

/** What a page shows. */
export function pageShown({ messages, gap, more, reset }: Page) {
  const shown: { content: string }[] = JSON.parse(`[${textOf(messages)}]`);
  return { contents: shown.map(({ content }) => content), gap, more, reset };
}

/** The contents of the history that an outcome shows. */
export function contentsOf(told: Told | undefined): string[] {
  if (told?.kind !== "history") throw new Error(`a history was asked for, and not ${told?.kind}`);
  const messages: { content: string }[] = JSON.parse(`[${told.text}]`);
  return messages.map(({ content }) => content);
}

/** What a resume shows. */
export function shownBy(told: Told | undefined): {
  contents: string[];
  reset: boolean;
  online: readonly string[];
} {
  if (told?.kind !== "resumed" || told.shown === null) throw new Error("it was resumed here");
  const { page, online } = told.shown;
  return { contents: pageShown(page).contents, reset: page.reset, online };
}
