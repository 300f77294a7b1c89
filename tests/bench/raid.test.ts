/** The workload of raids: what regulars, newcomers and a moderator experience is told of the right ones. */
import { expect, test } from "bun:test";
import { contender } from "../../bench/contenders.ts";
import { contentOf } from "../../bench/load/raid/authors.ts";
import { Inquiry } from "../../bench/load/raid/line.ts";
import { becomeOwner, Moderator } from "../../bench/load/raid/moderator.ts";
import { Regulars, reached } from "../../bench/load/raid/regulars.ts";
import { STYLES } from "../../bench/load/raid/styles.ts";
import { run } from "../../bench/run.ts";
import { Servers } from "../../bench/servers.ts";
import { targetResults } from "../../bench/targets.ts";
import { TemporaryFolder } from "../support/server.ts";

const LONG_MS = 60_000;

test.skipIf(process.platform !== "linux")(
  "every style of raid is measured, and none refuses a regular",
  async () => {
    const options = {
      size: "tiny",
      rounds: 1,
      peers: new Set<never>(),
      attacks: [],
      attackRounds: 1,
      progress: () => {},
    } as const;
    const { sections, failures } = await run(["raid"], options, "npm test");
    expect(failures).toEqual([]);
    expect(sections.map(({ id, rows }) => [id, rows.map(({ key }) => key)])).toEqual([
      ["raid", STYLES.map(({ key }) => key)],
    ]);
    for (const { key, values, remark } of sections[0]?.rows ?? []) {
      for (const [column, figures] of Object.entries(values))
        expect(figures.map(Number.isFinite), `${key}, ${column}`).toEqual([true]);
      expect(values).toMatchObject({ refused: [0], wronglyGone: [0] });
      expect(remark).toContain("got a nickname");
    }
    expect(targetResults(sections).filter(({ measured }) => measured !== null)).toHaveLength(7);
  },
);

test.skipIf(process.platform !== "linux")(
  "messages of raiders and of others are told apart, in what is seen and in what is gone",
  async () => {
    using folder = new TemporaryFolder();
    const servers = new Servers(folder.path);
    const dataFile = servers.newDataFile();
    await using server = await servers.start(contender("v3"), { dataFile });
    const place = { port: server.port, room: "tea" };
    const regulars = new Regulars(place, "127.1.1", 3);
    const key = crypto.randomUUID();
    await becomeOwner(place, key, await servers.ownerCode(dataFile));
    const moderator = await Moderator.enter(place, "127.3.0.1", key);
    const owner = new Inquiry(place, "127.3.0.1");
    const stranger = new Inquiry(place, "127.5.0.1");
    try {
      await regulars.gather();
      await owner.ask({ type: "identify", key });
      await stranger.ask({ type: "name", name: "stranger" });
      const say = async (content: string) => Number((await stranger.ask({ type: "send", content })).id);
      const ofRaider = await say(contentOf("raider", "come to us"));
      const ofNewcomer = await say(contentOf("newcomer", "hello"));
      await say("something else");
      expect(await reached(() => regulars.inView("raider") === 1, LONG_MS)).toBe(true);
      expect(await reached(() => regulars.inView("newcomer") === 1, LONG_MS)).toBe(true);

      // Nobody has raided the room, so the message stays.
      expect(await moderator.sweep(regulars)).toMatchObject({
        refusal: "UnknownAction",
        before: 1,
        after: 1,
      });
      await owner.ask({ type: "moderate", kind: "remove", of: ofRaider });
      expect(await reached(() => regulars.inView("raider") === 0, LONG_MS)).toBe(true);
      expect(regulars.wronglyGone([])).toBe(0);
      expect(await moderator.sweep(regulars)).toMatchObject({ before: 0, after: 0, wronglyGone: 0 });
      await owner.ask({ type: "moderate", kind: "remove", of: ofNewcomer });
      expect(await moderator.sweep(regulars)).toMatchObject({ before: 0, after: 0, wronglyGone: 1 });
    } finally {
      regulars.leave();
      moderator.leave();
      for (const each of [owner, stranger]) each.end();
    }
  },
);
