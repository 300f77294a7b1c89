import type { Emitter } from "./events.ts";
import type { Message, Page, Position, RoomEvent } from "./frame.ts";

const START: Position = { id: 0, time: 0 };

/**
 * A room's messages, each once and in order, and its roster. While the chat is entering the room, events wait until all pages
 * of missed messages have come.
 */
export class Stream {
  readonly #emitter: Emitter;
  /** Events that came while the chat was entering the room; null at other times. */
  #waiting: RoomEvent[] | null = null;
  #hasRoster = false;
  #online: readonly string[] = [];
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

  /** The position of the last message reported; null before the first page, and with version 2. */
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
    this.#waiting = this.#waiting?.filter(({ type }) => version === 3 && type === "message") ?? null;
    if (version === 2) this.#emitter.told = null;
    this.#online = online;
    this.#emitter.emit({ type: "roster", online });
  }

  /** Reports a page for the entering chat: the newest one at first, later the oldest page of missed messages. */
  page(version: 2 | 3, { messages, more, gap, reset = false }: Page): void {
    if (gap) {
      this.#emitter.told = { id: gap.to, time: 0 };
      this.#emitter.emit({ type: "gap", ...gap });
    }
    if (this.#emitter.told && !reset) for (const message of messages) this.#tell(message);
    else {
      this.#emitter.told = version === 2 ? null : (positionOf(messages.at(-1)) ?? START);
      this.#emitter.emit({ type: "history", messages, more, reset });
    }
  }

  /** All pages have come: reports the events that came meanwhile, unless a page has them. */
  end(): void {
    const isNew = (event: RoomEvent) => event.type !== "message" || this.#isNew(event.message);
    const waiting = this.#waiting?.filter(isNew) ?? [];
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
      case "typing":
    }
    this.#emitter.emit(event);
  }

  /** The server confirmed an own message, which a page may have brought already. */
  confirmed(message: Message): void {
    // While the chat is entering this is unknown: the next page may belong to another history.
    if (!this.#waiting && !this.#isNew(message)) return;
    this.#own.set(message.id, message.time);
    this.event({ type: "message", message });
  }

  /** Whether no page has brought it. */
  #isNew({ id }: Message): boolean {
    return id === null || id > (this.#emitter.told?.id ?? -1);
  }

  /** A nickname changed. It keeps its place in the roster. */
  rename(oldname: string, newname: string): void {
    this.#online = this.#online.map((name) => (name === oldname ? newname : name));
  }

  #tell(message: Message): void {
    this.#emitter.told = positionOf(message);
    // After a reset another message may have the same id.
    this.#emitter.emit({ type: "message", message, own: this.#own.get(message.id) === message.time });
    this.#forget();
  }

  /** Forgets own messages that the program has finished with. */
  #forget(): void {
    // Version 2 does not have positions.
    const done = this.#emitter.told ? (this.#emitter.position?.id ?? -1) : Infinity;
    for (const id of this.#own.keys()) if ((id ?? 0) <= done) this.#own.delete(id);
  }
}

function positionOf(message: Message | undefined): Position | null {
  return message && message.id !== null ? { id: message.id, time: message.time ?? 0 } : null;
}
