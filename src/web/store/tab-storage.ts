import { attempt } from "../../client/frame.ts";
import type { ChatStorage } from "../../client/index.ts";
import { type Kept, type KeptSend, parseKept } from "../../client/memory.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import type { SavedSession, SavedSessions } from "./saved-sessions.ts";

/** How long a server keeps the nickname of a closed tab, unless its operator sets another time. */
const GRACE_MS = 15_000;

/** The server recognises repeated sends for ten minutes. A margin is left for the way to the server. */
const REMEMBERED_MS = 9 * 60_000;

/**
 * Stores what a tab needs to resume its session, so that a reload resumes it and another tab can take it over. It is
 * stored for this tab and, among the saved sessions, for tabs that are opened after this one was closed or crashed.
 */
export class TabStorage implements ChatStorage {
  readonly saved: SavedSessions;
  readonly #find: () => ChatStorage;
  #key = "";
  #kept: string | null = null;
  #unsent: readonly KeptSend[] = [];
  #isNew = true;
  #isKept = false;
  #isLeft = false;

  /** @param find returns `sessionStorage`; it throws where the browser forbids that */
  constructor(find: () => ChatStorage, saved: SavedSessions) {
    this.#find = find;
    this.saved = saved;
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
    // saved sessions as they are.
    const before = this.#isNew ? attempt(() => this.#find().getItem(this.#pointer)) : this.saved.id;
    if (before) this.#follow(before);
    if (this.#isNew && !attempt(() => parseKept(this.#kept).name)) this.#inheritNewest();
    this.#isNew = false;
    this.#save();
    return this.#kept;
  }

  setItem(key: string, value: string): void {
    this.#key = key;
    this.#kept = value;
    this.#save();
    this.#isKept = false;
    this.#find().setItem(key, value);
    this.#isKept = true;
  }

  removeItem(key: string): void {
    this.#kept = null;
    this.#save();
    this.#find().removeItem(key);
  }

  keepUnsent(unsent: readonly KeptSend[]): void {
    const keysOf = (all: readonly KeptSend[]) => all.map(({ key }) => key).join();
    if (keysOf(unsent) === keysOf(this.#unsent)) return;
    this.#unsent = unsent;
    this.#save();
  }

  /** Notes that the page is hidden, or is back. */
  setLeft(isLeft: boolean): void {
    this.#isLeft = isLeft;
    if (isLeft) this.#save();
    // Another page may have continued from here.
    else attempt(() => this.getItem(this.#key));
  }

  /** Continues with the session that another tab has handed over. */
  inherit(value: string): void {
    attempt(() => this.#continueFrom([parseKept(value)]));
  }

  /** Whether there is a saved session of a nickname. */
  has(nickname: string): boolean {
    return this.saved.others().some(({ kept }) => kept.name !== null && isSameNickname(kept.name, nickname));
  }

  /** Continues with the sessions of a nickname whose pages are gone. @returns whether there are any */
  claim(nickname: string, isGone: (session: SavedSession) => boolean): boolean {
    const isOne = (session: SavedSession) =>
      session.kept.name !== null && isSameNickname(session.kept.name, nickname) && isGone(session);
    const sessions = this.saved.others().filter(isOne);
    for (const { id } of sessions) this.saved.markTaken(id, this.saved.id);
    const isFresh = ({ at }: SavedSession) => isWithin(REMEMBERED_MS, at);
    this.#unsent = unique([
      ...this.#unsent,
      ...sessions.flatMap((session) => (isFresh(session) ? session.unsent : unsentOf(session))),
    ]);
    if (sessions.length > 0) {
      this.#continueFrom(
        sessions.map((session) =>
          isFresh(session) ? session.kept : { ...session.kept, outbox: [], changes: [] },
        ),
      );
    }
    return sessions.length > 0;
  }

  /**
   * Takes the unsent messages of pages that are gone.
   *
   * @param isGone whether a page is gone, also one that did not say so
   */
  collect(isGone: (session: SavedSession) => boolean): readonly KeptSend[] {
    this.saved.prune();
    // A page that is just being reloaded takes its own messages.
    const isOver = (session: SavedSession) => isGone(session) && !isWithin(GRACE_MS, session.at);
    return this.saved.others().flatMap((session) => {
      const unsent = isOver(session) ? unsentOf(session) : [];
      if (unsent.length > 0) this.saved.markTaken(session.id, "");
      return unsent;
    });
  }

  get #pointer(): string {
    return `classic-chatbox.shelf:${this.saved.room}`;
  }

  #save(): void {
    attempt(() => {
      this.saved.put(this.#kept, this.#unsent, this.#isLeft);
      this.#find().setItem(this.#pointer, this.saved.id);
    });
  }

  /** Continues from what a previous page of this tab stored, wherever that is by now. */
  #follow(before: string): void {
    const session = this.saved.follow(before);
    if (!session || (session.id === this.saved.id && session.takenBy === null)) return;
    const { id, isLeft, kept, unsent, takenBy } = session;
    const isMoved = id !== before;
    this.#unsent = isMoved && !isLeft ? [] : unsent;
    // This page must not use the messages that another page continues with or has taken.
    if (takenBy !== null || (isMoved && !isLeft)) this.#keep({ outbox: [], changes: [] });
    else if (isMoved) this.#keep(kept);
    if (takenBy === null && (isLeft || !isMoved)) this.saved.markTaken(id, this.saved.id);
  }

  /**
   * In a new page without a nickname, continues the session of the page that was closed last, if that was just now.
   */
  #inheritNewest(): void {
    const isJustLeft = (session: SavedSession) => session.isLeft && isWithin(GRACE_MS, session.at);
    const name = this.saved.others().findLast((session) => isJustLeft(session) && session.kept.name !== null)
      ?.kept.name;
    if (name) this.claim(name, isJustLeft);
  }

  #continueFrom(kepts: readonly Kept[]): void {
    const own = attempt(() => parseKept(this.#kept));
    // By the tab's own sessions, the server recognises those waiting messages that it has already stored (KEY-5).
    const all = own && own.outbox.length > 0 ? [own, ...kepts] : kepts;
    this.#keep({
      ...kepts.at(-1),
      sessions: [...new Set(all.flatMap(({ sessions }) => sessions))],
      outbox: unique(all.flatMap(({ outbox }) => outbox)),
      changes: unique(all.flatMap(({ changes }) => changes)),
    });
  }

  #keep(changed: Partial<Kept>): void {
    const kept = { ...attempt(() => parseKept(this.#kept)), ...changed };
    attempt(() => this.setItem(this.#key, JSON.stringify(kept)));
  }
}

/** All unsent messages of a page, as messages that were given up. */
function unsentOf({ kept, unsent }: SavedSession): readonly KeptSend[] {
  return [...unsent, ...kept.outbox];
}

function unique<T extends { readonly key: string }>(messages: readonly T[]): readonly T[] {
  return [...new Map(messages.map((each) => [each.key, each])).values()];
}

function isWithin(ms: number, at: number): boolean {
  return Math.abs(Date.now() - at) < ms;
}
