import type { Engine } from "../../engine/engine.ts";
import { ModerationError } from "../../engine/moderation.ts";
import type { EnteredReply } from "../../protocol/kinds/enter.ts";
import type { MineReply } from "../../protocol/kinds/mine.ts";
import type { Request } from "../../protocol/request.ts";
import type { ModerationReply } from "../../protocol/wire.ts";
import { may, type Role } from "../../room/roles.ts";
import { publicSettings, type RoomSettings } from "../../room/room-settings.ts";
import { settingsKeys } from "../kinds/moderation.ts";
import type { RoomDirectory } from "../room-directory.ts";
import type { Health } from "../watching/health.ts";
import { Orders, type OrdersContext } from "./orders.ts";
import { Passwords } from "./passwords.ts";
import { Proofs } from "./proofs.ts";
import { Refusal } from "./refusal.ts";
import { remove, unfinished } from "./removal.ts";
import { Reviews } from "./reviews.ts";
import { readSettings } from "./settings-input.ts";
import { Tokens } from "./tokens.ts";
import { roleOf, type Visitor } from "./visitor.ts";

/** The kinds of request that the desk answers. */
export type DeskKind = ModerationReply["type"];

export type DeskRequest = Extract<Request, { kind: DeskKind }>;

type RequestOf<K extends DeskKind> = Extract<Request, { kind: K }>;
type SuccessOf<K extends DeskKind> = Extract<ModerationReply, { type: K; status: true }>;

/** The reasons of the refusals that every kind can have. */
const MALFORMED = {
  moderate: "WrongFormatModerate",
  room: "WrongFormatSettings",
  report: "WrongFormatReport",
  review: "WrongFormatReview",
  enter: "WrongFormatEnter",
  mine: "WrongFormatMine",
  // These say nothing but their kind.
  commands: "ErrorWhenCommands",
  tokens: "WrongFormatTokens",
  health: "ErrorWhenHealth",
} as const;
const FAILED = {
  moderate: "ErrorWhenModerate",
  room: "ErrorWhenRoom",
  report: "ErrorWhenReport",
  review: "ErrorWhenReview",
  enter: "ErrorWhenEnter",
  mine: "ErrorWhenMine",
  commands: "ErrorWhenCommands",
  tokens: "ErrorWhenTokens",
  health: "ErrorWhenHealth",
} as const;
const TOO_MANY = {
  moderate: "TooManyActions",
  room: "TooManyRooms",
  report: "TooManyReports",
  review: "ErrorWhenReview",
  enter: "ErrorWhenEnter",
  mine: "ErrorWhenMine",
  commands: "ErrorWhenCommands",
  tokens: "ErrorWhenTokens",
  health: "ErrorWhenHealth",
} as const;

const SILENCING = ["mute", "kick", "ban"] as const;

/** How many own messages are given at a time. */
const MINE_AT_ONCE = 200;
const DELETED_MOST = 100_000;
/** The deletion of so many own messages costs as much as a request. */
const DELETED_PER_TOKEN = 1_000;

export interface DeskContext extends OrdersContext {
  readonly engine: Engine;
  /** Who may make rooms. */
  readonly rooms: Pick<RoomDirectory, "mayMake">;
  /** Something has failed that the operator should know. */
  readonly fault: (error: unknown) => void;
  readonly health: Pick<Health, "now">;
}

/** Answers the requests of moderation: orders, settings, reports, reviews, what somebody needs to enter, about programs and about the server. */
export class ModerationDesk {
  readonly #context: DeskContext;
  readonly #orders: Orders;
  readonly #reviews: Reviews;
  readonly #proofs: Proofs;
  readonly #passwords: Passwords;
  readonly #tokens: Tokens;

  constructor(context: DeskContext) {
    const { engine, now } = context;
    this.#context = context;
    this.#orders = new Orders(context);
    this.#reviews = new Reviews({
      engine,
      now,
      roleOf: (person, room) => engine.people.roleOf(person, room),
    });
    this.#proofs = new Proofs(engine.people.idOfStay("proofs of work"), now);
    this.#tokens = new Tokens({ engine, now });
    this.#passwords = new Passwords((text) => engine.people.idOfStay(text));
  }

  /** Answers a request. Never rejects. */
  async answer(request: DeskRequest, by: Visitor): Promise<ModerationReply> {
    try {
      return await this.#answer(request, by);
    } catch (error) {
      return this.#refuse(request.kind, error);
    }
  }

  #refuse(type: DeskKind, error: unknown): ModerationReply {
    const refused = (reason: string, sentence: string) =>
      // Each reason is one of its kind: see the tables above, and the refusals that are thrown.
      ({ type, status: false, reason, error: sentence }) as ModerationReply;
    if (error instanceof Refusal) return refused(error.reason, error.message);
    if (error instanceof ModerationError && error.code === "too-many")
      return refused(TOO_MANY[type], error.message);
    if (error instanceof ModerationError && error.code === "unknown" && type === "moderate")
      return refused("UnknownAction", error.message);
    if (error instanceof ModerationError && error.code === "invalid")
      return refused(MALFORMED[type], error.message);
    this.#context.fault(error);
    return refused(FAILED[type], "The server cannot do that now. Try again later.");
  }

  async #answer(request: DeskRequest, by: Visitor): Promise<ModerationReply> {
    switch (request.kind) {
      case "moderate": {
        const order = whole(request.kind, request.order);
        return {
          type: "moderate",
          kind: order.kind,
          status: true,
          ...(await this.#orders.carryOut(order, by)),
        };
      }
      case "room":
        return await this.#room(request, by);
      case "report":
        return await this.#report(request, by);
      case "review": {
        const what = whole(request.kind, request.what);
        if (!may(roleOf(by), "moderate")) throw new Refusal("NotAllowed", "Only moderators see that.");
        return await this.#reviews.show(what, request, by.room);
      }
      case "enter":
        return await this.#enter(request, by);
      case "mine":
        return await this.#mine(request, by);
      case "commands":
        // Which programs there are is for those to see who have been let in.
        if (by.name === null) throw new Refusal("UnknownRegister", "Take a nickname first.");
        return {
          type: "commands",
          status: true,
          commands: this.#commandsIn(by.room),
        };
      case "tokens":
        return await this.#tokens.answer(request.order, by);
      case "health":
        // It is about all rooms.
        if (!may(by.roleEverywhere, "see-health"))
          throw new Refusal("NotAllowed", "Only owners see how the server is.");
        return { type: "health", status: true, ...(await this.#context.health.now()) };
    }
  }

  /** Without those of programs that are kept from writing there: what commands do is said in the programs' own words. */
  #commandsIn(room: string) {
    const { engine, now } = this.#context;
    const at = now();
    return engine.people.commandsIn(room, (person) => {
      const who = { person, networks: [] };
      return SILENCING.every((kind) => engine.moderation.sanctionOf(kind, room, who, at) === undefined);
    });
  }

  async #room({ set, room: named }: RequestOf<"room">, by: Visitor): Promise<SuccessOf<"room">> {
    const { engine, rooms } = this.#context;
    const { moderation } = engine;
    const room = named === undefined ? by.room : whole("room", named);
    // Whoever has a role in this room only has none in another.
    const role = room === by.room ? roleOf(by) : by.roleEverywhere;
    if (!may(role, "set-room") && (set !== null || room !== by.room))
      throw new Refusal("NotAllowed", "You may not do that here.");
    if (set === null) return shown(moderation.settingsOf(room), role);
    if (!(await rooms.mayMake(room)))
      throw new Refusal("NotAllowed", "Nobody makes rooms while this server runs.");
    const read = readSettings(set);
    if ("error" in read) throw new Refusal("WrongFormatSettings", read.error);
    const { patch, password } = read;
    if (patch.keepDays !== undefined && !may(role, "set-retention"))
      throw new Refusal("NotAllowed", "Only owners say for how long messages are kept.");
    const { settings } = await moderation.act({
      kind: "settings",
      room,
      person: null,
      name: null,
      networks: [],
      reason: "",
      by: by.person?.id ?? null,
      byName: by.name ?? "",
      at: this.#context.now(),
      until: null,
      of: null,
      count: null,
      settings: { ...patch, ...(await this.#passwords.patch(room, password)) },
    });
    return shown(settings ?? moderation.settingsOf(room), role);
  }

  async #report({ report }: RequestOf<"report">, by: Visitor): Promise<SuccessOf<"report">> {
    const { engine, now } = this.#context;
    const { target, reason } = whole("report", report);
    const { room, name } = by;
    const reporter = by.person?.id ?? engine.present(room).find((each) => each.name === name)?.by;
    if (name === null || reporter === undefined)
      throw new Refusal("UnknownRegister", "Take a nickname first.");
    const found = await engine.find(room, target);
    if (found === null) throw new Refusal("UnknownTarget", "There is no such message or person here.");
    const result = await engine.moderation.report({
      room,
      of: "of" in target ? target.of : null,
      person: found.person,
      name: found.name,
      reason,
      by: reporter,
      byName: name,
      networks: by.networks,
      at: now(),
    });
    if (result === "full")
      throw new Refusal("TooManyReports", "There are too many reports here now. Try again later.");
    return { type: "report", status: true };
  }

  async #enter({ by: means }: RequestOf<"enter">, by: Visitor): Promise<EnteredReply> {
    const given = whole("enter", means);
    const network = by.networks[0] ?? "";
    const entered = { type: "enter", status: true } as const;
    if (given === "nothing") return { ...entered, challenge: await this.#proofs.challenge(network) };
    if ("password" in given) {
      const { passwordHash } = this.#context.engine.moderation.settingsOf(by.room);
      const isRight =
        passwordHash === null ||
        (await this.#passwords.check(by.room, given.password, passwordHash, network));
      if (!isRight) throw new Refusal("WrongPassword", "This is not the password of this room.");
      by.standing = { ...by.standing, admittedBy: passwordHash };
      return entered;
    }
    if (!(await this.#proofs.check(given.proof, network)))
      throw new Refusal("WrongProof", "This proof is wrong, too old, or was used before.");
    by.standing = { ...by.standing, isProven: true };
    return entered;
  }

  async #mine({ order }: RequestOf<"mine">, by: Visitor): Promise<MineReply> {
    const { engine } = this.#context;
    const what = whole("mine", order);
    if (by.person === undefined) throw new Refusal("UnknownPerson", "Say first who you are, with a key.");
    const { id } = by.person;
    const done = { type: "mine", status: true } as const;
    if (what.do === "get") {
      const messages = await engine.writtenBy(by.room, id, what.before, MINE_AT_ONCE);
      return { ...done, messages, more: messages.length === MINE_AT_ONCE };
    }
    await engine.moderation.forget(by.room, id);
    const ids = await engine.messagesBy(by.room, new Set([id]), 0, DELETED_MOST);
    by.charge(ids.length / DELETED_PER_TOKEN);
    const { connection } = by;
    const { count, isComplete } = await remove(engine, by.room, ids, {
      connection: `mine:${connection}`,
      by: id,
      action: null,
    });
    if (!isComplete) throw new Refusal("ErrorWhenMine", unfinished(count, ids.length));
    return { ...done, count };
  }
}

/** What was read of a request. @throws Refusal if it is malformed */
function whole<T>(kind: DeskKind, read: T | null): T {
  if (read === null) throw new Refusal(MALFORMED[kind], "This request is malformed.");
  return read;
}

/** The settings as somebody with a role may see them. */
function shown(settings: RoomSettings, role: Role): SuccessOf<"room"> {
  const { words, wordRule } = settings;
  const forModerators = may(role, "set-room") ? { words, wordRule } : {};
  return {
    type: "room",
    status: true,
    settings: { ...settingsKeys(publicSettings(settings)), ...forModerators },
  };
}
