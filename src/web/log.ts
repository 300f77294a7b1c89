import { create, find, nicknameElement } from "./element.ts";
import type { Frame, Message } from "./frame.ts";

/** Entries shown at first, and added by each wish for earlier ones. */
const PAGE_ENTRIES = 200;

/** More elements than this make a browser slow; the oldest ones are then taken off the screen again. */
const SHOWN_MOST = 3 * PAGE_ENTRIES;

/** So near to its end, in CSS pixels, the log counts as read to the end. */
const END_WITHIN_PX = 40;

/** Something that happened to a nickname. */
export type RosterEvent = Extract<Frame, { kind: "joined" | "left" | "changed" }>;

type Entry = { readonly kind: "message"; readonly message: Message; readonly own: boolean } | RosterEvent;

/** The messages and events of the room. It keeps them all and shows the newest, and it follows the end while the reader is there. */
export class Log {
  readonly #box = find("log", HTMLElement);
  readonly #list = find("messages", HTMLOListElement);
  readonly #earlier = find("earlier", HTMLButtonElement);
  readonly #empty = find("empty", HTMLElement);
  readonly #newest = find("newest", HTMLButtonElement);
  #entries: Entry[] = [];
  /** Index of the first entry on the screen: the list shows the entries from here to the last. */
  #first = 0;
  #following = true;
  #hasUnread = false;
  #top = 0;
  #frame: number | undefined;

  constructor() {
    this.#earlier.onclick = () => this.#showEarlier();
    this.#newest.onclick = () => this.follow();
    this.#box.onscroll = () => this.#scrolled();
    new ResizeObserver(() => this.#grown()).observe(this.#box);
  }

  /** Shows this history in the place of all that was there. */
  replace(messages: readonly Message[], own: string): void {
    // A screen reader would otherwise read out the whole history.
    this.#box.setAttribute("aria-live", "off");
    this.#entries = messages.map((message) => ({ kind: "message", message, own: message.name === own }));
    this.#first = Math.max(0, this.#entries.length - PAGE_ENTRIES);
    this.#list.replaceChildren(...this.#render(this.#first, this.#entries.length));
    this.#empty.hidden = this.#entries.length > 0;
    this.follow();
    setTimeout(() => {
      this.#box.setAttribute("aria-live", "polite");
    });
  }

  addMessage(message: Message, own: boolean): void {
    this.#add({ kind: "message", message, own });
  }

  addEvent(event: RosterEvent): void {
    this.#add(event);
  }

  /** How many messages with this nickname and content are known. */
  count(name: string, content: string): number {
    return this.#entries.filter(
      (entry) => entry.kind === "message" && entry.message.name === name && entry.message.content === content,
    ).length;
  }

  /** Goes to the end and stays there until the reader scrolls back. */
  follow(): void {
    this.#following = true;
    this.#grown();
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#list.append(...this.#render(this.#entries.length - 1, this.#entries.length));
    this.#empty.hidden = true;
    this.#hasUnread = true;
    this.#grown();
  }

  #render(from: number, to: number): HTMLElement[] {
    return this.#entries.slice(from, to).map((entry, i) => entryElement(entry, this.#entries[from + i - 1]));
  }

  #showEarlier(): void {
    const from = Math.max(0, this.#first - PAGE_ENTRIES);
    const belowBefore = this.#box.scrollHeight - this.#box.scrollTop;
    this.#list.prepend(...this.#render(from, this.#first));
    this.#first = from;
    this.#following = false;
    this.#earlier.hidden = from === 0;
    this.#scrollTo(this.#box.scrollHeight - belowBefore);
    this.#box.focus();
  }

  /** Asks for one look at the end before the next picture, however many entries come until then. */
  #grown(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      // Only here, behind the scroll event of this picture, is it known whether the reader is still at the end.
      if (this.#following) {
        this.#dropEarliest();
        this.#scrollTo(this.#box.scrollHeight);
        this.#hasUnread = false;
      }
      this.#newest.hidden = !this.#hasUnread;
    });
  }

  #dropEarliest(): void {
    const shown = this.#entries.length - this.#first;
    for (let excess = shown > SHOWN_MOST ? shown - PAGE_ENTRIES : 0; excess > 0; excess--) {
      this.#list.firstElementChild?.remove();
      this.#first++;
    }
    this.#earlier.hidden = this.#first === 0;
  }

  #scrollTo(top: number): void {
    this.#box.scrollTop = top;
    this.#top = this.#box.scrollTop;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    if (scrollHeight - scrollTop - clientHeight < END_WITHIN_PX) {
      this.#following = true;
      this.#hasUnread = false;
      this.#newest.hidden = true;
    } else if (scrollTop < this.#top) {
      // Only a way up is the reader's wish: an entry that just came also moves the end away.
      this.#following = false;
    }
    this.#top = scrollTop;
  }
}

function entryElement(entry: Entry, previous: Entry | undefined): HTMLElement {
  if (entry.kind !== "message") return eventElement(entry);
  const goesOn = previous?.kind === "message" && previous.message.name === entry.message.name;
  return messageElement(entry.message, entry.own, goesOn);
}

function messageElement(message: Message, own: boolean, goesOn: boolean): HTMLElement {
  const head = create("p", "head", nicknameElement(message.name), " ", create("time", "", message.timestamp));
  const element = create("li", "message", head, contentElement(message.content));
  element.classList.toggle("own", own);
  element.classList.toggle("goes-on", goesOn);
  return element;
}

/** The text of a message, each in its own direction. */
export function contentElement(content: string): HTMLElement {
  const element = create("p", "content", content);
  element.dir = "auto";
  return element;
}

function eventElement(event: RosterEvent): HTMLElement {
  return create("li", "event", ...eventWords(event), " ", create("time", "", event.timestamp));
}

function eventWords(event: RosterEvent): (string | Node)[] {
  switch (event.kind) {
    case "joined":
      return [nicknameElement(event.name), " joined"];
    case "left":
      return [nicknameElement(event.name), " left"];
    case "changed":
      return [nicknameElement(event.oldname), " is now ", nicknameElement(event.newname)];
  }
}
