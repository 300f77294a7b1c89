import type { Emitter } from "./events.ts";
import type { Message, MessageChange, Page, Position, RoomEvent } from "./frame.ts";
import { applyChange } from "./message-change.ts";

const START: Position = { id: 0, time: 0 };

/** What has a place in the history. */
type Stored = Extract<RoomEvent, { type: "message" }> | MessageChange;

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
  /** Own messages that were confirmed and that the program has not finished with: their times by their ids. */
  readonly #own: Map<number | null, number | null>;
  /** Pages that are on their way to the program, as they came and as they are now. */
  readonly #pages = new Map<Page, Page>();

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
  enterWith(version: 2 | 3, online: readonly string[]): void {
    if (this.#hasRoster) return;
    this.#hasRoster = true;
    // The roster covers what happened before it. In version 2, so does the page for the messages.
    this.#waiting = this.#waiting?.filter((event) => version === 3 && isStored(event)) ?? null;
    if (version === 2) this.#emitter.told = null;
    this.#online = online;
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
    const waiting = this.#waiting?.filter((event) => !isStored(event) || this.#isNew(event)) ?? [];
    this.#waiting = null;
    for (const event of waiting) this.event(event);
    this.#forget();
  }

  /** Another client did something. */
  event(event: RoomEvent): void {
    if (this.#waiting) {
      this.#waiting.push(event);
      return;
    }
    switch (event.type) {
      case "message":
        this.#tell(event.message);
        return;
      case "register":
        this.#online = [...this.#online, event.name];
        break;
      case "leave":
        this.#online = this.#online.filter((name) => name !== event.name);
        break;
      case "change":
        this.rename(event.oldname, event.newname);
        break;
      case "edited":
      case "deleted":
      case "reacted":
        this.#emitter.told = { id: event.id, time: event.time };
        this.#refresh(event);
        break;
      case "typing":
    }
    this.#emitter.emit(event);
  }

  /** The server confirmed an own message or change, which a page may have brought already. */
  confirmed(event: Stored): void {
    // While the chat is entering this is unknown: the next page may belong to another history.
    if (!this.#waiting && !this.#isNew(event)) return;
    if (event.type === "message") this.#own.set(event.message.id, event.message.time);
    this.event(event);
  }

  /** As {@link confirmed}, for a change as the reply to it says, which is not who made it. */
  changed(change: MessageChange): void {
    const { me, name } = this;
    const by = me ?? "";
    this.confirmed(change.type === "reacted" ? { ...change, by, name } : { ...change, by });
  }

  /** Whether this client is the author. */
  isOwn({ by, id, time }: Message): boolean {
    // After a reset another message may have the same id.
    return (by !== undefined && by === this.me) || this.#own.get(id) === time;
  }

  /** A page has come for the program, which gets it a moment later: changes that come before that are made in it. */
  hold(page: Page): Page {
    this.#pages.set(page, page);
    return page;
  }

  /** The program gets the page now. @returns the page as it is by now */
  release(page: Page): Page {
    const current = this.#pages.get(page) ?? page;
    this.#pages.delete(page);
    return current;
  }

  #refresh(change: MessageChange): void {
    for (const [page, { messages, changed, ...current }] of this.#pages) {
      const refreshed = (all: readonly Message[]) => all.map((message) => applyChange(message, change));
      this.#pages.set(page, {
        ...current,
        messages: refreshed(messages),
        changed: changed && refreshed(changed),
      });
    }
  }

  /** Whether no page has brought it. */
  #isNew(event: Stored): boolean {
    const { id } = event.type === "message" ? event.message : event;
    return id === null || id > (this.#emitter.told?.id ?? -1);
  }

  /** A nickname changed. It keeps its place in the roster. */
  rename(oldname: string, newname: string): void {
    this.#online = this.#online.map((name) => (name === oldname ? newname : name));
  }

  #tell(message: Message): void {
    this.#emitter.told = positionOf(message);
    this.#emitter.emit({ type: "message", message, own: this.isOwn(message) });
    this.#forget();
  }

  /** Forgets own messages that the program has finished with. */
  #forget(): void {
    // Version 2 does not have positions.
    const done = this.#emitter.told ? (this.#emitter.position?.id ?? -1) : Infinity;
    for (const id of this.#own.keys()) if ((id ?? 0) <= done) this.#own.delete(id);
  }
}

function isStored(event: RoomEvent): event is Stored {
  return event.type === "message" || "of" in event;
}

function positionOf(message: Message | undefined): Position | null {
  return message && message.id !== null ? { id: message.id, time: message.time ?? 0 } : null;
}
