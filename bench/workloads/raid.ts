import { type Bench, ELSEWHERE_NICENESS } from "../bench.ts";
import { contender } from "../contenders.ts";
import { Load } from "../load/load.ts";
import { now, type Place } from "../load/raid/line.ts";
import type { Swept } from "../load/raid/moderator.ts";
import type { Visit } from "../load/raid/newcomers.ts";
import type { RaidTally } from "../load/raid/raider.ts";
import type { Overheard } from "../load/raid/regulars.ts";
import { STYLES, type Style, type StyleKey, styleOf } from "../load/raid/styles.ts";
import { percentile, Rows, type Section } from "../results.ts";

/** Which styles raid at the same time, each in a room of its own: one after another they would take too long. */
const TURNS: readonly (readonly StyleKey[])[] = [["fast"], ["alike", "lookalike"], ["proven"]];
const NEWCOMERS_WITHIN_S = 30;
/** How long the raiders go on while they are swept out, at most. */
const SWEEP_S = 5;
const NEWCOMERS_NET = "127.2";
/** The first after `127.`. */
const RAIDERS_NET = 10;

const COLUMNS = [
  { key: "raidSeen", title: "raid messages seen" },
  { key: "quietS", title: "quiet after, s" },
  { key: "answerBeforeMs", title: "reply without, p99, ms" },
  { key: "answerMs", title: "reply during, p99, ms" },
  { key: "heardBeforeMs", title: "all have it without, p99, ms" },
  { key: "heardMs", title: "all have it during, p99, ms" },
  { key: "delay", title: "the larger ratio" },
  { key: "refused", title: "refused" },
  { key: "newcomersIn", title: `newcomers in within ${NEWCOMERS_WITHIN_S} s` },
  { key: "inS", title: "the last in after, s" },
  { key: "newcomersSeen", title: "newcomers' messages seen" },
  { key: "seenS", title: "the last seen after, s" },
  { key: "sweepMs", title: "swept, ms" },
  { key: "left", title: "raid messages left" },
  { key: "wronglyGone", title: "others' messages gone" },
] as const;

type Figures = Partial<Record<(typeof COLUMNS)[number]["key"], number>>;

interface Sizes {
  readonly regulars: number;
  readonly raiders: number;
  readonly newcomers: number;
  /** How long the regulars are there before the first raid. */
  readonly settledS: number;
  /** How much of that is not measured, because a server's first messages are slow. */
  readonly warmUpS: number;
  readonly joinS: number;
  readonly newcomersAfterS: number;
  readonly seconds: number;
}

const PEOPLE = { regulars: 20, newcomers: 10 };
const FEW = { regulars: 3, newcomers: 2 };
// Whoever has been in a room for less than two minutes when a raid is noticed counts as one who came with it, so that a run
// that waits for less sees no raid mode.
const SIZES = {
  full: { ...PEOPLE, raiders: 300, settledS: 130, warmUpS: 30, joinS: 30, newcomersAfterS: 10, seconds: 60 },
  short: { ...PEOPLE, raiders: 100, settledS: 130, warmUpS: 30, joinS: 10, newcomersAfterS: 4, seconds: 20 },
  tiny: { ...FEW, raiders: 4, settledS: 6, warmUpS: 0, joinS: 0.4, newcomersAfterS: 0.5, seconds: 6 },
} as const satisfies Record<string, Sizes>;

/** Measures what a raid of a room by many addresses does to those who are there, if nobody does anything about it. */
export async function raids(bench: Bench): Promise<Section> {
  const sizes = bench.sized<Sizes>(SIZES.full, SIZES.short, SIZES.tiny);
  const rows = new Rows();
  const work = async (_: null, round: number) => {
    for (const { style, figures, remark } of await oneRound(bench, sizes, round)) {
      rows.add(style.key, style.title, figures);
      rows.remark(style.key, remark);
    }
  };
  await bench.eachRound([null], work, Number.POSITIVE_INFINITY, bench.attackRounds);
  const { regulars, raiders, newcomers, settledS, warmUpS, joinS, newcomersAfterS, seconds } = sizes;
  return {
    id: "raid",
    title: `Raids: ${raiders} strangers in a room`,
    about:
      `In each of ${STYLES.length} rooms of one server with its default limits ${regulars} people talk, each every 3 to 5 s. ` +
      `When they have been there for ${settledS} s, the rooms are raided, those of the second and the third row at the same ` +
      `time: ${raiders} raiders, each with an address of its own, come within ${joinS} s, and go on until the end. Those of ` +
      `the first three rows solve no challenges. ${newcomersAfterS} s after the beginning ${newcomers} newcomers of good will ` +
      "come, with the SDK and an address each, and want to say one thing. Nobody does anything about it for " +
      `${seconds} s; then a moderator comes and sweeps the room by one click. _Raid messages seen_ counts each message once ` +
      "that a regular was shown; _quiet after_ is the time from the first to the last of them. A regular's message takes " +
      `until its sender has the reply, and until all others have it, measured in the same room for ${settledS - warmUpS} s ` +
      "without a raid and then during it. _Refused_ are messages of regulars. Newcomers' times run from their arrival. " +
      "_Swept_ is the time from the click until nothing of the raid stands in any regular's view, nor on a fresh page; it is " +
      "not waited for longer than 5 s. The raiders and the newcomers are processes with a lower priority, as if they ran on " +
      "other machines. The list below the table says what each style does, and how the server treats it. What gets through " +
      "is what raiders write before eight of them, and eight of their messages, have come within 10 s; three messages in 15 s of " +
      "all newcomers who solve challenges; and raiders who come more slowly are not noticed.",
    columns: COLUMNS,
    rows: rows.inOrder(STYLES.map(({ key }) => key)),
  };
}

interface Measured {
  readonly style: Style;
  readonly figures: Figures;
  readonly remark: string;
}

async function oneRound(bench: Bench, sizes: Sizes, round: number): Promise<Measured[]> {
  const dataFile = bench.servers.newDataFile();
  await using server = await bench.servers.start(contender("v3"), { dataFile, isLimited: true });
  // For the newcomers: solving challenges must not delay those whose messages are measured.
  using elsewhere = new Load(ELSEWHERE_NICENESS);
  const { port } = server;
  const { regulars, settledS, warmUpS } = sizes;
  const progress = (text: string) => bench.progress(`raid, round ${round + 1}: ${text}`);
  progress(`${regulars} people settle in each of ${STYLES.length} rooms`);
  const rooms = STYLES.map(({ key }) => key);
  const code = await bench.servers.ownerCode(dataFile);
  const { names } = await bench.load.order("settle", { port, rooms, regulars, code });
  try {
    const settledAtMs = now();
    const quiet = { fromMs: settledAtMs + warmUpS * 1000, untilMs: settledAtMs + settledS * 1000 };
    const before = new Map(
      await Promise.all(
        rooms.map(async (room) => [room, await bench.load.order("overhear", { room, ...quiet })] as const),
      ),
    );
    const measured: Measured[] = [];
    for (const turn of TURNS) {
      progress(turn.map((key) => styleOf(key).title).join(", beside "));
      const raided = turn.map(async (key) => {
        const during = await oneRaid(bench, elsewhere, sizes, { port, room: key }, names);
        return measuredOf(styleOf(key), before.get(key), during);
      });
      measured.push(...(await Promise.all(raided)));
    }
    return measured;
  } finally {
    await bench.load.order("unsettle", {});
  }
}

/** What was to be seen of a raid. */
interface Witnessed {
  readonly overheard: Overheard;
  /** When the newcomers came, in Unix milliseconds. */
  readonly cameAtMs: number;
  readonly visits: readonly Visit[];
  readonly swept: Swept;
  readonly tally: RaidTally;
}

/** @param place whose room is named after the style of the raid */
async function oneRaid(
  bench: Bench,
  elsewhere: Load,
  { raiders, joinS, seconds, newcomers, newcomersAfterS }: Sizes,
  place: Place & { readonly room: StyleKey },
  regulars: readonly string[],
): Promise<Witnessed> {
  const { room } = place;
  const number = 1 + STYLES.indexOf(styleOf(room));
  const fromMs = now();
  const untilMs = fromMs + seconds * 1000;
  const raided = bench.attacker.order("raid", {
    place,
    style: room,
    net: `127.${RAIDERS_NET + number}`,
    raiders,
    joinS,
    seconds: seconds + SWEEP_S,
    regulars,
  });
  const cameAtMs = fromMs + newcomersAfterS * 1000;
  const visited = elsewhere.order("visit", {
    place,
    net: `${NEWCOMERS_NET}.${number}`,
    newcomers,
    fromMs: cameAtMs,
    untilMs,
  });
  const overheard = await bench.load.order("overhear", { room, fromMs, untilMs });
  const swept = await bench.load.order("sweep", { room });
  return { overheard, cameAtMs, swept, visits: await visited, tally: await raided };
}

/** @param before what was overheard in the room without a raid */
function measuredOf(style: Style, before: Overheard | undefined, during: Witnessed): Measured {
  const { overheard, cameAtMs, visits, swept, tally } = during;
  const { raidSeenAt, newcomersSeenAt } = overheard;
  const p99 = (values: readonly number[] = []) => percentile(values, 99);
  const answer = { before: p99(before?.answerMs), during: p99(overheard.answerMs) };
  const heard = { before: p99(before?.heardMs), during: p99(overheard.heardMs) };
  const inS = visits.flatMap(({ inMs }) => (inMs === null ? [] : [inMs / 1000]));
  const seenS = visits.flatMap(({ content }) => {
    const seenAt = newcomersSeenAt[content];
    return seenAt === undefined ? [] : [(seenAt - cameAtMs) / 1000];
  });
  const figures = {
    raidSeen: raidSeenAt.length,
    quietS: ((raidSeenAt.at(-1) ?? 0) - (raidSeenAt[0] ?? 0)) / 1000,
    answerBeforeMs: answer.before,
    answerMs: answer.during,
    heardBeforeMs: heard.before,
    heardMs: heard.during,
    delay: Math.max(answer.during / answer.before, heard.during / heard.before),
    refused: overheard.refused,
    newcomersIn: inS.filter((seconds) => seconds <= NEWCOMERS_WITHIN_S).length,
    ...(inS.length > 0 && { inS: Math.max(...inS) }),
    newcomersSeen: seenS.length,
    ...(seenS.length > 0 && { seenS: Math.max(...seenS) }),
    sweepMs: swept.goneMs,
    left: swept.after,
    wronglyGone: swept.wronglyGone,
  };
  return { style, figures, remark: remarkOf(style, tally, swept) };
}

/** What the figures do not show: what the raiders do, and how the server treats them. */
function remarkOf({ about }: Style, { joined, sent, stored, refused }: RaidTally, swept: Swept): string {
  const number = (count: number) => count.toLocaleString("en");
  return [
    `${about}: ${number(joined)} got a nickname`,
    `${number(sent)} messages sent`,
    `${number(stored)} stored`,
    ...Object.entries(refused).map(([reason, count]) => `refused ${reason} ${number(count)}×`),
    `${number(swept.before)} stood there when the room was swept`,
    ...(swept.refusal === null ? [] : [`the sweep was refused: ${swept.refusal}`]),
  ].join(", ");
}
