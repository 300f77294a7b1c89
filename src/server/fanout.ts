import * as v2 from "../protocol/v2.ts";
import type { Outcome, SessionId } from "../room/operation.ts";
import type { Connection, Wire } from "./connection.ts";
import { textFrame } from "./websocket-frame.ts";

/** What the server counts and logs of the outcomes. */
export interface FanoutEvents {
  /** `connection` is undefined when the sender has gone in the meantime. */
  told(outcome: Outcome, connection: Connection | undefined): void;
  refused(connection: Connection, reason: string): void;
}

/** From this size on, copying a piece costs more than a write of its own. */
const SHARE_FROM_BYTES = 64 * 1024;

/** What one client that asked for something gets of a batch. */
interface Share {
  /** The first event of the batch that it hears; null while it has no nickname. */
  hearsFrom: number | null;
  /** Its replies: how many events stand before each, and after how many it hears on. */
  readonly replies: { readonly before: number; readonly after: number; readonly frame: Uint8Array }[];
}

/**
 * Tells each room its outcomes, in order: the reply to who asked, the event to the others. An event is encoded and
 * framed once, and a whole batch is one write a client: all who only listen share the same bytes, and who asked gets
 * the pieces between its replies.
 */
export class Fanout {
  readonly #clients = new Map<SessionId, { readonly connection: Connection; readonly wire: Wire }>();
  /**
   * The sockets of each room's registered connections. Sockets and not connections, because of what a batch touches
   * for each listener: with a thousand of them, memory that is not in the cache costs more than the code.
   */
  readonly #listeners = new Map<string, Set<Wire>>();
  readonly #timestampOf: (time: number) => string;
  readonly #events: FanoutEvents;

  constructor(timestampOf: (time: number) => string, events: FanoutEvents) {
    this.#timestampOf = timestampOf;
    this.#events = events;
  }

  get size(): number {
    return this.#clients.size;
  }

  *connections(): Generator<Connection> {
    for (const { connection } of this.#clients.values()) yield connection;
  }

  add(connection: Connection, wire: Wire): void {
    this.#clients.set(connection.session, { connection, wire });
  }

  remove(connection: Connection): void {
    const client = this.#clients.get(connection.session);
    if (!client) return;
    this.#clients.delete(connection.session);
    const listeners = this.#listeners.get(connection.room);
    listeners?.delete(client.wire);
    if (listeners?.size === 0) this.#listeners.delete(connection.room);
  }

  /** Tells a batch of outcomes of one room. */
  deliver(room: string, outcomes: Iterable<Outcome>): void {
    const events: Uint8Array[] = [];
    const shares = new Map<Connection, Share>();
    const toEnd: Connection[] = [];
    for (const outcome of outcomes) {
      const connection = this.#clients.get(outcome.session)?.connection;
      this.#events.told(outcome, connection);
      const before = events.length;
      const event = this.#eventOf(outcome);
      if (event !== null) events.push(textFrame(event));
      if (!connection) continue;
      const share = this.#shareOf(shares, connection);
      const reply = this.#replyOf(outcome, connection);
      // Who caused the event gets the reply in its place.
      if (reply !== null) share.replies.push({ before, after: events.length, frame: textFrame(reply) });
      if (outcome.kind === "registered" || outcome.kind === "renamed") {
        this.#name(room, connection, outcome.name);
        share.hearsFrom ??= events.length;
      } else if (outcome.kind === "ended") {
        toEnd.push(connection);
      }
    }
    this.#write(room, events, shares);
    for (const connection of toEnd) connection.end("flood");
  }

  #shareOf(shares: Map<Connection, Share>, connection: Connection): Share {
    let share = shares.get(connection);
    if (!share) {
      share = { hearsFrom: connection.name === null ? null : 0, replies: [] };
      shares.set(connection, share);
    }
    return share;
  }

  #name(room: string, connection: Connection, name: string): void {
    connection.named(name);
    const { wire } = connection;
    if (wire === null) return;
    const listeners = this.#listeners.get(room);
    if (listeners) listeners.add(wire);
    else this.#listeners.set(room, new Set([wire]));
  }

  #write(room: string, events: readonly Uint8Array[], shares: ReadonlyMap<Connection, Share>): void {
    const [only] = events;
    const whole = only !== undefined && events.length === 1 ? only : Buffer.concat(events);
    const starts = startsOf(events);
    const served = new Set<Wire>();
    for (const [connection, share] of shares) {
      if (connection.wire !== null) served.add(connection.wire);
      connection.write(piecesOf(share, whole, starts));
    }
    if (events.length === 0) return;
    for (const wire of this.#listeners.get(room) ?? []) {
      if (!served.has(wire)) wire.write(whole);
    }
  }

  #eventOf(outcome: Outcome): string | null {
    switch (outcome.kind) {
      case "registered":
        return v2.registerEvent(outcome.name, this.#timestampOf(outcome.time));
      case "renamed":
        return v2.changeEvent(outcome.oldName, outcome.name, this.#timestampOf(outcome.time));
      case "sent":
        return v2.messageEvent(outcome.message.name, outcome.message.content, outcome.message.timestamp);
      case "left":
        return outcome.name === null ? null : v2.leaveEvent(outcome.name, this.#timestampOf(outcome.time));
      default:
        return null;
    }
  }

  #replyOf(outcome: Outcome, connection: Connection): string | null {
    switch (outcome.kind) {
      case "registered":
        return v2.registered(outcome.name, this.#timestampOf(outcome.time));
      case "renamed":
        return v2.renamed(outcome.oldName, outcome.name, this.#timestampOf(outcome.time));
      case "sent":
        return v2.sent(outcome.message.name, outcome.message.content, outcome.message.timestamp);
      case "got":
        return this.#historyReply(outcome, connection);
      case "left":
      case "ended":
        return null;
      default:
        this.#events.refused(connection, refusalReason(outcome));
        return refusalFrame(outcome);
    }
  }

  #historyReply(outcome: Outcome & { kind: "got" }, connection: Connection): string {
    const refusal = connection.historyRefusal(outcome.history.bytes);
    if (refusal === null) {
      const timestamp = this.#timestampOf(outcome.time);
      return v2.got(outcome.name, timestamp, outcome.history.text(), outcome.online);
    }
    this.#events.refused(connection, refusal);
    return refusal === "TooManyRequests"
      ? v2.refused({ reason: refusal, type: "get", retryS: 1 })
      : v2.getFailed(outcome.name, "The server is busy sending histories. Try again in a few seconds.");
  }
}

/** Where each event begins in all of them together, and where the last one ends. */
function startsOf(events: readonly Uint8Array[]): number[] {
  const starts = [0];
  let end = 0;
  for (const event of events) {
    end += event.length;
    starts.push(end);
  }
  return starts;
}

/** What a client gets: its replies, and the events between them. */
function piecesOf({ hearsFrom, replies }: Share, whole: Uint8Array, starts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let next = hearsFrom ?? Number.POSITIVE_INFINITY;
  for (const { before, after, frame } of replies) {
    if (before > next) pieces.push(whole.subarray(starts[next], starts[before]));
    pieces.push(frame);
    next = Math.max(next, after);
  }
  if (next < starts.length - 1) pieces.push(whole.subarray(starts[next]));
  return joined(pieces);
}

/** Small pieces as one, so that they are one write; large ones as they are, so that clients share them. */
function joined(pieces: Uint8Array[]): Uint8Array[] {
  if (pieces.length < 2) return pieces;
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes / pieces.length > SHARE_FROM_BYTES ? pieces : [Buffer.concat(pieces, bytes)];
}

type Refused = Exclude<Outcome, { kind: "registered" | "renamed" | "sent" | "left" | "got" | "ended" }>;

function refusalFrame(outcome: Refused): string {
  switch (outcome.kind) {
    case "name-refused":
      return v2.nameRefused(outcome.oldName, outcome.name, outcome.reason);
    case "name-failed":
      return v2.nameFailed(outcome.oldName, outcome.name, outcome.error);
    case "send-refused":
      return v2.sendRefused(outcome.name, outcome.content);
    case "send-failed":
      return v2.sendFailed(outcome.name, outcome.content, outcome.error);
    case "get-failed":
      return v2.getFailed(outcome.name, outcome.error);
    case "unregistered":
      return outcome.request === "send" ? v2.sendUnregistered() : v2.getUnregistered();
    case "refused":
      return v2.refused(outcome.refusal);
  }
}

function refusalReason(outcome: Refused): string {
  switch (outcome.kind) {
    case "name-refused":
      return outcome.reason;
    case "name-failed":
      return outcome.oldName === null ? "ErrorWhenRegister" : "ErrorWhenChange";
    case "send-refused":
      return "WrongFormatContent";
    case "send-failed":
      return "ErrorWhenSend";
    case "get-failed":
      return "ErrorWhenGet";
    case "unregistered":
      return "UnknownRegister";
    case "refused":
      return outcome.refusal.reason;
  }
}
