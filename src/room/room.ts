import type { Request } from "../protocol/request.ts";
import { lookalikeKey } from "./lookalike.ts";
import type { HistoryView, Operation, Outcome, SessionId } from "./operation.ts";

/** A moment as the room is handed it: Unix milliseconds, and the same in the operator's template. */
export interface Moment {
  readonly time: number;
  readonly timestamp: string;
}

interface Member {
  name: string;
  key: string;
}

/**
 * What is true and allowed in one room: who is here under which nickname, and what comes of each operation.
 * Pure: it stores nothing and tells nobody. A message it decides on is a fact only once the engine has stored it.
 */
export class Room {
  /** In the order of registration, which a change of nickname keeps. */
  readonly #members = new Map<SessionId, Member>();
  readonly #holders = new Map<string, SessionId>();
  readonly #history: HistoryView;
  #lastId: number;
  #online: readonly string[] | null = null;

  /**
   * @param lastId the id of the newest message ever stored in this room, 0 when there is none
   * @param history what a `get` is shown
   */
  constructor(lastId: number, history: HistoryView) {
    this.#lastId = lastId;
    this.#history = history;
  }

  /** The nicknames of those who are here, in the order they registered. */
  get online(): readonly string[] {
    this.#online ??= Array.from(this.#members.values(), (member) => member.name);
    return this.#online;
  }

  /** Decides one operation at a moment. Operations must be handed in the room's order. */
  decide(operation: Operation, now: Moment): Outcome {
    switch (operation.kind) {
      case "request":
        return this.#request(operation.session, operation.request, now);
      case "refuse":
        return { kind: "refused", session: operation.session, refusal: operation.refusal };
      case "end":
        return { kind: "ended", session: operation.session };
      case "leave":
        return this.#leave(operation.session, now);
    }
  }

  #request(session: SessionId, request: Request, now: Moment): Outcome {
    const member = this.#members.get(session);
    switch (request.kind) {
      case "name":
        return this.#take(session, member, request.name, now);
      case "malformed-name":
        return {
          kind: "name-refused",
          session,
          oldName: member?.name ?? null,
          name: request.name,
          reason: "WrongFormatName",
        };
      case "send":
        if (!member) return { kind: "unregistered", session, request: "send" };
        return {
          kind: "sent",
          session,
          message: { name: member.name, content: request.content, id: ++this.#lastId, ...now },
        };
      case "malformed-send":
        if (!member) return { kind: "unregistered", session, request: "send" };
        return { kind: "send-refused", session, name: member.name, content: request.content };
      case "get":
        if (!member) return { kind: "unregistered", session, request: "get" };
        return {
          kind: "got",
          session,
          name: member.name,
          time: now.time,
          online: this.online,
          history: this.#history,
        };
    }
  }

  #take(session: SessionId, member: Member | undefined, name: string, now: Moment): Outcome {
    const key = lookalikeKey(name);
    const holder = this.#holders.get(key);
    if (holder !== undefined && holder !== session) {
      return {
        kind: "name-refused",
        session,
        oldName: member?.name ?? null,
        name,
        reason: "NameAlreadyUsed",
      };
    }
    this.#online = null;
    this.#holders.set(key, session);
    if (!member) {
      this.#members.set(session, { name, key });
      return { kind: "registered", session, name, time: now.time };
    }
    const oldName = member.name;
    if (member.key !== key) this.#holders.delete(member.key);
    member.name = name;
    member.key = key;
    return { kind: "renamed", session, oldName, name, time: now.time };
  }

  #leave(session: SessionId, now: Moment): Outcome {
    const member = this.#members.get(session);
    if (member) {
      this.#members.delete(session);
      this.#holders.delete(member.key);
      this.#online = null;
    }
    return { kind: "left", session, name: member?.name ?? null, time: now.time };
  }
}
