import type { RequestKind } from "../protocol/request.ts";
import { lookalikeKey } from "./lookalike.ts";
import type { Decision, HistoryView, Lease, Operation, Proof, RoomRequest, SessionId } from "./operation.ts";
import type { PastSessions } from "./past-sessions.ts";
import type { SendKeys } from "./send-keys.ts";

/** A moment as the room is handed it: Unix milliseconds, and the same in the operator's template. */
export interface Moment {
  readonly time: number;
  readonly timestamp: string;
}

/** Somebody whose nickname is kept over a restart, without a connection yet. */
export interface Absentee {
  readonly session: SessionId;
  readonly name: string;
  readonly lease: Lease;
}

/** What a room begins with. */
export interface RoomState {
  /** The id of the newest message ever stored in this room, 0 when there is none. */
  readonly lastId: number;
  /** What a `get` without a page is shown. */
  readonly history: HistoryView;
  readonly absentees: readonly Absentee[];
  readonly past: PastSessions;
  readonly keys: SendKeys;
  /** A short text that two pairs of a person and a key have in common only if they are equal; it tells neither. */
  readonly digest: (person: string, key: string) => string;
}

interface Member {
  session: SessionId;
  name: string;
  key: string;
  lease: Lease | null;
  /** Without a connection, for the grace. */
  isAbsent: boolean;
}

/**
 * What is true and allowed in one room: who is here under which nickname, and what comes of each operation.
 * Pure: it stores nothing and tells nobody. A message it decides on is a fact only once the engine has stored it.
 */
export class Room {
  /** In the order of registration, which a change of nickname and a resume keep. */
  readonly #members = new Set<Member>();
  readonly #bySession = new Map<SessionId, Member>();
  readonly #byNickname = new Map<string, Member>();
  /** By the beginning of the proof. */
  readonly #byProof = new Map<string, Member>();
  /** Connections whose nickname was resumed elsewhere, until they are gone: nothing more is taken from them (RES-2). */
  readonly #ghosts = new Set<SessionId>();
  /** People known by a resume that came too late, until they register on that connection. */
  readonly #latecomers = new Map<SessionId, string>();
  readonly #state: RoomState;
  #lastId: number;
  #online: readonly string[] | null = null;

  constructor(state: RoomState) {
    this.#state = state;
    this.#lastId = state.lastId;
    for (const { session, name, lease } of state.absentees) {
      const key = lookalikeKey(name);
      if (!this.#byNickname.has(key)) this.#add({ session, name, key, lease, isAbsent: true });
    }
  }

  /** The nicknames of those who are here, in the order they registered. */
  get online(): readonly string[] {
    this.#online ??= Array.from(this.#members, (member) => member.name);
    return this.#online;
  }

  /** The leases of those who are here, in the order they registered. */
  *leases(): Generator<{ name: string; lease: Lease }> {
    for (const { name, lease } of this.#members) if (lease !== null) yield { name, lease };
  }

  /** Decides one operation at a moment. Operations must be handed in the room's order. */
  decide(operation: Operation, now: Moment): Decision {
    const { session } = operation;
    switch (operation.kind) {
      case "request":
        return this.#request(session, operation.request, operation.proof, now);
      case "refuse":
        return { kind: "refused", session, refusal: operation.refusal };
      case "end":
        return { kind: "ended", session };
      case "leave":
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
    const key = lookalikeKey(name);
    if (this.#byNickname.has(key)) {
      return { kind: "name-refused", session, oldName: null, name, reason: "NameAlreadyUsed" };
    }
    // The first proof of a lineage is as good a name for the person as any: random, and known to nobody.
    const lease = proof === undefined ? null : { proof, person: this.#latecomers.get(session) ?? proof };
    this.#latecomers.delete(session);
    this.#add({ session, name, key, lease, isAbsent: false });
    return { kind: "registered", session, name, time: now.time, lease };
  }

  #rename(member: Member, name: string, now: Moment): Decision {
    const { session, name: oldName, lease } = member;
    const key = lookalikeKey(name);
    const holder = this.#byNickname.get(key);
    if (holder !== undefined && holder !== member) {
      return { kind: "name-refused", session, oldName, name, reason: "NameAlreadyUsed" };
    }
    this.#byNickname.delete(member.key);
    this.#byNickname.set(key, member);
    member.name = name;
    member.key = key;
    this.#online = null;
    return { kind: "renamed", session, oldName, name, time: now.time, lease };
  }

  #send({ session, name, lease }: Member, content: string, key: string | null, now: Moment): Decision {
    const { keys, digest } = this.#state;
    const stored = key === null || lease === null ? undefined : digest(lease.person, key);
    const seen = stored === undefined ? undefined : keys.idOf(stored);
    if (seen !== undefined) return { kind: "repeated", session, id: seen, name, content };
    const id = ++this.#lastId;
    const { time, timestamp } = now;
    if (stored === undefined)
      return { kind: "sent", session, message: { name, content, id, time, timestamp } };
    keys.add(stored, id, time);
    return { kind: "sent", session, message: { name, content, id, time, timestamp, key: stored } };
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
    const from = held.session;
    if (!held.isAbsent) this.#ghosts.add(from);
    const lease = { proof, person: held.lease.person };
    this.#bySession.delete(from);
    this.#bySession.set(session, held);
    this.#byProof.delete(beginning(oldProof));
    this.#byProof.set(beginning(proof), held);
    this.#latecomers.delete(session);
    held.session = session;
    held.lease = lease;
    held.isAbsent = false;
    return { kind: "resumed", session, from, name: held.name, online: this.online, page, lease, oldProof };
  }

  #leave(session: SessionId, resumable: boolean, now: Moment): Decision {
    this.#latecomers.delete(session);
    this.#ghosts.delete(session);
    const member = this.#bySession.get(session);
    if (member?.lease && resumable) {
      member.isAbsent = true;
      return { kind: "absent", session, name: member.name };
    }
    return this.#remove(session, member, now);
  }

  #expire(session: SessionId, now: Moment): Decision {
    const member = this.#bySession.get(session);
    return this.#remove(session, member?.isAbsent ? member : undefined, now);
  }

  #add(member: Member): void {
    this.#members.add(member);
    this.#bySession.set(member.session, member);
    this.#byNickname.set(member.key, member);
    if (member.lease !== null) this.#byProof.set(beginning(member.lease.proof), member);
    this.#online = null;
  }

  #remove(session: SessionId, member: Member | undefined, now: Moment): Decision {
    const { time } = now;
    if (!member) return { kind: "left", session, name: null, time, lease: null };
    const { name, key, lease } = member;
    this.#members.delete(member);
    this.#bySession.delete(session);
    this.#byNickname.delete(key);
    if (lease !== null) {
      this.#byProof.delete(beginning(lease.proof));
      this.#state.past.add(lease, time);
    }
    this.#online = null;
    return { kind: "left", session, name, time, lease };
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
