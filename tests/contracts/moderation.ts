/** What every store of moderation promises. */
import { expect, test } from "bun:test";
import {
  MODERATION_LIMITS,
  ModerationError,
  type ModerationLimits,
  type NewAction,
  type NewHeld,
  type NewReport,
} from "../../src/engine/moderation.ts";
import type { StoredModeration } from "../../src/engine/stored-moderation.ts";
import { KICK_MS } from "../../src/room/action.ts";
import { DEFAULT_SETTINGS, keptDays, type SettingsPatch } from "../../src/room/room-settings.ts";

/** A chat, whose moderation may be opened by several servers and commands. */
export interface ModerationChat {
  /** Opens the moderation as another server or command would. It hears of what the others do. */
  open(): Promise<StoredModeration>;
  /** Closes whatever is still open. */
  close(): Promise<void>;
}

export interface ModerationOptions {
  readonly limits: ModerationLimits;
  readonly now: () => number;
}

export interface ModerationKind {
  readonly name: string;
  create(options: ModerationOptions): Promise<ModerationChat>;
}

const START = 1_800_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const AN = "An______________";
const BINH = "Binh____________";
const MODERATOR = "Mo______________";

/** A chat with a clock of its own. */
class Stage {
  readonly chat: ModerationChat;
  readonly clock: { now: number };

  private constructor(chat: ModerationChat, clock: { now: number }) {
    this.chat = chat;
    this.clock = clock;
  }

  static async of(kind: ModerationKind, limits: Partial<ModerationLimits> = {}): Promise<Stage> {
    const clock = { now: START };
    const options = { limits: { ...MODERATION_LIMITS, ...limits }, now: () => clock.now };
    return new Stage(await kind.create(options), clock);
  }
}

/** An action as a moderator does it. */
export function actionLike(fields: Partial<NewAction> = {}): NewAction {
  return {
    kind: "mute",
    room: "tea",
    person: AN,
    name: "An",
    networks: [],
    reason: "",
    by: MODERATOR,
    byName: "Mo",
    at: START,
    until: null,
    of: null,
    count: null,
    settings: null,
    ...fields,
  };
}

export function reportLike(fields: Partial<NewReport> = {}): NewReport {
  return {
    room: "tea",
    of: 1,
    person: AN,
    name: "An",
    reason: "",
    by: BINH,
    byName: "Bình",
    networks: [],
    at: START,
    ...fields,
  };
}

export function heldLike(fields: Partial<NewHeld> = {}): NewHeld {
  const message = { room: "tea", name: "An", by: AN, content: "hi \0 \ud800", reply: null };
  return { ...message, networks: ["n1"], why: "newcomer", at: START, ...fields };
}

/** Resolves when something holds that a change by others leads to. */
export async function until(moderation: StoredModeration, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      const end = moderation.subscribe(() => {
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
    if (error instanceof ModerationError) return error.code;
    throw error;
  }
  return "none";
}

const ALL = { person: null, before: null, limit: 100 };

export function moderationContract(kind: ModerationKind): void {
  const fact = (
    name: string,
    run: (stage: (limits?: Partial<ModerationLimits>) => Promise<Stage>) => Promise<void>,
  ) =>
    test(`${kind.name}: ${name}`, async () => {
      const stages: Stage[] = [];
      try {
        await run(async (limits) => {
          const stage = await Stage.of(kind, limits);
          stages.push(stage);
          return stage;
        });
      } finally {
        for (const { chat } of stages) await chat.close();
      }
    });

  fact("a removal has no count until it has ended, and can be undone in any case", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const removal = await moderation.act(actionLike({ kind: "remove", count: null }));
    await moderation.finish("no-such-removal_", 3);
    expect(await moderation.action(removal.id)).toEqual(removal);
    await moderation.finish(removal.id, 3);
    expect(await moderation.action(removal.id)).toEqual({ ...removal, count: 3 });
    const undo = await moderation.act(actionLike({ kind: "undo", of: removal.id }));
    await moderation.finish(removal.id, 4);
    expect(await moderation.action(removal.id)).toMatchObject({ count: 4, undone: undo.id });
  });

  fact("a sanction holds for a person and for networks, in its room or in all", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const mute = await moderation.act(actionLike({ networks: ["n1", "n2"] }));
    const ban = await moderation.act(actionLike({ kind: "ban", room: null, person: null, networks: ["n3"] }));
    const settings = null;
    expect(mute).toEqual({ ...actionLike({ networks: ["n1", "n2"] }), settings, id: mute.id, undone: null });
    expect(mute.id).toMatch(/^\w[\w-]{15}$/);
    const found = (sanction: "mute" | "ban", room: string, person: string | null, ...networks: string[]) =>
      moderation.sanctionOf(sanction, room, { person, networks }, START)?.id;
    for (const each of [moderation, await chat.open()])
      expect(each.inForce(null, START)).toEqual([ban, mute]);
    expect([
      found("mute", "tea", AN),
      found("mute", "tea", BINH, "n0", "n2"),
      found("mute", "tea", null, "n1"),
    ]).toEqual([mute.id, mute.id, mute.id]);
    expect([found("mute", "milk", AN), found("mute", "tea", BINH, "n3"), found("ban", "tea", AN)]).toEqual(
      Array(3).fill(undefined),
    );
    expect([found("ban", "tea", null, "n3"), found("ban", "milk", BINH, "n3")]).toEqual([ban.id, ban.id]);
    await moderation.close();
    const again = await chat.open();
    expect(again.inForce(null, START)).toEqual([ban, mute]);
    expect(again.inForce("milk", START)).toEqual([ban]);
  });

  fact("of several sanctions the one that lasts longest is found", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const who = { person: AN, networks: ["n1"] };
    await moderation.act(actionLike({ until: START + 10 }));
    const longest = await moderation.act(actionLike({ room: null, networks: ["n1"], until: START + 30 }));
    await moderation.act(actionLike({ until: START + 20 }));
    expect(moderation.sanctionOf("mute", "tea", who, START)).toEqual(longest);
  });

  fact("a sanction ends at its time or when it is undone, and then no network is kept", async (stage) => {
    const { chat, clock } = await stage();
    const moderation = await chat.open();
    const ban = await moderation.act(actionLike({ kind: "ban", networks: ["n1"], until: START + 100 }));
    const mute = await moderation.act(actionLike({ networks: ["n1"] }));
    const who = { person: null, networks: ["n1"] };
    expect(moderation.sanctionOf("ban", "tea", who, START + 99)?.id).toBe(ban.id);
    expect(moderation.sanctionOf("ban", "tea", who, START + 100)).toBeUndefined();
    const undo = await moderation.act(actionLike({ kind: "undo", of: mute.id }));
    expect(moderation.sanctionOf("mute", "tea", who, START)).toBeUndefined();
    expect(await moderation.action(mute.id)).toEqual({ ...mute, networks: [], undone: undo.id });
    clock.now += 100;
    await moderation.tend(clock.now);
    expect(await moderation.action(ban.id)).toEqual({ ...ban, networks: [] });
    expect(moderation.inForce(null, START)).toEqual([]);
    expect(await moderation.action("nothing")).toBeNull();
    for (const of of [mute.id, ban.id, undo.id, "nothing", null])
      expect(await refusalOf(moderation.act(actionLike({ kind: "undo", of })))).toBe("unknown");
  });

  fact("a kick lasts for a minute, and networks are only kept of what lasts", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const kick = await moderation.act(actionLike({ kind: "kick", networks: ["n1"] }));
    expect([kick.until, kick.networks]).toEqual([START + KICK_MS, ["n1"]]);
    const removal = await moderation.act(actionLike({ kind: "remove", networks: ["n1"], count: 3 }));
    expect(removal.networks).toEqual([]);
    const undo = await moderation.act(actionLike({ kind: "undo", of: removal.id }));
    expect((await moderation.action(removal.id))?.undone).toBe(undo.id);
  });

  fact("several change settings at once, and an undo takes back its own change only", async (stage) => {
    const { chat } = await stage();
    const [one, two] = [await chat.open(), await chat.open()];
    const set = (moderation: StoredModeration, settings: SettingsPatch) =>
      moderation.act(actionLike({ kind: "settings", person: null, settings }));
    const undo = (of: string) => one.act(actionLike({ kind: "undo", of }));
    const [titled] = await Promise.all([
      set(one, { title: "Tea", topic: "green" }),
      set(two, { slowSeconds: 5 }),
    ]);
    await until(one, () => one.settingsOf("tea").slowSeconds === 5);
    const locked = await set(one, { entry: "password", passwordHash: "hash", topic: "black" });
    expect(locked.settings).toEqual(one.settingsOf("tea"));
    expect((await undo(titled.id)).settings).toEqual({
      ...DEFAULT_SETTINGS,
      slowSeconds: 5,
      entry: "password",
      passwordHash: "hash",
      topic: "black",
    });
    expect(await refusalOf(set(two, { passwordHash: null }))).toBe("invalid");
    await undo(locked.id);
    expect(one.settingsOf("tea")).toEqual({ ...DEFAULT_SETTINGS, slowSeconds: 5, topic: "green" });
  });

  fact(
    "messages are kept for a shorter time a day after that was set, and an undo never does that",
    async (stage) => {
      const { chat, clock } = await stage();
      const moderation = await chat.open();
      const set = (keepDays: number | null) =>
        moderation.act(actionLike({ kind: "settings", person: null, settings: { keepDays } }));
      const kept = () => keptDays(moderation.settingsOf("tea"), clock.now);
      await set(30);
      expect(kept()).toBeNull();
      clock.now += DAY_MS;
      expect(kept()).toBe(30);
      await set(10);
      const last = await set(1);
      expect([kept(), last.settings?.keepDays]).toEqual([30, 1]);
      clock.now += DAY_MS;
      const longer = await set(20);
      expect(kept()).toBe(20);
      await moderation.act(actionLike({ kind: "undo", of: longer.id }));
      expect(kept()).toBe(20);
      const shorter = await set(2);
      await moderation.act(actionLike({ kind: "undo", of: shorter.id }));
      clock.now += DAY_MS;
      expect(kept()).toBe(20);
    },
  );

  fact("settings are replaced, and an undo restores those that held before", async (stage) => {
    const { chat } = await stage({ rooms: 1 });
    const [moderation, other] = [await chat.open(), await chat.open()];
    const set = (room: string, topic: string) =>
      moderation.act(
        actionLike({ kind: "settings", room, person: null, settings: { ...DEFAULT_SETTINGS, topic } }),
      );
    expect(moderation.settingsOf("tea")).toBe(DEFAULT_SETTINGS);
    await set("tea", "one");
    const two = await set("tea", "two");
    const settings = moderation.settingsOf("tea");
    await moderation.report(reportLike());
    expect(moderation.settingsOf("tea")).toBe(settings);
    expect([...moderation.rooms()]).toEqual([["tea", { ...DEFAULT_SETTINGS, topic: "two" }]]);
    expect(await refusalOf(set("milk", "too many"))).toBe("too-many");
    const undo = await moderation.act(actionLike({ kind: "undo", of: two.id }));
    expect(undo).toMatchObject({ kind: "settings", room: "tea", of: two.id, settings: { topic: "one" } });
    await until(other, () => other.settingsOf("tea").topic === "one");
    await set("tea", "");
    expect(moderation.settingsOf("tea")).toBe(DEFAULT_SETTINGS);
    await set("milk", "not too many");
    await until(other, () => other.settingsOf("milk").topic !== "");
    expect([...other.rooms()].map(([room]) => room)).toEqual(["milk"]);
    await expect(moderation.act(actionLike({ kind: "settings" }))).rejects.toThrow(TypeError);
    await moderation.close();
    const again = await chat.open();
    expect([...again.rooms()]).toEqual([["milk", { ...DEFAULT_SETTINGS, topic: "not too many" }]]);
  });

  fact("a raid is on until it ends, calms down, is undone or takes the place of another", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const arm = (room: string | null, fields = {}) =>
      moderation.act(actionLike({ kind: "raid", room, person: null, ...fields }));
    const first = await arm("tea", { until: START + 10 });
    expect([moderation.raidOf("tea", START), moderation.raidOf("milk", START)]).toEqual([first, undefined]);
    expect(moderation.raidOf("tea", START + 10)).toBeUndefined();
    const second = await arm("tea");
    expect(moderation.raidOf("tea", START)).toEqual(second);
    expect((await moderation.action(first.id))?.undone).toBe(second.id);
    await moderation.act(actionLike({ kind: "calm", person: null }));
    expect(moderation.raidOf("tea", START)).toBeUndefined();
    const everywhere = await arm(null);
    expect(moderation.raidOf("milk", START)).toEqual(everywhere);
    await moderation.act(actionLike({ kind: "undo", of: everywhere.id }));
    expect(moderation.raidOf("milk", START)).toBeUndefined();
  });

  fact("announcements are shown in order until they end", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const say = (room: string | null, reason: string, end: number | null) =>
      moderation.act(actionLike({ kind: "announce", room, reason, until: end }));
    const [one, two] = [await say("tea", "one", START + 10), await say(null, "two", null)];
    const other = await chat.open();
    expect(other.announcementsIn("tea", START)).toEqual([one, two]);
    expect(other.announcementsIn("tea", START + 10)).toEqual([two]);
    expect(other.announcementsIn("milk", START)).toEqual([two]);
  });

  fact(
    "one room has only so many sanctions and announcements, and leaves the rest to others",
    async (stage) => {
      const { chat, clock } = await stage({ sanctionsPerRoom: 8, announcements: 2 });
      const moderation = await chat.open();
      const act = (fields: Partial<NewAction>) => refusalOf(moderation.act(actionLike(fields)));
      const announce = (room: string | null, end: number | null = null) =>
        act({ kind: "announce", room, until: end });
      expect([await announce("tea", START + 10), await announce("tea"), await announce("tea")]).toEqual([
        "none",
        "none",
        "too-many",
      ]);
      expect([
        await announce("milk"),
        await announce(null),
        await announce(null),
        await announce(null),
      ]).toEqual(["none", "none", "none", "too-many"]);
      clock.now += 10;
      expect(await announce("tea")).toBe("none");
      for (let i = 0; i < 6; i++) expect(await act({ kind: "ban" })).toBe("none");
      expect([await act({ kind: "ban" }), await act({ room: "milk" }), await act({ room: null })]).toEqual([
        "too-many",
        "none",
        "none",
      ]);
    },
  );

  fact("there are only so many sanctions in force", async (stage) => {
    const { chat } = await stage({ sanctions: 2 });
    const moderation = await chat.open();
    const first = await moderation.act(actionLike({ until: START + 10 }));
    await moderation.act(actionLike());
    expect(await refusalOf(moderation.act(actionLike()))).toBe("too-many");
    await moderation.act(actionLike({ kind: "remove" }));
    await moderation.act(actionLike({ kind: "undo", of: first.id }));
    expect(await refusalOf(moderation.act(actionLike()))).toBe("none");
  });

  fact("reports are noted once, in order, as many as allowed, and are closed once", async (stage) => {
    const { chat } = await stage({ reports: 4, reportsPerPerson: 2 });
    const [moderation, other] = [await chat.open(), await chat.open()];
    const report = (fields: Partial<NewReport>) => moderation.report(reportLike(fields));
    expect([
      await report({}),
      await report({}),
      await report({ of: null }),
      await report({ of: null }),
    ]).toEqual(["reported", "repeated", "reported", "repeated"]);
    expect(await report({ of: 3 })).toBe("full");
    expect([await report({ by: AN }), await report({ by: AN, of: 2 })]).toEqual(["reported", "reported"]);
    expect(await report({ by: MODERATOR })).toBe("full");
    expect(await report({ by: MODERATOR, room: "milk" })).toBe("reported");
    await until(other, () => other.waiting("tea").reports === 4);
    const open = await other.reports("tea");
    expect(open.map(({ by, of }) => [by, of])).toEqual([
      [BINH, 1],
      [BINH, null],
      [AN, 1],
      [AN, 2],
    ]);
    const id = open[0]?.id ?? "";
    const dismissal = actionLike({ kind: "dismiss", of: id });
    const closed = await Promise.all([moderation.dismiss(id, dismissal), other.dismiss(id, dismissal)]);
    expect(closed.sort()).toEqual([false, true]);
    expect((await moderation.actions("tea", ALL)).map(({ kind, of }) => [kind, of])).toEqual([
      ["dismiss", id],
    ]);
    await moderation.forget("tea", AN);
    expect((await moderation.reports("tea")).map(({ of }) => of)).toEqual([null]);
    expect([moderation.waiting("tea"), moderation.waiting("milk")]).toEqual([
      { reports: 1, held: 0 },
      { reports: 1, held: 0 },
    ]);
  });

  fact("messages are held in order, as many as allowed, and are taken once", async (stage) => {
    const { chat } = await stage({ held: 3, heldPerPerson: 2 });
    const [moderation, other] = [await chat.open(), await chat.open()];
    const hold = async (fields: Partial<NewHeld>) => (await moderation.hold("tea", [heldLike(fields)]))[0];
    // The third is the first one, sent again.
    expect([await hold({}), await hold({ reply: 7 }), await hold({})]).toEqual(["held", "held", "held"]);
    expect([await hold({ reply: 8 }), await hold({ by: BINH, reply: 8 })]).toEqual(["full", "full"]);
    const elsewhere = [
      await hold({ by: BINH, networks: ["b"] }),
      await hold({ by: MODERATOR, networks: ["m"] }),
    ];
    expect(elsewhere).toEqual(["held", "full"]);
    await until(other, () => other.waiting("tea").held === 3);
    await moderation.close();
    const [first, second] = await other.held("tea");
    expect(first).toEqual({ ...heldLike(), id: first?.id ?? "" });
    expect(second?.reply).toBe(7);
    const again = await chat.open();
    const approval = actionLike({ kind: "approve", of: first?.id ?? "" });
    const taken = await Promise.all([
      again.take(first?.id ?? "", approval),
      other.take(first?.id ?? "", approval),
    ]);
    expect(taken.filter((each) => each !== null)).toEqual(first === undefined ? [] : [first]);
    expect(await again.actions("tea", ALL)).toHaveLength(1);
    await again.forget("tea", AN);
    expect((await again.held("tea")).map(({ by }) => by)).toEqual([BINH]);
  });

  fact(
    "messages of one batch are held in one change, and their limits count those before them",
    async (stage) => {
      const { chat } = await stage({ held: 4, heldPerPerson: 2 });
      const [moderation, other] = [await chat.open(), await chat.open()];
      let changes = 0;
      moderation.subscribe(() => void changes++);
      const from = (by: string, content: string) => heldLike({ by, content, networks: [by] });
      const batch = [
        from(AN, "1"),
        from(BINH, "2"),
        from(AN, "1"),
        from(AN, "3"),
        from(AN, "4"),
        from(BINH, "5"),
      ];
      expect(await moderation.hold("tea", batch)).toEqual(["held", "held", "held", "held", "full", "held"]);
      expect(changes).toBe(1);
      expect((await other.held("tea")).map(({ content }) => content)).toEqual(["1", "2", "3", "5"]);
      expect(await moderation.hold("tea", [from(MODERATOR, "6"), from(AN, "3")])).toEqual(["full", "held"]);
      expect(changes).toBe(1);
    },
  );

  fact("of one address there are as many reports and held messages as of one person", async (stage) => {
    const { chat } = await stage({ reportsPerPerson: 2, heldPerPerson: 2 });
    const moderation = await chat.open();
    const people = ["1", "2", "3"].map((each) => each.padEnd(16, "_"));
    const reported = [];
    for (const by of people)
      reported.push(await moderation.report(reportLike({ by, networks: ["n1", "n2"] })));
    expect(reported).toEqual(["reported", "reported", "full"]);
    expect(await moderation.report(reportLike({ by: AN, networks: ["n3", "n2"] }))).toBe("reported");
    const messages = people.map((by) => heldLike({ by, networks: ["n1", "n2"] }));
    expect(await moderation.hold("tea", messages)).toEqual(["held", "held", "full"]);
  });

  fact("a ban drops what those whom it hits have left to moderators, and nothing else", async (stage) => {
    const { chat } = await stage();
    const [moderation, other] = [await chat.open(), await chat.open()];
    const fill = async (room: string) => {
      for (const [by, networks] of [
        [AN, ["a", "wide"]],
        [BINH, ["b", "wide"]],
        [MODERATOR, ["m"]],
      ] as const) {
        await moderation.report(reportLike({ room, by, networks }));
        await moderation.hold(room, [heldLike({ room, by, networks })]);
      }
    };
    const left = async (room: string) => [
      (await other.reports(room)).map(({ by }) => by),
      (await other.held(room)).map(({ by }) => by),
      other.waiting(room),
    ];
    const whole = [[AN, BINH, MODERATOR], [AN, BINH, MODERATOR], { reports: 3, held: 3 }];
    for (const room of ["tea", "milk"]) await fill(room);
    await moderation.act(actionLike({ networks: ["wide"] }));
    await until(other, () => other.waiting("milk").held === 3 && other.inForce("tea", START).length === 1);
    expect(await left("tea")).toEqual(whole);
    await moderation.act(actionLike({ kind: "ban", person: AN, networks: ["a"] }));
    await until(other, () => other.waiting("tea").held === 2);
    expect(await left("tea")).toEqual([[BINH, MODERATOR], [BINH, MODERATOR], { reports: 2, held: 2 }]);
    expect(await left("milk")).toEqual(whole);
    await moderation.act(actionLike({ kind: "ban", room: null, person: null, networks: ["wide"] }));
    await until(other, () => other.waiting("milk").held === 1);
    for (const room of ["tea", "milk"])
      expect(await left(room)).toEqual([[MODERATOR], [MODERATOR], { reports: 1, held: 1 }]);
  });

  fact("all held messages of a person and its address are rejected at once", async (stage) => {
    const { chat } = await stage();
    const moderation = await chat.open();
    const like = (content: string, by: string, networks: string[]) => heldLike({ content, by, networks });
    await moderation.hold("tea", [
      like("1", AN, ["a"]),
      like("2", BINH, ["a"]),
      like("3", AN, ["c"]),
      like("4", BINH, ["b"]),
    ]);
    const [first] = await moderation.held("tea");
    const id = first?.id ?? "";
    const reject = actionLike({ kind: "reject", person: null, name: null, of: id });
    expect(await moderation.rejectAll("milk", id, reject)).toBeNull();
    expect(await moderation.rejectAll("tea", id, reject)).toBe(3);
    expect(await moderation.rejectAll("tea", id, reject)).toBeNull();
    expect((await moderation.held("tea")).map(({ content }) => content)).toEqual(["4"]);
    expect(await moderation.actions("tea", ALL)).toMatchObject([{ kind: "reject", person: AN, count: 3 }]);
  });

  fact("the log of a room is not dropped because of what is done in another", async (stage) => {
    const { chat } = await stage({ actions: 6 });
    const moderation = await chat.open();
    for (const room of ["tea", "tea", ...Array<string>(10).fill("milk")])
      await moderation.act(actionLike({ kind: "remove", room }));
    await moderation.tend(START);
    expect(await moderation.actions("tea", ALL)).toHaveLength(2);
    expect(await moderation.actions("milk", ALL)).toHaveLength(4);
  });

  fact("what nobody has looked at is dropped in time", async (stage) => {
    const { chat, clock } = await stage({ waitingMs: 1_000 });
    const moderation = await chat.open();
    await moderation.report(reportLike());
    await moderation.hold("tea", [heldLike({ at: START + 1 })]);
    await moderation.tend(clock.now + 1_000);
    expect(moderation.waiting("tea")).toEqual({ reports: 1, held: 1 });
    await moderation.tend(clock.now + 1_001);
    expect(moderation.waiting("tea")).toEqual({ reports: 0, held: 1 });
    await moderation.tend(clock.now + 1_002);
    expect(moderation.waiting("tea")).toEqual({ reports: 0, held: 0 });
    expect(await moderation.held("tea")).toEqual([]);
  });

  fact(
    "the log is read in pages and by person and kind, and its oldest part is dropped, but nothing in force",
    async (stage) => {
      const { chat } = await stage({ actions: 3 });
      const [moderation, other] = [await chat.open(), await chat.open()];
      const ban = await moderation.act(actionLike({ kind: "ban", room: null }));
      const rest = [];
      for (let i = 0; i < 4; i++)
        rest.push(
          await moderation.act(
            actionLike({
              kind: "remove",
              count: i,
              room: i % 2 === 0 ? "tea" : "milk",
              person: i < 2 ? AN : BINH,
            }),
          ),
        );
      const log = async (room: string | null, filter = {}) =>
        (await moderation.actions(room, { ...ALL, ...filter })).map(({ id }) => id);
      const [r0, r1, r2, r3] = rest.map(({ id }) => id) as [string, string, string, string];
      expect(await log(null)).toEqual([r3, r2, r1, r0, ban.id]);
      expect(await log("tea")).toEqual([r2, r0, ban.id]);
      expect(await log(null, { limit: 2 })).toEqual([r3, r2]);
      expect(await log(null, { limit: 2, before: r2 })).toEqual([r1, r0]);
      expect(await log(null, { person: BINH })).toEqual([r3, r2]);
      expect(await log(null, { kinds: ["ban"] })).toEqual([ban.id]);
      await moderation.tend(START);
      expect(await log(null)).toEqual([r3, r2, ban.id]);
      // Whoever has missed some of it reads everything.
      await moderation.act(actionLike({ kind: "remove" }));
      await moderation.tend(START);
      await until(other, () => other.inForce(null, START).length === 1);
      expect(other.sanctionOf("ban", "milk", { person: AN, networks: [] }, START)).toEqual(ban);
    },
  );

  fact("everybody learns of each new action once, and not of those from before", async (stage) => {
    const { chat } = await stage();
    const [one, two] = [await chat.open(), await chat.open()];
    const heard: string[][] = [[], []];
    for (const [at, each] of [one, two].entries())
      each.subscribe(({ actions }) => void heard[at]?.push(...actions.map(({ id }) => id)));
    const ids = [];
    for (const each of [one, two, one]) ids.push((await each.act(actionLike())).id);
    ids.push((await two.act(actionLike({ kind: "undo", of: ids[0] ?? null }))).id);
    await until(one, () => one.inForce(null, START).length === 2);
    await until(two, () => two.inForce(null, START).length === 2);
    expect(heard).toEqual([ids, ids]);
    const late: string[] = [];
    const three = await chat.open();
    three.subscribe(({ actions }) => void late.push(...actions.map(({ id }) => id)));
    const last = await three.act(actionLike());
    expect(late).toEqual([last.id]);
  });

  fact("of many who act at once, at several servers, each acts once", async (stage) => {
    const { chat } = await stage({ sanctions: 10 });
    const servers = await Promise.all([chat.open(), chat.open(), chat.open()]);
    const done = await Promise.all(
      Array.from({ length: 15 }, (_, i) => refusalOf(servers[i % 3]?.act(actionLike()) ?? Promise.resolve())),
    );
    expect(done.filter((each) => each === "none")).toHaveLength(10);
    for (const server of servers) await until(server, () => server.inForce(null, START).length === 10);
    expect(await servers[0]?.actions(null, ALL)).toHaveLength(10);
  });
}
