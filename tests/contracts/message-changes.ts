/** What every engine promises about edits, deletions, reactions and replies. */
import { expect, test } from "bun:test";
import type { PageRequest } from "../../src/protocol/page.ts";
import { Chronicle, type PageSeen, pageSeen } from "../support/chronicle.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { contentsOf, type EngineKind, EngineStage, type EngineTimes, type Told } from "./suite.ts";

const EMOJI = ["👍", "❤️", "😂", "🎉"] as const;
const PLACES = [null, 0, 1, 2, 5, 9, 20, 60] as const;

/** A stage on which messages are changed. */
export class ChangeStage extends EngineStage {
  #asked = 0;

  edit(connection: string, of: number, content: string, key: string | null = null): void {
    this.submit(connection, { kind: "edit", of, content, key });
  }

  remove(connection: string, of: number): void {
    this.submit(connection, { kind: "delete", of });
  }

  react(connection: string, of: number, emoji: string, on = true): void {
    this.submit(connection, { kind: "react", of, emoji, on });
  }

  /** People who join, by their connections. @returns their public ids */
  async join(...people: readonly (readonly [connection: string, name: string])[]): Promise<string[]> {
    for (const [connection, name] of people) {
      this.engine.enter("/");
      this.name(connection, name);
    }
    const told = await this.next(people.length);
    return told.flatMap((each) => (each.kind === "registered" ? [each.by] : []));
  }

  /** The next outcomes that have not been asked for yet, once there are so many. */
  async next(count: number): Promise<readonly Told[]> {
    const from = this.#asked;
    this.#asked += count;
    return (await this.until(from + count)).slice(from, from + count);
  }

  /** What was told so far is not asked for any more. */
  passOver(): void {
    this.#asked = this.told.length;
  }

  /** What pages show, one after the other. */
  async pages(connection: string, ...requests: readonly Partial<PageRequest>[]): Promise<PageSeen[]> {
    for (const request of requests) this.page(connection, request);
    const told = await this.next(requests.length);
    return told.flatMap((each) => (each.kind === "page" ? [pageSeen(each.page)] : []));
  }

  /** Expects that pages at any place show the history as it is after all that was told. */
  async expectPages(connection: string, told: readonly Told[]): Promise<void> {
    const chronicle = Chronicle.of(told);
    const lastId = chronicle.events.at(-1)?.id ?? 0;
    const places = chronicle.events.filter((_, at) => at % 7 === 0);
    const requests: PageRequest[] = [
      { limit: 1000, before: null, after: null },
      { limit: 3, before: null, after: null },
      ...PLACES.flatMap((place) => {
        const id = place === null ? null : Math.max(0, lastId - place);
        return [
          { limit: 10, before: id, after: null },
          ...[1, 4, 1000].map((limit) => ({ limit, before: null, after: id ?? 0 })),
        ];
      }),
      ...places.map(({ id, time }) => ({ limit: 5, before: null, after: id, time })),
    ];
    const pages = await this.pages(connection, ...requests);
    expect(pages.map((page, at) => [requests[at], page])).toEqual(
      requests.map((request) => [request, chronicle.page(request)]),
    );
  }
}

/** Does something at random. @param ids messages that there may be */
export function act(stage: ChangeStage, random: Random, connection: string, ids: readonly number[]): void {
  const of = ids[random.integer(0, Math.max(0, ids.length - 1))] ?? 1;
  const mark = random.integer(0, 1_000_000);
  switch (random.integer(0, 9)) {
    case 0:
    case 1:
    case 2:
      stage.send(connection, `said ${mark}`, "/", null, random.chance(0.3) ? of : null);
      return;
    case 3:
    case 4:
      stage.edit(connection, of, `edited ${mark} \0 "\ud83d\ude00"`);
      return;
    case 5:
      if (random.chance(0.4)) stage.remove(connection, of);
      else stage.send(connection, `instead ${mark}`);
      return;
    default:
      stage.react(connection, of, random.pick(EMOJI), random.chance(0.7));
  }
}

/** The ids of the messages that were told of. */
export function idsIn(told: readonly Told[]): number[] {
  return told.flatMap((each) => (each.kind === "sent" ? [each.message.id] : []));
}

function idIn(message: unknown): number {
  return typeof message === "object" && message !== null && "id" in message ? Number(message.id) : 0;
}

export function changeContract(kind: EngineKind): void {
  const stages = async (previous?: EngineStage, times?: EngineTimes): Promise<ChangeStage> => {
    const stage = new ChangeStage();
    stage.engine = await kind.open(stage.deliver, previous, times);
    return stage;
  };

  test(`${kind.name}: CHANGE-1 EDIT-1 EDIT-3 DELETE-1 REACT-1 changes are told with positions of their own, and pages show what they come to`, async () => {
    const stage = await stages();
    const [an, binh] = await stage.join(["a", "An"], ["b", "Bình"]);
    stage.send("a", "one");
    stage.send("a", "two");
    stage.edit("a", 1, "one, edited");
    stage.react("b", 1, "👍");
    stage.react("a", 1, "👍");
    stage.react("b", 2, "🎉");
    stage.remove("a", 2);
    const told = await stage.next(7);
    const place = { time: 1_000 };
    expect(told.slice(2)).toMatchObject([
      { kind: "edited", connection: "a", of: 1, content: "one, edited", id: 3, by: an, ...place },
      {
        kind: "reacted",
        connection: "b",
        of: 1,
        id: 4,
        emoji: "👍",
        on: true,
        count: 1,
        by: binh,
        name: "Bình",
      },
      { kind: "reacted", connection: "a", of: 1, id: 5, emoji: "👍", on: true, count: 2, by: an, name: "An" },
      { kind: "reacted", of: 2, id: 6, count: 1 },
      { kind: "deleted", connection: "a", of: 2, id: 7, by: an },
    ]);
    const [page] = await stage.pages("a", {});
    const by = [
      { by: binh, name: "Bình" },
      { by: an, name: "An" },
    ];
    const shown = { name: "An", timestamp: "01/01/2030 00:00:01", ...place, by: an };
    expect(page?.messages).toEqual([
      {
        ...shown,
        content: "one, edited",
        id: 1,
        edited: 1_000,
        reactions: [{ emoji: "👍", count: 2, by }],
      },
      { ...shown, content: "", id: 2, deleted: true },
    ]);
    stage.get("a");
    expect(contentsOf((await stage.next(1))[0])).toEqual(["one, edited"]);
    await stage.expectPages("a", stage.told);
    await stage.engine.close();
  });

  test(`${kind.name}: CHANGE-3 CHANGE-4 CHANGE-5 REACT-3 a change that may not be made changes nothing, and takes no id`, async () => {
    const stage = await stages();
    await stage.join(["a", "An"], ["b", "Bình"]);
    stage.send("a", "one");
    stage.edit("b", 1, "not yours");
    stage.remove("b", 1);
    for (const of of [2, 1_000_000, Number.MAX_SAFE_INTEGER, 1e300]) stage.react("a", of, "👍");
    stage.react("a", 1, "👍", false);
    stage.edit("z", 1, "from nobody");
    stage.remove("a", 1);
    stage.remove("a", 1);
    stage.react("b", 1, "👍");
    stage.edit("a", 1, "again");
    stage.edit("a", 2, "a change is no message");
    stage.send("a", "next");
    const told = await stage.next(15);
    const reasons = told.map((each) => (each.kind === "change-refused" ? each.reason : each.kind));
    const [not, unknown] = ["NotAllowed", "UnknownMessage"];
    expect(reasons.join()).toBe(
      [
        ...[
          "sent",
          not,
          not,
          unknown,
          unknown,
          unknown,
          unknown,
          "react-unchanged",
          "unregistered",
          "deleted",
        ],
        ...[unknown, unknown, unknown, unknown, "sent"],
      ].join(),
    );
    expect(told.at(-1)).toMatchObject({ kind: "sent", message: { id: 3 } });
    await stage.expectPages("a", stage.told);
    await stage.engine.close();
  });

  test(`${kind.name}: REACT-3 REACT-4 each person has each emoji once, and a message has no more than twenty emoji and a thousand reactions`, async () => {
    const stage = await stages();
    const people = Array.from({ length: 52 }, (_, at) => [`p${at}`, `person ${at}`] as const);
    await stage.join(...people);
    const emoji = Array.from({ length: 21 }, (_, at) => String.fromCodePoint(0x1f600 + at));
    stage.send("p0", "one");
    let count = 1;
    for (const each of emoji.slice(0, 20))
      for (const [connection] of people.slice(0, 50)) {
        stage.react(connection, 1, each);
        count++;
      }
    await stage.next(count);
    stage.react("p0", 1, emoji[20] ?? "");
    stage.react("p51", 1, emoji[0] ?? "");
    stage.react("p0", 1, emoji[0] ?? "");
    stage.react("p0", 1, emoji[0] ?? "", false);
    stage.react("p51", 1, emoji[0] ?? "");
    stage.react("p50", 1, emoji[0] ?? "");
    expect(await stage.next(6)).toMatchObject([
      { kind: "change-refused", reason: "TooManyReactions" },
      { kind: "change-refused", reason: "TooManyReactions" },
      { kind: "react-unchanged", on: true, count: 50 },
      { kind: "reacted", on: false, count: 49 },
      { kind: "reacted", on: true, count: 50 },
      { kind: "change-refused", reason: "TooManyReactions" },
    ]);
    await stage.expectPages("p0", stage.told);
    const again = await restarted(stage);
    await again.join(["q", "Reader"]);
    await again.expectPages("q", stage.told);
    await again.engine.close();
  });

  test(`${kind.name}: CHANGE-1 ORD-1 in one batch a message is sent, edited, reacted to, deleted and asked for, each at its place`, async () => {
    const stage = await stages();
    const [an, binh] = await stage.join(["a", "An"], ["b", "Bình"]);
    stage.send("a", "secret one");
    stage.edit("a", 1, "secret two");
    stage.react("b", 1, "👍");
    stage.edit("a", 1, "secret three");
    stage.react("b", 1, "👍", false);
    stage.react("b", 1, "👍");
    stage.send("b", "reply", "/", null, 1);
    stage.remove("a", 1);
    stage.edit("a", 1, "secret four");
    stage.react("b", 1, "🎉");
    stage.page("b", {});
    stage.edit("b", 7, "the reply");
    stage.react("a", 7, "👍");
    stage.react("a", 7, "❤️");
    stage.react("a", 7, "👍", false);
    stage.page("b", { after: 7 });
    const told = await stage.next(16);
    expect(told.map((each) => each.kind).join()).toBe(
      "sent,edited,reacted,edited,reacted,reacted,sent,deleted,change-refused,change-refused,page,edited,reacted,reacted,reacted,page",
    );
    expect(
      JSON.stringify(told.map((each) => (each.kind === "page" ? pageSeen(each.page) : ""))),
    ).not.toContain("secret");
    const pages = told.flatMap((each) => (each.kind === "page" ? [pageSeen(each.page)] : []));
    expect(pages[0]?.messages).toMatchObject([
      { id: 1, content: "", deleted: true, by: an },
      { id: 7, reply: 1, by: binh },
    ]);
    expect(pages[1]).toMatchObject({
      messages: [],
      changed: [
        { id: 1, content: "", deleted: true },
        { id: 7, content: "the reply", reactions: [{ emoji: "❤️", count: 1 }] },
      ],
      cursor: { id: 12 },
      more: false,
    });
    await stage.expectPages("a", stage.told);
    const again = await restarted(stage);
    await again.join(["q", "Reader"]);
    await again.expectPages("q", stage.told);
    await again.engine.close();
  });

  test(`${kind.name}: EDIT-2 KEY-2 KEY-3 an edit with a key happens once: within one batch, in another one, and after a crash`, async () => {
    const stage = await stages();
    await stage.join(["a", "An"]);
    stage.send("a", "one");
    stage.edit("a", 1, "first", "k");
    stage.edit("a", 1, "again", "k");
    await stage.next(3);
    stage.edit("a", 1, "newer");
    stage.edit("a", 1, "again", "k");
    expect((await stage.next(2)).slice(1)).toMatchObject([{ kind: "edit-repeated", of: 1, id: 2 }]);
    expect(stage.told[3]).toMatchObject({ kind: "edit-repeated", of: 1, id: 2 });
    await kind.abandon(stage);
    const before = [...stage.told];
    const again = await stages(stage);
    again.engine.enter("/");
    again.resume("b", "a");
    again.edit("b", 1, "again", "k");
    again.edit("b", 1, "last", "l");
    expect(await again.next(3)).toMatchObject([
      { kind: "resumed" },
      { kind: "edit-repeated", of: 1, id: 2 },
      { kind: "edited", content: "last", id: 4 },
    ]);
    await again.expectPages("b", [...before, ...again.told]);
    await again.engine.close();
  });

  test(`${kind.name}: BY-2 BY-3 a person is the same author under another nickname, through a resume and after a restart, and nobody else is`, async () => {
    const stage = await stages();
    const [an] = await stage.join(["a", "An"], ["1", "Classic"]);
    stage.send("a", "one");
    stage.name("a", "Ân");
    stage.send("a", "two");
    stage.engine.enter("/");
    stage.resume("b", "a");
    stage.send("b", "three");
    stage.send("1", "four");
    stage.leave("b");
    stage.engine.enter("/");
    stage.name("c", "An");
    stage.edit("c", 1, "not mine");
    const told = await stage.next(9);
    const authors = told.flatMap((each) => (each.kind === "sent" ? [each.message.by] : []));
    expect(authors.slice(0, 3)).toEqual([an, an, an]);
    expect(authors[3]).toMatch(/^[\w-]{16}$/);
    expect(new Set(authors).size).toBe(2);
    expect(told[3]).toMatchObject({ kind: "resumed", by: an });
    expect(told.at(-1)).toMatchObject({ kind: "change-refused", reason: "NotAllowed" });
    stage.send("c", "five");
    const [five] = await stage.next(1);
    const again = await restarted(stage);
    again.engine.enter("/");
    again.resume("d", "c");
    again.edit("d", 5, "mine");
    again.edit("d", 1, "not mine");
    const by = five?.kind === "sent" ? five.message.by : "";
    expect(await again.next(3)).toMatchObject([
      { kind: "resumed", by },
      { kind: "edited", by, of: 5 },
      { kind: "change-refused", reason: "NotAllowed" },
    ]);
    await again.engine.close();
  });

  test(`${kind.name}: REPLY-1 REPLY-2 REPLY-3 a message keeps what it replies to, and nothing replies to what has not been there`, async () => {
    const stage = await stages();
    await stage.join(["a", "An"]);
    stage.send("a", "early", "/", null, 1);
    stage.send("a", "one");
    stage.send("a", "two", "/", null, 1);
    stage.send("a", "three", "/", null, 3);
    stage.remove("a", 1);
    stage.send("a", "four", "/", null, 1);
    expect(await stage.next(6)).toMatchObject([
      { kind: "send-refused", reason: "WrongFormatReply" },
      { kind: "sent", message: { id: 1 } },
      { kind: "sent", message: { id: 2, reply: 1 } },
      { kind: "send-refused", reason: "WrongFormatReply" },
      { kind: "deleted" },
      { kind: "sent", message: { id: 4, reply: 1 } },
    ]);
    const again = await restarted(stage);
    await again.join(["q", "Reader"]);
    await again.expectPages("q", stage.told);
    await again.engine.close();
  });

  test(`${kind.name}: ID-4 PAGE-6 a change is a place to go on from, by its id and time, also after a restart`, async () => {
    const first = await stages(undefined, { at: 1_000 });
    await first.join(["a", "An"]);
    first.send("a", "one");
    first.vanish("a");
    await first.next(2);
    await first.engine.close();
    const stage = await stages(first, { at: 2_000 });
    stage.engine.enter("/");
    stage.resume("b", "a");
    stage.edit("b", 1, "edited");
    stage.react("b", 1, "👍");
    await stage.next(3);
    const places = [
      { after: 2, time: 2_000 },
      { after: 2, time: 1_000 },
      { after: 3, time: 2_000 },
      { after: 3, time: 2_001 },
      { after: 4 },
    ];
    const resets = [false, true, false, true, true];
    expect((await stage.pages("b", ...places)).map(({ reset }) => reset)).toEqual(resets);
    const again = await restarted(stage);
    await again.join(["q", "Reader"]);
    const pages = await again.pages("q", ...places);
    expect(pages.map(({ reset }) => reset)).toEqual(resets);
    expect(pages[0]).toMatchObject({ messages: [], changed: [{ id: 1 }], cursor: { id: 3, time: 2_000 } });
    expect(pages[2]).toEqual({
      messages: [],
      changed: [],
      cursor: null,
      more: false,
      gap: null,
      reset: false,
    });
    await again.engine.close();
  });

  test(`${kind.name}: the newest messages from outside are as they are now, and without deleted ones`, async () => {
    const stage = await stages();
    await stage.join(["a", "An"]);
    stage.send("a", "one");
    stage.send("a", "two");
    await stage.next(2);
    const contents = async () => (await stage.engine.recent("/"))?.map(({ content }) => content);
    expect(await contents()).toEqual(["one", "two"]);
    stage.edit("a", 1, "edited");
    await stage.next(1);
    expect(await contents()).toEqual(["edited", "two"]);
    stage.remove("a", 2);
    await stage.next(1);
    expect(await contents()).toEqual(["edited"]);
    stage.react("a", 1, "👍");
    await stage.next(1);
    const same = await stage.engine.recent("/");
    expect(same).toMatchObject([{ content: "edited", reactions: [{ emoji: "👍", count: 1 }] }]);
    expect(await stage.engine.recent("/")).toBe(same);
    await stage.engine.close();
  });

  test(`${kind.name}: PAGE-5 PAGE-6 ID-2 changes expire with the messages before the first that is kept, and the newest message stays, however many changes follow it`, async () => {
    const stage = await stages();
    await stage.join(["a", "An"]);
    for (let i = 1; i <= 4; i++) stage.send("a", `m${i}`);
    stage.edit("a", 1, "m1, edited");
    stage.react("a", 2, "👍");
    for (let i = 7; i <= 9; i++) stage.send("a", `m${i}`);
    stage.edit("a", 8, "m8, edited");
    stage.react("a", 1, "🎉");
    stage.react("a", 9, "🎉");
    stage.remove("a", 7);
    await stage.next(13);
    await stage.engine.close();
    const retention = { keepMs: null, keepMessages: 2, keepBytes: null };
    const again = await stages(stage, { retention });
    await again.join(["q", "Reader"]);
    const [newest, all, pruned, orphan, last] = await again.pages(
      "q",
      {},
      { after: 0 },
      { after: 5, time: 1_000 },
      { after: 11, time: 1_000 },
      { after: 13, time: 1_000 },
    );
    const kept = [
      { id: 8, content: "m8, edited" },
      { id: 9, reactions: [{ emoji: "🎉", count: 1 }] },
    ];
    expect(newest).toMatchObject({ messages: kept, more: false });
    expect(all).toMatchObject({ messages: kept, changed: [], gap: { from: 1, to: 7 }, reset: false });
    expect(all?.cursor).toEqual({ id: 13, time: 1_000 });
    expect(pruned).toMatchObject({ messages: kept, gap: { from: 6, to: 7 }, reset: false });
    // Its message is gone, and clients go on from it all the same.
    expect(orphan).toMatchObject({ messages: [], changed: [{ id: 9 }], cursor: { id: 13 }, reset: false });
    expect(last).toMatchObject({ messages: [], changed: [], cursor: null, reset: false });
    again.react("q", 2, "👍");
    again.react("q", 8, "👍");
    again.send("q", "next");
    expect(await again.next(3)).toMatchObject([
      { kind: "change-refused", reason: "UnknownMessage" },
      { kind: "reacted", of: 8, id: 14 },
      { kind: "sent", message: { id: 15 } },
    ]);
    await again.engine.close();
    const third = await stages(again, {
      retention: { keepMs: 60 * 60 * 1000, keepMessages: null, keepBytes: null },
    });
    await third.join(["r", "Later"]);
    const [left] = await third.pages("r", {});
    expect(left?.messages).toMatchObject([{ id: 15, content: "next" }]);
    await third.engine.close();
  });

  test(`${kind.name}: PAGE-5 changes count towards the size of a history: messages expire before the newest one, and the changes go when another follows`, async () => {
    const retention = { keepMs: null, keepMessages: null, keepBytes: 10_000 };
    const stage = await stages();
    await stage.join(["a", "An"]);
    for (let i = 1; i <= 4; i++) stage.send("a", `m${i}`);
    for (let i = 0; i < 200; i++) stage.edit("a", 1 + (i % 4), `m${1 + (i % 4)}, ${i}`);
    await stage.next(204);
    await stage.engine.close();
    const again = await stages(stage, { retention });
    await again.join(["q", "Reader"]);
    expect((await again.pages("q", {}))[0]?.messages).toMatchObject([{ id: 4, content: "m4, 199" }]);
    again.send("q", "next");
    await again.next(1);
    await again.engine.close();
    const third = await stages(again, { retention, at: 1_000 + 3 * 24 * 60 * 60 * 1000 });
    await third.join(["r", "Later"]);
    const [all, behind] = await third.pages("r", { after: 0 }, { after: 204, time: 1_000 });
    expect(all).toMatchObject({ messages: [{ id: 205 }], changed: [], gap: { from: 1, to: 204 } });
    expect(behind).toMatchObject({ messages: [{ id: 205 }], changed: [] });
    await third.engine.close();
  });

  test(`${kind.name}: PAGE-6 ID-2 where all messages were removed by hand, no change to them is left to go on from`, async () => {
    const stage = await stages();
    await stage.join(["a", "An"]);
    stage.send("a", "one");
    stage.edit("a", 1, "edited");
    stage.react("a", 1, "👍");
    await stage.next(3);
    await stage.engine.close();
    await kind.takeOut(stage);
    const again = await stages(stage);
    await again.join(["q", "Reader"]);
    const [known, start] = await again.pages("q", { after: 3, time: 1_000 }, { after: 0 });
    expect(known).toMatchObject({ messages: [], changed: [], reset: true });
    expect(start).toMatchObject({ messages: [], changed: [], cursor: null, gap: null, reset: false });
    again.send("q", "anew");
    again.react("q", 1, "👍");
    expect(await again.next(2)).toMatchObject([
      { kind: "sent", message: { id: 4 } },
      { kind: "change-refused" },
    ]);
    await again.engine.close();
  });

  for (const seed of [SEED, SEED + 1, SEED + 2]) {
    test(`${kind.name}: PAGE-7 PAGE-8 PAGE-9 whatever people do (seed ${seed}), pages at any place show what it comes to, also after a restart`, async () => {
      const random = new Random(seed);
      const told: Told[] = [];
      let previous: ChangeStage | undefined;
      for (let round = 0; round < 3; round++) {
        const stage: ChangeStage = await stages(previous);
        await stage.join(...["a", "b", "c"].map((each) => [`${each}${round}`, `${each}${round}`] as const));
        for (let burst = 0; burst < 6; burst++) {
          const count = random.integer(1, 60);
          const ids = idsIn([...told, ...stage.told]);
          for (let i = 0; i < count; i++) {
            const connection = `${random.pick(["a", "b", "c"])}${round}`;
            if (random.chance(0.1)) stage.page(connection, { after: random.integer(0, 20), limit: 7 });
            else act(stage, random, connection, [...ids.slice(-12), ...idsAhead(stage, told)]);
          }
          await stage.next(count);
          if (random.chance(0.5)) await stage.expectPages(`a${round}`, [...told, ...stage.told]);
        }
        await stage.expectPages(`b${round}`, [...told, ...stage.told]);
        told.push(...stage.told);
        if (round === 1) await kind.abandon(stage);
        else await stage.engine.close();
        previous = stage;
      }
    });
  }

  test(`${kind.name}: PAGE-10 a page since a moment begins with a message that is not older, behind one that is, wherever the clock was set back`, async () => {
    const random = new Random(SEED);
    const times = [0, -(2 ** 53) + 1, 2 ** 53 - 1];
    let time = 1_000;
    const now = () => ({ time, timestamp: `T${time}` });
    const told: Told[] = [];
    let previous: ChangeStage | undefined;
    /** What is to be seen since a moment, by the id that the page begins with. */
    const expectSince = (since: number, page: PageSeen, before: readonly Told[]) => {
      const messages = before.flatMap((each) => (each.kind === "sent" ? [each.message] : []));
      const start = page.messages.length === 0 ? undefined : idIn(page.messages[0]);
      const at = start === undefined ? messages.length : messages.findIndex(({ id }) => id === start);
      expect([since, messages[at]?.time ?? since].toSorted((a, b) => a - b)[0]).toBe(since);
      expect(messages[at - 1]?.time ?? Number.NEGATIVE_INFINITY).toBeLessThan(since);
      return start ?? null;
    };
    for (const setBack of [0, 3_000, 0]) {
      const stage: ChangeStage = await stages(previous, { now });
      const name = `a${told.length}`;
      await stage.join([name, name]);
      const [nothing] = previous === undefined ? await stage.pages(name, { since: 0 }) : [];
      if (nothing) expect(nothing).toMatchObject({ messages: [], more: false, cursor: null, reset: false });
      time -= setBack;
      for (let batch = 0; batch < 40; batch++) {
        time += random.integer(0, 200);
        const count = random.integer(1, 12);
        const ids = idsIn([...told, ...stage.told]).slice(-20);
        for (let i = 0; i < count; i++) act(stage, random, name, ids);
        times.push(time, time + 1);
        const since = random.pick([time, time, random.integer(0, time)]);
        stage.page(name, { since, limit: 5 });
        stage.send(name, "behind");
        const from = stage.told.length;
        const page = (await stage.next(count + 2)).at(-2);
        if (page?.kind !== "page") throw new Error("no page was told");
        expectSince(since, pageSeen(page.page), [...told, ...stage.told.slice(0, from + count)]);
      }
      const asked = times.map((since) => ({ since, limit: random.pick([1, 7, 1_000]) }));
      const before = [...told, ...stage.told];
      const chronicle = Chronicle.of(before);
      for (const [at, page] of (await stage.pages(name, ...asked)).entries()) {
        const { since = 0, limit = 0 } = asked[at] ?? {};
        const start = expectSince(since, page, before);
        expect(stage.engine.bytesToFetch("/", { since, limit, before: null, after: null })).toBeGreaterThan(
          5_000,
        );
        const after = start === null ? (chronicle.events.at(-1)?.id ?? 0) : start - 1;
        expect(page).toEqual(chronicle.page({ limit, before: null, after }));
      }
      told.push(...stage.told);
      await stage.engine.close();
      previous = stage;
    }
  });

  for (const edits of [1, 3])
    test(`${kind.name}: EDIT-4 a message is edited at most as often as it may be (${edits} times): in one batch, in several, and after a restart`, async () => {
      const times = { changes: { edits, reactionsMade: 100, roomReactions: 100 } };
      const refused = { kind: "change-refused", request: "edit", reason: "TooManyEdits" };
      const stage = await stages(undefined, times);
      await stage.join(["a", "An"]);
      stage.send("a", "one");
      stage.send("a", "two");
      await stage.next(2);
      for (let i = 0; i < edits; i++) stage.edit("a", 1, `one, ${i}`, i === 0 ? "k" : null);
      stage.edit("a", 1, "one, once more");
      stage.edit("a", 1, "one, 0", "k");
      stage.send("a", "three");
      for (let i = 0; i <= edits; i++) stage.edit("a", edits + 3, `three, ${i}`);
      const told = await stage.next(2 * edits + 4);
      expect(told[edits]).toMatchObject({ ...refused, of: 1 });
      expect(told[edits + 1]).toMatchObject({ kind: "edit-repeated", of: 1 });
      expect(told.at(-1)).toMatchObject({ ...refused, of: edits + 3 });
      expect(told.filter((each) => each.kind === "edited")).toHaveLength(2 * edits);
      stage.edit("a", 1, "one, in another batch");
      stage.edit("a", 2, "two, edited");
      expect(await stage.next(2)).toMatchObject([refused, { kind: "edited", of: 2 }]);
      stage.vanish("a");
      await stage.next(1);
      await stage.engine.close();
      const again = await stages(stage, times);
      again.engine.enter("/");
      again.resume("b", "a");
      again.edit("b", 1, "one, after the restart");
      again.react("b", 1, "👍");
      again.remove("b", 1);
      again.edit("b", 1, "one, deleted");
      expect(await again.next(5)).toMatchObject([
        { kind: "resumed" },
        refused,
        { kind: "reacted" },
        { kind: "deleted" },
        { kind: "change-refused", reason: "UnknownMessage" },
      ]);
      await again.expectPages("b", [...stage.told, ...again.told]);
      await again.engine.close();
    });

  test(`${kind.name}: REACT-5 a message is reacted to at most as often as it may be, counting what was taken back, and that can always be taken back`, async () => {
    const times = { changes: { edits: 100, reactionsMade: 3, roomReactions: 100 } };
    const refused = { kind: "change-refused", request: "react", of: 1, reason: "TooManyReactions" };
    const stage = await stages(undefined, times);
    await stage.join(["a", "An"]);
    stage.send("a", "one");
    stage.send("a", "two");
    await stage.next(2);
    stage.react("a", 1, "👍");
    stage.react("a", 1, "👍");
    stage.react("a", 1, "👍", false);
    stage.react("a", 1, "👍");
    stage.react("a", 1, "🎉");
    stage.react("a", 1, "😂");
    stage.react("a", 1, "👍");
    stage.react("a", 1, "🎉", false);
    stage.react("a", 1, "🎉");
    stage.react("a", 2, "🎉");
    expect(await stage.next(10)).toMatchObject([
      { kind: "reacted", count: 1 },
      { kind: "react-unchanged", count: 1 },
      { kind: "reacted", count: 0 },
      { kind: "reacted", count: 1 },
      { kind: "reacted", count: 1 },
      refused,
      { kind: "react-unchanged", count: 1 },
      { kind: "reacted", on: false, count: 0 },
      refused,
      { kind: "reacted", of: 2 },
    ]);
    stage.react("a", 1, "😂");
    expect(await stage.next(1)).toMatchObject([refused]);
    stage.vanish("a");
    await stage.next(1);
    await stage.engine.close();
    const again = await stages(stage, times);
    again.engine.enter("/");
    again.resume("b", "a");
    again.react("b", 1, "😂");
    again.react("b", 1, "👍", false);
    again.react("b", 2, "😂");
    again.edit("b", 1, "one, edited");
    expect(await again.next(5)).toMatchObject([
      { kind: "resumed" },
      refused,
      { kind: "reacted", on: false },
      { kind: "reacted", of: 2 },
      { kind: "edited" },
    ]);
    await again.expectPages("b", [...stage.told, ...again.told]);
    await again.engine.close();
  });

  async function restarted(stage: ChangeStage): Promise<ChangeStage> {
    await stage.engine.close();
    return await stages(stage);
  }
}

/** Ids that the next messages may have. */
function idsAhead(stage: ChangeStage, told: readonly Told[]): number[] {
  const last = Chronicle.of([...told, ...stage.told]).events.at(-1)?.id ?? 0;
  return [1, 2, 3, 4].map((each) => last + each);
}
