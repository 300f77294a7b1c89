import { Emitter } from "./events.ts";
import type { Message, Page, RoomEvent } from "./frame.ts";

/**
 * A room's messages in their order, each once, and its roster. Between the moment at which a connection begins to bring
 * events and the one at which all pages of what was missed are here, the events wait.
 */
export class Stream extends Emitter {
  /** Events that came during an entry; null outside of one. */
  #waiting: RoomEvent[] | null = null;
  #hasRoster = false;
  #online: readonly string[] = [];
  #lastId: number | null = null;
  /** Ids of own messages that were confirmed during an entry, and not told yet. */
  readonly #own = new Set<number | null>();

  /** The nicknames in use, in the order of registration. */
  get online(): readonly string[] {
    return this.#online;
  }

  /** The id of the last message told; null before there was a page, and with version 2. */
  get lastId(): number | null {
    return this.#lastId;
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
    if (version === 2) this.#lastId = null;
    this.#online = online;
    this.emit({ type: "roster", online });
  }

  /** A page of the entry is to be told: the newest one if nothing was told yet, else the oldest that was missed. */
  page(version: 2 | 3, { messages, more, gap }: Page): void {
    if (gap) this.emit({ type: "gap", ...gap });
    if (this.#lastId === null) this.emit({ type: "history", messages, more });
    else for (const message of messages) this.#tell(message);
    if (version === 3) this.#lastId = Math.max(this.#lastId ?? 0, gap?.to ?? 0, messages.at(-1)?.id ?? 0);
  }

  /** All pages of the entry are here: what came meanwhile and is in none of them comes now. */
  end(): void {
    const isNew = (event: RoomEvent) => event.type !== "message" || this.#isNew(event.message);
    const waiting = this.#waiting?.filter(isNew) ?? [];
    this.#waiting = null;
    for (const event of waiting) this.event(event);
    this.#own.clear();
  }

  /** Another client did something. */
  event(event: RoomEvent): void {
    if (this.#waiting) {
      this.#waiting.push(event);
      return;
    }
    switch (event.type) {
      case "message":
        this.#lastId = event.message.id;
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
    this.emit(event);
  }

  /** An own message was confirmed: perhaps one that a page has. */
  own(message: Message): void {
    if (!this.#isNew(message)) return;
    this.#own.add(message.id);
    this.event({ type: "message", message });
  }

  /** Whether no page had it. */
  #isNew({ id }: Message): boolean {
    return id === null || id > (this.#lastId ?? -1);
  }

  /** A nickname changed; its place in the roster stays. */
  rename(oldname: string, newname: string): void {
    this.#online = this.#online.map((name) => (name === oldname ? newname : name));
  }

  #tell(message: Message): void {
    this.emit({ type: "message", message, own: this.#own.delete(message.id) });
  }
}
