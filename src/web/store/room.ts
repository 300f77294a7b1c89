import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { ChatError, RateError } from "../../client/errors.ts";
import type { Chat, ConnectionState, EventOf, Message, Position } from "../../client/index.ts";
import type { KeptSend } from "../../client/memory.ts";
import { isMentioned } from "../text/content.ts";
import { Mentions } from "../text/mentions.ts";
import type { Change } from "./crowd.ts";
import type { Item, Sending } from "./item.ts";
import type { Keeper } from "./keeper.ts";
import { keyOf, LogStore } from "./log.ts";
import { markOf, OwnMessages } from "./own.ts";
import { Pace } from "./pace.ts";
import type { TabStorage } from "./tab-storage.ts";
import { TypingStore } from "./typing.ts";
import { UnreadStore } from "./unread.ts";

/** A row of the log: a stored item or, below those, a message being sent. */
export type Row = Item | Sending;

/** A nickname that was lost, and why. */
export interface Lost {
  readonly name: string;
  readonly error: ChatError;
}

/** A message that a link leads to. */
interface Visit {
  readonly id: number;
  /**
   * Tells the message from another one with this id, in a history that was replaced. Links of earlier versions have
   * no time.
   */
  readonly time: number | undefined;
  readonly gone: () => void;
}

export interface RoomStoreOptions {
  /** The path of the room, by which this browser keeps what belongs to the room. */
  readonly path: string;
  readonly keeper: Keeper;
  /** Opens a chat. @param name a nickname to take at once */
  readonly open: (name?: string) => Chat;
  readonly now: () => number;
  /** The tab's storage for messages that were given up, also those of earlier pages. */
  readonly tab?: Pick<TabStorage, "kept" | "unsent" | "keepUnsent">;
  /** Called for each message that others send while the user is in the room. */
  readonly arrived: (message: Message, isMention: boolean) => void;
}

/** The key of the last nickname; with `:` and a room's path, the key of the last one in that room. */
export const NICKNAME_KEY = "classic-chatbox.nickname";

/** The number of authors, the most recent ones, who can be mentioned although they have left. */
const AUTHORS_MOST = 500;

/** How many messages are searched for the first unread one, since the earliest of them may be the user's own. */
const UNREAD_SOUGHT = 20;

/** Hundreds of people may join and leave per second. Their changes are shown together then. */
const PEOPLE_EVERY_MS = 100;

/** When the people who can be mentioned change, all contents on the screen are parsed again. */
const MENTIONS_EVERY_MS = 500;

/** One user's presence in one room, as the page shows it. */
export class RoomStore {
  readonly path: string;
  readonly log: LogStore;
  readonly typing = new TypingStore();
  readonly unread: UnreadStore;
  readonly own: OwnMessages;
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** The nicknames the user can mention: everyone else's in the room. */
  readonly others: ReadonlySignal<readonly string[]>;
  /** The id of the message to scroll to. */
  readonly goal = signal<number | null>(null);
  /** The keys of the tall rows that are unfolded. */
  readonly unfolded = signal<ReadonlySet<string>>(new Set());
  readonly #options: RoomStoreOptions;
  readonly #state = signal<ConnectionState>({ kind: "connecting" });
  readonly #nickname = signal<string | null>(null);
  readonly #online = signal<readonly string[]>([]);
  readonly #sends = signal<readonly Sending[]>([]);
  readonly #waiting = computed(() => this.#sends.value.filter(({ failure }) => failure === null));
  readonly #lost = signal<Lost | null>(null);
  readonly #slowedUntil = signal<number | null>(null);
  readonly #isIn = signal(false);
  readonly #mentions = signal(new Mentions());
  readonly #authors = new Set<string>();
  /** Changes of the roster that are not shown yet. */
  #changes: Change[] = [];
  readonly #people = new Pace(PEOPLE_EVERY_MS, () => this.#showChanges());
  readonly #names = new Pace(MENTIONS_EVERY_MS, () => {
    this.#mentions.value = new Mentions([...this.#authors, ...this.#online.value]);
  });
  readonly #isAtEnd = signal(false);
  readonly #isWatched = signal(true);
  /**
   * The user's messages that the server has stored and the chat has not reported yet: the keys of their rows, by
   * position.
   */
  readonly #stored = new Map<string, string>();
  /** The keys of the user's messages that another tab sends now. */
  readonly #handedOver = new Set<string>();
  #visit: Visit | null = null;
  #chat: Chat;
  #stopListening: (() => void)[] = [];

  constructor(options: RoomStoreOptions) {
    this.#options = options;
    this.path = options.path;
    this.unread = new UnreadStore(options.keeper, options.path);
    this.own = new OwnMessages(options.keeper, options.path);
    this.log = new LogStore({ history: (page) => this.#chat.history(page) }, (each) => this.own.has(each));
    this.rows = computed(() => [...this.log.items.value, ...this.#sends.value]);
    this.others = computed(() => this.#online.value.filter((name) => name !== this.#nickname.value));
    this.#chat = this.#begin();
    this.offer(options.tab?.unsent ?? []);
    effect(() => {
      const given = this.#sends.value.filter(({ failure }) => failure !== null);
      const keptOf = ({ key, content, time, failure }: Sending): KeptSend => {
        return { key, content, sentAt: failure?.code === "Uncertain" ? time : null };
      };
      options.tab?.keepUnsent(given.map(keptOf));
    });
    effect(() => this.unread.setReading(this.#isAtEnd.value && this.#isWatched.value));
  }

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  /** The nickname; null while the user has to choose one. */
  get nickname(): ReadonlySignal<string | null> {
    return this.#nickname;
  }

  get online(): ReadonlySignal<readonly string[]> {
    return this.#online;
  }

  /** The nicknames that can be mentioned. They follow the roster with a delay, except for the user's own. */
  get mentions(): ReadonlySignal<Mentions> {
    return this.#mentions;
  }

  /** Whether the user is looking at the page. */
  get isWatched(): ReadonlySignal<boolean> {
    return this.#isWatched;
  }

  /** The user's messages that are not stored yet. */
  get sends(): ReadonlySignal<readonly Sending[]> {
    return this.#sends;
  }

  /** The unstored messages that have not failed. */
  get waiting(): ReadonlySignal<readonly Sending[]> {
    return this.#waiting;
  }

  /** The nickname that was lost, if there is none any more. */
  get lost(): ReadonlySignal<Lost | null> {
    return this.#lost;
  }

  /**
   * The time until which the server accepts no requests, by `performance.now()`; perhaps in the past. Null if it has
   * never said so.
   */
  get slowedUntil(): ReadonlySignal<number | null> {
    return this.#slowedUntil;
  }

  /** Whether the current chat has entered the room. */
  get isIn(): ReadonlySignal<boolean> {
    return this.#isIn;
  }

  /** The nickname to suggest: the last one used in this room, or else in any. */
  get remembered(): string {
    const { keeper, path } = this.#options;
    const here = keeper.getItem(`${NICKNAME_KEY}:${path}`)?.replace(/^\d+ /, "");
    return here ?? keeper.getItem(NICKNAME_KEY) ?? "";
  }

  /** Takes or changes the nickname. @returns why that failed, or undefined if it succeeded */
  async register(name: string): Promise<ChatError | undefined> {
    try {
      await this.#chat.register(name);
      return undefined;
    } catch (error) {
      return error instanceof ChatError ? error : new ChatError("Unknown");
    }
  }

  /** Sends a message. It is shown at once, and updated with each step it takes. */
  send(content: string, key = randomKey()): void {
    const sending: Sending = { kind: "sending", key, content, time: this.#options.now(), failure: null };
    this.#sends.value = [...this.#sends.value.filter((each) => each.key !== key), sending];
    this.#chat.send(content, { key }).catch((error: unknown) => this.#failed(key, error));
  }

  /** Sends a message that was given up again, with the same key, so that it cannot be stored twice. */
  retry(key: string): void {
    const sending = this.#sends.value.find((each) => each.key === key);
    if (sending?.failure) this.send(sending.content, key);
  }

  /** Forgets a message that was given up. */
  remove(key: string): void {
    this.#sends.value = this.#sends.value.filter((each) => each.key !== key);
  }

  /** Shows messages that were given up by earlier pages, for the user to send or remove. */
  offer(unsent: readonly KeptSend[]): void {
    const known = new Set(this.#sends.value.map(({ key }) => key));
    const time = this.#options.now();
    const added = unsent.flatMap(({ key, content, sentAt }): Sending | [] => {
      const failure = { code: sentAt === null ? "Left" : "Uncertain", retryS: null };
      return known.has(key) ? [] : { kind: "sending", key, content, time, failure };
    });
    if (added.length > 0) this.#sends.value = [...added, ...this.#sends.value];
  }

  /** Notes that another tab sends these messages if it takes over, so that they do not fail here. */
  handOver(keys: readonly string[]): void {
    for (const key of keys) this.#handedOver.add(key);
  }

  /** Goes to a message as soon as the user is in the room. @param gone called if there is no such message */
  visit(id: number, gone: () => void, time?: number): void {
    this.#visit = { id, time, gone };
    if (this.#isIn.value) void this.#goTo(this.#visit);
  }

  loadOlder(): void {
    void this.log.loadOlder();
  }

  loadNewer(): void {
    void this.log.loadNewer();
  }

  async showNewest(): Promise<void> {
    await this.log.showNewest().catch(() => {});
  }

  /** Tells the others that the user is typing. */
  writes(): void {
    if (this.#isIn.value) this.#chat.typing();
  }

  retryNow(): void {
    this.#chat.retryNow();
  }

  /** Sets whether the newest messages are in the visible part of the log. */
  setAtEnd(isAtEnd: boolean): void {
    this.#isAtEnd.value = isAtEnd;
  }

  /** Unfolds or folds a tall row. */
  setUnfolded(key: string, isUnfolded: boolean): void {
    const keys = new Set(this.unfolded.value);
    if (isUnfolded) keys.add(key);
    else keys.delete(key);
    this.unfolded.value = keys;
  }

  /** Sets whether the user is looking at the page. */
  setWatched(isWatched: boolean): void {
    this.#isWatched.value = isWatched;
  }

  /**
   * Gives up the connection when the page is hidden, perhaps for good, perhaps in the back/forward cache.
   *
   * @param leaves whether to leave the room, because no later page can resume
   */
  suspend(leaves: boolean): void {
    this.#chat.suspend(leaves);
  }

  /** Reconnects when the page is back, with the session that the tab's storage has by now. */
  wake(): void {
    const { tab } = this.#options;
    this.own.share();
    batch(() => {
      this.#chat.wake();
      if (tab) this.#sends.value = this.#waiting.value;
      this.offer(tab?.unsent ?? []);
    });
    if (this.#state.value.kind === "refused" && tab?.kept) this.restart();
  }

  /** Continues with the session in the tab's storage. */
  rejoin(): void {
    this.#chat.suspend();
    this.wake();
  }

  /** Leaves the room. The page then asks for a nickname. */
  leave(): void {
    void this.#chat.close();
    this.restart();
  }

  /** Replaces the chat by a new one. @param name a nickname to take at once */
  restart(name?: string): void {
    for (const stop of this.#stopListening.splice(0)) stop();
    this.#showChanges();
    this.typing.clear();
    this.#lost.value = null;
    this.#chat = this.#begin(name);
  }

  #begin(name?: string): Chat {
    const chat = this.#options.open(name);
    this.#chat = chat;
    this.#isIn.value = false;
    this.#stored.clear();
    this.own.share();
    this.#state.value = chat.state;
    this.#nickname.value = chat.name ?? name ?? null;
    this.#showSends(chat);
    this.#listen(chat);
    return chat;
  }

  #listen(chat: Chat): void {
    this.#stopListening = [
      chat.on("state", ({ state }) => {
        this.#state.value = state;
        if (state.kind !== "open") this.typing.clear();
      }),
      chat.on("named", ({ name }) => this.#named(name)),
      chat.on("nickname-lost", ({ name, error }) => {
        this.#lost.value = { name, error };
        this.#nickname.value = null;
      }),
      chat.on("history", (page) => this.#history(page)),
      chat.on("sent", ({ key, message }) => {
        this.own.add(message);
        this.#stored.set(markOf(message), key);
      }),
      chat.on("entered", () => {
        // The chat has reported all messages. Any that are left are no longer kept by the server.
        for (const key of this.#stored.values()) this.remove(key);
        this.#stored.clear();
        this.#isIn.value = true;
        if (this.#visit) void this.#goTo(this.#visit);
      }),
      chat.on("message", ({ message, own }) => this.#message(message, own)),
      chat.on("gap", ({ from, to }) => this.log.addGap(to - from + 1)),
      chat.on("roster", ({ online }) => {
        this.#showChanges();
        this.#online.value = online;
        this.#names.run();
      }),
      chat.on("register", ({ name, time }) => this.#changed("joined", name, time)),
      chat.on("leave", ({ name, time }) => this.#changed("left", name, time)),
      chat.on("change", ({ oldname, newname, time }) => {
        this.typing.remove(oldname);
        this.#renamed(oldname, newname, time);
      }),
      chat.on("typing", ({ name }) => this.typing.add(name)),
      chat.on("slowed", ({ retryS }) => {
        this.#slowedUntil.value = performance.now() + retryS * 1000;
      }),
      chat.on("send-failed", ({ key, error }) => this.#failed(key, error)),
      chat.on("outbox", () => this.#showSends(chat)),
    ];
  }

  async #goTo({ id, time, gone }: Visit): Promise<void> {
    this.#visit = null;
    const isThere = await this.log.show(id, time).catch(() => false);
    if (isThere) this.goal.value = id;
    else gone();
  }

  #named(name: string | null): void {
    const before = this.#nickname.value;
    this.#nickname.value = name;
    this.#online.value = this.#chat.online;
    this.#names.run();
    if (name === null) return;
    this.#lost.value = null;
    const { keeper, path, now } = this.#options;
    keeper.setItem(NICKNAME_KEY, name);
    keeper.setItem(`${NICKNAME_KEY}:${path}`, `${now()} ${name}`);
    if (this.#isIn.value && before !== null && before !== name) this.#renamed(before, name, null);
  }

  #history({ messages, more, reset }: EventOf<"history">): void {
    // The first page is shown from its end.
    const isSeen = this.#isWatched.value && (!this.log.isLoaded.value || this.#isAtEnd.value);
    batch(() => {
      for (const message of messages) this.#takeStored(message);
      // In the new history, other messages have these ids.
      if (reset) this.unfolded.value = new Set();
      this.log.replace(messages, more);
      this.#noteAuthors(messages);
      this.#names.run();
      const mark = this.unread.entered(messages, (message) => this.own.has(message), isSeen);
      if (mark && more) void this.#findUnread(mark);
    });
  }

  /** Looks for the first unread message when it is not on the newest page. */
  async #findUnread(after: Position): Promise<void> {
    const page = await this.#chat.history({ after, limit: UNREAD_SOUGHT }).catch(() => null);
    const first = page?.messages.find((message) => !this.own.has(message));
    if (first && !page?.reset) this.unread.begin(first);
  }

  /** Goes to the line above the unread messages. */
  showUnread(): void {
    const id = this.unread.firstId.peek();
    if (id !== null) this.visit(id, () => {});
  }

  #message(message: Message, isOfChat: boolean): void {
    // Another page of this browser may have sent it while this page was frozen.
    const own = isOfChat || this.own.has(message);
    batch(() => {
      this.#showChanges();
      const key = own ? this.#takeStored(message) : undefined;
      this.typing.remove(message.name);
      this.log.add(message, own, key === undefined ? keyOf(message) : `s${key}`);
      this.log.trim(this.#isAtEnd.value);
      this.#noteAuthors([message]);
      this.unread.add(message, own);
    });
    if (!own) this.#options.arrived(message, this.#mentionsMe(message.content));
  }

  #mentionsMe(content: string): boolean {
    return isMentioned(this.#nickname.value, content, this.#mentions.value);
  }

  /**
   * Replaces the row of a message being sent when the message is stored.
   *
   * @returns the key of that row, if there was one
   */
  #takeStored(message: Message): string | undefined {
    const mark = markOf(message);
    const key = this.#stored.get(mark);
    this.#stored.delete(mark);
    if (key !== undefined) this.remove(key);
    return key;
  }

  #changed(kind: "joined" | "left", name: string, time: number | null): void {
    if (kind === "left") this.typing.remove(name);
    this.#peopleChanged({ kind, name, time: time ?? this.#options.now() });
  }

  #renamed(name: string, newname: string, time: number | null): void {
    this.#peopleChanged({ kind: "renamed", name, newname, time: time ?? this.#options.now() });
  }

  #peopleChanged(change: Change): void {
    this.#changes.push(change);
    this.#people.ask();
  }

  #showChanges(): void {
    if (this.#changes.length === 0) return;
    batch(() => {
      this.#online.value = this.#chat.online;
      for (const change of this.#changes) this.log.addChange(change);
      this.#changes = [];
    });
    this.#names.ask();
  }

  #failed(key: string, error: unknown): void {
    const code = error instanceof ChatError ? error.code : "Unknown";
    const failure = { code, retryS: error instanceof RateError ? error.retryS : null };
    if (code === "Refused" && this.#handedOver.has(key)) this.remove(key);
    this.#sends.value = this.#sends.value.map((each) => (each.key === key ? { ...each, failure } : each));
  }

  /** Updates the rows of unstored messages to the chat's outbox. */
  #showSends(chat: Chat): void {
    const waiting = new Map(chat.outbox.map(({ key, content }) => [key, content]));
    const stored = new Set(this.#stored.values());
    const known = this.#sends.value.filter(
      ({ key, failure }) => failure !== null || waiting.has(key) || stored.has(key),
    );
    for (const { key } of known) waiting.delete(key);
    const time = this.#options.now();
    const added = [...waiting].map(
      ([key, content]): Sending => ({ kind: "sending", key, content, time, failure: null }),
    );
    this.#sends.value = [...known, ...added];
  }

  #noteAuthors(messages: readonly Message[]): void {
    for (const { name } of messages) {
      const isKnown = this.#authors.delete(name);
      this.#authors.add(name);
      if (!isKnown) this.#names.ask();
    }
    for (const name of this.#authors) {
      if (this.#authors.size <= AUTHORS_MOST) break;
      this.#authors.delete(name);
    }
  }
}

/** Over plain HTTP, browsers have no `crypto.randomUUID`. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
