import type { Outcome } from "../engine/outcome.ts";
import type { ConnectionId } from "../room/operation.ts";
import type { Present } from "../room/roster.ts";
import type { Dialect } from "./dialect.ts";
import { type BatchEvent, EventRun, type Share } from "./event-run.ts";
import type { Effect, Texts } from "./kinds/rules.ts";
import type { Marks } from "./marks.ts";
import { rulesOf } from "./outcome-rules.ts";
import { deflated } from "./permessage-deflate.ts";
import type { EventSink, Recipient, RecipientEnd } from "./recipient.ts";

/** What the server counts and logs of the outcomes. */
export interface FanoutEvents {
  /** @param recipient undefined when it is gone, or at another server */
  delivered(room: string, outcome: Outcome, recipient: Recipient | undefined): void;
  refused(recipient: Recipient, reason: string): void;
}

/** What a batch of outcomes comes to. */
interface Batch {
  readonly texts: Texts;
  readonly events: BatchEvent[];
  /** For recipients that made a request, or end. */
  readonly shares: Map<Recipient, Share>;
  readonly ends: [Recipient, RecipientEnd][];
}

/** The sinks of a room's members in one dialect. */
interface Listeners {
  readonly plain: Set<EventSink>;
  readonly deflating: Set<EventSink>;
}

/**
 * Delivers each room's outcomes in order: the reply to the recipient that made the request, the event to the others. An
 * event is encoded once for each dialect, and a whole batch is one write for each recipient: all that only listen share
 * the same bytes, and those that made requests get the pieces between their replies. Only what is shared is compressed:
 * once for each batch, and never together with a secret.
 */
export class Fanout {
  /** With the sinks, which a recipient no longer has once it ends. */
  readonly #recipients = new Map<
    ConnectionId,
    { readonly recipient: Recipient; readonly sink: EventSink | null }
  >();
  /**
   * Sinks and not recipients, because of what a batch touches for each of them: with a thousand, memory that is not in
   * the cache costs more than the code.
   */
  readonly #rooms = new Map<string, Map<Dialect, Listeners>>();
  readonly #texts: Pick<Texts, "timestampOf" | "rosterOf">;
  #marks: Marks | null = null;
  readonly #events: FanoutEvents;
  readonly #compressFromBytes: number;

  /** @param compressFromBytes the smallest batch that is worth compressing */
  constructor(timestampOf: (time: number) => string, events: FanoutEvents, compressFromBytes: number) {
    this.#texts = { timestampOf, rosterOf: rosterTexts() };
    this.#events = events;
    this.#compressFromBytes = compressFromBytes;
  }

  /** From here on nicknames have marks. */
  mark(marks: Marks): void {
    this.#marks = marks;
  }

  add(recipient: Recipient): void {
    this.#recipients.set(recipient.id, { recipient, sink: recipient.sink });
  }

  remove({ id }: Recipient): void {
    const known = this.#recipients.get(id);
    if (known === undefined) return;
    this.#recipients.delete(id);
    this.#silence(known.recipient, known.sink);
  }

  endAll(cause: RecipientEnd): void {
    for (const { recipient } of [...this.#recipients.values()]) recipient.end(cause);
  }

  /** Delivers a batch of outcomes of one room. */
  deliver(room: string, outcomes: readonly Outcome[]): void {
    const batch: Batch = { texts: this.#textsOf(room), events: [], shares: new Map(), ends: [] };
    for (const outcome of outcomes) this.#take(room, outcome, batch);
    this.#write(room, batch);
    for (const [recipient, cause] of batch.ends) recipient.end(cause);
  }

  #textsOf(room: string): Texts {
    const marks = this.#marks;
    return {
      ...this.#texts,
      marksOf: (present) => marks?.textOf(room, present) ?? null,
      markOf: (present) => marks?.of(room, present) ?? null,
      botMarkOf: (present) => marks?.ofBot(room, present) ?? null,
    };
  }

  #take(room: string, outcome: Outcome, batch: Batch): void {
    const { event, effect } = rulesOf(outcome);
    const recipient = this.#recipients.get(outcome.connection)?.recipient;
    this.#events.delivered(room, outcome, recipient);
    const before = batch.events.length;
    if (event !== null) batch.events.push((version) => event[version]?.(outcome, batch.texts) ?? null);
    // The recipient may be gone, or at another server; the nickname has moved all the same.
    const superseded = effect?.superseded?.(outcome);
    if (superseded !== undefined) this.#supersede(superseded, batch, before);
    if (recipient !== undefined) this.#takeFor(recipient, outcome, effect, batch, before);
  }

  /** Takes an outcome for the recipient that requested it. @param before how many events come before it */
  #takeFor(
    recipient: Recipient,
    outcome: Outcome,
    effect: Effect<Outcome> | null,
    { texts, events, shares, ends }: Batch,
    before: number,
  ): void {
    const share = shareOf(shares, recipient);
    if (share.hearsUntil !== null) return;
    const answered = effect?.withinMemory?.(outcome, texts, recipient) ?? outcome;
    const reply = this.#replyTo(recipient, answered, texts);
    // The recipient that caused the event gets the reply in its place, if there is one.
    if (reply !== null || events.length > before) share.replies.push({ before, after: events.length, reply });
    const isKeptOut = effect?.keepsOut?.(outcome);
    if (isKeptOut !== undefined) recipient.keptOut?.(isKeptOut);
    const as = effect?.named?.(outcome);
    if (as !== undefined) {
      this.#name(recipient, as);
      share.hearsFrom ??= events.length;
    }
    const page = rulesOf(answered).effect?.shows?.(answered);
    if (page !== undefined && recipient.shown?.(page) === true) {
      this.#listen(recipient);
      share.hearsFrom ??= events.length;
    }
    if (effect?.ends !== undefined) {
      if (!effect.ends.hearsRest) share.hearsUntil = before;
      ends.push([recipient, effect.ends.cause]);
    }
  }

  /** @param answered an outcome within the recipient's memory */
  #replyTo(recipient: Recipient, answered: Outcome, texts: Texts): Share["replies"][number]["reply"] {
    const { reply, refusal } = rulesOf(answered);
    if (refusal !== null) this.#events.refused(recipient, refusal(answered));
    const text = reply?.[recipient.dialect.version]?.(answered, texts, recipient) ?? null;
    return text === null ? null : { text, ref: answered.ref };
  }

  /** The nickname of a connection has moved to another one: it hears nothing more. */
  #supersede(connection: ConnectionId, { shares, ends }: Batch, before: number): void {
    const known = this.#recipients.get(connection);
    if (known === undefined) return;
    const { recipient, sink } = known;
    shareOf(shares, recipient).hearsUntil ??= before;
    this.#silence(recipient, sink);
    ends.push([recipient, "resumed"]);
  }

  #name(recipient: Recipient, as: Present): void {
    recipient.named(as);
    this.#listen(recipient);
  }

  /** From here on a recipient hears the events of its room. */
  #listen({ room, dialect, sink }: Recipient): void {
    if (sink === null) return;
    const dialects = this.#rooms.get(room) ?? new Map<Dialect, Listeners>();
    this.#rooms.set(room, dialects);
    const listeners = dialects.get(dialect) ?? { plain: new Set(), deflating: new Set() };
    dialects.set(dialect, listeners);
    setOf(listeners, sink).add(sink);
  }

  #silence({ room, dialect }: Recipient, sink: EventSink | null): void {
    const dialects = this.#rooms.get(room);
    const listeners = dialects?.get(dialect);
    if (dialects === undefined || listeners === undefined || sink === null) return;
    setOf(listeners, sink).delete(sink);
    if (listeners.plain.size + listeners.deflating.size === 0) dialects.delete(dialect);
    if (dialects.size === 0) this.#rooms.delete(room);
  }

  #write(room: string, { events, shares }: Batch): void {
    const runs = new Map<Dialect, EventRun>();
    const runIn = (dialect: Dialect) => {
      const run = runs.get(dialect) ?? new EventRun(dialect, events);
      runs.set(dialect, run);
      return run;
    };
    const served = new Set<EventSink>();
    for (const [recipient, share] of shares) {
      if (recipient.sink !== null) served.add(recipient.sink);
      recipient.write(runIn(recipient.dialect).framesOf(share));
    }
    const dialects = this.#rooms.get(room);
    if (events.length === 0 || dialects === undefined) return;
    for (const [dialect, { plain, deflating }] of dialects) {
      const whole = runIn(dialect).framesOf();
      writeAll(plain, served, whole);
      if (deflating.size > 0) writeAll(deflating, served, deflated(whole, this.#compressFromBytes));
    }
  }
}

/** Keeps the roster that was encoded last: when many come back at once, all get the same. */
function rosterTexts(): Texts["rosterOf"] {
  let last: { readonly online: readonly string[]; readonly text: string } = { online: [], text: "[]" };
  return (online) => {
    if (last.online !== online) last = { online, text: JSON.stringify(online) };
    return last.text;
  };
}

/**
 * Writes to all but a few. These are taken out in the meantime: checking each of a thousand for being one of them takes
 * longer.
 */
function writeAll(
  sinks: Set<EventSink>,
  except: ReadonlySet<EventSink>,
  pieces: readonly Uint8Array[],
): void {
  const excepted = [...except].filter((sink) => sinks.delete(sink));
  for (const piece of pieces) for (const sink of sinks) sink.write(piece);
  for (const sink of excepted) sinks.add(sink);
}

function setOf({ plain, deflating }: Listeners, sink: EventSink): Set<EventSink> {
  return sink.deflates ? deflating : plain;
}

function shareOf(shares: Map<Recipient, Share>, recipient: Recipient): Share {
  const known = shares.get(recipient);
  if (known !== undefined) return known;
  const share = { hearsFrom: recipient.name === null ? null : 0, hearsUntil: null, replies: [] };
  shares.set(recipient, share);
  return share;
}
