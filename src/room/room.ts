import type { RequestKind } from "../protocol/request.ts";
import { lookalikeKey } from "./lookalike.ts";
import type {
  Decision,
  HistoryView,
  Lease,
  Message,
  Operation,
  Outcome,
  Proof,
  RoomRequest,
  SessionId,
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
  readonly session: SessionId;
  readonly name: string;
  /** By what the nickname is unique in the room: {@link lookalikeKey}. */
  readonly key: string;
  /** Null for who cannot resume. */
  readonly lease: Lease | null;
  /** Without a connection, for the grace. */
  readonly isAbsent: boolean;
  /** In the roster's order: grows with each registration, and stays with a change of nickname and a resume. */
  readonly place: number;
}

/** What a room knows of connections without a nickname, until they are gone. */
export class Visitors {
  /** Those whose nickname was resumed elsewhere: nothing more is taken from them (RES-2). */
  readonly ghosts = new Set<SessionId>();
  /** People known by a resume that came too late, until they register on that connection. */
  readonly latecomers = new Map<SessionId, string>();
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
  readonly members: readonly Omit<Member, "key">[];
  readonly past: PastSessions;
  readonly visitors: Visitors;
  readonly keys: SendKeys;
  /** A short text that two pairs of a person and a key have in common only if they are equal; it tells neither. */
  readonly digest: (person: string, key: string) => string;
  /** Whether a session's connection is at this server, whose room will be told of its end. */
  readonly isHere: (session: SessionId) => boolean;
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
  readonly #bySession = new Map<SessionId, Member>();
  /**
   * How many have a nickname with this key: one, but where the members came from a version, or are at a server of one,
   * that told nicknames apart which this one does not. All of them keep theirs.
   */
  readonly #holders = new Map<string, number>();
  /** By the beginning of the proof. */
  readonly #byProof = new Map<string, Member>();
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
    for (const member of state.members) this.#put({ ...member, key: lookalikeKey(member.name) });
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

  member(session: SessionId): Member | undefined {
    return this.#bySession.get(session);
  }

  /** The nicknames of those who are here, in the order they registered. */
  get online(): readonly string[] {
    this.#online ??= Array.from(this.#members.values(), (member) => member.name);
    return this.#online;
  }

  /** The leases of those who are here, in the order they registered. */
  *leases(): Generator<{ name: string; lease: Lease }> {
    for (const { name, lease } of this.#members.values()) if (lease !== null) yield { name, lease };
  }

  /** Decides one operation at a moment. Operations must be handed in the room's order. */
  decide(operation: Operation, now: Moment): Decision {
    const decision = this.#find(operation, now);
    if (isChange(decision)) this.apply(decision);
    return decision;
  }

  /**
   * Makes an outcome true that was decided, here or elsewhere. Changes must be handed in the room's order. What cannot be
   * (a session that is not here) is left alone.
   */
  apply(change: Change): void {
    const member = this.#bySession.get(change.session);
    switch (change.kind) {
      case "registered":
        this.#registered(change);
        break;
      case "renamed":
        this.#replace(member, { name: change.name, key: lookalikeKey(change.name) });
        break;
      case "sent":
        this.#sent(change.message);
        break;
      case "resumed":
        this.#forgetLatecomer(change.session);
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
    const { session } = operation;
    switch (operation.kind) {
      case "request":
        return this.#request(session, operation.request, operation.proof, now);
      case "refuse":
        return { kind: "refused", session, refusal: operation.refusal };
      case "end":
        return { kind: "ended", session };
      case "leave":
        this.#latecomers.delete(session);
        this.#ghosts.delete(session);
        return this.#leave(session, operation.resumable, now);
      case "expire":
        return this.#expire(session, now);
    }
  }

  /** Takes back messages that could not be stored: the newest ones decided, in the order in which they were. */
  takeBack(messages: readonly { readonly id: number; readonly key?: string | undefined }[]): void {
    for (const { key } of messages) if (key !== undefined) this.#state.keys.delete(key);
    this.#lastId = (messages[0]?.id ?? this.#lastId + 1) - 1;
  }

  #request(session: SessionId, request: RoomRequest, proof: Proof | undefined, now: Moment): Decision {
    // Else a change of nickname that was on its way would register the ghost anew.
    if (this.#ghosts.has(session)) return { kind: "unregistered", session, request: kindOf(request) };
    const member = this.#bySession.get(session);
    switch (request.kind) {
      case "name":
        return member
          ? this.#rename(member, request.name, now)
          : this.#register(session, request.name, proof, now);
      case "malformed-name":
        return {
          kind: "name-refused",
          session,
          oldName: member?.name ?? null,
          name: request.name,
          reason: "WrongFormatName",
        };
      case "send":
        return member
          ? this.#send(member, request.content, request.key, now)
          : { kind: "unregistered", session, request: "send" };
      case "malformed-send":
        return member
          ? {
              kind: "send-refused",
              session,
              name: member.name,
              content: request.content,
              reason: request.reason,
            }
          : { kind: "unregistered", session, request: "send" };
      case "get": {
        if (!member) return { kind: "unregistered", session, request: "get" };
        const got = { session, name: member.name, time: now.time, online: this.online };
        return request.page === null
          ? { kind: "got", ...got, history: this.#state.history }
          : { kind: "paged", ...got, page: request.page };
      }
      case "resume":
        return this.#resume(session, member, request, proof, now);
      case "typing":
        return member
          ? { kind: "typing", session, name: member.name }
          : { kind: "unregistered", session, request: "typing" };
    }
  }

  #register(session: SessionId, name: string, proof: Proof | undefined, now: Moment): Decision {
    if (this.#isTaken(lookalikeKey(name))) {
      return { kind: "name-refused", session, oldName: null, name, reason: "NameAlreadyUsed" };
    }
    // The first proof of a lineage is as good a name for the person as any: random, and known to nobody.
    const lease = proof === undefined ? null : { proof, person: this.#latecomers.get(session) ?? proof };
    return { kind: "registered", session, name, time: now.time, lease };
  }

  #rename(member: Member, name: string, now: Moment): Decision {
    const { session, name: oldName, lease } = member;
    if (name !== oldName && this.#isTaken(lookalikeKey(name), member)) {
      return { kind: "name-refused", session, oldName, name, reason: "NameAlreadyUsed" };
    }
    return { kind: "renamed", session, oldName, name, time: now.time, lease };
  }

  /** Whether somebody has a nickname that looks so, a member that asks for it left aside. */
  #isTaken(key: string, asking?: Member): boolean {
    return (this.#holders.get(key) ?? 0) > (asking?.key === key ? 1 : 0);
  }

  #send({ session, name, lease }: Member, content: string, key: string | null, now: Moment): Decision {
    const { keys, digest } = this.#state;
    const stored = key === null || lease === null ? undefined : digest(lease.person, key);
    const seen = stored === undefined ? undefined : keys.idOf(stored);
    if (seen !== undefined) return { kind: "repeated", session, id: seen, name, content };
    const message = { name, content, id: this.#lastId + 1, time: now.time, timestamp: now.timestamp };
    return { kind: "sent", session, message: stored === undefined ? message : { ...message, key: stored } };
  }

  #resume(
    session: SessionId,
    member: Member | undefined,
    { proof: oldProof, page }: Extract<RoomRequest, { kind: "resume" }>,
    proof: Proof | undefined,
    now: Moment,
  ): Decision {
    const held = this.#byProof.get(beginning(oldProof));
    if (
      member !== undefined ||
      proof === undefined ||
      !held?.lease ||
      !areEqualInConstantTime(held.lease.proof, oldProof)
    ) {
      const person = this.#state.past.personOf(oldProof, now.time);
      if (person !== undefined && member === undefined) this.#latecomers.set(session, person);
      return { kind: "resume-refused", session };
    }
    const { session: from, name } = held;
    const lease = { proof, person: held.lease.person };
    const { time } = now;
    return { kind: "resumed", session, from, name, time, online: this.online, page, lease, oldProof };
  }

  #leave(session: SessionId, resumable: boolean, now: Moment): Decision {
    const member = this.#bySession.get(session);
    if (member?.lease && resumable) return { kind: "absent", session, name: member.name };
    return this.#leaving(session, member, now);
  }

  #expire(session: SessionId, now: Moment): Decision {
    const member = this.#bySession.get(session);
    return this.#leaving(session, member?.isAbsent ? member : undefined, now);
  }

  #leaving(session: SessionId, member: Member | undefined, { time }: Moment): Decision {
    return { kind: "left", session, name: member?.name ?? null, time, lease: member?.lease ?? null };
  }

  #registered({ session, name, lease }: Extract<Change, { kind: "registered" }>): void {
    this.#forgetLatecomer(session);
    const place = ++this.#lastPlace;
    this.#undo?.push(() => {
      this.#lastPlace = place - 1;
    });
    const member: Member = { session, name, key: lookalikeKey(name), lease, isAbsent: false, place };
    this.#put(member);
    this.#online = null;
    this.#undo?.push(() => this.#remove(member));
  }

  #sent({ id, key, time }: Message): void {
    const { keys } = this.#state;
    const before = this.#lastId;
    this.#lastId = id;
    if (key !== undefined) keys.add(key, id, time);
    this.#undo?.push(() => {
      this.#lastId = before;
      if (key !== undefined) keys.delete(key);
    });
  }

  #left(member: Member | undefined, time: number): void {
    if (!member) return;
    const { lease } = member;
    this.#remove(member);
    this.#undo?.push(() => this.#put(member));
    if (lease !== null) this.#remember(lease, time);
  }

  #remember(lease: Lease, time: number): void {
    const { past } = this.#state;
    past.add(lease, time);
    this.#undo?.push(() => past.delete(lease.proof));
  }

  #resumed({ session, from, lease, time }: Extract<Change, { kind: "resumed" }>): void {
    const member = this.#bySession.get(from);
    if (member && !member.isAbsent && this.#state.isHere(from)) {
      this.#ghosts.add(from);
      this.#undo?.push(() => this.#ghosts.delete(from));
    }
    this.#replace(member, { session, lease, isAbsent: false });
    // Whoever did not get the reply may have lost the new session among many that it tried, and still has the old one.
    if (member?.lease) this.#remember(member.lease, time);
  }

  #replace(member: Member | undefined, change: Partial<Member>): void {
    if (!member) return;
    const changed = { ...member, ...change };
    this.#remove(member, changed);
    this.#undo?.push(() => this.#remove(changed, member));
  }

  #forgetLatecomer(session: SessionId): void {
    const person = this.#latecomers.get(session);
    if (person === undefined) return;
    this.#latecomers.delete(session);
    this.#undo?.push(() => this.#latecomers.set(session, person));
  }

  #put(member: Member): void {
    this.#members.set(member.place, member);
    this.#bySession.set(member.session, member);
    this.#holders.set(member.key, (this.#holders.get(member.key) ?? 0) + 1);
    if (member.lease !== null) this.#byProof.set(beginning(member.lease.proof), member);
  }

  /** Removes a member, or puts another in the same place. */
  #remove(member: Member, instead?: Member): void {
    this.#bySession.delete(member.session);
    this.#release(member.key);
    if (member.lease !== null) this.#byProof.delete(beginning(member.lease.proof));
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

/** As much of a proof as it is found by: 96 bits, so that no two have it in common. The whole is then compared. */
function beginning(proof: Proof): string {
  return proof.slice(0, 16);
}

/** How long it takes says nothing about where two proofs differ. */
function areEqualInConstantTime(a: Proof, b: Proof): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
