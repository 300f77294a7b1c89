import { PAGE_MAX } from "../../protocol/limits.ts";
import type { Page } from "../../protocol/page.ts";
import type { Streamed } from "../client-socket.ts";
import type { Wire } from "../connection.ts";
import { HistoryReplies } from "../history-replies.ts";
import type { Living } from "../liveness.ts";
import type { Recipient, RecipientEnd } from "../recipient.ts";
import type { ServerParts } from "../server-parts.ts";
import { EVENT_DIALECT, headOf, type Place } from "./event-dialect.ts";
import { type Asking, chargeHistory, operationOf, pageAfter } from "./rooms.ts";

/** A comment, which clients ignore: it shows proxies, and the system, whether the client is still there. */
const HEARTBEAT = Buffer.from(":\n\n");
/** How long a client should wait before it comes back, in milliseconds. */
const RETRY = Buffer.from("retry: 2000\n\n");

/** The id of an empty page of another history. */
const BEGINNING: Place = { after: 0, time: undefined };

/**
 * What happens in a room, for one program: the pages that it has missed, and from the last of them on every event. The first event
 * that it hears is the one that follows that page in the room's order.
 */
export class EventStream implements Recipient, Living, Streamed {
  readonly id: string;
  readonly room: string;
  readonly dialect = EVENT_DIALECT;
  readonly secret = "";
  readonly asking: Asking;
  readonly #parts: ServerParts;
  readonly #history: HistoryReplies;
  readonly #closed: (stream: EventStream) => void;
  readonly #leaveWheel: () => void;
  #wire: Wire | null;
  #isFollowing = false;
  /** Behind which the newest page was asked for, that is, where the program is. */
  #place: Place;
  /** What the event of the page begins with that is written next. */
  #head: string | null = null;
  #hasMore = false;
  #isAsking = false;

  /** @param closed gives back what the stream holds */
  constructor(
    id: string,
    asking: Asking,
    from: Place,
    wire: Wire,
    parts: ServerParts,
    closed: (stream: EventStream) => void,
  ) {
    this.id = id;
    this.room = asking.room;
    this.asking = asking;
    this.#parts = parts;
    this.#wire = wire;
    this.#closed = closed;
    this.#history = new HistoryReplies(parts.settings.limits, asking.address.getMemory);
    this.#leaveWheel = parts.wheel.add(this);
    this.#place = from;
  }

  start(): void {
    this.#parts.fanout.add(this);
    this.#wire?.write(RETRY);
    this.#ask();
  }

  /** The nickname of the token; null until the stream hears events. */
  get name(): string | null {
    return this.#isFollowing ? this.asking.token.nickname : null;
  }

  get sink(): Wire | null {
    return this.#wire;
  }

  named(): void {}

  shown(page: Page): boolean {
    this.#isAsking = false;
    // The newest page of another history has earlier ones, which nobody asks for.
    const isLast = !page.more || page.reset;
    const { cursor, reset } = page;
    const isEmpty = cursor === null && page.messages.length === 0;
    // A program that comes back is sent only what it has not had.
    this.#head = headOf("page", isEmpty ? (reset ? BEGINNING : this.#place) : null);
    if (cursor !== null) this.#place = { after: cursor.id, time: cursor.time };
    this.#isFollowing = isLast;
    this.#hasMore = !isLast;
    return isLast;
  }

  historyRefusal(bytes: number): "TooManyRequests" | "ErrorWhenGet" | null {
    const refusal = this.#history.reserve(bytes);
    if (refusal === null) chargeHistory(this.asking.address, bytes);
    return refusal;
  }

  write(pieces: readonly Uint8Array[]): void {
    const wire = this.#wire;
    if (wire === null) return;
    // Before its page a stream hears nothing.
    if (this.#head !== null) wire.write(Buffer.from(this.#head));
    this.#head = null;
    for (const piece of pieces) wire.write(piece);
    this.#history.written(performance.now());
    // The page was refused: the program tries again from where it is.
    if (this.#isAsking) this.finish();
    else this.progressed();
  }

  /** The client has read what it was sent. */
  progressed(): void {
    this.checkUnsent();
    if (!this.#hasMore || (this.#wire?.unsentBytes ?? 1) > 0) return;
    this.#hasMore = false;
    this.#ask();
  }

  checkUnsent(): void {
    const wire = this.#wire;
    if (wire === null || this.#history.isWriting) return;
    const excess = this.#history.excessOf(wire.unsentBytes, performance.now());
    if (excess > this.#parts.settings.limits.unsentBytes) wire.terminate();
  }

  tick(): void {
    this.#wire?.write(HEARTBEAT);
    this.checkUnsent();
  }

  /** A client that is gone is found by the system: it does not acknowledge the heartbeats. */
  endIfSilent(): void {}

  end(_cause: RecipientEnd): void {
    this.finish();
  }

  /** Ends the answer behind what is unsent. */
  finish(): void {
    this.#wire?.close(1000, "");
  }

  closed(): void {
    if (this.#wire === null) return;
    this.#wire = null;
    const { fanout, engine } = this.#parts;
    this.#leaveWheel();
    this.#history.release();
    fanout.remove(this);
    engine.submit(this.room, { kind: "leave", connection: this.id, resumable: false });
    this.#closed(this);
  }

  #ask(): void {
    this.#isAsking = true;
    const { after, time } = this.#place;
    const request = { kind: "get", page: pageAfter(after, time, PAGE_MAX) } as const;
    const { address } = this.asking;
    const operation = operationOf(this.id, request, this.asking, 0);
    address.pending.charge(operation.size);
    this.#parts.engine.submit(this.room, operation);
  }
}
