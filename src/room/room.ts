import type { Request } from "../protocol/request.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import type { Change, Decision } from "./decision.ts";
import { applyBecame, decideBecome } from "./kinds/become.ts";
import { applyDeleted, decideDelete } from "./kinds/delete.ts";
import { applyEdited, decideEdit } from "./kinds/edit.ts";
import { decideGet } from "./kinds/get.ts";
import { applyAbsent, applyGone, applyLeft, decideExpire, decideLeave } from "./kinds/leave.ts";
import { applyEnacted, decideEnact, decidePost, decideRemove, decideRestore } from "./kinds/moderation.ts";
import { applyRegistered, applyRenamed, decideName, refuseName } from "./kinds/name.ts";
import { applyReacted, decideReact } from "./kinds/react.ts";
import { applyResumed, applyResumeRefused, decideResume } from "./kinds/resume.ts";
import { applyId, applySent, decideSend, refuseSend } from "./kinds/send.ts";
import { decideTyping } from "./kinds/typing.ts";
import type { Moment } from "./moment.ts";
import { type ConnectionId, type Operation, type RoomRequest, type Session, STRANGER } from "./operation.ts";
import { type Arrival, type Found, PastMembers } from "./past-members.ts";
import { permissionFor } from "./permission.ts";
import { arrivalOf, asMember, type Member, Roster } from "./roster.ts";
import { Sends } from "./sends.ts";
import type { Asker, Reactions, RoomStart, RoomState, RoomView, Targets } from "./state.ts";
import { Undo } from "./undo.ts";

const NO_TARGETS: Targets = new Map();
const NOBODY = {
  sessionHash: undefined,
  guest: undefined,
  person: undefined,
  networks: [],
  standing: STRANGER,
};

type Of<T extends { kind: string }, K extends T["kind"]> = Extract<T, { kind: K }>;

/** How a room decides a kind of request. Deciding changes nothing. */
type RequestRule<K extends RoomRequest["kind"]> =
  | { readonly anybody: (room: RoomView, request: Of<RoomRequest, K>, asker: Asker) => Decision }
  /** A connection without a nickname is refused. */
  | {
      readonly members: (
        room: RoomView,
        request: Of<RoomRequest, K>,
        member: Member,
        asker: Asker,
      ) => Decision;
    };

const REQUESTS: { readonly [K in RoomRequest["kind"]]: RequestRule<K> } = {
  name: { anybody: decideName },
  "malformed-name": {
    anybody: (_, request, { connection, member }) => refuseName(request, connection, member?.name ?? null),
  },
  send: { members: decideSend },
  "malformed-send": { members: (_, request, member) => refuseSend(request, member) },
  get: { members: decideGet },
  resume: { anybody: decideResume },
  typing: { members: (_room, _request, member) => decideTyping(member) },
  edit: { members: decideEdit },
  delete: { members: decideDelete },
  react: { members: decideReact },
};

/** The kind on the wire of each kind of request. */
const WIRE_KINDS: { readonly [K in Request["kind"]]: RequestKind } = {
  name: "name",
  "malformed-name": "name",
  send: "send",
  "malformed-send": "send",
  get: "get",
  resume: "resume",
  typing: "typing",
  edit: "edit",
  delete: "delete",
  react: "react",
  identify: "identify",
  reserve: "reserve",
  claim: "claim",
  moderate: "moderate",
  room: "room",
  report: "report",
  review: "review",
  enter: "enter",
  mine: "mine",
  commands: "commands",
  tokens: "tokens",
  health: "health",
};

/** How a kind of decision or change is applied; null if it leaves the room as it is. */
type ApplyRule<K extends (Decision | Change)["kind"]> =
  | ((state: RoomState, decided: Of<Decision | Change, K>, member: Member | undefined) => void)
  | null;

const EFFECTS: { readonly [K in (Decision | Change)["kind"]]: ApplyRule<K> } = {
  registered: applyRegistered,
  renamed: applyRenamed,
  "name-refused": null,
  "name-failed": null,
  sent: applySent,
  repeated: null,
  "send-refused": null,
  "send-failed": null,
  edited: applyEdited,
  "edit-repeated": null,
  deleted: applyDeleted,
  reacted: applyReacted,
  "react-unchanged": null,
  "change-refused": null,
  "change-failed": null,
  answered: null,
  identified: null,
  "identify-refused": null,
  reserved: null,
  "reserve-refused": null,
  claimed: null,
  "claim-refused": null,
  history: null,
  page: null,
  "get-failed": null,
  resumed: applyResumed,
  "resume-refused": applyResumeRefused,
  typing: null,
  absent: applyAbsent,
  left: applyLeft,
  gone: applyGone,
  enacted: applyEnacted,
  became: applyBecame,
  ignored: null,
  unregistered: null,
  "not-permitted": null,
  refused: null,
  ended: null,
  skipped: (state, { id }) => applyId(state, id),
};

/**
 * The state and the rules of one room: who is here under which nickname, and what becomes of each operation. A room
 * stores and sends nothing. A message that it has decided on counts only once the engine has stored it.
 *
 * Deciding an operation means finding the decision, which changes nothing, and then applying it. Another server's room
 * that applies the same changes in the same order is in the same state, whatever it would have decided itself.
 * Everything that a room has applied since {@link begin} can be rolled back.
 */
export class Room {
  readonly #state: RoomState;

  constructor({ members, lastPlace, enacted = [], ...start }: RoomStart) {
    const undo = new Undo();
    const roster = new Roster(members, lastPlace, undo);
    this.#state = {
      ...start,
      roster,
      undo,
      targets: new Map(),
      standing: null,
      sends: new Sends(undo),
      pastMembers: new PastMembers(),
      enacted: new Set(enacted),
      arrivals: (now) => this.arrivals(now),
      isDeciding: false,
    };
  }

  /** The highest id given in the history. */
  get lastId(): number {
    return this.#state.lastId;
  }

  get lastPlace(): number {
    return this.#state.roster.lastPlace;
  }

  /** The members in the order of their places. */
  members(): Iterable<Member> {
    return this.#state.roster.members();
  }

  member(connection: ConnectionId): Member | undefined {
    return this.#state.roster.of(connection);
  }

  /** Who makes an operation: the member of its connection, or a guest; undefined for a connection without a nickname. */
  maker(operation: Operation): Member | undefined {
    const { connection } = operation;
    const guest = operation.kind === "request" ? operation.guest : undefined;
    return guest === undefined ? this.member(connection) : asMember(connection, guest);
  }

  /** The member who has a nickname or one that looks like it. */
  named(name: string): Found | undefined {
    const member = this.#state.roster.named(name);
    return member && foundOf(member);
  }

  /** A person who is a member, or was one lately. @param now Unix milliseconds */
  whoWas(person: string, now: number): Found | undefined {
    for (const member of this.members()) if (member.by === person) return foundOf(member);
    return this.#state.pastMembers.of(person, now);
  }

  /** Everybody who is here, or was here lately. @param now Unix milliseconds */
  *arrivals(now: number): Generator<Arrival> {
    for (const member of this.members()) yield arrivalOf(member);
    yield* this.#state.pastMembers.all(now);
  }

  /** Who reacts to a message that the batch being decided concerns, after what was decided so far. */
  reactionsTo(id: number): Reactions {
    const target = this.#state.targets.get(id) ?? null;
    return target === null || "error" in target ? [] : target.reactions;
  }

  /** The nicknames in the order of registration. */
  get online(): readonly string[] {
    return this.#state.roster.online;
  }

  /** The sessions of the members, in the order of registration. */
  *sessions(): Generator<{ name: string; session: Session }> {
    for (const { name, session } of this.members()) if (session !== null) yield { name, session };
  }

  /** Decides an operation at a moment. Operations must come in the room's order. */
  decide(operation: Operation, now: Moment): Decision {
    const decision = this.find(operation, now);
    this.apply(decision);
    return decision;
  }

  /** The decision about an operation as of now. Changes nothing. */
  find(operation: Operation, now: Moment): Decision {
    const { connection } = operation;
    const {
      sessionHash,
      guest,
      person = guest?.person,
      networks = [],
      standing = STRANGER,
    } = operation.kind === "request" ? operation : NOBODY;
    const asker = {
      connection,
      member: this.maker(operation),
      sessionHash,
      person,
      networks,
      ...standing,
      now,
    };
    switch (operation.kind) {
      case "request":
        return withRef(this.#answer(operation, asker), operation);
      case "refuse":
        return withRef({ kind: "refused", connection, refusal: operation.refusal }, operation);
      case "answer":
        return withRef(operation.answer, operation);
      case "end":
        return { kind: "ended", connection };
      case "leave":
        return decideLeave(asker, operation.resumable);
      case "expire":
        return decideExpire(asker);
      case "enact":
        return decideEnact(this.#state, operation);
      case "remove":
        return decideRemove(this.#state, operation, asker);
      case "become":
        return decideBecome(operation, asker);
      case "restore":
        return decideRestore(this.#state, operation, asker);
      case "post":
        return decidePost(this.#state, operation, asker);
    }
  }

  /**
   * Applies a decision, or a change that another server has decided. Calls must come in the room's order. A change of a
   * connection that the room does not know has no effect.
   */
  apply(decided: Decision | Change): void {
    // TypeScript does not see that the rule and the decision are of one kind.
    const effect = EFFECTS[decided.kind] as ApplyRule<(typeof decided)["kind"]>;
    const member = decided.kind === "skipped" ? undefined : this.member(decided.connection);
    effect?.(this.#state, decided as never, member);
  }

  /**
   * Starts to decide a batch, and to record what is applied, so that {@link rollback} can undo it.
   *
   * @param targets the messages that the operations of the batch name
   * @param standing how many reactions stand in the room; null where they are not counted
   */
  begin(targets: Targets = NO_TARGETS, standing: number | null = null): void {
    const state = this.#state;
    const { lastId, undo } = state;
    this.#learn(targets);
    state.standing = standing;
    state.isDeciding = true;
    undo.begin();
    undo.note(() => {
      state.lastId = lastId;
      state.standing = standing;
    });
  }

  /** Keeps what was applied since {@link begin}. */
  commit(): void {
    this.#state.undo.commit();
    this.#state.isDeciding = false;
    this.#learn(NO_TARGETS);
  }

  #learn(found: Targets): void {
    const { targets } = this.#state;
    if (targets.size > 0) targets.clear();
    for (const [id, target] of found) targets.set(id, target);
  }

  /** Undoes what was applied since {@link begin}: the room is as it was before. */
  rollback(): void {
    const { undo, roster } = this.#state;
    undo.rollback();
    roster.sort();
  }

  #answer({ request }: Extract<Operation, { kind: "request" }>, asker: Asker): Decision {
    const { connection, member } = asker;
    const unregistered = { kind: "unregistered", connection, request: wireKindOf(request) } as const;
    // Otherwise a `name` request that was already on its way would register the superseded connection anew.
    if (this.#state.notes.get(connection)?.kind === "superseded") return unregistered;
    // TypeScript does not see that the rule and the request are of one kind.
    const rule = REQUESTS[request.kind] as RequestRule<(typeof request)["kind"]>;
    if (!("anybody" in rule) && member === undefined) return unregistered;
    const refused = permissionFor(this.#state, request, asker);
    if (refused !== null) return refused;
    if ("anybody" in rule) return rule.anybody(this.#state, request as never, asker);
    return member === undefined ? unregistered : rule.members(this.#state, request as never, member, asker);
  }
}

/** The kind that a request has on the wire. */
export function wireKindOf({ kind }: Pick<Request, "kind">): RequestKind {
  return WIRE_KINDS[kind];
}

/** A decision with the `ref` of the request that it answers. */
export function withRef<T extends Decision>(decision: T, operation: Operation): T {
  const ref = "ref" in operation ? operation.ref : undefined;
  return ref === undefined ? decision : { ...decision, ref };
}

function foundOf({ by, name, networks }: Member): Found {
  return { person: by, name, networks };
}
