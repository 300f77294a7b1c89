import type { Random } from "../../support/random.ts";
import { GUEST_DEEDS, type GuestDeed } from "./guest.ts";
import type { SanctionAct } from "./moderator.ts";

/**
 * Which message is changed: one's own, the newest of these, any, one that has not gone out yet, or one that there is not. Which
 * of several, `share` says, as a share of all.
 */
export type Target = (typeof TARGETS)[number];

const TARGETS = ["own", "own", "own", "last own", "any", "any", "unsent", "unknown"] as const;

const REACTED = [...TARGETS, "any", "any", "any"] as const;

/** `back` counts from the newest event: a message that was just sent has an id that can be guessed. */
export type BlurtStep =
  | { readonly kind: "send"; readonly text: string; readonly key: string }
  | { readonly kind: "edit"; readonly back: number; readonly text: string; readonly key: string | null }
  | { readonly kind: "delete"; readonly back: number }
  | { readonly kind: "react"; readonly back: number; readonly emoji: string; readonly isOn: boolean }
  | { readonly kind: "get"; readonly page: { readonly limit: number; readonly since?: number } };

/** What is done in a conversation. `who` is a number, taken among those that there are. */
export type Act =
  | {
      readonly kind: "send";
      readonly who: number;
      readonly texts: readonly string[];
      readonly hasKey: boolean;
      /** Which message it answers, as a share of those that are shown; null for none. */
      readonly replyTo: number | null;
    }
  | {
      readonly kind: "edit";
      readonly who: number;
      readonly target: Target;
      readonly share: number;
      readonly texts: readonly string[];
    }
  | { readonly kind: "delete"; readonly who: number; readonly target: Target; readonly share: number }
  | {
      readonly kind: "react";
      readonly who: number;
      readonly target: Target;
      readonly share: number;
      readonly emoji: string;
      readonly isOn: boolean;
    }
  /** Says something and changes it, without waiting for a reply. */
  | { readonly kind: "blurt"; readonly steps: readonly BlurtStep[] }
  | { readonly kind: "classic-send"; readonly who: number; readonly texts: readonly string[] }
  | { readonly kind: "rename" | "classic-rename"; readonly who: number; readonly name: string }
  | { readonly kind: "typing" | "leave" | "overtake" | "classic-pull"; readonly who: number }
  | ProgramAct
  | {
      readonly kind: "search";
      readonly who: number;
      readonly way: "newest" | "before" | "after";
      readonly share: number;
      readonly limit: number;
    }
  | { readonly kind: "reload"; readonly who: number; readonly isToldGoingAway: boolean }
  | { readonly kind: "unplug"; readonly who: number; readonly isNoticed: boolean; readonly awayMs: number }
  /** Says something, hears no reply, and is away for so long that most sessions are over then. */
  | {
      readonly kind: "fade";
      readonly who: number;
      readonly texts: readonly string[];
      readonly awayMs: number;
    }
  | { readonly kind: "cut-all" | "audit" | "back-up" }
  | { readonly kind: "refuse"; readonly forMs: number }
  | ModerationAct
  | End;

/** What programs of the API do. */
type ProgramAct =
  | { readonly kind: "program-send"; readonly who: number; readonly texts: readonly string[] }
  /** Stops to listen, and goes on behind what it has read. */
  | { readonly kind: "program-return"; readonly who: number };

/** What is done by people who may be kept from it, and by those who keep them. `whom` is a number, like `who`. */
export type ModerationAct =
  | { readonly kind: "guest-send"; readonly who: number; readonly texts: readonly string[] }
  | { readonly kind: "guest-do"; readonly who: number; readonly deed: GuestDeed; readonly text: string }
  | { readonly kind: "guest-return"; readonly who: number }
  /** `back`: not the present connection of somebody, but one before. */
  | (SanctionAct & {
      readonly kind: "sanction";
      readonly who: number;
      readonly whom: number;
      readonly back: number;
    })
  /** Removes any message, or all that a guest has sent. `share` says which message or action, as a share of all. */
  | { readonly kind: "remove"; readonly who: number; readonly whom: number | null; readonly share: number }
  | { readonly kind: "undo"; readonly who: number; readonly share: number }
  | { readonly kind: "slow"; readonly who: number; readonly forMs: number };

/** What ends for a while. `server` is a number, taken among those that there are. */
export type End =
  /** `isAfterWord`: at the moment at which somebody learns that a message is stored. */
  | {
      readonly kind: "kill";
      readonly server: number;
      readonly isAfterWord: boolean;
      readonly downMs: number;
    }
  | { readonly kind: "restart"; readonly server: number }
  /**
   * All that was stored is as it was at the last backup: after an end of all servers or, with a database, under them.
   * `isWhole`: not the messages alone. What is noted of ids beside a file is forgotten then, so that ids are given again; of a
   * database everything is put back.
   */
  | {
      readonly kind: "restore";
      readonly server: number;
      readonly isLive: boolean;
      readonly isWhole: boolean;
      readonly downMs: number;
    }
  /** The database is stopped or paused, its connections are ended, or one server does not reach it. */
  | {
      readonly kind: "outage";
      readonly server: number;
      readonly how: (typeof OUTAGES)[number];
      readonly forMs: number;
    };

const OUTAGES = ["SIGINT", "SIGQUIT", "SIGKILL", "pause", "terminate", "partition", "stall"] as const;

/** One conversation, as its seed has it. */
export interface Plan {
  readonly rooms: readonly (string | undefined)[];
  /** In each room. */
  readonly people: number;
  readonly classics: number;
  readonly graceS: number;
  readonly restartGraceS: number;
  /** The smaller one makes a page so short that a client may need many of them. */
  readonly getBudget: "16MiB" | "4KiB";
  readonly acts: readonly { readonly act: Act; readonly idleMs: number }[];
}

/** Nicknames of which many look the same. */
const NAMES = [
  "An",
  "AN",
  "an ",
  "\uff21n",
  "Ân",
  "Chị Hai",
  "chị  hai",
  "STRASSE",
  "Straße",
  "ﬁ",
  "fi",
  "🦆",
  "🦆\u200d",
] as const;

const TAILS = [
  "",
  "Có tôi!",
  "👩‍👩‍👧‍👦 e\u0301 \u202eabc",
  'line one\nline two\t"quoted" \\ back',
  '","id":7,"time":9,"key":"AAAAAAAAAAAAAAAA"}',
  "]\n[{}]",
  "\u0000\u2028",
] as const;

const EMOJI = ["👍", "❤️", "🎉", "👩‍👩‍👧‍👦"] as const;

const LONG = ["x", "ữ", "🦆"] as const;

const STEPS = ["send", "send", "edit", "edit", "delete", "react", "get"] as const;

/** Some are used more than once within one blurt. */
const KEYS = ["a", "b", "c"] as const;

/** Acts that are drawn one by one; backups are taken and put back beside them, order is kept, and programs come and go. */
type DrawnKind = Exclude<Act["kind"], "back-up" | "restore" | (ModerationAct | ProgramAct)["kind"]>;

const MODERATION_WEIGHTS = {
  "guest-send": 12,
  "guest-do": 5,
  "guest-return": 3,
  sanction: 9,
  remove: 3,
  undo: 7,
  slow: 1,
} satisfies Record<ModerationAct["kind"], number>;

/** What is done how often, by weight. */
const WEIGHTS = {
  send: 28,
  edit: 26,
  delete: 8,
  react: 18,
  blurt: 6,
  "classic-send": 14,
  rename: 8,
  "classic-rename": 3,
  typing: 3,
  search: 5,
  reload: 6,
  overtake: 6,
  leave: 2,
  unplug: 6,
  fade: 4,
  "classic-pull": 2,
  "cut-all": 2,
  refuse: 2,
  audit: 4,
  kill: 3,
  restart: 1,
  outage: 0,
} satisfies Record<DrawnKind, number>;

/** The same where several servers share a database. */
const WEIGHTS_OF_MANY: typeof WEIGHTS = { ...WEIGHTS, kill: 4, restart: 2, outage: 5 };

/** More ends than this would take too long. */
const MOST_ENDS = 3;
const MOST_ENDS_OF_MANY = 8;

/** Draws a conversation with one server, or with several. @param hasRestores whether backups are put back in it */
export function draw(random: Random, servers: number, hasRestores: boolean): Plan {
  const isMany = servers > 1;
  const mostEnds = isMany ? MOST_ENDS_OF_MANY : MOST_ENDS;
  const acts: { act: Act; idleMs: number }[] = [];
  let ends = 0;
  for (let left = random.integer(60, 110); left > 0; left--) {
    let kind = drawKind(random, isMany ? WEIGHTS_OF_MANY : WEIGHTS);
    if (isEnd(kind) && ++ends > mostEnds) kind = "send";
    acts.push({ act: drawAct(random, kind, servers), idleMs: random.chance(0.4) ? 0 : random.waitMs(35) });
  }
  // Each conversation loses its server once, at least.
  if (ends === 0)
    acts.splice(random.integer(10, 40), 0, { act: drawAct(random, "kill", servers), idleMs: 0 });
  const plan = {
    rooms: random.chance(0.3) ? [undefined, "tea"] : [undefined],
    people: random.integer(2, 4),
    classics: random.integer(1, 2),
    graceS: random.pick([0.3, 0.3, 1, 30]),
    restartGraceS: random.pick([0.6, 30, 30]),
    getBudget: random.pick(["16MiB", "4KiB"] as const),
    acts,
  };
  if (hasRestores) drawRestores(random, servers, acts);
  drawModeration(random.fork("moderation"), hasRestores, acts);
  drawPrograms(random.fork("programs"), acts);
  return plan;
}

/** Has order kept between the other acts, which stay as they are. */
function drawModeration(random: Random, hasRestores: boolean, acts: { act: Act; idleMs: number }[]): void {
  for (let left = random.integer(40, 60); left > 0; left--)
    acts.splice(random.integer(5, acts.length), 0, {
      act: drawModerationAct(random, drawKind(random, MODERATION_WEIGHTS), hasRestores),
      idleMs: 0,
    });
}

/** Has programs post, and come back, between the other acts. */
function drawPrograms(random: Random, acts: { act: Act; idleMs: number }[]): void {
  for (let left = random.integer(15, 25); left > 0; left--)
    acts.splice(random.integer(0, acts.length), 0, { act: drawProgramAct(random), idleMs: 0 });
}

function drawProgramAct(random: Random): ProgramAct {
  const who = random.integer(0, 11);
  return random.chance(0.4)
    ? { kind: "program-send", who, texts: drawTexts(random).slice(0, 5) }
    : { kind: "program-return", who };
}

function drawModerationAct(random: Random, kind: ModerationAct["kind"], hasRestores: boolean): ModerationAct {
  const who = random.integer(0, 11);
  const whom = random.integer(0, 11);
  switch (kind) {
    case "guest-send":
      return { kind, who, texts: drawTexts(random) };
    case "guest-do":
      return { kind, who, deed: random.pick(GUEST_DEEDS), text: drawText(random) };
    case "guest-return":
      return { kind, who };
    case "sanction":
      return {
        kind,
        who,
        whom,
        back: random.pick([0, 0, 0, 1, 2]),
        how: random.pick(["mute", "mute", "ban", "kick"]),
        // After a backup another message may have the id.
        by: random.pick(["name", "name", "person", hasRestores ? "person" : "of"]),
        reach: random.pick(["address", "address", "person", "network", "wide"]),
        minutes: random.pick([null, 1, 60]),
        isEverywhere: random.chance(0.15),
      };
    case "remove":
      return { kind, who, whom: random.chance(0.3) ? whom : null, share: random.next() };
    case "undo":
      return { kind, who, share: random.next() };
    case "slow":
      return { kind, who, forMs: random.integer(20, 300) };
  }
}

/** Has backups taken, and each put back after a while. */
function drawRestores(random: Random, servers: number, acts: { act: Act; idleMs: number }[]): void {
  for (let left = random.integer(1, 2); left > 0; left--) {
    const at = random.integer(0, acts.length - 25);
    const restore: Act = {
      kind: "restore",
      server: 0,
      isLive: servers > 1 && random.chance(0.5),
      isWhole: random.chance(0.5),
      downMs: random.integer(0, 60),
    };
    acts.splice(at + random.integer(8, 24), 0, { act: restore, idleMs: random.waitMs(35) });
    acts.splice(at, 0, { act: { kind: "back-up" }, idleMs: random.waitMs(35) });
  }
}

function isEnd(kind: DrawnKind): kind is Exclude<End["kind"], "restore"> {
  return kind === "kill" || kind === "restart" || kind === "outage";
}

function drawKind<K extends string>(random: Random, weights: Readonly<Record<K, number>>): K {
  const kinds = Object.keys(weights) as [K, ...K[]];
  let at = random.next() * kinds.reduce((sum, kind) => sum + weights[kind], 0);
  for (const kind of kinds) {
    at -= weights[kind];
    if (at < 0) return kind;
  }
  return kinds[0];
}

function drawAct(random: Random, kind: DrawnKind, servers: number): Act {
  const server = () => (servers > 1 ? random.integer(0, servers - 1) : 0);
  const who = random.integer(0, 11);
  switch (kind) {
    case "send":
      return {
        kind,
        who,
        texts: drawTexts(random),
        hasKey: random.chance(0.3),
        replyTo: random.chance(0.2) ? random.next() : null,
      };
    case "edit": {
      const target = random.pick(TARGETS);
      const texts = Array.from({ length: random.chance(0.2) ? random.integer(2, 6) : 1 }, () =>
        drawText(random),
      );
      return { kind, who, target, share: random.next(), texts };
    }
    case "delete":
      return { kind, who, target: random.pick(TARGETS), share: random.next() };
    case "react": {
      const target = random.pick(REACTED);
      const [emoji, isOn] = [random.pick(EMOJI), random.chance(0.7)];
      return { kind, who, target, share: random.next(), emoji, isOn };
    }
    case "blurt":
      return { kind, steps: Array.from({ length: random.integer(2, 10) }, () => drawStep(random)) };
    case "classic-send":
      return { kind, who, texts: drawTexts(random) };
    case "rename":
    case "classic-rename":
      return { kind, who, name: random.pick(NAMES) };
    case "search":
      return {
        kind,
        who,
        way: random.pick(["newest", "before", "after"]),
        share: random.next(),
        limit: random.pick([1, 3, 20, 1000]),
      };
    case "reload":
      return { kind, who, isToldGoingAway: random.chance(0.5) };
    case "unplug":
      return {
        kind,
        who,
        isNoticed: random.chance(0.5),
        // Some stay away for longer than the shorter graces.
        awayMs: random.chance(0.3) ? random.integer(400, 1400) : random.integer(1, 150),
      };
    case "fade":
      return { kind, who, texts: drawTexts(random), awayMs: random.integer(400, 1600) };
    case "refuse":
      return { kind, forMs: random.integer(20, 300) };
    case "kill":
      return {
        kind,
        server: server(),
        isAfterWord: random.chance(0.6),
        downMs: random.integer(0, servers > 1 ? 600 : 60),
      };
    case "restart":
      return { kind, server: server() };
    case "outage":
      return { kind, server: server(), how: random.pick(OUTAGES), forMs: random.integer(0, 1500) };
    case "typing":
    case "leave":
    case "overtake":
    case "classic-pull":
      return { kind, who };
    case "cut-all":
    case "audit":
      return { kind };
  }
}

function drawStep(random: Random): BlurtStep {
  const back = random.integer(0, 2);
  switch (random.pick(STEPS)) {
    case "send":
      return { kind: "send", text: drawText(random), key: random.pick(KEYS) };
    case "edit":
      return { kind: "edit", back, text: drawText(random), key: random.pick([null, ...KEYS]) };
    case "delete":
      return { kind: "delete", back };
    case "react":
      return { kind: "react", back, emoji: random.pick(EMOJI), isOn: random.chance(0.7) };
    case "get":
      return { kind: "get", page: random.pick([{ limit: 1 }, { limit: 20 }, { limit: 20, since: 0 }]) };
  }
}

function drawTexts(random: Random): string[] {
  const count = random.chance(0.25) ? random.integer(5, 30) : 1;
  return Array.from({ length: count }, () => drawText(random));
}

function drawText(random: Random): string {
  // What marks it needs some of the 4,000.
  return random.chance(0.06) ? random.pick(LONG).repeat(random.integer(500, 3800)) : random.pick(TAILS);
}
