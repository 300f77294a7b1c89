import { SECRET } from "../../support/login.ts";
import type { ProxyCounts } from "../../support/proxy.ts";
import { Random } from "../../support/random.ts";
import type { LogLine } from "../../support/server.ts";
import { BEHIND_PROXY } from "../../support/visitors.ts";
import { Classic } from "./classic.ts";
import { Guest } from "./guest.ts";
import type { Seen } from "./history.ts";
import { ManyServers } from "./many-servers.ts";
import { Moderator } from "./moderator.ts";
import { MADE, Person, REFUSED } from "./person.ts";
import { type Act, draw, type End, type ModerationAct, type Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { OneServer, type Site } from "./site.ts";
import { Story } from "./story.ts";
import { markOf } from "./text.ts";
import { ToldProgram, type ToldRoom } from "./told.ts";
import { judge } from "./verdict.ts";
import { Witness } from "./witness.ts";

/** What happened in one conversation. */
export interface Counts extends ProxyCounts {
  conversations: number;
  sends: number;
  delivered: number;
  stored: number;
  /** Changes that were asked for, and what came of them, as far as anybody learned that on the same page. */
  changes: number;
  changesMade: number;
  changesRefused: number;
  /** Changes that are stored. */
  changesStored: number;
  /** Sends that answered a message. */
  replies: number;
  /** Texts that were shown, and held against the order. */
  texts: number;
  kills: number;
  restarts: number;
  /** Backups that were put back, and messages that were gone with that. */
  restores: number;
  lost: number;
  outages: number;
  /** What moderators asked for, and what was acknowledged; refusals that it explains. */
  orders: number;
  ordersAcknowledged: number;
  refusalsExplained: number;
  /** How many times programs listened, and how many of their requests were repeated. */
  streams: number;
  programRepeats: number;
  /** Deliveries of a webhook that were made again. */
  webhookRepeats: number;
  resumes: number;
  /** Resumes that came too late, or with a session that was void. */
  sessionsLost: number;
  /** Sends that were confirmed when they went out again… */
  resent: number;
  /** …and of which the server knew the key already. */
  repeats: number;
  /**
   * Own messages that a page was told to be somebody else's. The SDK goes by the nickname, which it does not know when
   * the reply to a change of it was lost.
   */
  notOwned: number;
}

/** Those who meet in one room. */
export interface Gathering {
  readonly room: string | undefined;
  /** Whether a `get` of version 2 has the newest messages only. */
  readonly isBudgetSmall: boolean;
  readonly people: readonly Person[];
  readonly classics: readonly Classic[];
  readonly guests: readonly Guest[];
  readonly moderators: readonly Moderator[];
  readonly program: Program;
  readonly told: ToldRoom;
  readonly witness: Witness;
  readonly classicWitness: Classic;
}

/** How long it is waited for that something is said after a backup. */
const SAID_AFTER_MS = 20;
const SAID_TRIES = 100;

/** In every so many conversations backups are put back. */
const RESTORES_EVERY = 5;

/** Longer than it takes on the slowest machine until a text is erased, and how often it is looked whether it is. */
const ERASED_AFTER_MS = 120_000;
const ERASED_LOOK_MS = 20;

/** How long the words of somebody who fades away have to arrive. */
const FADE_MS = 20;

const GUESTS = 3;
/** The site of the host says who keeps order. */
const ENVIRONMENT = { CHATBOX_AUTH_SECRET: SECRET };

/** So that what is told soon is told while somebody looks. */
const EAGER_WEBHOOKS = ["--webhook-private", "--webhook-retry", "0.02", "--webhook-retry-most", "0.2"];

/** How many lines of its story a failure shows. */
const SHOWN_LINES = 150;
const SHOWN_FAULTS = 12;
const SHOWN_TROUBLES = 30;

/**
 * Has one conversation, as a seed determines it, and looks whether all is as it must be in the end.
 *
 * @param servers one with its file, or several with a database
 * @throws when it is not; the error tells the seed, what is wrong, and the story
 */
export async function converse(seed: number, servers = 1): Promise<Counts> {
  const random = new Random(seed);
  const plan = draw(random.fork("plan"), servers, seed % RESTORES_EVERY === RESTORES_EVERY - 1);
  const story = new Story();
  let faults: readonly string[];
  let counts: Counts | undefined;
  try {
    counts = await new Conversation(plan, random, story).run(servers);
    faults = story.faults;
  } catch (error) {
    faults = [...story.faults, String(error instanceof Error ? error.stack : error)];
  }
  if (counts && faults.length === 0) return counts;
  const shown = faults.slice(0, SHOWN_FAULTS).map((fault) => `  - ${fault}`);
  const { CHAT_STORY } = process.env;
  const lines = CHAT_STORY === "all" ? story.lines : story.lines.slice(-SHOWN_LINES);
  throw new Error(
    `failed with CHAT_SEED=${seed}: ${faults.length} faults\n${shown.join("\n")}\nThe story (CHAT_STORY=all for all of it):\n${lines.join("\n")}`,
  );
}

class Conversation {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #story: Story;
  readonly #ends = { kill: 0, restart: 0, outage: 0, restore: 0 };
  /** What has ended and is to be back. */
  #ending: Promise<unknown> = Promise.resolve();
  #backingUp: Promise<void> = Promise.resolve();
  readonly #timers: Timer[] = [];
  #wordWaiters: (() => void)[] = [];
  /** What those of version 2 had seen before they asked for all of it in the end. */
  readonly #learned = new Map<Gathering, ReadonlyMap<Classic, readonly Seen[]>>();

  constructor(plan: Plan, random: Random, story: Story) {
    this.#plan = plan;
    this.#random = random;
    this.#story = story;
  }

  async run(servers: number): Promise<Counts> {
    const { graceS, restartGraceS, getBudget, rooms } = this.#plan;
    const graces = ["--grace", `${graceS}`, "--restart-grace", `${restartGraceS}`];
    const flags = ["--no-limits", "--get-budget", getBudget, ...graces, ...BEHIND_PROXY, ...EAGER_WEBHOOKS];
    using told = new ToldProgram(this.#random.fork("told program"), this.#story);
    await using site =
      servers === 1
        ? await OneServer.start(flags, ENVIRONMENT, this.#random, this.#story)
        : await ManyServers.start(servers, flags, ENVIRONMENT, this.#random, this.#story);
    const token = await site.createToken();
    this.#story.secrets.add(token);
    await site.createWebhook(told.url);
    const gatherings = rooms.map((room) => this.#gather(room, site, token, told));
    try {
      for (const { act, idleMs } of this.#plan.acts) {
        this.#do(act, gatherings, site);
        // Even a page that is loaded again at once has done what it had begun.
        await (idleMs > 0 ? Bun.sleep(idleMs) : new Promise<void>((resolve) => setImmediate(resolve)));
      }
      await this.#settle(gatherings, site);
      await Promise.all(gatherings.map((each) => this.#fence(each)));
      await this.#untilErased(gatherings, site);
    } catch (error) {
      for (const { text } of site.lines.filter(isTrouble).slice(-SHOWN_TROUBLES)) this.#story.tell(text);
      throw error;
    } finally {
      for (const timer of this.#timers) clearTimeout(timer);
      for (const each of gatherings) end(each);
    }
    const dataFile = await site.stop();
    const judged = gatherings.map((each) =>
      judge(each, this.#learned.get(each) ?? new Map(), dataFile, site.lines, this.#story),
    );
    await this.#checkTraces(site);
    const notOwned = judged.reduce((sum, each) => sum + each.notOwned, 0);
    const changesStored = judged.reduce((sum, each) => sum + each.changes, 0);
    return this.#count(gatherings, site, { ...site.counts, notOwned, changesStored });
  }

  #gather(room: string | undefined, site: Site, token: string, told: ToldProgram): Gathering {
    const { people, classics, graceS, restartGraceS, getBudget } = this.#plan;
    const story = this.#story;
    const random = (name: string) => this.#random.fork(`${room} ${name}`);
    const word = () => {
      for (const wake of this.#wordWaiters.splice(0)) wake();
    };
    const { hasOutages } = site;
    const direct = () => site.url(room);
    const proxied = () => site.badUrl(room);
    const api = (url: () => string) => () =>
      new URL(`/api/v1/rooms/${room ?? "-"}`, url().replace("ws:", "http:")).href;
    const programUrls = { direct: api(direct), bad: api(proxied) };
    return {
      room,
      isBudgetSmall: getBudget !== "16MiB",
      people: Array.from({ length: people }, (_, i) => {
        const name = `person ${i}`;
        return new Person(name, room, proxied, hasOutages, random(name), story, word);
      }),
      classics: Array.from({ length: classics }, (_, i) => {
        const name = `classic ${i}`;
        return new Classic(name, room, proxied, hasOutages, random(name), story, word);
      }),
      guests: Array.from({ length: GUESTS }, (_, i) => {
        const name = `guest ${i}`;
        return new Guest(name, room, proxied, hasOutages, random(name), story);
      }),
      // One of them has a bad network.
      moderators: [direct, proxied].map((url, i) => {
        const name = `moderator ${i}`;
        return new Moderator(name, room, url, hasOutages, random(name), story, word);
      }),
      told: told.of(room),
      program: new Program("program", room, programUrls, token, random("program"), story, word),
      witness: new Witness(
        "witness",
        room,
        direct,
        Math.min(graceS, restartGraceS) >= 30,
        random("witness"),
        story,
      ),
      classicWitness: new Classic(
        "classic witness",
        room,
        direct,
        hasOutages,
        random("classic witness"),
        story,
      ),
    };
  }

  #do(act: Act, gatherings: readonly Gathering[], site: Site): void {
    const people = gatherings.flatMap((each) => each.people);
    const classics = gatherings.flatMap((each) => each.classics);
    const { who = 0 } = "who" in act ? act : {};
    const person = people[who % people.length];
    const classic = classics[who % classics.length];
    if (!person || !classic) return;
    this.#tell(act, person, classic);
    switch (act.kind) {
      case "send":
        for (const text of act.texts)
          person.send(text, act.hasKey ? crypto.randomUUID() : undefined, act.replyTo);
        break;
      case "edit":
        person.edit(act.target, act.share, act.texts);
        break;
      case "delete":
        person.delete(act.target, act.share);
        break;
      case "react":
        person.react(act.target, act.share, act);
        break;
      case "blurt":
        for (const { witness } of gatherings) witness.blurt(act.steps);
        break;
      case "classic-send":
        for (const text of act.texts) classic.send(text);
        break;
      case "program-send":
        for (const text of act.texts) atTurn(gatherings, act.who)?.program.send(text);
        break;
      case "program-return":
        atTurn(gatherings, act.who)?.program.comeBack();
        break;
      case "rename":
        person.rename(act.name);
        break;
      case "classic-rename":
        classic.rename(act.name);
        break;
      case "typing":
        person.typing();
        break;
      case "leave":
        person.leave();
        break;
      case "overtake":
        person.overtake();
        break;
      case "classic-pull":
        classic.pull();
        break;
      case "search":
        person.search(searchOf(act, person.lastSeen));
        break;
      case "reload":
        person.reload(act.isToldGoingAway);
        break;
      case "unplug": {
        const { page } = person;
        page.setOnline(false, act.isNoticed);
        this.#later(act.awayMs, () => page.setOnline(true, act.isNoticed));
        break;
      }
      case "fade": {
        const { page } = person;
        page.deafen();
        for (const text of act.texts) person.send(text, undefined);
        this.#later(FADE_MS, () => page.setOnline(false, false));
        this.#later(FADE_MS + act.awayMs, () => page.setOnline(true, false));
        break;
      }
      case "cut-all":
        site.cutAll();
        break;
      case "audit":
        for (const { witness } of gatherings) witness.audit();
        break;
      case "refuse":
        site.refuse(true);
        this.#later(act.forMs, () => site.refuse(false));
        break;
      case "back-up":
        this.#backingUp = site.backUp();
        this.#ending = Promise.all([this.#ending, this.#backingUp]);
        this.#ending.catch(() => {});
        break;
      case "kill":
      case "restart":
      case "outage":
      case "restore":
        this.#end(act, gatherings, site);
        break;
      default:
        this.#moderate(act, gatherings);
    }
  }

  #moderate(act: ModerationAct, gatherings: readonly Gathering[]): void {
    const gathering = gatherings[act.who % gatherings.length];
    const guest = atTurn(gathering?.guests, act.who);
    const moderator = atTurn(gathering?.moderators, act.who >> 1);
    if (gathering === undefined || guest === undefined || moderator === undefined) return;
    switch (act.kind) {
      case "guest-send":
        guest.whenInside(() => {
          for (const text of act.texts) guest.send(text);
        });
        break;
      case "guest-do":
        guest.whenInside(() => guest.do(act.deed, act.text));
        break;
      case "guest-return":
        guest.goAway();
        break;
      case "slow":
        moderator.whenInside(() => moderator.setSlow(true));
        this.#later(act.forMs, () => moderator.whenInside(() => moderator.setSlow(false)));
        break;
      default:
        moderator.whenInside(() => this.#keepOrder(act, gathering, moderator));
    }
  }

  #keepOrder(
    act: Extract<ModerationAct, { kind: "sanction" | "remove" | "undo" }>,
    { room, guests, witness: { view } }: Gathering,
    moderator: Moderator,
  ): void {
    switch (act.kind) {
      case "sanction": {
        const target = atTurn(guests, act.whom)?.stands.at(-1 - act.back);
        if (target !== undefined) moderator.sanction(target, act);
        break;
      }
      case "remove": {
        const of =
          act.whom === null ? atShare(view, act.share)?.id : atTurn(guests, act.whom)?.stands.at(-1)?.lastId;
        if (typeof of === "number") moderator.remove(of, act.whom !== null);
        break;
      }
      case "undo": {
        const order = atShare(this.#story.orders.undoable(room), act.share);
        if (order !== undefined) moderator.undo(order);
      }
    }
  }

  #tell(act: Act, person: Person, classic: Classic): void {
    const who = act.kind.startsWith("classic") ? classic.label : "who" in act ? person.stay.label : "";
    const what = JSON.stringify({
      ...act,
      texts: "texts" in act ? act.texts.length : undefined,
      steps: "steps" in act ? act.steps.map(({ kind }) => kind).join(" ") : undefined,
      who: undefined,
    });
    this.#story.tell(`${who} ${what}`);
  }

  #later(waitMs: number, run: () => void): void {
    this.#timers.push(setTimeout(run, waitMs));
  }

  /** Resolves when the next message is known to be stored, or after a while without one. */
  async #word(): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => this.#wordWaiters.push(resolve)), Bun.sleep(400)]);
  }

  #end(what: End, gatherings: readonly Gathering[], site: Site): void {
    this.#ends[what.kind]++;
    const ending = this.#momentFor(what, gatherings).then(() => site.end(what));
    this.#ending = Promise.all([this.#ending, ending]);
    // If something does not come back, the wait for it at the end reports that.
    this.#ending.catch(() => {});
  }

  /** When something is to end: at once, or when somebody has learned what is then to be looked for. */
  async #momentFor(what: End, gatherings: readonly Gathering[]): Promise<void> {
    if (what.kind === "kill" && what.isAfterWord) await this.#word();
    if (what.kind === "restore") await this.#somethingSaid(gatherings);
  }

  /** Resolves when something was said since the backup, or after a while in which nothing was. */
  async #somethingSaid(gatherings: readonly Gathering[]): Promise<void> {
    await this.#backingUp;
    const seen = () => gatherings.reduce((sum, { witness }) => sum + witness.view.length, 0);
    const before = seen();
    for (let tries = 0; tries < SAID_TRIES && seen() <= before; tries++) await Bun.sleep(SAID_AFTER_MS);
  }

  async #settle(gatherings: readonly Gathering[], site: Site): Promise<void> {
    await this.#ending;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { people } of gatherings) for (const { page } of people) page.setOnline(true, true);
    site.calm();
    this.#story.tell("calm");
    for (const { moderators } of gatherings) for (const each of moderators) each.forgive();
    await this.#story.until(
      () => gatherings.every((each) => unsettled(each) === null),
      () => gatherings.map((each) => `${unsettled(each)} in ${each.room ?? "the main room"}`).join(", "),
    );
  }

  /** Waits until everybody has seen all that was said, and ends it there. */
  async #fence(gathering: Gathering): Promise<void> {
    const { witness, people, classics, classicWitness, program, told } = gathering;
    witness.fence();
    const others = () => [...classics, classicWitness, program, told, ...people.map(({ page }) => page)];
    const lagging = () => others().filter((each) => last(each.view) !== last(witness.view));
    await this.#story.until(
      () => witness.hasFence && lagging().length === 0,
      () =>
        [
          `${witness.label} has seen ${last(witness.view)} last`,
          ...lagging().map(({ label, view }) => `${label} ${last(view)}`),
        ].join(", "),
    );
    // There is nothing that it could be told.
    program.comeBack();
    // A client that has not noticed yet that its connection is gone may still come back, and others may leave.
    const differing = () => people.filter(({ page }) => `${page.chat.online}` !== `${witness.roster}`);
    await this.#story.until(
      () =>
        [program, ...people.map(({ page }) => page)].every((each) => each.isSettled) &&
        differing().length === 0 &&
        lagging().length === 0,
      () =>
        [
          `the roster is ${witness.roster}`,
          `${program.label} is ${program.isSettled ? "" : "not "}settled`,
          ...differing().map(({ page }) => `${page.label} has ${page.chat.online}`),
        ].join(", "),
    );
    // Those of version 2 are not told of changes, and ask.
    const askers = [...classics, classicWitness];
    this.#learned.set(gathering, new Map(askers.map((each) => [each, each.view])));
    witness.refresh();
    for (const each of askers) each.refresh();
    await this.#story.until(
      () => witness.isFresh && askers.every((each) => each.isSettled),
      () => {
        const waiting = askers.filter((each) => !each.isSettled).map(({ label }) => label);
        return `the history of ${gathering.room ?? "the main room"} is told to ${[...waiting, ...(witness.isFresh ? [] : [witness.progress])]}`;
      },
    );
    end(gathering);
  }

  /** Waits until nothing that was replaced or deleted is left anywhere. */
  async #untilErased(gatherings: readonly Gathering[], site: Site): Promise<void> {
    const current = new Set(
      gatherings.flatMap(({ witness }) => witness.view.flatMap(({ content }) => markOf(content) ?? [])),
    );
    const gone = new Set(this.#story.marks.filter((mark) => !current.has(mark)));
    let left: readonly string[] = [];
    const tooLong = performance.now() + ERASED_AFTER_MS;
    do {
      left = await site.remains(gone);
      if (left.length > 0) await Bun.sleep(ERASED_LOOK_MS);
    } while (left.length > 0 && performance.now() < tooLong);
    for (const mark of left) this.#story.fault(`DELETE-2 ${mark} is still in what is stored`);
  }

  async #checkTraces(site: Site): Promise<void> {
    const { lines, stderr, hasOutages } = site;
    const log = { name: "the log", text: [...lines.map(({ text }) => text), stderr].join("\n") };
    for (const { name, text } of [log, ...(await site.traces())]) {
      for (const secret of this.#story.secrets)
        if (text.includes(secret)) this.#story.fault(`WEL-1 a secret is in ${name}`);
    }
    for (const { event, text } of lines)
      if ((event === "fault" && !hasOutages) || event === "defect")
        this.#story.fault(`the server logged ${text.slice(0, 500)}`);
    if (stderr !== "") this.#story.fault(`the server wrote ${stderr.slice(0, 500)}`);
  }

  #count(
    gatherings: readonly Gathering[],
    { lines }: Site,
    others: ProxyCounts & Pick<Counts, "notOwned" | "changesStored">,
  ): Counts {
    const people = gatherings.flatMap((each) => each.people);
    const changes = people.flatMap(({ stays }) => stays.flatMap((stay) => stay.changes));
    const sent = [
      ...people.flatMap(({ stays }) => stays.flatMap((stay) => stay.sent)),
      ...gatherings.flatMap(({ classics, guests, program }) =>
        [...classics, ...guests, program].flatMap(({ stays }) => stays.flat()),
      ),
    ];
    const { orders } = this.#story;
    return {
      ...others,
      conversations: 1,
      sends: sent.length,
      delivered: sent.filter(({ delivered }) => delivered !== null).length,
      changes: changes.length,
      changesMade: changes.filter(({ outcome }) => outcome?.code === MADE).length,
      changesRefused: changes.filter(({ outcome }) => REFUSED.includes(outcome?.code ?? "")).length,
      replies: people.reduce((sum, { replies }) => sum + replies, 0),
      texts: gatherings.reduce((sum, { room }) => sum + this.#story.ledger(room).size, 0),
      stored: gatherings.reduce((sum, { witness }) => sum + witness.view.length, 0),
      kills: this.#ends.kill,
      restarts: this.#ends.restart,
      restores: this.#ends.restore,
      lost: this.#story.lost,
      outages: this.#ends.outage,
      orders: orders.all.length,
      ordersAcknowledged: orders.all.filter(({ isAcknowledged }) => isAcknowledged).length,
      refusalsExplained: orders.explained,
      streams: gatherings.reduce((sum, { program }) => sum + program.streams, 0),
      programRepeats: gatherings.reduce((sum, { program }) => sum + program.repeats, 0),
      webhookRepeats: gatherings.reduce((sum, { told }) => sum + told.repeats, 0),
      resumes: countLines(lines, '"category":"resume"'),
      sessionsLost: countLines(lines, '"reason":"UnknownSession"'),
      resent: people.reduce((sum, { resent }) => sum + resent, 0),
      repeats: people.reduce((sum, { repeated }) => sum + repeated, 0),
    };
  }
}

/** A line of a server's log that tells of no ordinary thing. */
function isTrouble({ text }: LogLine): boolean {
  return !text.startsWith('{"level":30');
}

function last(view: readonly Seen[]): string | undefined {
  return view.at(-1)?.content;
}

/** The participant that holds up the end of a conversation; null if none does. */
function unsettled({
  people,
  classics,
  guests,
  moderators,
  program,
  witness,
  classicWitness,
}: Gathering): string | null {
  for (const each of [witness, classicWitness, program, ...classics, ...guests, ...moderators])
    if (!each.isSettled) return each.label;
  for (const { page, stay, overtaken, isAsking } of people) {
    if (!page.isSettled) return page.label;
    if (isAsking) return `${stay.label} that asks`;
    const open = overtaken.find(({ page: earlier }) => earlier.isConnected);
    if (open) return `${open.page.label} that was overtaken`;
  }
  return null;
}

function searchOf({ way, share, limit }: Extract<Act, { kind: "search" }>, lastSeen: number) {
  const at = Math.floor(share * lastSeen);
  return way === "newest" ? { limit } : way === "before" ? { before: at + 1, limit } : { after: at, limit };
}

function countLines(lines: readonly LogLine[], part: string): number {
  return lines.filter(({ text }) => text.includes(part)).length;
}

function atShare<T>(all: readonly T[], share: number): T | undefined {
  return all[Math.floor(share * all.length)];
}

function atTurn<T>(all: readonly T[] | undefined, turn: number): T | undefined {
  return all?.[turn % all.length];
}

function end({
  people,
  classics,
  guests,
  moderators,
  program,
  told,
  witness,
  classicWitness,
}: Gathering): void {
  told.close();
  for (const { pages } of people.flatMap(({ stays }) => stays)) for (const page of pages) page.vanish(false);
  for (const each of [witness, classicWitness, program, ...classics, ...guests, ...moderators]) each.end();
}
