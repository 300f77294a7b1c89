import type { Outcome } from "../engine/outcome.ts";
import type { FrameText, HistoryFrame } from "../protocol/encode.ts";
import { withId, withRef } from "../protocol/extension.ts";
import { getFailed, historyReply, pageReply } from "../protocol/kinds/get.ts";
import { nameFailed, nameRefused, registered, renamed } from "../protocol/kinds/name.ts";
import { resumed, resumeRefused } from "../protocol/kinds/resume.ts";
import { sendFailed, sendRefused, sent } from "../protocol/kinds/send.ts";
import { PAGE_TO_COME } from "../protocol/page.ts";
import { refused, unregistered } from "../protocol/refusal.ts";
import type { Version } from "../protocol/version.ts";
import type { ReplyFrame } from "../protocol/wire.ts";
import type { ConnectionId } from "../room/operation.ts";
import type { Connection, Wire } from "./connection.ts";
import { type Announced, classicEvent, DIALECTS, type Dialect } from "./dialect.ts";
import { deflated } from "./permessage-deflate.ts";

/** What the server counts and logs of the outcomes. */
export interface FanoutEvents {
  /** `connection` is undefined when the sender has gone in the meantime. */
  told(outcome: Outcome, connection: Connection | undefined): void;
  refused(connection: Connection, reason: string): void;
}

type Reply = FrameText<ReplyFrame> | HistoryFrame<ReplyFrame>;

/** What one client that asked for something gets of a batch. */
interface Share {
  /** The first event of the batch that it hears; null while it has no nickname. */
  hearsFrom: number | null;
  /** How many events of the batch stand before its end; null while it goes on. */
  hearsUntil: number | null;
  /** Its replies: how many events stand before each, and after how many it hears on. Its own events are left out. */
  readonly replies: { readonly before: number; readonly after: number; readonly reply: Reply | null }[];
}

/** A connection to be ended when the batch is told, and why. */
type Ending = readonly [Connection, "flood" | "resumed" | "store-lost"];

/** What a client gets that asked for nothing. */
const LISTENING: Share = { hearsFrom: 0, hearsUntil: null, replies: [] };

const NOBODY = new Set<Wire>();

/** The sockets of a room's registered connections, by what they speak and whether they take it compressed. */
type Listeners = Readonly<Record<Version | "deflating", Set<Wire>>>;

/**
 * Tells each room its outcomes, in order: the reply to who asked, the event to the others. An event is encoded once for
 * each version, and a whole batch is one write a client: all who only listen share the same bytes, and who asked gets
 * the pieces between its replies. Only what is shared is compressed: once a batch, and never in one piece with a
 * secret.
 */
export class Fanout {
  readonly #clients = new Map<ConnectionId, { readonly connection: Connection; readonly wire: Wire }>();
  /**
   * Sockets and not connections, because of what a batch touches for each listener: with a thousand of them, memory
   * that is not in the cache costs more than the code.
   */
  readonly #listeners = new Map<string, Listeners>();
  readonly #timestampOf: (time: number) => string;
  readonly #events: FanoutEvents;
  readonly #compressFromBytes: number;
  /** The roster that was encoded last: when many come back at once, all are told the same. */
  #roster: { readonly online: readonly string[]; readonly text: string } = { online: [], text: "[]" };

  /** @param compressFromBytes the smallest batch that is worth compressing */
  constructor(timestampOf: (time: number) => string, events: FanoutEvents, compressFromBytes: number) {
    this.#timestampOf = timestampOf;
    this.#events = events;
    this.#compressFromBytes = compressFromBytes;
  }

  get size(): number {
    return this.#clients.size;
  }

  *connections(): Generator<Connection> {
    for (const { connection } of this.#clients.values()) yield connection;
  }

  add(connection: Connection, wire: Wire): void {
    this.#clients.set(connection.id, { connection, wire });
  }

  remove(connection: Connection): void {
    const client = this.#clients.get(connection.id);
    if (!client) return;
    this.#clients.delete(connection.id);
    this.#silence(connection, client.wire);
  }

  /** Ends all connections: this server cannot say any more who is in its rooms. */
  cutAll(): void {
    for (const connection of [...this.connections()]) connection.end("store-lost");
  }

  /** Tells a batch of outcomes of one room. */
  deliver(room: string, outcomes: readonly Outcome[]): void {
    const events: Announced[] = [];
    const shares = new Map<Connection, Share>();
    const toEnd: Ending[] = [];
    for (const outcome of outcomes) {
      const connection = this.#clients.get(outcome.connection)?.connection;
      this.#events.told(outcome, connection);
      const before = events.length;
      if (isAnnounced(outcome)) events.push(outcome);
      // Who resumes may be gone again, or at another server; the nickname has moved all the same.
      if (outcome.kind === "resumed") this.#cutOff(outcome.from, shares, toEnd, before);
      if (!connection) continue;
      const share = shareOf(shares, connection);
      if (share.hearsUntil !== null) continue;
      const reply = this.#replyOf(outcome, connection);
      // Who caused the event gets the reply in its place, if there is one.
      if (reply !== null || events.length > before) {
        share.replies.push({ before, after: events.length, reply });
      }
      switch (outcome.kind) {
        case "resumed":
        case "registered":
        case "renamed":
          this.#name(room, connection, outcome.name);
          share.hearsFrom ??= events.length;
          break;
        case "ended":
          toEnd.push([connection, "flood"]);
          break;
        case "store-lost":
          share.hearsUntil = before;
          toEnd.push([connection, "store-lost"]);
          break;
      }
    }
    this.#write(room, events, shares);
    for (const [connection, cause] of toEnd) connection.end(cause);
  }

  /** The nickname of a connection has moved on to another: it hears nothing any more. */
  #cutOff(connection: ConnectionId, shares: Map<Connection, Share>, toEnd: Ending[], before: number): void {
    const client = this.#clients.get(connection);
    if (!client) return;
    const share = shareOf(shares, client.connection);
    share.hearsUntil ??= before;
    this.#silence(client.connection, client.wire);
    toEnd.push([client.connection, "resumed"]);
  }

  #silence({ room, version }: Connection, wire: Wire): void {
    const listeners = this.#listeners.get(room);
    if (listeners === undefined) return;
    listeners[wire.deflates ? "deflating" : version].delete(wire);
    if (Object.values(listeners).every((wires) => wires.size === 0)) this.#listeners.delete(room);
  }

  #name(room: string, connection: Connection, name: string): void {
    connection.named(name);
    const { wire, version } = connection;
    if (wire === null) return;
    let listeners = this.#listeners.get(room);
    if (!listeners) {
      listeners = { 2: new Set(), 3: new Set(), deflating: new Set() };
      this.#listeners.set(room, listeners);
    }
    listeners[wire.deflates ? "deflating" : version].add(wire);
  }

  #write(room: string, events: readonly Announced[], shares: ReadonlyMap<Connection, Share>): void {
    const listeners = this.#listeners.get(room);
    const texts = events.map((event) => classicEvent(event, this.#timestampOf));
    for (const version of [2, 3] as const) {
      const asking = [...shares].filter(([connection]) => connection.version === version);
      const dialect = DIALECTS[version];
      let run: EventRun | undefined;
      const served = new Set<Wire>();
      for (const [connection, share] of asking) {
        if (connection.wire !== null) served.add(connection.wire);
        run ??= new EventRun(dialect, events, texts);
        connection.write(run.framesOf(share));
      }
      if (events.length === 0 || listeners === undefined) continue;
      const plain = listeners[version];
      const deflating = version === 3 ? listeners.deflating : NOBODY;
      if (plain.size === 0 && deflating.size === 0) continue;
      const whole = (run ?? new EventRun(dialect, events, texts)).framesOf(LISTENING);
      writeAll(plain, served, whole);
      if (deflating.size > 0) writeAll(deflating, served, deflated(whole, this.#compressFromBytes));
    }
  }

  #replyOf(outcome: Outcome, connection: Connection): Reply | null {
    const reply = this.#classicReply(outcome, connection);
    if (reply === null || connection.version === 2) return reply;
    const isOfMessage = outcome.kind === "sent" || outcome.kind === "repeated";
    const extended =
      isOfMessage && typeof reply === "string"
        ? withId(reply, outcome.record.id, outcome.record.time)
        : reply;
    return withRef(extended, outcome.ref);
  }

  #classicReply(outcome: Outcome, connection: Connection): Reply | null {
    switch (outcome.kind) {
      case "registered":
        return registered(outcome.name, this.#timestampOf(outcome.time));
      case "renamed":
        return renamed(outcome.oldName, outcome.name, this.#timestampOf(outcome.time));
      case "sent":
      case "repeated":
        return sent(
          outcome.record.message.name,
          outcome.record.message.content,
          outcome.record.message.timestamp,
        );
      case "history":
      case "page":
        return this.#historyReply(outcome, connection);
      case "resumed": {
        // Without memory for the page the nickname moves all the same, and the messages can be asked for again.
        if (outcome.shown === null) return null;
        const roster = this.#rosterText(outcome.shown.online);
        const bytes = outcome.shown.page.messages.length + roster.length;
        const page = connection.historyRefusal(bytes) === null ? outcome.shown.page : PAGE_TO_COME;
        return resumed(outcome.name, connection.secret, page, roster);
      }
      case "typing":
      case "left":
      case "gone":
      case "absent":
      case "ended":
      case "store-lost":
        return null;
      default:
        this.#events.refused(connection, refusalReason(outcome));
        return refusalFrame(outcome);
    }
  }

  #historyReply(outcome: Extract<Outcome, { kind: "history" | "page" }>, connection: Connection): Reply {
    const bytes = outcome.kind === "history" ? outcome.history.bytes : outcome.page.messages.length;
    const roster = this.#rosterText(outcome.online);
    const refusal = connection.historyRefusal(bytes + roster.length);
    if (refusal === null) {
      const timestamp = this.#timestampOf(outcome.time);
      return outcome.kind === "history"
        ? historyReply(outcome.name, timestamp, outcome.history.encoded(), roster)
        : pageReply(outcome.name, timestamp, outcome.page, roster);
    }
    this.#events.refused(connection, refusal);
    return refusal === "TooManyRequests"
      ? refused({ reason: refusal, type: "get", retryS: 1 })
      : getFailed(outcome.name, "The server is busy sending histories. Try again in a few seconds.");
  }

  #rosterText(online: readonly string[]): string {
    if (this.#roster.online !== online) this.#roster = { online, text: JSON.stringify(online) };
    return this.#roster.text;
  }
}

/**
 * Writes to all but a few. These are taken out meanwhile: to ask for each of a thousand whether it is one of them takes
 * longer.
 */
function writeAll(wires: Set<Wire>, except: ReadonlySet<Wire>, pieces: readonly Uint8Array[]): void {
  const excepted = [...except].filter((wire) => wires.delete(wire));
  for (const piece of pieces) for (const wire of wires) wire.write(piece);
  for (const wire of excepted) wires.add(wire);
}

function shareOf(shares: Map<Connection, Share>, connection: Connection): Share {
  let share = shares.get(connection);
  if (!share) {
    share = { hearsFrom: connection.name === null ? null : 0, hearsUntil: null, replies: [] };
    shares.set(connection, share);
  }
  return share;
}

/** The events of a batch as one version writes them: encoded once, and then cut as each client needs it. */
class EventRun {
  readonly #dialect: Dialect;
  readonly #units: readonly Uint8Array[];
  readonly #bytes: Uint8Array;
  /** Where each event begins in all of them together, and where the last one ends. */
  readonly #starts: readonly number[];

  constructor(dialect: Dialect, events: readonly Announced[], texts: readonly string[]) {
    this.#dialect = dialect;
    this.#units = events.map((event, at) => dialect.event(event, texts[at] ?? ""));
    const [only] = this.#units;
    this.#bytes = only !== undefined && this.#units.length === 1 ? only : Buffer.concat(this.#units);
    this.#starts = startsOf(this.#units);
  }

  /** What a client gets: its replies, and the events between them. */
  framesOf({ hearsFrom, hearsUntil, replies }: Share): Uint8Array[] {
    const end = hearsUntil ?? this.#units.length;
    const runs: Uint8Array[] = [];
    let count = 0;
    let next = hearsFrom ?? Number.POSITIVE_INFINITY;
    const hear = (until: number) => {
      if (until <= next) return;
      const run = this.#bytes.subarray(this.#starts[next], this.#starts[until]);
      if (run.length > 0) runs.push(run);
      for (let at = next; at < until; at++) if (this.#units[at]?.length) count++;
    };
    for (const { before, after, reply } of replies) {
      hear(before);
      if (reply !== null) {
        runs.push(...this.#dialect.reply(reply));
        count++;
      }
      next = Math.max(next, after);
    }
    hear(end);
    return this.#dialect.frames(runs, count);
  }
}

function startsOf(units: readonly Uint8Array[]): number[] {
  const starts = [0];
  let end = 0;
  for (const unit of units) {
    end += unit.length;
    starts.push(end);
  }
  return starts;
}

function isAnnounced(outcome: Outcome): outcome is Announced {
  switch (outcome.kind) {
    case "registered":
    case "renamed":
    case "sent":
    case "typing":
      return true;
    case "left":
      return true;
    default:
      return false;
  }
}

type Refused = Exclude<
  Outcome,
  | Announced
  | { kind: "history" | "page" | "resumed" | "repeated" | "absent" | "gone" | "ended" | "store-lost" }
>;

function refusalFrame(outcome: Refused): FrameText<ReplyFrame> {
  switch (outcome.kind) {
    case "name-refused":
      return nameRefused(outcome.oldName, outcome.name, outcome.reason);
    case "name-failed":
      return nameFailed(outcome.oldName, outcome.name, outcome.error);
    case "send-refused":
      return sendRefused(outcome.name, outcome.content, outcome.reason);
    case "send-failed":
      return sendFailed(outcome.name, outcome.content, outcome.error);
    case "get-failed":
      return getFailed(outcome.name, outcome.error);
    case "resume-refused":
      return resumeRefused();
    case "unregistered":
      return unregistered(outcome.request);
    case "refused":
      return refused(outcome.refusal);
  }
}

function refusalReason(outcome: Refused): string {
  switch (outcome.kind) {
    case "name-refused":
    case "send-refused":
      return outcome.reason;
    case "name-failed":
      return outcome.oldName === null ? "ErrorWhenRegister" : "ErrorWhenChange";
    case "send-failed":
      return "ErrorWhenSend";
    case "get-failed":
      return "ErrorWhenGet";
    case "resume-refused":
      return "UnknownSession";
    case "unregistered":
      return "UnknownRegister";
    case "refused":
      return outcome.refusal.reason;
  }
}
