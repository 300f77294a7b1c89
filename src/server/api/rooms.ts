import type { Token } from "../../engine/token.ts";
import type { PageRequest } from "../../protocol/page.ts";
import type { Parsed } from "../../protocol/request.ts";
import type { Guest, Operation } from "../../room/operation.ts";
import type { Role } from "../../room/roles.ts";
import { wireKindOf } from "../../room/room.ts";
import type { Address } from "../address-table.ts";
import { costOfFetching, sizeOfRecord } from "../cost.ts";
import { takeAll } from "../request-rates.ts";
import { isRoomBound, KIND_COSTS, type RoomBound, requestRulesOf } from "../request-rules.ts";
import type { ServerParts } from "../server-parts.ts";
import { Caller } from "./caller.ts";
import { Problem } from "./problem.ts";

/** What an operation takes while it waits, besides the body, in bytes. */
const OPERATION_BYTES = 512;

/** About as many bytes of history are read to find the messages since a moment. */
const SEARCHED_BYTES = 64 * 1024;

/** Who asks something of a room. */
export interface Asking {
  readonly room: string;
  readonly token: Token;
  readonly role: Role;
  readonly address: Address;
  /** The size of the request, in bytes. */
  readonly size: number;
  /** The nickname, if it is not that of the token. */
  readonly name?: string | undefined;
}

/** A JSON object as it came. */
export type Json = Readonly<Record<string, unknown>>;

/** Asks the rooms for programs: what they want goes through the queue of its room, as everything does. */
export class ApiRooms {
  readonly #parts: ServerParts;
  /** Servers that share rooms must not confuse their callers. */
  readonly #idPrefix = `api-${crypto.randomUUID().slice(0, 13)}-`;
  #made = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  newId(): string {
    return `${this.#idPrefix}${++this.#made}`;
  }

  /**
   * Has a room carry out a request, and resolves to what the reply says, without `type` and `status`. What it stores is
   * stored by then.
   *
   * @throws Problem if it is not done, or nobody knows whether it is
   */
  async ask(parsed: Parsed, asking: Asking): Promise<Json> {
    this.#parts.reports.requested(parsed.kind);
    const request = requestOf(parsed);
    this.#charge(request, asking);
    const { room, address, size, token, name = token.nickname } = asking;
    const reserved = { bytes: 0 };
    const caller = new Caller(this.newId(), room, (bytes) => {
      if (!address.getMemory.hasRoomFor(bytes)) return "ErrorWhenGet";
      address.getMemory.charge(bytes);
      reserved.bytes += bytes;
      chargeHistory(address, bytes);
      return null;
    });
    return await this.inside(asking, caller.id, async () => {
      const { engine, fanout } = this.#parts;
      const operation = operationOf(caller.id, requestRulesOf(request).toRoom(request), asking, size);
      if (!address.pending.hasRoomFor(operation.size))
        throw new Problem({ reason: "ErrorWhenServing", detail: "Too many requests wait for the store." });
      address.pending.charge(operation.size);
      fanout.add(caller);
      try {
        engine.submit(room, operation);
        const reply = await caller.reply;
        engine.people.used(name, token.person);
        return resultOf(reply);
      } finally {
        fanout.remove(caller);
        address.getMemory.release(reserved.bytes);
      }
    });
  }

  /** Does something while a room is held in memory for somebody. @throws Problem if there are too many rooms */
  async inside<T>({ room }: Pick<Asking, "room">, connection: string, work: () => Promise<T>): Promise<T> {
    const { engine } = this.#parts;
    if (!engine.enter(room)) {
      throw new Problem({
        reason: "ErrorWhenServing",
        detail: "The server cannot open another room right now.",
      });
    }
    try {
      return await work();
    } finally {
      engine.submit(room, { kind: "leave", connection, resumable: false });
    }
  }

  /** Takes what the kind of a request costs, as a connection pays for it. @throws Problem */
  #charge(request: RoomBound, { room, address, size, token }: Asking): void {
    const { roomSends } = this.#parts;
    const now = performance.now();
    const { address: costs, isMessage } = KIND_COSTS[wireKindOf(request)];
    const bytes = sizeOfRecord(size, token.nickname);
    const isExempt = address.rates.sends === null;
    const wait = takeAll(now, [
      ...costs.map(([rate, cost]) => [address.rates[rate], cost === "a token" ? 1 : bytes] as const),
      [isMessage && !isExempt ? roomSends.of(room, now) : null, 1],
      // What it costs is known only when it is answered.
      [request.kind === "get" ? address.rates.history : null, 0],
    ]);
    if (wait > 0)
      throw tooMany(wait, "Too many requests from this address, or too many messages in this room.");
    // It may find nothing, and then nothing is sent that would be charged for.
    if (request.kind === "get" && request.page?.since !== undefined) chargeHistory(address, SEARCHED_BYTES);
  }
}

/**
 * Charges for history that is sent to a program, as if it were fetched from the store: nobody else may be in the room, so that it is
 * not in memory.
 */
export function chargeHistory({ rates }: Address, bytes: number): void {
  rates.history?.charge(performance.now(), costOfFetching(bytes));
}

/** @param waitS seconds */
export function tooMany(waitS: number, detail: string): Problem {
  return new Problem({ reason: "TooManyRequests", detail, retry: Math.max(1, Math.ceil(waitS)) });
}

/** The part of the history after a position, as a program asks for it. */
export function pageAfter(after: number, time: number | undefined, limit: number): PageRequest {
  return { limit, before: null, after, time };
}

/** The operation of a program, whom everybody in the room knows. */
export function operationOf(
  connection: string,
  request: Extract<Operation, { kind: "request" }>["request"],
  { token, role, address, name = token.nickname }: Pick<Asking, "token" | "role" | "address" | "name">,
  size: number,
): Extract<Operation, { kind: "request" }> {
  const guest: Guest = {
    name,
    identity: `token:${token.person}`,
    person: { id: token.person, role },
  };
  return {
    kind: "request",
    connection,
    request,
    guest,
    size: size + OPERATION_BYTES,
    payer: address.pending,
  };
}

/** @throws Problem if the request is malformed */
function requestOf(parsed: Parsed): RoomBound {
  if ("refusal" in parsed) {
    const { reason } = parsed.refusal;
    const need =
      "need" in parsed.refusal ? `The key "${parsed.refusal.need}" is missing.` : malformed(reason);
    throw new Problem({ reason, detail: need });
  }
  const { request } = parsed;
  if (request.kind === "malformed-send")
    throw new Problem({ reason: request.reason, detail: malformed(request.reason) });
  if (!isRoomBound(request)) throw new Error("This request does not concern a room.");
  return request;
}

export function malformed(reason: string): string {
  const what = reason.replace("WrongFormat", "").toLowerCase();
  return `In this request, "${what}" is malformed, too long, or out of range.`;
}

const SENTENCES: Readonly<Record<string, string>> = {
  UnknownMessage: "There is no such message, or it is deleted.",
  NotAllowed: "The token may not do that to this message.",
  TooManyEdits: "The message was edited as often as it may be.",
  TooManyReactions: "There are as many reactions as there may be.",
  WrongFormatReply: "There is no message with the id in reply.",
};

/** @throws Problem if the reply is a refusal */
export function resultOf(text: string | null): Json {
  if (text === null)
    throw new Problem({
      reason: "ErrorWhenServing",
      detail: "Nobody knows whether this was stored. Repeat it.",
    });
  const { type: _, status, ...rest }: Json = JSON.parse(text);
  if (status === true) return rest;
  const { reason, error, retry, until } = rest;
  const word = String(reason);
  throw new Problem({
    reason: word,
    detail: typeof error === "string" ? error : (SENTENCES[word] ?? "This was refused."),
    retry: typeof retry === "number" ? retry : undefined,
    until: typeof until === "number" ? until : undefined,
  });
}
