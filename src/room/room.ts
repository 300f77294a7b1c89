import type { RequestKind } from "../protocol/request-kind.ts";
import { lookalikeKey } from "./lookalike.ts";
import type {
  ConnectionId,
  Decision,
  HistoryView,
  Message,
  Operation,
  Outcome,
  RoomRequest,
  Session,
  SessionHash,
} from "./operation.ts";
import type { PastSessions } from "./past-sessions.ts";
import type { SendKeys } from "./send-keys.ts";

/** A moment as the room is handed it: Unix milliseconds, and the same in the operator's template. */
export interface Moment {
  readonly time: number;
  readonly timestamp: string;
}

/** Somebody who has a nickname in the room. */
export interface Member {
  readonly connection: ConnectionId;
  readonly name: string;
  /** By what the nickname is unique in the room: {@link lookalikeKey}. */
  readonly lookalike: string;
  /** Null for who cannot resume. */
  readonly session: Session | null;
  /** Without a connection, for the grace. */
  readonly isAbsent: boolean;
  /** In the roster's order: grows with each registration, and stays with a change of nickname and a resume. */
  readonly place: number;
}

/** What a room knows of connections without a nickname, until they are gone. */
export class Visitors {
  /** Those whose nickname was resumed elsewhere: nothing more is taken from them (RES-2). */
  readonly ghosts = new Set<ConnectionId>();
  /** People known by a resume that came too late, until they register on that connection. */
  readonly latecomers = new Map<ConnectionId, string>();
}

/** What a room begins with. */
export interface RoomState {
  /** The id of the newest message ever stored in this room, 0 when there is none. */
  readonly lastId: number;
  /** The last place that was given in the roster. */
  readonly lastPlace: number;
  /** What a `get` without a page is shown. */
  readonly history: HistoryView;
  /** Those who are here already, in the roster's order. */
  readonly members: readonly Omit<Member, "lookalike">[];
  readonly past: PastSessions;
  readonly visitors: Visitors;
  readonly keys: SendKeys;
  /** A short text that two pairs of a person and a key have in common only if they are equal; it tells neither. */
  readonly digest: (identity: string, key: string) => string;
  /** Whether a connection's connection is at this server, whose room will be told of its end. */
  readonly isHere: (connection: ConnectionId) => boolean;
}

/** Outcomes that change a room. */
export type Change = Extract<
  Decision | Outcome,
  { kind: "registered" | "renamed" | "sent" | "resumed" | "absent" | "left" }
>;

/**
 * What is true and allowed in one room: who is here under which nickname, and what comes of each operation.
 * Pure: it stores nothing and tells nobody. A message it decides on is a fact only once the engine has stored it.
 *
 * To decide is to find the outcome and to apply it. Another server's room that applies the same outcomes in the same
 * order is in the same state, whatever would have been decided there.
 */
export class Room {
  /** In the order of their places. */
  readonly #members = new Map<number, Member>();
  readonly #bySession = new Map<ConnectionId, Member>();
  /**
   * How many have a nickname with this key: one, but where the members came from a version, or are at a server of one,
   * that told nicknames apart which this one does not. All of them keep theirs.
   */
  readonly #holders = new Map<string, number>();
  /** By the beginning of the hash. */
  readonly #byHash = new Map<string, Member>();
  readonly #ghosts: Visitors["ghosts"];
  readonly #latecomers: Visitors["latecomers"];
  readonly #state: RoomState;
  #lastId: number;
  #lastPlace: number;
  #online: readonly string[] | null = null;
  /** What takes back each change since {@link begin}, in order; null when nothing is to be taken back. */
  #undo: (() => void)[] | null = null;

  constructor(state: RoomState) {
    this.#state = state;
    this.#ghosts = state.visitors.ghosts;
    this.#latecomers = state.visitors.latecomers;
    this.#lastId = state.lastId;
    this.#lastPlace = state.lastPlace;
    for (const member of state.members) this.#put({ ...member, lookalike: lookalikeKey(member.name) });
  }

  /** The id of the newest message. */
  get lastId(): number {
    return this.#lastId;
  }

  get lastPlace(): number {
    return this.#lastPlace;
  }

  /** Those who are here, in the roster's order. */
  members(): Iterable<Member> {
    return this.#members.values();
  }

  member(connection: ConnectionId): Member | undefined {
    return this.#bySession.get(connection);
  }

  /** The nicknames of those who are here, in the order they registered. */
  get online(): readonly string[] {
    this.#online ??= Array.from(this.#members.values(), (member) => member.name);
    return this.#online;
  }

  /** The sessions of those who are here, in the order they registered. */
  *sessions(): Generator<{ name: string; session: Session }> {
    for (const { name, session } of this.#members.values()) if (session !== null) yield { name, session };
  }

  /** Decides one operation at a moment. Operations must be handed in the room's order. */
  decide(operation: Operation, now: Moment): Decision {
    const decision = this.#find(operation, now);
    if (isChange(decision)) this.apply(decision);
    return decision;
  }

  /**
   * Makes an outcome true that was decided, here or elsewhere. Changes must be handed in the room's order. What cannot be
   * (a connection that is not here) is left alone.
   */
  apply(change: Change): void {
    const member = this.#bySession.get(change.connection);
    switch (change.kind) {
      case "registered":
        this.#registered(change);
        break;
      case "renamed":
        this.#replace(member, { name: change.name, lookalike: lookalikeKey(change.name) });
        break;
      case "sent":
        this.#sent(change.message);
        break;
      case "resumed":
        this.#forgetLatecomer(change.connection);
        this.#resumed(change);
        break;
      case "absent":
        this.#replace(member, { isAbsent: true });
        break;
      case "left":
        if (change.name !== null) this.#left(member, change.time);
        break;
    }
  }

  /** Counts an id of the room's sequence that went to something this room does not know. */
  skip(id: number): void {
    this.#lastId = Math.max(this.#lastId, id);
  }

  /** From here on changes can be taken back, until {@link commit} or {@link rollback}. */
  begin(): void {
    this.#undo = [];
  }

  /** The changes since {@link begin} stand. */
  commit(): void {
    this.#undo = null;
  }

  /** Takes back the changes since {@link begin}: the room is as it was. */
  rollback(): void {
    const undo = this.#undo ?? [];
    this.#undo = null;
    for (const takeBack of undo.reverse()) takeBack();
    if (undo.length > 0) this.#sortMembers();
  }

  #find(operation: Operation, now: Moment): Decision {
    const { connection } = operation;
    switch (operation.kind) {
      case "request":
        return this.#request(connection, operation.request, operation.hash, now);
      case "refuse":
        return { kind: "refused", connection, refusal: operation.refusal };
      case "end":
        return { kind: "ended", connection };
      case "leave":
        this.#latecomers.delete(connection);
        this.#ghosts.delete(connection);
        return this.#leave(connection, operation.resumable, now);
      case "expire":
        return this.#expire(connection, now);
    }
  }

  /** Takes back messages that could not be stored: the newest ones decided, in the order in which they were. */
  takeBack(messages: readonly { readonly id: number; readonly digest?: string | undefined }[]): void {
    for (const { digest } of messages) if (digest !== undefined) this.#state.keys.delete(digest);
    this.#lastId = (messages[0]?.id ?? this.#lastId + 1) - 1;
  }

  #request(
    connection: ConnectionId,
    request: RoomRequest,
    hash: SessionHash | undefined,
    now: Moment,
  ): Decision {
    // Else a change of nickname that was on its way would register the ghost anew.
    if (this.#ghosts.has(connection)) return { kind: "unregistered", connection, request: kindOf(request) };
    const member = this.#bySession.get(connection);
    switch (request.kind) {
      case "name":
        return member
          ? this.#rename(member, request.name, now)
          : this.#register(connection, request.name, hash, now);
      case "malformed-name":
        return {
          kind: "name-refused",
          connection,
          oldName: member?.name ?? null,
          name: request.name,
          reason: "WrongFormatName",
        };
      case "send":
        return member
          ? this.#send(member, request.content, request.key, now)
          : { kind: "unregistered", connection, request: "send" };
      case "malformed-send":
        return member
          ? {
              kind: "send-refused",
              connection,
              name: member.name,
              content: request.content,
              reason: request.reason,
            }
          : { kind: "unregistered", connection, request: "send" };
      case "get": {
        if (!member) return { kind: "unregistered", connection, request: "get" };
        const got = { connection, name: member.name, time: now.time, online: this.online };
        return request.page === null
          ? { kind: "history", ...got, history: this.#state.history }
          : { kind: "page", ...got, page: request.page };
      }
      case "resume":
        return this.#resume(connection, member, request, hash, now);
      case "typing":
        return member
          ? { kind: "typing", connection, name: member.name }
          : { kind: "unregistered", connection, request: "typing" };
    }
  }

  #register(connection: ConnectionId, name: string, hash: SessionHash | undefined, now: Moment): Decision {
    if (this.#isTaken(lookalikeKey(name))) {
      return { kind: "name-refused", connection, oldName: null, name, reason: "NameAlreadyUsed" };
    }
    // The first hash of a lineage is as good a name for the identity as any: random, and known to nobody.
    const session = hash === undefined ? null : { hash, identity: this.#latecomers.get(connection) ?? hash };
    return { kind: "registered", connection, name, time: now.time, session };
  }

  #rename(member: Member, name: string, now: Moment): Decision {
    const { connection, name: oldName, session } = member;
    if (name !== oldName && this.#isTaken(lookalikeKey(name), member)) {
      return { kind: "name-refused", connection, oldName, name, reason: "NameAlreadyUsed" };
    }
    return { kind: "renamed", connection, oldName, name, time: now.time, session };
  }

  /** Whether somebody has a nickname that looks so, a member that asks for it left aside. */
  #isTaken(key: string, asking?: Member): boolean {
    return (this.#holders.get(key) ?? 0) > (asking?.lookalike === key ? 1 : 0);
  }

  #send({ connection, name, session }: Member, content: string, key: string | null, now: Moment): Decision {
    const { keys, digest } = this.#state;
    const stored = key === null || session === null ? undefined : digest(session.identity, key);
    const seen = stored === undefined ? undefined : keys.idOf(stored);
    if (seen !== undefined) return { kind: "repeated", connection, id: seen, name, content };
    const message = { name, content, id: this.#lastId + 1, time: now.time, timestamp: now.timestamp };
    return {
      kind: "sent",
      connection,
      message: stored === undefined ? message : { ...message, digest: stored },
    };
  }

  #resume(
    connection: ConnectionId,
    member: Member | undefined,
    { hash: oldHash, page }: Extract<RoomRequest, { kind: "resume" }>,
    hash: SessionHash | undefined,
    now: Moment,
  ): Decision {
    const held = this.#byHash.get(beginning(oldHash));
    if (
      member !== undefined ||
      hash === undefined ||
      !held?.session ||
      !areEqualInConstantTime(held.session.hash, oldHash)
    ) {
      const identity = this.#state.past.identityOf(oldHash, now.time);
      if (identity !== undefined && member === undefined) this.#latecomers.set(connection, identity);
      return { kind: "resume-refused", connection };
    }
    const { connection: from, name } = held;
    const session = { hash, identity: held.session.identity };
    const { time } = now;
    return { kind: "resumed", connection, from, name, time, online: this.online, page, session, oldHash };
  }

  #leave(connection: ConnectionId, resumable: boolean, now: Moment): Decision {
    const member = this.#bySession.get(connection);
    if (member?.session && resumable) return { kind: "absent", connection, name: member.name };
    return this.#leaving(connection, member, now);
  }

  #expire(connection: ConnectionId, now: Moment): Decision {
    const member = this.#bySession.get(connection);
    return this.#leaving(connection, member?.isAbsent ? member : undefined, now);
  }

  #leaving(connection: ConnectionId, member: Member | undefined, { time }: Moment): Decision {
    return { kind: "left", connection, name: member?.name ?? null, time, session: member?.session ?? null };
  }

  #registered({ connection, name, session }: Extract<Change, { kind: "registered" }>): void {
    this.#forgetLatecomer(connection);
    const place = ++this.#lastPlace;
    this.#undo?.push(() => {
      this.#lastPlace = place - 1;
    });
    const member: Member = {
      connection,
      name,
      lookalike: lookalikeKey(name),
      session,
      isAbsent: false,
      place,
    };
    this.#put(member);
    this.#online = null;
    this.#undo?.push(() => this.#remove(member));
  }

  #sent({ id, digest, time }: Message): void {
    const { keys } = this.#state;
    const before = this.#lastId;
    this.#lastId = id;
    if (digest !== undefined) keys.add(digest, id, time);
    this.#undo?.push(() => {
      this.#lastId = before;
      if (digest !== undefined) keys.delete(digest);
    });
  }

  #left(member: Member | undefined, time: number): void {
    if (!member) return;
    const { session } = member;
    this.#remove(member);
    this.#undo?.push(() => this.#put(member));
    if (session !== null) this.#remember(session, time);
  }

  #remember(session: Session, time: number): void {
    const { past } = this.#state;
    past.add(session, time);
    this.#undo?.push(() => past.delete(session.hash));
  }

  #resumed({ connection, from, session, time }: Extract<Change, { kind: "resumed" }>): void {
    const member = this.#bySession.get(from);
    if (member && !member.isAbsent && this.#state.isHere(from)) {
      this.#ghosts.add(from);
      this.#undo?.push(() => this.#ghosts.delete(from));
    }
    this.#replace(member, { connection, session, isAbsent: false });
    // Whoever did not get the reply may have lost the new connection among many that it tried, and still has the old one.
    if (member?.session) this.#remember(member.session, time);
  }

  #replace(member: Member | undefined, change: Partial<Member>): void {
    if (!member) return;
    const changed = { ...member, ...change };
    this.#remove(member, changed);
    this.#undo?.push(() => this.#remove(changed, member));
  }

  #forgetLatecomer(connection: ConnectionId): void {
    const identity = this.#latecomers.get(connection);
    if (identity === undefined) return;
    this.#latecomers.delete(connection);
    this.#undo?.push(() => this.#latecomers.set(connection, identity));
  }

  #put(member: Member): void {
    this.#members.set(member.place, member);
    this.#bySession.set(member.connection, member);
    this.#holders.set(member.lookalike, (this.#holders.get(member.lookalike) ?? 0) + 1);
    if (member.session !== null) this.#byHash.set(beginning(member.session.hash), member);
  }

  /** Removes a member, or puts another in the same place. */
  #remove(member: Member, instead?: Member): void {
    this.#bySession.delete(member.connection);
    this.#release(member.lookalike);
    if (member.session !== null) this.#byHash.delete(beginning(member.session.hash));
    if (instead === undefined) this.#members.delete(member.place);
    else this.#put(instead);
    // A resume changes nothing of what is shown: when a crowd comes back, all are told one and the same list.
    if (instead?.name !== member.name) this.#online = null;
  }

  #release(key: string): void {
    const others = (this.#holders.get(key) ?? 1) - 1;
    if (others > 0) this.#holders.set(key, others);
    else this.#holders.delete(key);
  }

  /** Who was put back stands last, and belongs in the old place. */
  #sortMembers(): void {
    const inOrder = [...this.#members].sort(([a], [b]) => a - b);
    this.#members.clear();
    for (const [place, member] of inOrder) this.#members.set(place, member);
    this.#online = null;
  }
}

/** Whether an outcome changes a room; a `left` of somebody without a nickname does not, and is left alone. */
export function isChange<T extends Decision | Outcome>(decision: T): decision is Extract<T, Change> {
  switch (decision.kind) {
    case "registered":
    case "renamed":
    case "sent":
    case "resumed":
    case "absent":
    case "left":
      return true;
    default:
      return false;
  }
}

/** The kind of a request on the wire. */
function kindOf({ kind }: RoomRequest): RequestKind {
  return kind === "malformed-name" ? "name" : kind === "malformed-send" ? "send" : kind;
}

/** As much of a hash as it is found by: 96 bits, so that no two have it in common. The whole is then compared. */
function beginning(hash: SessionHash): string {
  return hash.slice(0, 16);
}

/** How long it takes says nothing about where two hashes differ. */
function areEqualInConstantTime(a: SessionHash, b: SessionHash): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
