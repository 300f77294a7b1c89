import type { Emitter } from "./events.ts";
import type { Mark, Message, Page, Position, Reply, RoomEvent, Stored } from "./frame.ts";

type PageReply = Extract<Reply, { kind: "page" }>;

const START: Position = { id: 0, time: 0 };

/**
 * A room's messages and their changes, each once and in order, and its roster. While the chat is entering the room, events
 * wait until all pages of what was missed have come.
 */
export class Stream {
  /** The public id of this client; null before the first registration, and with a server that gives none. */
  me: string | null = null;
  /** The nickname, or "". */
  name = "";
  readonly #emitter: Emitter;
  /** Events that came while the chat was entering the room; null at other times. */
  #waiting: RoomEvent[] | null = null;
  #hasRoster = false;
  #online: readonly string[] = [];
  /** By nickname. */
  readonly marks = new Map<string, Mark>();
  /** Own messages that were confirmed and that the program has not finished with: their times by their ids. */
  readonly #own: Map<number | null, number | null>;

  /** @param own own messages that an earlier run had not finished with */
  constructor(emitter: Emitter, own: readonly Position[]) {
    this.#emitter = emitter;
    this.#own = new Map(own.map(({ id, time }) => [id, time]));
  }

  /** The nicknames in use, in the order of registration. */
  get online(): readonly string[] {
    return this.#online;
  }

  /** The position of the last message or change reported; null before the first page, and with version 2. */
  get last(): Position | null {
    return this.#emitter.told;
  }

  /** Own messages after the emitter's position: the next run, too, must report them as own ones. */
  get own(): readonly Position[] {
    const done = this.#emitter.position?.id ?? 0;
    return [...this.#own].flatMap(([id, time]) => (id && time && id > done ? { id, time } : []));
  }

  /** The chat begins to enter the room: events wait from now on. */
  begin(): void {
    this.#waiting = [];
    this.#hasRoster = false;
  }

  /** A reply to the entering chat has come. The first one has the roster, which later events change. */
  enterWith(version: 2 | 3, { online, marks }: Pick<PageReply, "online" | "marks">): void {
    if (this.#hasRoster) return;
    this.#hasRoster = true;
    // The roster covers what happened before it. In version 2, so does the page for the messages.
    // What moderators do is in no page.
    this.#waiting =
      this.#waiting?.filter((event) => version === 3 && (event.type === "moderated" || placeOf(event))) ??
      null;
    if (version === 2) this.#emitter.told = null;
    this.#online = online;
    this.marks.clear();
    for (const [name, mark] of marks) this.marks.set(name, mark);
    this.#emitter.emit({ type: "roster", online });
  }

  /** Reports a page for the entering chat: the newest one at first, later the oldest page of missed messages. */
  page(version: 2 | 3, { messages, more, changed = [], cursor, gap, reset = false }: Page): void {
    if (this.#emitter.told && !reset) {
      // At first, while the position is before the page: if the program is killed in the middle of it, its next run gets
      // these again, and not only the rest of the messages.
      for (const message of changed)
        if (message.id !== null) this.#emitter.emit({ type: "changed", of: message.id, message });
      if (gap) {
        this.#emitter.told = { id: gap.to, time: 0 };
        this.#emitter.emit({ type: "gap", ...gap });
      }
      for (const message of messages) this.#tell(message);
      // Changes may follow the last of the messages.
      if (cursor && cursor.id > (this.#emitter.told?.id ?? 0)) this.#emitter.told = cursor;
    } else {
      this.#emitter.told = version === 2 ? null : (positionOf(messages.at(-1)) ?? START);
      this.#emitter.emit({ type: "history", messages, more, reset });
    }
  }

  /** All pages have come: reports the events that came meanwhile, unless a page has them. */
  end(): void {
    const waiting = this.#waiting?.filter((event) => this.#isNew(event)) ?? [];
    this.#waiting = null;
    for (const event of waiting) this.event(event);
    this.#forget();
  }

  /** Another client did something. */
  event(event: RoomEvent): void {
    if (this.#waiting && event.type !== "waiting") {
      this.#waiting.push(event);
      return;
    }
    switch (event.type) {
      case "message":
        this.#noteBot(event.message, event.mark);
        this.#tell(event.message);
        return;
      case "register":
        this.#online = [...this.#online, event.name];
        this.#mark(event.name, event.mark);
        break;
      case "leave":
        this.#online = this.#online.filter((name) => name !== event.name);
        this.#mark(event.name, undefined);
        break;
      case "change":
        this.rename(event.oldname, event.newname);
        this.#mark(event.oldname, undefined);
        this.#mark(event.newname, event.mark);
        break;
      case "edited":
      case "deleted":
      case "reacted":
        this.#emitter.told = positionOf(event);
        break;
      case "typing":
      case "moderated":
      case "waiting":
    }
    this.#emitter.emit(event);
  }

  /** The server confirmed an own message or change, which a page may have brought already. */
  confirmed(event: Stored): void {
    // While the chat is entering this is unknown: the next page may belong to another history.
    if (!this.#waiting && !this.#isNew(event)) return;
    const { me, name } = this;
    const by = me ?? "";
    if (event.type === "message") {
      this.#own.set(event.message.id, event.message.time);
      this.event(event);
    } else this.event(event.type === "reacted" ? { ...event, by, name } : { ...event, by });
  }

  /** Whether this client is the author, by the author's id. */
  isOwn({ by }: Pick<Message, "by">): boolean {
    return by !== undefined && by === this.me;
  }

  /** Whether no page has brought it. */
  #isNew(event: RoomEvent): boolean {
    const id = placeOf(event)?.id ?? Infinity;
    return id > (this.#emitter.told?.id ?? -1);
  }

  /** A nickname changed. It keeps its place in the roster. */
  rename(oldname: string, newname: string): void {
    this.#online = this.#online.map((name) => (name === oldname ? newname : name));
  }

  #mark(name: string, mark: Mark | undefined): void {
    if (mark) this.marks.set(name, mark);
    else this.marks.delete(name);
  }

  /** Programs come and go without the roster. A hook may write under many nicknames, of which the first one will do. */
  #noteBot({ name, by }: Message, mark: Mark | undefined): void {
    if (mark && ![...this.marks.values()].some((each) => each.by === by)) this.marks.set(name, mark);
  }

  #tell(message: Message): void {
    this.#emitter.told = positionOf(message);
    // By its place, too: the session may have ended since. After a reset another message may have the same id.
    const own = this.isOwn(message) || this.#own.get(message.id) === message.time;
    this.#emitter.emit({ type: "message", message, own });
    this.#forget();
  }

  /** Forgets own messages that the program has finished with. */
  #forget(): void {
    // Version 2 does not have positions.
    const done = this.#emitter.told ? (this.#emitter.position?.id ?? -1) : Infinity;
    for (const id of this.#own.keys()) if ((id ?? 0) <= done) this.#own.delete(id);
  }
}

type Place = Pick<Message, "id" | "time">;

/** What has the id and time of an event, if it has a place in the history. */
function placeOf(event: RoomEvent): Place | undefined {
  if (event.type === "message") return event.message;
  return "of" in event ? event : undefined;
}

/** @returns null without an id, as in version 2 */
function positionOf(place: Place | undefined): Position | null {
  return place && place.id !== null ? { id: place.id, time: place.time ?? 0 } : null;
}
