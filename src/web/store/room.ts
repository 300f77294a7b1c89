import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { ChatError, RateError } from "../../client/errors.ts";
import type {
  AnyChange,
  Chat,
  ConnectionState,
  EventOf,
  Mark,
  Message,
  OutboxChange,
} from "../../client/index.ts";
import type { KeptSend } from "../../client/memory.ts";
import type { Failure } from "../text/failure.ts";
import { CONTENTS, Mentions } from "../text/mentions.ts";
import type { TextStorage } from "./browser-storage.ts";
import { ChangesStore } from "./changes.ts";
import type { IgnoredStore } from "./ignored.ts";
import type { Item, Sending } from "./item.ts";
import { type HistorySource, keyOf, LogStore } from "./log.ts";
import type { MissedStore } from "./missed.ts";
import { OwnMessages, positionKey } from "./own.ts";
import { QuotesStore } from "./quotes.ts";
import type { RosterChange } from "./roster-changes.ts";
import type { Joins } from "./settings.ts";
import type { TabStorage } from "./tab-storage.ts";
import { Throttle } from "./throttle.ts";
import { TypingStore } from "./typing.ts";
import { UnreadStore } from "./unread.ts";

/** A row of the log: a stored item or, below those, a message being sent. */
export type Row = Item | Sending;

/** A nickname that was lost, and why. */
export interface LostNickname {
  readonly name: string;
  readonly error: ChatError;
}

/** A message that a link leads to. */
interface LinkTarget {
  readonly id: number;
  /**
   * Tells the message from another one with this id, in a history that was replaced. Links of earlier versions have
   * no time.
   */
  readonly time: number | undefined;
  readonly onMissing: () => void;
}

export interface RoomStoreOptions {
  /** The path of the room, by which this browser keeps what belongs to the room. */
  readonly path: string;
  readonly storage: TextStorage;
  /** Opens a chat. @param name a nickname to take at once */
  readonly open: (name?: string) => Chat;
  readonly now: () => number;
  /** The tab's storage for messages that were given up, also those of earlier pages. */
  readonly tab?: Pick<TabStorage, "kept" | "unsent" | "keepUnsent">;
  /** Called for each message that others send while the user is in the room. */
  readonly onMessage: (message: Message, isMention: boolean) => void;
  /** Called when the content of a message is not what it was. */
  readonly onChange?: (of: number) => void;
  /** Called when a change that the user has made was given up. */
  readonly onChangeFailed?: (change: Pick<OutboxChange, "type">, failure: Failure) => void;
  /**
   * Called when the server has refused a message of the user.
   *
   * @returns whether its text is taken care of elsewhere, so that no row has to keep it
   */
  readonly onRefused?: (sending: Sending, error: ChatError) => boolean;
  /** The people whose messages the user does not want to see. */
  readonly ignored?: IgnoredStore;
  /** How it is shown who came and went. */
  readonly joins?: ReadonlySignal<Joins>;
  /** Called when the history was replaced. */
  readonly onReset?: () => void;
}

/** The key of the last nickname; with `:` and a room's path, the key of the last one in that room. */
export const NICKNAME_KEY = "classic-chatbox.nickname";

/** The number of authors, the most recent ones, who can be mentioned although they have left. */
const AUTHORS_MAX = 500;

/** Hundreds of people may join and leave per second. Their changes are shown together then. */
const CHANGES_EVERY_MS = 100;

/** When the people who can be mentioned change, all contents on the screen are parsed again. */
const MENTIONS_EVERY_MS = 500;

/** One user's presence in one room, as the page shows it. */
export class RoomStore {
  readonly path: string;
  readonly log: LogStore;
  readonly typing = new TypingStore();
  readonly unread: UnreadStore;
  readonly own: OwnMessages;
  readonly changes: ChangesStore;
  readonly quotes: QuotesStore;
  /** The history of the room. */
  readonly source: HistorySource;
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** The nicknames the user can mention: everyone else's in the room. */
  readonly others: ReadonlySignal<readonly string[]>;
  /** The id of the message to scroll to. */
  readonly scrollTarget = signal<number | null>(null);
  readonly #left = signal<readonly number[]>([]);
  /** The ids of the messages that the user was at before going to those that they reply to. */
  readonly left: ReadonlySignal<readonly number[]> = this.#left;
  /** The keys of the tall rows that are unfolded. */
  readonly unfolded = signal<ReadonlySet<string>>(new Set());
  readonly #options: RoomStoreOptions;
  readonly #state = signal<ConnectionState>({ kind: "connecting" });
  readonly state: ReadonlySignal<ConnectionState> = this.#state;
  readonly #nickname = signal<string | null>(null);
  /** The nickname; null while the user has to choose one. */
  readonly nickname: ReadonlySignal<string | null> = this.#nickname;
  readonly #online = signal<readonly string[]>([]);
  readonly online: ReadonlySignal<readonly string[]> = this.#online;
  /** Rises when a program writes that was not known before. */
  readonly #markCount = signal(0);
  /** What is known about those who are here, and about programs, by their public ids. */
  readonly #marks = computed(() => {
    this.#online.value;
    this.#markCount.value;
    return new Map(Array.from(this.#chat.marks.values(), (mark) => [mark.by, mark]));
  });
  /** What leads to unread messages; null before there are any. */
  readonly missed = signal<MissedStore | null>(null);
  readonly #sends = signal<readonly Sending[]>([]);
  /** The user's messages that are not stored yet. */
  readonly sends: ReadonlySignal<readonly Sending[]> = this.#sends;
  /** The unstored messages that have not failed. */
  readonly waiting = computed(() => this.#sends.value.filter(({ failure }) => failure === null));
  readonly #lostNickname = signal<LostNickname | null>(null);
  /** The nickname that was lost, if there is none any more. */
  readonly lostNickname: ReadonlySignal<LostNickname | null> = this.#lostNickname;
  readonly #slowedUntil = signal<number | null>(null);
  /**
   * The time until which the server accepts no requests, by `performance.now()`; perhaps in the past. Null if it has
   * never said so.
   */
  readonly slowedUntil: ReadonlySignal<number | null> = this.#slowedUntil;
  readonly #hasEntered = signal(false);
  /** Whether the current chat has entered the room. */
  readonly hasEntered: ReadonlySignal<boolean> = this.#hasEntered;
  readonly #mentions = signal(new Mentions());
  /** The nicknames that can be mentioned. They follow the roster with a delay, except for the user's own. */
  readonly mentions: ReadonlySignal<Mentions> = this.#mentions;
  /** The nicknames of authors, and the public ids of those who have them, as far as they are known. */
  readonly #authors = new Map<string, string | undefined>();
  /** Changes of the roster that are not shown yet. */
  #changes: RosterChange[] = [];
  readonly #changesThrottle = new Throttle(CHANGES_EVERY_MS, () => this.#showChanges());
  readonly #mentionsThrottle = new Throttle(MENTIONS_EVERY_MS, () => {
    this.#mentions.value = new Mentions([...this.#authors.keys(), ...this.#online.value]);
  });
  readonly #isAtEnd = signal(false);
  readonly #isWatched = signal(true);
  /** Whether the user is looking at the page. */
  readonly isWatched: ReadonlySignal<boolean> = this.#isWatched;
  /**
   * The user's messages that the server has stored and the chat has not reported yet: the keys of their rows, by
   * position.
   */
  readonly #stored = new Map<string, string>();
  /** The keys of the user's messages that another tab sends now. */
  readonly #handedOver = new Set<string>();
  #linkTarget: LinkTarget | null = null;
  #chat: Chat;
  #stopListening: (() => void)[] = [];

  constructor(options: RoomStoreOptions) {
    this.#options = options;
    this.path = options.path;
    this.unread = new UnreadStore(options.storage, options.path);
    this.own = new OwnMessages(options.storage, options.path);
    const source: HistorySource = { history: (page) => this.#chat.history(page) };
    this.source = source;
    this.log = new LogStore(source, (each) => this.isOwn(each));
    this.quotes = new QuotesStore(source, (id) => this.log.find(id));
    this.changes = new ChangesStore({
      onFailed: (change, failure) => options.onChangeFailed?.(change, failure),
      isHandedOver: (key) => this.#handedOver.has(key),
    });
    this.rows = computed(() => {
      const items = this.log.items.value;
      const shown = options.joins?.value === "hidden" ? items.filter(hasMoreThanJoins) : items;
      return [...(options.ignored?.fold(shown, this.unfolded.value) ?? shown), ...this.#sends.value];
    });
    this.others = computed(() => this.#online.value.filter((name) => name !== this.#nickname.value));
    this.#chat = this.#begin();
    this.showUnsent(options.tab?.unsent ?? []);
    effect(() => {
      // The server has what it holds for a moderator.
      const given = this.#sends.value.filter(({ failure }) => failure !== null && !isHeld(failure));
      const keptOf = ({ key, content, reply, time, failure }: Sending): KeptSend => {
        return { key, content, reply, sentAt: failure?.code === "Uncertain" ? time : null };
      };
      options.tab?.keepUnsent(given.map(keptOf));
    });
    effect(() => this.unread.setReading(this.#isAtEnd.value && this.#isWatched.value));
  }

  /** The nickname to suggest: the last one used in this room, or else in any. */
  get suggestedNickname(): string {
    const { storage, path } = this.#options;
    const here = storage.getItem(`${NICKNAME_KEY}:${path}`)?.replace(/^\d+ /, "");
    return here ?? storage.getItem(NICKNAME_KEY) ?? "";
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

  /**
   * Sends a message. It is shown at once, and updated with each step it takes.
   *
   * @param reply the id of the message that it replies to
   */
  send(content: string, reply?: number, key = randomKey()): void {
    const time = this.#options.now();
    const sending: Sending = { kind: "sending", key, content, reply, time, failure: null };
    this.#sends.value = [...this.#sends.value.filter((each) => each.key !== key), sending];
    this.#chat.send(content, { key, reply }).catch((error: unknown) => this.#failed(key, error));
  }

  /** Sends a message that was given up again, with the same key, so that it cannot be stored twice. */
  retry(key: string): void {
    const sending = this.#sends.value.find((each) => each.key === key);
    if (sending?.failure) this.send(sending.content, sending.reply, key);
  }

  /** Forgets a message that was given up. */
  remove(key: string): void {
    this.#sends.value = this.#sends.value.filter((each) => each.key !== key);
  }

  /** Shows messages that were given up by earlier pages, for the user to send or remove. */
  showUnsent(unsent: readonly KeptSend[]): void {
    const known = new Set(this.#sends.value.map(({ key }) => key));
    const time = this.#options.now();
    const added = unsent.flatMap(({ key, content, reply, sentAt }): Sending | [] => {
      const failure = { code: sentAt === null ? "Left" : "Uncertain", retryS: null };
      return known.has(key) ? [] : { kind: "sending", key, content, reply, time, failure };
    });
    if (added.length > 0) this.#sends.value = [...added, ...this.#sends.value];
  }

  /** Whether this browser has sent a message. */
  isOwn(message: Message): boolean {
    return this.#chat.isOwn(message) || this.own.has(message);
  }

  /** The last message that the user may edit, as it is shown. */
  get lastEditable(): Message | undefined {
    const messages = this.log.items
      .peek()
      .flatMap((item) => (item.kind === "message" ? [this.changes.shown(item.message)] : []));
    return messages.findLast(
      (each) => this.changes.mayEdit(each) && !this.changes.undoable.peek().has(each.id ?? 0),
    );
  }

  /** Whether a message is for the user: it mentions them, or replies to a message of theirs. */
  isForMe(message: Message): boolean {
    if (message.deleted || this.isOwn(message)) return false;
    const replied = message.reply === undefined ? undefined : this.quotes.peek(message.reply);
    return (replied && this.isOwn(replied)) || this.#mentionsMe(message.content);
  }

  /** Goes to the message that another one replies to. @param from the id of the one that replies */
  goToReplied(from: number, to: number, onMissing: () => void): void {
    const before = this.#left.value;
    this.#left.value = [...before, from];
    this.goToMessage(to, () => {
      this.#left.value = before;
      onMissing();
    });
  }

  /** Goes back to where {@link goToReplied} was called. */
  goBack(): void {
    const from = this.#left.value.at(-1);
    this.#left.value = this.#left.value.slice(0, -1);
    if (from !== undefined) this.goToMessage(from, () => {});
  }

  /** Notes that another tab sends these messages and changes if it takes over, so that they do not fail here. */
  handOver(keys: readonly string[]): void {
    for (const key of keys) this.#handedOver.add(key);
  }

  /** Goes to a message as soon as the user is in the room. @param onMissing called if there is no such message */
  goToMessage(id: number, onMissing: () => void, time?: number): void {
    this.#linkTarget = { id, time, onMissing };
    if (this.#hasEntered.value) void this.#goTo(this.#linkTarget);
  }

  async showNewest(): Promise<void> {
    await this.log.showNewest().catch(() => {});
  }

  /** Tells the others that the user is typing. */
  sendTyping(): void {
    if (this.#hasEntered.value) this.#chat.typing();
  }

  retryNow(): void {
    this.#chat.retryNow();
  }

  /** Sets whether the newest messages are in the visible part of the log. */
  setAtEnd(isAtEnd: boolean): void {
    this.#isAtEnd.value = isAtEnd;
    if (isAtEnd) this.#left.value = [];
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
    this.own.syncTabs();
    batch(() => {
      this.#chat.wake();
      if (tab) this.#sends.value = this.waiting.value;
      this.showUnsent(tab?.unsent ?? []);
    });
    if (this.#state.value.kind === "refused" && tab?.kept) this.restart();
  }

  /** Continues with the session in the tab's storage. */
  rejoin(): void {
    this.#chat.suspend();
    this.wake();
  }

  /** Leaves the room. The page then asks for a nickname. */
  async leave(): Promise<void> {
    // The chat sends what it was asked for at the end of the task, and nothing after it was closed.
    if (this.changes.deleteNow()) await null;
    void this.#chat.close();
    this.restart();
  }

  /** Leaves the room for good: nothing connects again until {@link restart}. */
  end(): void {
    void this.#chat.close();
  }

  /** Replaces the chat by a new one. @param name a nickname to take at once */
  restart(name?: string): void {
    for (const stop of this.#stopListening.splice(0)) stop();
    this.#showChanges();
    this.typing.clear();
    this.#lostNickname.value = null;
    this.#chat = this.#begin(name);
  }

  #begin(name?: string): Chat {
    const chat = this.#options.open(name);
    this.#chat = chat;
    this.#hasEntered.value = false;
    this.#stored.clear();
    this.own.syncTabs();
    this.#state.value = chat.state;
    this.#nickname.value = chat.name ?? name ?? null;
    this.#showSends(chat);
    this.#listen(chat);
    return chat;
  }

  #listen(chat: Chat): void {
    this.#stopListening = [
      ...this.changes.follow(chat),
      ...(["edited", "deleted", "reacted", "changed"] as const).map((type) =>
        chat.on(type, (change: AnyChange) => this.#messageChanged(change)),
      ),
      chat.on("state", ({ state }) => {
        this.#state.value = state;
        if (state.kind !== "open") this.typing.clear();
      }),
      chat.on("named", ({ name }) => this.#named(name)),
      chat.on("nickname-lost", ({ name, error }) => {
        this.#lostNickname.value = { name, error };
        this.#nickname.value = null;
      }),
      chat.on("kept-out", ({ error }) => {
        const name = this.#nickname.value;
        // Whoever comes back to a room that has a password by now is asked for it, as at first.
        if (name === null) return;
        this.#lostNickname.value = { name, error };
        this.#nickname.value = null;
      }),
      chat.on("history", (page) => this.#history(page)),
      chat.on("sent", ({ key, message }) => {
        this.own.add(message);
        this.#stored.set(positionKey(message), key);
      }),
      chat.on("entered", () => {
        // The chat has reported all messages. Any that are left are no longer kept by the server.
        for (const key of this.#stored.values()) this.remove(key);
        this.#stored.clear();
        this.#hasEntered.value = true;
        if (this.#linkTarget) void this.#goTo(this.#linkTarget);
      }),
      chat.on("message", ({ message, own }) => {
        this.#markCount.value = chat.marks.size;
        this.#message(message, own);
      }),
      chat.on("gap", ({ from, to }) => this.log.addGap(to - from + 1)),
      chat.on("roster", ({ online }) => {
        this.#showChanges();
        this.#online.value = online;
        this.#mentionsThrottle.run();
      }),
      chat.on("register", ({ name, time }) => this.#changed("joined", name, time)),
      chat.on("leave", ({ name, time }) => this.#changed("left", name, time)),
      chat.on("change", ({ oldname, newname, time }) => {
        this.typing.remove(oldname);
        this.#renamed(oldname, newname, time);
      }),
      chat.on("typing", ({ name }) => {
        if (!this.#isIgnored(this.authorOf(name))) this.typing.add(name);
      }),
      chat.on("moderated", (event) => this.log.addAction(event)),
      chat.on("slowed", ({ retryS }) => {
        this.#slowedUntil.value = performance.now() + retryS * 1000;
      }),
      chat.on("send-failed", ({ key, error }) => this.#failed(key, error)),
      chat.on("held", ({ key, error }) => this.#failed(key, error)),
      chat.on("outbox", () => this.#showSends(chat)),
    ];
  }

  async #goTo({ id, time, onMissing }: LinkTarget): Promise<void> {
    this.#linkTarget = null;
    const isThere = await this.log.show(id, time).catch(() => false);
    if (!isThere) return onMissing();
    const isIt = (item: Item) => item.kind === "message" && item.message.id === id;
    const folded = this.rows.peek().find((row) => row.kind === "ignored" && row.messages.some(isIt));
    if (folded) this.setUnfolded(folded.key, true);
    this.scrollTarget.value = id;
  }

  /** Who has a nickname, as far as there is something to show about it. */
  markOf(name: string): Mark | undefined {
    this.#online.value;
    return this.#chat.marks.get(name);
  }

  /** The public id of whoever has a nickname, as far as marks and messages tell. */
  authorOf(name: string): string | undefined {
    return this.markOf(name)?.by ?? this.#authors.get(name);
  }

  /** What is shown about the author of a message, while that person is here. */
  markBy(by: string | undefined): Mark | undefined {
    return by === undefined ? undefined : this.#marks.value.get(by);
  }

  #named(name: string | null): void {
    const before = this.#nickname.value;
    this.#nickname.value = name;
    this.#online.value = this.#chat.online;
    this.#mentionsThrottle.run();
    if (name === null) return;
    this.#lostNickname.value = null;
    const { storage, path, now } = this.#options;
    storage.setItem(NICKNAME_KEY, name);
    storage.setItem(`${NICKNAME_KEY}:${path}`, `${now()} ${name}`);
    if (this.#hasEntered.value && before !== null && before !== name) this.#renamed(before, name, null);
  }

  #history({ messages, more, reset }: EventOf<"history">): void {
    // The first page is shown from its end.
    const isSeen = this.#isWatched.value && (!this.log.isLoaded.value || this.#isAtEnd.value);
    batch(() => {
      for (const message of messages) this.#takeStored(message);
      // In the new history, other messages have these ids.
      if (reset) {
        this.unfolded.value = new Set();
        this.#left.value = [];
        this.quotes.clear();
        this.changes.reset();
        this.#options.onReset?.();
      }
      this.log.replace(messages, more, reset);
      this.#noteAuthors(messages);
      this.#mentionsThrottle.run();
      const after = this.unread.setNewestPage(messages, this.#needsNoReading, isSeen);
      if (this.unread.firstId.value !== null || this.missed.value)
        void this.#withMissed((missed) => missed.visit(messages, more ? after : null));
    });
  }

  /** What leads to unread messages, which is loaded for that. */
  async #withMissed(use: (missed: MissedStore) => void): Promise<void> {
    const loaded = await import("./missed.ts").catch(() => null);
    if (!loaded) return;
    this.missed.value ??= new loaded.MissedStore({
      unread: this.unread,
      isForMe: (message) => this.isForMe(message),
      isRead: this.#needsNoReading,
      history: (options) => this.#chat.history(options),
    });
    use(this.missed.value);
  }

  /** Goes to the line above the unread messages. */
  showUnread(): void {
    const id = this.unread.firstId.peek();
    if (id !== null) this.goToMessage(id, () => {});
  }

  #message(message: Message, isOfChat: boolean): void {
    // Another page of this browser may have sent it while this page was frozen.
    const own = isOfChat || this.isOwn(message);
    const isIgnored = !own && this.#isIgnored(message.by);
    // The server has held it, and a moderator has approved it.
    const approved =
      own && this.#sends.value.find((each) => isHeld(each.failure) && each.content === message.content);
    if (approved) this.remove(approved.key);
    batch(() => {
      this.#showChanges();
      const key = own ? this.#takeStored(message) : undefined;
      this.typing.remove(message.name);
      this.log.add(message, own, key === undefined ? keyOf(message) : `s${key}`);
      this.log.trim(this.#isAtEnd.value);
      this.#noteAuthors([message]);
      this.unread.add(message, own || isIgnored);
    });
    if (own || isIgnored || message.deleted) return;
    const isForMe = this.isForMe(message);
    if (this.unread.count.value > 0) void this.#withMissed((missed) => isForMe && missed.addMention(message));
    this.#options.onMessage(message, isForMe);
  }

  #messageChanged(change: AnyChange): void {
    batch(() => {
      this.log.apply(change);
      this.quotes.apply(change);
      this.changes.note(change);
      if (change.type === "deleted") this.unread.forget(change.of);
    });
    if (change.type !== "reacted") this.#options.onChange?.(change.of);
  }

  readonly #needsNoReading = (message: Message) => this.isOwn(message) || this.#isIgnored(message.by);

  #isIgnored(by: string | undefined): boolean {
    return this.#options.ignored?.has(by) === true;
  }

  #mentionsMe(content: string): boolean {
    return CONTENTS.isMentioned(this.#nickname.value, content, this.#mentions);
  }

  /**
   * Replaces the row of a message being sent when the message is stored.
   *
   * @returns the key of that row, if there was one
   */
  #takeStored(message: Message): string | undefined {
    const position = positionKey(message);
    const key = this.#stored.get(position);
    this.#stored.delete(position);
    if (key !== undefined) this.remove(key);
    return key;
  }

  #changed(kind: "joined" | "left", name: string, time: number | null): void {
    if (kind === "left") this.typing.remove(name);
    // It may be somebody else's now.
    if (this.#authors.has(name)) this.#authors.set(name, undefined);
    this.#peopleChanged({ kind, name, time: time ?? this.#options.now() });
  }

  #renamed(name: string, newname: string, time: number | null): void {
    if (this.#authors.has(name)) {
      this.#authors.set(newname, this.#authors.get(name));
      this.#authors.set(name, undefined);
    }
    this.#peopleChanged({ kind: "renamed", name, newname, time: time ?? this.#options.now() });
  }

  #peopleChanged(change: RosterChange): void {
    this.#changes.push(change);
    this.#changesThrottle.request();
  }

  #showChanges(): void {
    if (this.#changes.length === 0) return;
    batch(() => {
      this.#online.value = this.#chat.online;
      for (const change of this.#changes) this.log.addChange(change);
      this.#changes = [];
    });
    this.#mentionsThrottle.request();
  }

  #failed(key: string, error: unknown): void {
    const code = error instanceof ChatError ? error.code : "Unknown";
    const failure = { code, retryS: error instanceof RateError ? error.retryS : null };
    const sending = this.#sends.value.find((each) => each.key === key);
    const isTaken = sending && error instanceof ChatError && this.#options.onRefused?.(sending, error);
    if (isTaken || (code === "Refused" && this.#handedOver.has(key))) this.remove(key);
    this.#sends.value = this.#sends.value.map((each) => (each.key === key ? { ...each, failure } : each));
  }

  /** Updates the rows of unstored messages to the chat's outbox. */
  #showSends(chat: Chat): void {
    const waiting = new Map(
      chat.outbox.flatMap((each) => (each.type === "send" ? [[each.key, each] as const] : [])),
    );
    const stored = new Set(this.#stored.values());
    const known = this.#sends.value.filter(
      ({ key, failure }) => failure !== null || waiting.has(key) || stored.has(key),
    );
    for (const { key } of known) waiting.delete(key);
    const time = this.#options.now();
    const added = [...waiting.values()].map(
      ({ key, content, reply }): Sending => ({ kind: "sending", key, content, reply, time, failure: null }),
    );
    this.#sends.value = [...known, ...added];
  }

  #noteAuthors(messages: readonly Message[]): void {
    for (const { name, by } of messages) {
      const isKnown = this.#authors.delete(name);
      this.#authors.set(name, by);
      if (!isKnown) this.#mentionsThrottle.request();
    }
    for (const name of this.#authors.keys()) {
      if (this.#authors.size <= AUTHORS_MAX) break;
      this.#authors.delete(name);
    }
  }
}

/** A new nickname is always shown, or what its person has written would seem to be somebody else's. */
function hasMoreThanJoins(item: Item): boolean {
  return item.kind !== "people" || item.changes.summary().renamed.length > 0;
}

function isHeld(failure: Sending["failure"]): boolean {
  return failure?.code === "Held";
}

/** Over plain HTTP, browsers have no `crypto.randomUUID`. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
