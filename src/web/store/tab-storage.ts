import { attempt } from "../../client/frame.ts";
import type { ChatStorage } from "../../client/index.ts";
import { type Kept, type KeptSend, parseKept } from "../../client/memory.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import type { Shelf, Stay } from "./shelf.ts";

/** How long a server keeps the nickname of a closed tab, unless its operator sets another time. */
const GRACE_MS = 15_000;

/** The server recognizes repeated sends for ten minutes. A margin is left for the way to the server. */
const REMEMBERED_MS = 9 * 60_000;

/**
 * Stores what a tab needs to resume its session, so that a reload resumes it and another tab can take it over. It is
 * stored for this tab and, on the shelf, for tabs that are opened after this one was closed or crashed.
 */
export class TabStorage implements ChatStorage {
  readonly shelf: Shelf;
  readonly #find: () => ChatStorage;
  #key = "";
  #kept: string | null = null;
  #unsent: readonly KeptSend[] = [];
  #isNew = true;
  #isKept = false;
  #isLeft = false;

  /** @param find returns `sessionStorage`; it throws where the browser forbids that */
  constructor(find: () => ChatStorage, shelf: Shelf) {
    this.#find = find;
    this.shelf = shelf;
  }

  /** The current key and value, for another tab. */
  get kept(): readonly [key: string, value: string] | null {
    return this.#kept === null ? null : [this.#key, this.#kept];
  }

  /** Whether the tab's storage has what the next page needs to resume the session. */
  get isKept(): boolean {
    return this.#kept === null || this.#isKept;
  }

  /** Messages that were given up and not removed. */
  get unsent(): readonly KeptSend[] {
    return this.#unsent;
  }

  getItem(key: string): string | null {
    this.#key = key;
    this.#kept = this.#find().getItem(key);
    this.#isKept = this.#kept !== null;
    // A page restored from the back/forward cache may see an outdated version of its tab's storage, but sees the
    // shelf up to date.
    const before = this.#isNew ? attempt(() => this.#find().getItem(this.#pointer)) : this.shelf.id;
    if (before) this.#follow(before);
    if (this.#isNew && !attempt(() => parseKept(this.#kept).name)) this.#inheritNewest();
    this.#isNew = false;
    this.#shelve();
    return this.#kept;
  }

  setItem(key: string, value: string): void {
    this.#key = key;
    this.#kept = value;
    this.#shelve();
    this.#isKept = false;
    this.#find().setItem(key, value);
    this.#isKept = true;
  }

  removeItem(key: string): void {
    this.#kept = null;
    this.#shelve();
    this.#find().removeItem(key);
  }

  keepUnsent(unsent: readonly KeptSend[]): void {
    const keysOf = (all: readonly KeptSend[]) => all.map(({ key }) => key).join();
    if (keysOf(unsent) === keysOf(this.#unsent)) return;
    this.#unsent = unsent;
    this.#shelve();
  }

  /** Notes that the page is hidden, or is back. */
  setLeft(isLeft: boolean): void {
    this.#isLeft = isLeft;
    if (isLeft) this.#shelve();
    // Another page may have continued from here.
    else attempt(() => this.getItem(this.#key));
  }

  /** Continues with the session that another tab has handed over. */
  inherit(value: string): void {
    attempt(() => this.#goOnFrom([parseKept(value)]));
  }

  /** Whether the shelf has a session of a nickname. */
  has(nickname: string): boolean {
    return this.shelf.others().some(({ kept }) => kept.name !== null && isSameNickname(kept.name, nickname));
  }

  /** Continues with the sessions of a nickname whose pages are gone. @returns whether there are any */
  claim(nickname: string, isGone: (stay: Stay) => boolean): boolean {
    const isOne = (stay: Stay) =>
      stay.kept.name !== null && isSameNickname(stay.kept.name, nickname) && isGone(stay);
    const stays = this.shelf.others().filter(isOne);
    for (const { id } of stays) this.shelf.mark(id, this.shelf.id);
    const isFresh = ({ at }: Stay) => isWithin(REMEMBERED_MS, at);
    this.#unsent = unique([
      ...this.#unsent,
      ...stays.flatMap((stay) => (isFresh(stay) ? stay.unsent : unsentOf(stay))),
    ]);
    if (stays.length > 0) {
      this.#goOnFrom(stays.map((stay) => (isFresh(stay) ? stay.kept : { ...stay.kept, outbox: [] })));
    }
    return stays.length > 0;
  }

  /**
   * Takes the unsent messages of pages that are gone.
   *
   * @param isGone whether a page is gone, also one that did not say so
   */
  collect(isGone: (stay: Stay) => boolean): readonly KeptSend[] {
    this.shelf.prune();
    // A page that is just being reloaded takes its own messages.
    const isOver = (stay: Stay) => isGone(stay) && !isWithin(GRACE_MS, stay.at);
    return this.shelf.others().flatMap((stay) => {
      const unsent = isOver(stay) ? unsentOf(stay) : [];
      if (unsent.length > 0) this.shelf.mark(stay.id, "");
      return unsent;
    });
  }

  get #pointer(): string {
    return `classic-chatbox.shelf:${this.shelf.room}`;
  }

  #shelve(): void {
    attempt(() => {
      this.shelf.put(this.#kept, this.#unsent, this.#isLeft);
      this.#find().setItem(this.#pointer, this.shelf.id);
    });
  }

  /** Continues from what a previous page of this tab stored, wherever that is by now. */
  #follow(before: string): void {
    const stay = this.shelf.follow(before);
    if (!stay || (stay.id === this.shelf.id && stay.next === null)) return;
    const { id, isLeft, kept, unsent, next } = stay;
    const isMoved = id !== before;
    this.#unsent = isMoved && !isLeft ? [] : unsent;
    // This page must not use the messages that another page continues with or has taken.
    if (next !== null || (isMoved && !isLeft)) this.#keep({ outbox: [] });
    else if (isMoved) this.#keep(kept);
    if (next === null && (isLeft || !isMoved)) this.shelf.mark(id, this.shelf.id);
  }

  /**
   * In a new page without a nickname, continues the session of the page that was closed last, if that was just now.
   */
  #inheritNewest(): void {
    const isJustLeft = (stay: Stay) => stay.isLeft && isWithin(GRACE_MS, stay.at);
    const name = this.shelf.others().findLast((stay) => isJustLeft(stay) && stay.kept.name !== null)
      ?.kept.name;
    if (name) this.claim(name, isJustLeft);
  }

  #goOnFrom(kepts: readonly Kept[]): void {
    const own = attempt(() => parseKept(this.#kept));
    // By the tab's own sessions, the server recognizes those waiting messages that it has already stored (KEY-5).
    const all = own && own.outbox.length > 0 ? [own, ...kepts] : kepts;
    this.#keep({
      ...kepts.at(-1),
      sessions: [...new Set(all.flatMap(({ sessions }) => sessions))],
      outbox: unique(all.flatMap(({ outbox }) => outbox)),
    });
  }

  #keep(changed: Partial<Kept>): void {
    const kept = { ...attempt(() => parseKept(this.#kept)), ...changed };
    attempt(() => this.setItem(this.#key, JSON.stringify(kept)));
  }
}

/** All unsent messages of a page, as messages that were given up. */
function unsentOf({ kept, unsent }: Stay): readonly KeptSend[] {
  return [...unsent, ...kept.outbox];
}

function unique<T extends { readonly key: string }>(messages: readonly T[]): readonly T[] {
  return [...new Map(messages.map((each) => [each.key, each])).values()];
}

function isWithin(ms: number, at: number): boolean {
  return Math.abs(Date.now() - at) < ms;
}
