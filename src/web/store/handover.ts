import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { attempt, fieldsOf, listOf, textOf } from "../../client/frame.ts";
import type { ChatError, OutboxChange } from "../../client/index.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import type { Sending } from "./item.ts";
import type { LostNickname } from "./room.ts";
import type { SavedSession } from "./saved-sessions.ts";
import type { TabStorage } from "./tab-storage.ts";

/** The channel between the tabs of a browser: a `BroadcastChannel`, or one end of a pair in a test. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}

/** A tab that does not answer within this time counts as closed. */
const ANSWER_MS = 1_500;

/** The part of the room store that is needed here. */
export interface Room {
  readonly path: string;
  readonly nickname: ReadonlySignal<string | null>;
  readonly hasEntered: ReadonlySignal<boolean>;
  readonly lostNickname: ReadonlySignal<LostNickname | null>;
  register(nickname: string): Promise<ChatError | undefined>;
  rejoin(): void;
  showUnsent(unsent: TabStorage["unsent"]): void;
  readonly sends: ReadonlySignal<readonly Sending[]>;
  readonly changes: { readonly pending: ReadonlySignal<readonly OutboxChange[]> };
  handOver(keys: readonly string[]): void;
}

/**
 * Lets a tab take over the session of another tab, open or closed, so that nobody in the room sees a leave and a
 * join, and a user's own nickname does not count as taken. The secret of the session passes between the tabs; it does
 * not leave this browser and this site.
 */
export class Handover {
  readonly #make: () => Channel;
  readonly #room: Room;
  readonly #tab: TabStorage;
  /** The nicknames of the room's other tabs, by the ids of the tabs; null for a tab without one. */
  readonly #others = signal<ReadonlyMap<string, string | null>>(new Map());
  readonly #searches = signal(0);
  readonly #answers = new Map<string, string | null>();
  #channel: Channel | null = null;
  #onGiven: (() => void) | null = null;

  /** @param make opens the channel; it throws where the browser forbids channels */
  constructor(make: () => Channel, room: Room, tab: TabStorage) {
    this.#make = make;
    this.#room = room;
    this.#tab = tab;
    this.open();
    // In a duplicated tab, this tab sends the waiting messages.
    if (this.#keys.length > 0) this.#post({ kind: "took", keys: this.#keys });
    effect(() => {
      if (room.lostNickname.value?.error.code === "NameAlreadyUsed")
        void this.#regain(room.lostNickname.value);
    });
    effect(() => {
      if (room.hasEntered.value) void this.#collect();
    });
  }

  /** The nicknames of the browser's other tabs in the room. */
  get nicknames(): readonly string[] {
    return [...new Set(this.#others.value.values())].filter((name) => name !== null);
  }

  /** Whether it is certain that no other tab of this browser has a nickname. */
  isForeign(nickname: string): boolean {
    return this.#searches.value === 0 && !this.nicknames.some((each) => isSameNickname(each, nickname));
  }

  /** Opens the channel, when the page is created or is back. */
  open(): void {
    if (this.#channel) return;
    try {
      this.#channel = this.#make();
      this.#channel.addEventListener("message", ({ data }) => this.#receive(data));
    } catch {
      // Then the tab does not know of any others.
    }
  }

  /** Closes the channel when the page is hidden: browsers do not cache a page with an open one. */
  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }

  /** Finds out which other tabs are in the room. */
  async findTabs(): Promise<void> {
    this.#searches.value = this.#searches.peek() + 1;
    this.#answers.clear();
    this.#post({ kind: "who" });
    await wait(ANSWER_MS);
    this.#others.value = new Map(this.#answers);
    this.#searches.value = this.#searches.peek() - 1;
  }

  /**
   * Asks the other tabs for the session of a nickname, and puts it into this tab's storage.
   *
   * @returns whether a tab had it
   */
  async requestSession(nickname: string): Promise<boolean> {
    const given = await new Promise<boolean>((resolve) => {
      this.#onGiven = () => resolve(true);
      setTimeout(() => resolve(false), ANSWER_MS);
      this.#post({ kind: "ask", nickname });
    });
    this.#onGiven = null;
    return given;
  }

  /**
   * Takes a nickname. If it belongs to another tab of this browser, takes over that tab's session.
   *
   * @returns why that failed, or undefined if it succeeded
   */
  async join(nickname: string): Promise<ChatError | undefined> {
    const isOwn =
      this.#tab.claim(nickname, ({ isLeft }) => isLeft) ||
      (await this.#requestFrom(nickname)) ||
      (await this.#find(nickname));
    if (!isOwn) return this.#room.register(nickname);
    this.#room.rejoin();
    return undefined;
  }

  /**
   * Regains a nickname that was in use when this page came back for it. A page that continued from this one may have
   * it.
   */
  async #regain(lost: LostNickname): Promise<void> {
    // Not while the chat is still dispatching the event.
    await null;
    if (!this.#tab.claim(lost.name, ({ isLeft }) => isLeft)) {
      await this.findTabs();
      // Nothing is taken unasked from an open tab: the two would take turns forever.
      if (this.#room.lostNickname.peek() !== lost || !this.#tab.claim(lost.name, this.#isGone)) return;
    }
    this.#room.rejoin();
  }

  /** Asks for the session of a tab that is known to have the nickname. */
  async #requestFrom(nickname: string): Promise<boolean> {
    const name = this.nicknames.find((each) => isSameNickname(each, nickname));
    return name !== undefined && this.requestSession(name);
  }

  /** Looks for the session of a tab that has not answered yet, or that crashed. */
  async #find(nickname: string): Promise<boolean> {
    // Usually there is none, and no reason to wait.
    if (!this.#tab.has(nickname)) return false;
    await this.findTabs();
    return (await this.#requestFrom(nickname)) || this.#tab.claim(nickname, this.#isGone);
  }

  async #collect(): Promise<void> {
    await this.findTabs();
    this.#room.showUnsent(this.#tab.collect(this.#isGone));
  }

  readonly #isGone = ({ id, isLeft }: SavedSession): boolean => isLeft || !this.#others.peek().has(id);

  #receive(data: unknown): void {
    const message = parseTabMessage(data);
    if (message?.room !== this.#room.path) return;
    const nickname = this.#room.nickname.peek();
    const { kept, saved } = this.#tab;
    switch (message.kind) {
      case "who":
        this.#post({ kind: "here", id: saved.id, nickname: kept && nickname });
        break;
      case "here":
        this.#answers.set(message.id, message.nickname);
        this.#others.value = new Map([...this.#others.peek(), ...this.#answers]);
        break;
      case "ask":
        if (!kept || message.nickname !== nickname) break;
        this.#room.handOver(this.#keys);
        this.#post({ kind: "give", value: kept[1] });
        break;
      case "took":
        this.#room.handOver(message.keys);
        break;
      case "give":
        if (this.#onGiven) this.#tab.inherit(message.value);
        this.#onGiven?.();
    }
  }

  get #keys(): readonly string[] {
    const { sends, changes } = this.#room;
    return [...sends.peek(), ...changes.pending.peek()].map(({ key }) => key);
  }

  #post(message: object): void {
    this.#channel?.postMessage({ ...message, room: this.#room.path });
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

type TabMessage = { readonly room: string } & (
  | { readonly kind: "who" }
  | { readonly kind: "here"; readonly id: string; readonly nickname: string | null }
  | { readonly kind: "ask"; readonly nickname: string }
  | { readonly kind: "give"; readonly value: string }
  | { readonly kind: "took"; readonly keys: readonly string[] }
);

/** Parses a message of another tab. Another version of this page may be open there. */
function parseTabMessage(data: unknown): TabMessage | undefined {
  return attempt(() => {
    const { kind, room, id, nickname, value, keys } = fieldsOf(data);
    const from = { room: textOf(room) };
    switch (kind) {
      case "who":
        return { ...from, kind };
      case "here":
        return { ...from, kind, id: textOf(id), nickname: nickname === null ? null : textOf(nickname) };
      case "ask":
        return { ...from, kind, nickname: textOf(nickname) };
      case "give":
        return { ...from, kind, value: textOf(value) };
      case "took":
        return { ...from, kind, keys: listOf(keys).map(textOf) };
      default:
        return undefined;
    }
  });
}
