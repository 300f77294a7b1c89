/** What every store of people promises. */
import { expect, test } from "bun:test";
import {
  CODE_MS,
  type Grant,
  PEOPLE_LIMITS,
  PeopleError,
  type PeopleLimits,
} from "../../src/engine/people.ts";
import type { StoredPeople } from "../../src/engine/stored-people.ts";
import { type GrantedRole, ROLES } from "../../src/room/roles.ts";
import fc from "../support/chance.ts";
import { peopleInMemory } from "../support/people.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** A chat, whose people may be opened by several servers and commands. */
export interface PeopleChat {
  /** Opens the people as another server or command would. It hears of what the others do. */
  open(): Promise<StoredPeople>;
  /** Forgets who was changed lately, as time would. */
  forgetChanges(): Promise<void>;
  /** Closes whatever is still open. */
  close(): Promise<void>;
}

export interface PeopleOptions {
  readonly limits: PeopleLimits;
  readonly now: () => number;
}

export interface PeopleKind {
  readonly name: string;
  create(options: PeopleOptions): Promise<PeopleChat>;
}

/** A chat with a clock of its own. */
export class PeopleStage {
  readonly chat: PeopleChat;
  readonly clock: { now: number };

  private constructor(chat: PeopleChat, clock: { now: number }) {
    this.chat = chat;
    this.clock = clock;
  }

  /** Those of the test that runs. */
  static readonly open = new Set<PeopleStage>();

  static async of(kind: PeopleKind, limits: Partial<PeopleLimits> = {}): Promise<PeopleStage> {
    const clock = { now: 1_800_000_000_000 };
    const options = { limits: { ...PEOPLE_LIMITS, ...limits }, now: () => clock.now };
    const stage = new PeopleStage(await kind.create(options), clock);
    PeopleStage.open.add(stage);
    return stage;
  }

  async close(): Promise<void> {
    PeopleStage.open.delete(this);
    await this.chat.close();
  }
}

/** An id of a person. */
export function personId(name: string): string {
  return name.padEnd(16, "_");
}

const AN = personId("An");
const BINH = personId("Binh");
const CHI = personId("Chi");

/** Resolves when something holds that a change by others leads to. */
export async function until(people: StoredPeople, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      const end = people.subscribe(() => {
        end();
        resolve();
      });
    });
  }
}

async function refusalOf(change: Promise<unknown>): Promise<string> {
  try {
    await change;
  } catch (error) {
    if (error instanceof PeopleError) return error.code;
    throw error;
  }
  return "none";
}

export function peopleContract(kind: PeopleKind): void {
  const fact = (name: string, run: () => Promise<void>) =>
    test(`${kind.name}: ${name}`, async () => {
      try {
        await run();
      } finally {
        for (const stage of [...PeopleStage.open]) await stage.close();
      }
    });

  fact("a person has one id, for good and at every server, and another one in another chat", async () => {
    const { chat } = await PeopleStage.of(kind);
    const [one, two] = [await chat.open(), await chat.open()];
    const idsIn = (people: StoredPeople) => [
      people.idOfKey("k"),
      people.idOfLogin("https://a", "k"),
      people.idOfStay("k"),
    ];
    expect(idsIn(one)).toEqual(idsIn(two));
    await one.close();
    expect(idsIn(await chat.open())).toEqual(idsIn(two));
    const { chat: other } = await PeopleStage.of(kind);
    const all = [...idsIn(two), ...idsIn(await other.open())];
    expect(new Set(all).size).toBe(6);
    for (const id of all) expect(id).toMatch(/^[\w-]{16}$/);
    // Where one part ends and the next one begins makes a difference.
    expect(two.idOfLogin("a", "b,c")).not.toBe(two.idOfLogin("a,b", "c"));
    expect(two.idOfKey('["a","b"]')).not.toBe(two.idOfLogin("a", "b"));
    expect(two.idOfStay("login:k")).not.toBe(two.idOfKey("stay:login:k"));
  });

  fact("the highest role that applies counts, and a role in one room means nothing in another", async () => {
    const { chat } = await PeopleStage.of(kind);
    const people = await chat.open();
    await people.grant(AN, "member", null);
    await people.grant(AN, "moderator", "tea");
    await people.grant(BINH, "owner", null);
    const roles = (person: string) => ["/", "tea", "milk", null].map((room) => people.roleOf(person, room));
    expect(roles(AN)).toEqual(["member", "moderator", "member", "member"]);
    expect(roles(BINH)).toEqual(["owner", "owner", "owner", "owner"]);
    expect(roles(CHI)).toEqual(["visitor", "visitor", "visitor", "visitor"]);
    await people.close();
    const again = await chat.open();
    expect(again.grants()).toEqual([
      { person: AN, role: "member", room: null },
      { person: AN, role: "moderator", room: "tea" },
      { person: BINH, role: "owner", room: null },
    ]);
    expect(again.roleOf(AN, "tea")).toBe("moderator");
  });

  fact("a grant takes the place of the one before, and what is there already changes nothing", async () => {
    const { chat } = await PeopleStage.of(kind);
    const people = await chat.open();
    let changes = 0;
    people.subscribe(() => {
      changes++;
    });
    for (const role of ["moderator", "moderator", "member"] as const) await people.grant(AN, role, "tea");
    expect(people.grants()).toEqual([{ person: AN, role: "member", room: "tea" }]);
    expect([
      await people.revoke(AN, null),
      await people.revoke(AN, "tea"),
      await people.revoke(AN, "tea"),
    ]).toEqual([false, true, false]);
    expect(people.grants()).toEqual([]);
    expect(changes).toBe(3);
  });

  fact("the last owner stays, an owner owns all rooms, and there are only so many roles", async () => {
    const { chat } = await PeopleStage.of(kind, { grants: 2 });
    const people = await chat.open();
    expect(people.hasOwner).toBe(false);
    await people.grant(AN, "owner", null);
    expect(people.hasOwner).toBe(true);
    expect(await refusalOf(people.revoke(AN, null))).toBe("last-owner");
    expect(await refusalOf(people.grant(AN, "moderator", null))).toBe("last-owner");
    expect(await refusalOf(people.grant(BINH, "owner", "tea"))).toBe("wrong-room");
    await people.grant(BINH, "owner", null);
    expect(await refusalOf(people.grant(CHI, "member", null))).toBe("too-many");
    await people.grant(AN, "moderator", null);
    expect(await refusalOf(people.revoke(BINH, null))).toBe("last-owner");
    expect(people.grants().map(({ role }) => role)).toEqual(["owner", "moderator"]);
    // The way back to an owner is never closed.
    expect(await people.redeemOwnerCode(await people.createOwnerCode(CODE_MS), CHI)).toBe(true);
    expect(people.roleOf(CHI, "/")).toBe("owner");
    await expect(people.grant("not an id", "member", null)).rejects.toThrow(TypeError);
  });

  fact("a code makes one owner, once, within its time, and until there is a new one", async () => {
    const { chat, clock } = await PeopleStage.of(kind);
    const people = await chat.open();
    const first = await people.createOwnerCode(CODE_MS);
    expect(first).toMatch(/^[\w-]{32}$/);
    const second = await people.createOwnerCode(CODE_MS);
    expect(await people.redeemOwnerCode(first, AN)).toBe(false);
    expect(await people.redeemOwnerCode("", AN)).toBe(false);
    clock.now += CODE_MS;
    expect(await people.redeemOwnerCode(second, AN)).toBe(false);
    const third = await people.createOwnerCode(CODE_MS);
    await people.close();
    const again = await chat.open();
    clock.now += CODE_MS - 1;
    expect(await again.redeemOwnerCode(third, AN)).toBe(true);
    expect(await again.redeemOwnerCode(third, BINH)).toBe(false);
    expect(again.grants()).toEqual([{ person: AN, role: "owner", room: null }]);
  });

  fact("of many who redeem a code at once, at several servers, one becomes an owner", async () => {
    const { chat } = await PeopleStage.of(kind);
    const servers = await Promise.all([chat.open(), chat.open(), chat.open()]);
    const code = (await servers[0]?.createOwnerCode(CODE_MS)) ?? "";
    const redeemed = await Promise.all(
      Array.from({ length: 12 }, (_, i) => servers[i % 3]?.redeemOwnerCode(code, personId(`P${i}`))),
    );
    expect(redeemed.filter((each) => each === true)).toHaveLength(1);
    const owner = personId(`P${redeemed.indexOf(true)}`);
    for (const server of servers) await until(server, () => server.hasOwner);
    for (const server of servers)
      expect(server.grants()).toEqual([{ person: owner, role: "owner", room: null }]);
  });

  fact("a chat has one first start, also when several servers start at once", async () => {
    const { chat } = await PeopleStage.of(kind);
    const servers = await Promise.all([chat.open(), chat.open(), chat.open()]);
    const first = await Promise.all(servers.map((server) => server.takeFirstStart()));
    expect(first.filter((each) => each)).toHaveLength(1);
    expect(await (await chat.open()).takeFirstStart()).toBe(false);
    const { chat: coded } = await PeopleStage.of(kind);
    const people = await coded.open();
    await people.createOwnerCode(CODE_MS);
    expect(await people.takeFirstStart()).toBe(false);
    const { chat: owned } = await PeopleStage.of(kind);
    const owner = await owned.open();
    await owner.grant(AN, "owner", null);
    expect(await owner.takeFirstStart()).toBe(false);
  });

  fact("a reserved nickname and its look-alikes are one person's, who may have a few", async () => {
    const { chat } = await PeopleStage.of(kind, { nicknamesPerPerson: 2 });
    const people = await chat.open();
    expect(await people.reserve("Bình", AN, null)).toBe("reserved");
    expect(await people.reserve("bình", BINH, null)).toBe("taken");
    expect(await people.reserve("BÌNH", AN, null)).toBe("reserved");
    expect(people.reservedBy(AN)).toEqual(["Bình"]);
    expect([people.holderOf("BÌNH"), people.holderOf("Chi")]).toEqual([AN, undefined]);
    expect([AN, BINH, null].map((person) => people.isFreeFor("bình", person))).toEqual([true, false, false]);
    expect(people.isFreeFor("Chi", null)).toBe(true);
    expect(await people.reserve("Zoe", AN, null)).toBe("reserved");
    expect(await people.reserve("Anna", AN, null)).toBe("too-many");
    expect(people.reservedBy(AN)).toEqual(["Bình", "Zoe"]);
    await people.close();
    const again = await chat.open();
    expect([again.reservedBy(AN), again.holderOf("zoe")]).toEqual([["Bình", "Zoe"], AN]);
    expect([await again.release("ZOE", BINH), await again.release("ZOE", AN)]).toEqual([false, true]);
    expect([await again.free("bÌnh"), await again.free("bÌnh")]).toEqual([true, false]);
    expect([again.reservedBy(AN), again.holderOf("Bình")]).toEqual([[], undefined]);
  });

  fact(
    "a nickname that the login gives is the person's, whoever had reserved it, but not whom it was given",
    async () => {
      const { chat } = await PeopleStage.of(kind, { nicknames: 3, nicknamesPerPerson: 2 });
      const [people, other] = [await chat.open(), await chat.open()];
      for (const name of ["Bình", "Zoe"]) expect(await people.reserve(name, AN, "h1")).toBe("reserved");
      await people.reserve("Dung", BINH, null);
      expect(await other.give("bình", BINH)).toBe("reserved");
      expect([AN, BINH].map((person) => other.reservedBy(person))).toEqual([["Zoe"], ["bình"]]);
      expect(await other.give("Bình", BINH)).toBe("reserved");
      expect(await people.give("BÌNH", CHI)).toBe("taken");
      expect(await people.reserve("Bình", AN, null)).toBe("taken");
      expect([AN, BINH].map((person) => people.isGiven("BÌNH", person))).toEqual([false, true]);
      expect(await people.give("Chi", CHI)).toBe("reserved");
      expect([AN, BINH, CHI].map((person) => people.reservedBy(person))).toEqual([
        ["Zoe"],
        ["bình"],
        ["Chi"],
      ]);
      // As many as there may be: one more is one too many, and one in place of another is not.
      expect(await people.give("Dung", personId("Dung"))).toBe("chat-full");
      expect(await people.give("Tea", CHI)).toBe("reserved");
      expect(await people.give("zoe", personId("Zoe"))).toBe("reserved");
      const reserved = (each: StoredPeople) =>
        ["An", "Binh", "Chi", "Dung", "Zoe"].map((name) => each.reservedBy(personId(name)));
      expect(reserved(people)).toEqual([[], ["bình"], ["Tea"], [], ["zoe"]]);
      for (const each of [people, other]) await each.close();
      // What was given is known to be given later, too.
      const again = await chat.open();
      expect(await again.give("Bình", AN)).toBe("taken");
      expect(reserved(again)).toEqual([[], ["bình"], ["Tea"], [], ["zoe"]]);
    },
  );

  fact("what a person has reserved is given to it in its place, and to one of several at once", async () => {
    const { chat } = await PeopleStage.of(kind);
    const servers = await Promise.all([chat.open(), chat.open(), chat.open()]);
    const [people] = servers;
    await people.reserve("Bình", AN, null);
    expect(people.isGiven("Bình", AN)).toBe(false);
    expect(await people.give("Bình", AN)).toBe("reserved");
    expect(people.isGiven("Bình", AN)).toBe(true);
    expect(await people.give("Bình", BINH)).toBe("taken");
    expect(people.reservedBy(AN)).toEqual(["Bình"]);
    const gifts = await Promise.all(
      Array.from({ length: 12 }, (_, i) => servers[i % 3]?.give("Chi", personId(`P${i}`))),
    );
    expect(gifts.filter((each) => each === "reserved")).toHaveLength(1);
    const holder = personId(`P${gifts.indexOf("reserved")}`);
    for (const server of servers) await until(server, () => server.holderOf("Chi") === holder);
  });

  fact("an address and a chat may have so many reserved nicknames, an address in thirty days", async () => {
    const { chat, clock } = await PeopleStage.of(kind, { nicknamesPerAddress: 2, nicknames: 5 });
    const people = await chat.open();
    const reserve = (person: string, address: string | null) =>
      people.reserve(`x ${person}`, personId(person), address);
    expect([await reserve("a", "h1"), await reserve("b", "h1"), await reserve("c", "h1")]).toEqual([
      "reserved",
      "reserved",
      "address-full",
    ]);
    expect([await reserve("c", "h2"), await reserve("d", null)]).toEqual(["reserved", "reserved"]);
    clock.now += 30 * DAY_MS;
    await people.tend(clock.now);
    expect([await reserve("e", "h1"), await reserve("f", "h1")]).toEqual(["reserved", "chat-full"]);
  });

  fact("of look-alikes that are reserved at once, at several servers, one person gets one", async () => {
    const { chat } = await PeopleStage.of(kind);
    const servers = await Promise.all([chat.open(), chat.open(), chat.open()]);
    const names = ["paypal", "PayPal", "PAYPAL", "pаypаl"];
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        servers[i % 3]?.reserve(names[i % 4] ?? "", personId(`P${i}`), null),
      ),
    );
    expect(results.filter((each) => each === "reserved")).toHaveLength(1);
    expect(results.filter((each) => each === "taken")).toHaveLength(11);
    const holder = personId(`P${results.indexOf("reserved")}`);
    for (const server of servers) await until(server, () => server.holderOf("paypal") === holder);
  });

  fact("a nickname that nobody uses is free after its time, one that is used anywhere is not", async () => {
    const { chat, clock } = await PeopleStage.of(kind, { nicknameMs: 90 * DAY_MS });
    const [one, two] = [await chat.open(), await chat.open()];
    await one.reserve("Bình", AN, "h1");
    await one.reserve("Chi", BINH, "h1");
    await until(two, () => two.holderOf("Chi") === BINH);
    clock.now += 60 * DAY_MS;
    two.used("bình", AN);
    two.used("chi", AN);
    await two.tend(clock.now);
    clock.now += 40 * DAY_MS;
    await one.tend(clock.now);
    expect([one.holderOf("Bình"), one.holderOf("Chi")]).toEqual([AN, undefined]);
    await until(two, () => two.holderOf("Chi") === undefined);
    expect(two.holderOf("Bình")).toBe(AN);
    clock.now += 60 * DAY_MS;
    await two.tend(clock.now);
    expect([two.holderOf("Bình"), two.reservedBy(AN)]).toEqual([undefined, []]);
  });

  fact("a use is stored when the people are closed, too", async () => {
    const { chat, clock } = await PeopleStage.of(kind, { nicknameMs: 90 * DAY_MS });
    const one = await chat.open();
    await one.reserve("Bình", AN, null);
    clock.now += 60 * DAY_MS;
    one.used("Bình", AN);
    await one.close();
    const again = await chat.open();
    clock.now += 60 * DAY_MS;
    await again.tend(clock.now);
    expect(again.holderOf("Bình")).toBe(AN);
  });

  fact("a server learns what others change, and of whom", async () => {
    const { chat } = await PeopleStage.of(kind);
    const [server, command] = [await chat.open(), await chat.open()];
    const told: (ReadonlySet<string> | null)[] = [];
    server.subscribe((changed) => void told.push(changed));
    await command.grant(AN, "moderator", "tea");
    await until(server, () => server.roleOf(AN, "tea") === "moderator");
    await command.reserve("Bình", BINH, null);
    await until(server, () => server.holderOf("Bình") === BINH);
    await command.revoke(AN, "tea");
    await until(server, () => server.roleOf(AN, "tea") === "visitor");
    expect(told.map((changed) => changed && [...changed])).toEqual([[AN], [BINH], [AN]]);
  });

  fact("a server that has missed too much reads everything", async () => {
    const { chat } = await PeopleStage.of(kind);
    const [server, command] = [await chat.open(), await chat.open()];
    await server.grant(AN, "owner", null);
    await until(command, () => command.hasOwner);
    // Neither is told of it while it has other things to do.
    const done = command.grant(BINH, "owner", null).then(() => chat.forgetChanges());
    await done;
    await command.revoke(AN, null);
    await until(server, () => server.roleOf(AN, null) === "visitor");
    await until(server, () => server.roleOf(BINH, null) === "owner");
    expect(server.grants()).toEqual([{ person: BINH, role: "owner", room: null }]);
  });

  fact("what is granted and taken away at random, by two servers, is what a model says", async () => {
    const person = fc.constantFrom(AN, BINH, CHI);
    const room = fc.constantFrom(null, "/", "tea");
    const role = fc.constantFrom(...ROLES.slice(1)) as fc.Arbitrary<GrantedRole>;
    const name = fc.constantFrom("Bình", "bình", "Chi", "CHI", "Dung", "An");
    const step = fc.oneof(
      fc.record({ kind: fc.constant("grant" as const), person, room, role }),
      fc.record({ kind: fc.constant("revoke" as const), person, room }),
      fc.record({ kind: fc.constant("reserve" as const), person, name }),
      fc.record({ kind: fc.constant("give" as const), person, name }),
      fc.record({ kind: fc.constant("release" as const), person, name }),
      fc.record({ kind: fc.constant("free" as const), name }),
    );
    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
    const limits = { grants: 5, nicknamesPerPerson: 2 };
    const take = async (
      people: Awaited<ReturnType<PeopleChat["open"]>> | ReturnType<typeof peopleInMemory>,
      each: Step,
    ) => {
      try {
        switch (each.kind) {
          case "grant":
            return await people.grant(each.person, each.role, each.room);
          case "revoke":
            return await people.revoke(each.person, each.room);
          case "reserve":
            return await people.reserve(each.name, each.person, null);
          case "give":
            return await people.give(each.name, each.person);
          case "release":
            return await people.release(each.name, each.person);
          case "free":
            return await people.free(each.name);
        }
      } catch (error) {
        if (error instanceof PeopleError) return error.code;
        throw error;
      }
    };
    const stateOf = (people: Pick<StoredPeople, "grants" | "reservedBy" | "hasOwner">) => ({
      grants: sorted(people.grants()),
      nicknames: [AN, BINH, CHI].map((each) => people.reservedBy(each)),
      hasOwner: people.hasOwner,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), step), { maxLength: 40 }), async (steps) => {
        const stage = await PeopleStage.of(kind, limits);
        const { chat } = stage;
        const servers = [await chat.open(), await chat.open()];
        const model = peopleInMemory({ ...PEOPLE_LIMITS, ...limits });
        for (const [server, each] of steps) {
          const people = servers[server] as StoredPeople;
          expect([each, await take(people, each)]).toEqual([each, await take(model, each)]);
          expect(stateOf(people)).toEqual(stateOf(model));
        }
        for (const server of servers) await server.close();
        const again = await chat.open();
        expect(stateOf(again)).toEqual(stateOf(model));
        await stage.close();
      }),
      { numRuns: 12 },
    );
  });

  fact("taking a role away undoes giving it exactly", async () => {
    const { chat } = await PeopleStage.of(kind);
    const people = await chat.open();
    const start: Grant[] = [
      { person: AN, role: "owner", room: null },
      { person: BINH, role: "moderator", room: "tea" },
    ];
    for (const { person, role, room } of start) await people.grant(person, role, room);
    for (const person of [AN, BINH, CHI]) {
      for (const room of [null, "/", "tea"]) {
        if (start.some((grant) => grant.person === person && grant.room === room)) continue;
        for (const role of ROLES.slice(1) as GrantedRole[]) {
          if (role === "owner" && room !== null) continue;
          await people.grant(person, role, room);
          await people.revoke(person, room);
          expect(people.grants()).toEqual(start);
        }
      }
    }
  });

  const ORDER = { label: "Deploy", nickname: "Deploybot", isHook: false, expiresAt: null } as const;

  fact(
    "a token is a person with a role in its rooms and a nickname, at every server until it is revoked",
    async () => {
      const { chat } = await PeopleStage.of(kind);
      const [one, two] = [await chat.open(), await chat.open()];
      const order = { ...ORDER, scopes: ["read", "post"], rooms: ["tea", "/"] } as const;
      const { token, secret } = await one.createToken(order);
      await until(two, () => two.tokens().length === 1);
      for (const people of [one, two, await chat.open()]) {
        expect(people.tokens()).toEqual([expect.objectContaining({ ...token })]);
        expect(people.tokenOf(secret)?.id).toBe(token.id);
        expect(people.token(token.id)?.person).toBe(token.person);
        expect(["tea", "/", "coffee", null].map((room) => people.roleOf(token.person, room))).toEqual([
          "member",
          "member",
          "visitor",
          "visitor",
        ]);
        expect(people.holderOf("DEPLOYBOT")).toBe(token.person);
        expect([people.isBot(token.person), people.isBot(AN)]).toEqual([true, false]);
      }
      expect(JSON.stringify(one.tokens())).not.toContain(secret.slice(4));
      expect(await two.revokeToken(token.id)).toBe(true);
      await until(one, () => one.tokens().length === 0);
      for (const people of [one, two, await chat.open()]) {
        expect([people.tokenOf(secret), people.token(token.id)]).toEqual([undefined, undefined]);
        expect(people.roleOf(token.person, "tea")).toBe("visitor");
        expect(people.holderOf("Deploybot")).toBeUndefined();
      }
      expect(await one.revokeToken(token.id)).toBe(false);
    },
  );

  fact(
    "a program's commands are known at every server, last as long as its token, and are its own",
    async () => {
      const { chat } = await PeopleStage.of(kind, { ...PEOPLE_LIMITS, commands: 4 });
      const [one, two] = [await chat.open(), await chat.open()];
      const of = (nickname: string, rooms: readonly string[] | null) =>
        one.createToken({ ...ORDER, nickname, scopes: ["post"], rooms });
      const { token } = await of("Reminder", ["tea", "/"]);
      const { token: other } = await of("Other", null);
      const { token: elsewhere } = await of("Elsewhere", ["coffee"]);
      const remind = { name: "remind", about: "“Nhắc” ’n' reminds" };
      expect(await one.setCommands(token.id, [remind])).toBe(true);
      const known = [{ ...remind, bot: "Reminder" }];
      await until(two, () => two.commandsIn("tea").length === 1);
      for (const people of [one, two, await chat.open()]) {
        expect([people.commandsIn("tea"), people.commandsIn("coffee")]).toEqual([known, []]);
        expect(people.token(token.id)?.commands).toEqual([remind]);
      }
      const taken = expect.objectContaining({ code: "command-taken" });
      for (const name of ["remind", "rernind", "mute", "rnute", "he1p"])
        expect(await two.setCommands(other.id, [{ name, about: "x" }]).catch((error) => error)).toEqual(
          taken,
        );
      expect(await two.setCommands(elsewhere.id, [remind])).toBe(true);
      const three = ["a", "b", "c"].map((name) => ({ name, about: "x" }));
      expect(await two.setCommands(other.id, three).catch((error) => error)).toMatchObject({
        code: "too-many",
      });
      expect(await two.setCommands(other.id, three.slice(1))).toBe(true);
      await until(one, () => one.commandsIn("tea").length === 3);
      expect(await one.setCommands(token.id, [])).toBe(true);
      await one.revokeToken(other.id);
      expect([one.commandsIn("/"), one.commandsIn("coffee")]).toEqual([
        [],
        [{ ...remind, bot: "Elsewhere" }],
      ]);
      expect(await one.setCommands(other.id, [])).toBe(false);
    },
  );

  fact(
    "a token for all rooms that moderates is a moderator of all, and no other text is a token",
    async () => {
      const { chat } = await PeopleStage.of(kind);
      const people = await chat.open();
      const { token, secret } = await people.createToken({ ...ORDER, scopes: ["moderate"], rooms: null });
      expect([people.roleOf(token.person, null), people.roleOf(token.person, "any")]).toEqual([
        "moderator",
        "moderator",
      ]);
      for (const other of [
        "",
        "cbt_",
        `${secret}A`,
        secret.slice(1),
        secret.toUpperCase(),
        token.hash,
        token.id,
      ])
        expect(people.tokenOf(other)).toBeUndefined();
    },
  );

  fact("a token is over when its time is, and keeps its nickname however long it says nothing", async () => {
    const { chat, clock } = await PeopleStage.of(kind);
    const people = await chat.open();
    const lasting = await people.createToken({ ...ORDER, scopes: ["read"], rooms: null });
    const short = { ...ORDER, nickname: "Short", scopes: ["read"], rooms: null } as const;
    const { token, secret } = await people.createToken({ ...short, expiresAt: clock.now + DAY_MS });
    expect(people.tokenOf(secret)?.id).toBe(token.id);
    clock.now += DAY_MS;
    expect([people.tokenOf(secret), people.token(token.id)]).toEqual([undefined, undefined]);
    expect(people.tokens()).toHaveLength(2);
    clock.now += 400 * DAY_MS;
    await people.tend(clock.now);
    expect(people.tokenOf(lasting.secret)?.id).toBe(lasting.token.id);
    expect(people.holderOf("Deploybot")).toBe(lasting.token.person);
  });

  fact("tokens are limited in number, and none gets the nickname of somebody else", async () => {
    const { chat } = await PeopleStage.of(kind, { tokens: 2 });
    const people = await chat.open();
    const order = { ...ORDER, scopes: ["read"], rooms: null } as const;
    await people.reserve("Bình", BINH, null);
    await people.createToken(order);
    expect(await refusalOf(people.createToken({ ...order, nickname: "deploybot" }))).toBe("name-taken");
    expect(await refusalOf(people.createToken({ ...order, nickname: "BÌNH" }))).toBe("name-taken");
    await people.createToken({ ...order, nickname: "Two" });
    expect(await refusalOf(people.createToken({ ...order, nickname: "Three" }))).toBe("too-many");
    expect(people.tokens()).toHaveLength(2);
    expect(await people.reserve("Deploybot", AN, null)).toBe("taken");
  });
}

function sorted(grants: readonly Grant[]): string[] {
  return grants.map((grant) => JSON.stringify(grant)).sort();
}
