import type { Emitter } from "./events.ts";
import type { Message, Page, Position, RoomEvent } from "./frame.ts";

const START: Position = { id: 0, time: 0 };

/**
 * A room's messages in their order, each once, and its roster. Between the moment at which a connection begins to bring
 * events and the one at which all pages of what was missed are here, the events wait.
 */
export class Stream {
  readonly #emitter: Emitter;
  /** Events that came during an entry; null outside of one. */
  #waiting: RoomEvent[] | null = null;
  #hasRoster = false;
  #online: readonly string[] = [];
  /** Own messages that were confirmed and are not done with yet: their times by their ids. */
  readonly #own: Map<number | null, number | null>;

  /** @param own messages that an earlier run had confirmed, and was not done with */
  constructor(emitter: Emitter, own: readonly Position[]) {
    this.#emitter = emitter;
    this.#own = new Map(own.map(({ id, time }) => [id, time]));
  }

  /** The nicknames in use, in the order of registration. */
  get online(): readonly string[] {
    return this.#online;
  }

  /** The last message told; null before there was a page, and with version 2. */
  get last(): Position | null {
    return this.#emitter.told;
  }

  /** Own messages behind the emitter's position: to be told as own ones, also by the next run. */
  get own(): readonly Position[] {
    const done = this.#emitter.position?.id ?? 0;
    return [...this.#own].flatMap(([id, time]) => (id && time && id > done ? { id, time } : []));
  }

  /** An entry begins: events wait from now on. */
  begin(): void {
    this.#waiting = [];
    this.#hasRoster = false;
  }

  /** A reply of the entry is here. The first one has the roster; what comes from now on changes it. */
  enterWith(version: 2 | 3, online: readonly string[]): void {
    if (this.#hasRoster) return;
    this.#hasRoster = true;
    // The page has the messages of version 2 that came before it, and the roster what else happened.
    this.#waiting = this.#waiting?.filter(({ type }) => version === 3 && type === "message") ?? null;
    if (version === 2) this.#emitter.told = null;
    this.#online = online;
    this.#emitter.emit({ type: "roster", online });
  }

  /** A page of the entry is to be told: the newest one if nothing was told yet, else the oldest that was missed. */
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

  /** All pages of the entry are here: what came meanwhile and is in none of them comes now. */
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

  /** An own message was confirmed: perhaps one that a page has. */
  confirmed(message: Message): void {
    // During an entry that is not known yet: the page that is to be told may be of another history.
    if (!this.#waiting && !this.#isNew(message)) return;
    this.#own.set(message.id, message.time);
    this.event({ type: "message", message });
  }

  /** Whether no page had it. */
  #isNew({ id }: Message): boolean {
    return id === null || id > (this.#emitter.told?.id ?? -1);
  }

  /** A nickname changed; its place in the roster stays. */
  rename(oldname: string, newname: string): void {
    this.#online = this.#online.map((name) => (name === oldname ? newname : name));
  }

  #tell(message: Message): void {
    this.#emitter.told = positionOf(message);
    // An id of a history that was replaced may be another's now.
    this.#emitter.emit({ type: "message", message, own: this.#own.get(message.id) === message.time });
    this.#forget();
  }

  /** Own messages that are done with are not asked for again. */
  #forget(): void {
    // Version 2 has no positions.
    const done = this.#emitter.told ? (this.#emitter.position?.id ?? -1) : Infinity;
    for (const id of this.#own.keys()) if ((id ?? 0) <= done) this.#own.delete(id);
  }
}

function positionOf(message: Message | undefined): Position | null {
  return message && message.id !== null ? { id: message.id, time: message.time ?? 0 } : null;
}
