import {
  ChatError,
  type HistoryOptions,
  type Page as HistoryPage,
  type Message,
  type Target,
} from "../../../src/client/index.ts";
import type { Random } from "../../support/random.ts";
import { seenOf } from "./history.ts";
import { Page } from "./page.ts";
import type { Act } from "./plan.ts";
import type { Story } from "./story.ts";
import { firstText, markOf, type Origin, originOf, textOf } from "./text.ts";

/** A message that somebody sent. */
export interface Sent {
  readonly origin: Origin;
  /** What it was sent with, unless it was edited before it went out. */
  readonly content: string;
  /** The id that the send was fulfilled with. */
  delivered: number | null;
  /** The code that it was refused with. */
  failed: string | null;
  /** It was deleted before it was known to be stored: it may have been withdrawn, also on another page than its own. */
  isWithdrawn: boolean;
}

/** A change that somebody asked for. */
export interface Change {
  readonly kind: "edit" | "delete" | "react";
  /** The id of the message; null if it had none yet. */
  readonly of: number | null;
  /** The public id of its author, as far as it was known. */
  readonly author: string | undefined;
  /** What tells the new content of an edit from all others. */
  readonly mark: string | null;
  readonly emoji: string | null;
  readonly isOn: boolean;
  /** The public id of who asked, and how many backups had been put back then. */
  readonly by: string | null;
  readonly epoch: number;
  /** What came of it; null if nobody has learned that on this page. */
  outcome: { readonly code: string; readonly by: string | null; readonly epoch: number } | null;
}

/** What was asked of the history, and what came. */
export interface Search {
  readonly options: HistoryOptions;
  readonly page: HistoryPage;
}

/**
 * Who comes back by the same storage is the same one: the sends of one stay stand in one order, whatever happens to the
 * pages that they were made on.
 */
export interface Stay {
  readonly label: string;
  readonly sent: Sent[];
  /** In the order in which they were asked for. */
  readonly changes: Change[];
  readonly pages: Page[];
  /** Ended by `close()`: what was unsent then may be stored or not. */
  isClosed: boolean;
}

/** The code of a change that was made. */
export const MADE = "made";
/** Those of changes that a page has given up. Another page may have them from the storage. */
export const UNDECIDED: readonly string[] = ["Closed", "Refused"];
/** Those of changes that the server has refused, and that have left nothing. */
export const REFUSED: readonly string[] = ["NotAllowed", "UnknownMessage"];

/** Refusals that say nothing against anybody, by what was asked. */
const FAIR = {
  send: ["Closed", "Refused", "Withdrawn"],
  change: ["Closed", "Refused", "Withdrawn", "UnknownMessage", "NotAllowed", "Reset"],
  name: ["Closed", "Refused", "NameAlreadyUsed"],
  history: ["Closed", "Refused", "UnknownRegister", "Reset"],
};
/** The same, of servers that do not reach their database. */
const FAIR_IN_OUTAGES = {
  send: ["ErrorWhenSend"],
  change: ["ErrorWhenEdit", "ErrorWhenDelete", "ErrorWhenReact", "ErrorWhenSend"],
  name: ["ErrorWhenRegister", "ErrorWhenChange"],
  history: ["ErrorWhenGet"],
};

/** Somebody with a browser: one page after the other, over the SDK. */
export class Person {
  readonly name: string;
  readonly stays: Stay[] = [];
  readonly searches: Search[] = [];
  replies = 0;
  resent = 0;
  repeated = 0;
  readonly #room: string | undefined;
  readonly #url: () => string;
  readonly #hasOutages: boolean;
  readonly #random: Random;
  readonly #story: Story;
  readonly #onDelivered: () => void;
  readonly #overtaken: { readonly page: Page; readonly stay: Stay }[] = [];
  #names = 0;
  /** Requests of the present page that are not answered yet. */
  #asking = new Set<object>();

  /** @param hasOutages whether the server can be without what it stores in */
  constructor(
    name: string,
    room: string | undefined,
    url: () => string,
    hasOutages: boolean,
    random: Random,
    story: Story,
    onDelivered: () => void,
  ) {
    this.name = name;
    this.#room = room;
    this.#url = url;
    this.#hasOutages = hasOutages;
    this.#random = random;
    this.#story = story;
    this.#onDelivered = onDelivered;
    this.#begin();
  }

  get page(): Page {
    const page = this.stay.pages.at(-1);
    if (!page) throw new Error("a person without a page");
    return page;
  }

  get stay(): Stay {
    const stay = this.stays.at(-1);
    if (!stay) throw new Error("a person without a stay");
    return stay;
  }

  /** Whether an answer is still to come. */
  get isAsking(): boolean {
    return this.#asking.size > 0;
  }

  /** Pages that had the nickname when another page of the same stay took it over, and that page. */
  get overtaken(): { readonly page: Page; readonly by: Page }[] {
    return this.#overtaken.flatMap(({ page, stay: { pages } }) => {
      const by = pages.slice(pages.indexOf(page) + 1).find(({ entry }) => entry !== null);
      return by === undefined ? [] : [{ page, by }];
    });
  }

  /** @param replyTo which of the messages that are shown is answered, as a share of all; null for none */
  send(text: string, key: string | undefined, replyTo: number | null = null): void {
    const { page, stay } = this;
    const origin = `${stay.label} #${stay.sent.length}`;
    const sent: Sent = {
      origin,
      content: firstText(origin, text),
      delivered: null,
      failed: null,
      isWithdrawn: false,
    };
    stay.sent.push(sent);
    this.#story.made(sent.content);
    const reply = replyTo === null ? undefined : atShare(page.messages, replyTo);
    if (reply !== undefined) this.replies++;
    let ownKey = key;
    const promise = page.chat.send(sent.content, { ...(key === undefined ? {} : { key }), reply });
    ownKey ??= page.chat.outbox.at(-1)?.key ?? "";
    promise.then(
      (message) => {
        sent.delivered = message.id;
        // It may have been edited before it went out, or by another page before its reply was lost.
        if (message.deleted !== true && originOf(message.content) !== origin)
          this.#story.fault(`${page.label} sent another message than ${message.id}`);
        this.#story.acknowledged(this.#room, origin, message, page.openedAt);
        this.#countRepeat(page, ownKey, message.time ?? 0);
        this.#onDelivered();
        this.#story.changed();
      },
      (error: unknown) => {
        sent.failed = this.#refusal(page, "send", error);
      },
    );
  }

  /** Gives a message other contents, one after the other. */
  edit(target: Extract<Act, { kind: "edit" }>["target"], share: number, texts: readonly string[]): void {
    const { page } = this;
    const found = this.#find(target, share);
    // The removal of a message without a text may be undone.
    const shown = found.message === null ? null : this.#story.originOf(this.#room, seenOf(found.message));
    for (const text of texts) {
      const version = `${this.stay.label}:${this.stay.changes.length}`;
      const content = textOf(found.origin ?? shown ?? "nothing #0", version, text);
      this.#story.made(content);
      this.#change(found, { kind: "edit", mark: markOf(content) }, page.chat.edit(found.target, content));
    }
  }

  delete(target: Extract<Act, { kind: "edit" }>["target"], share: number): void {
    const found = this.#find(target, share);
    if (found.message === null)
      for (const sent of this.stay.sent) sent.isWithdrawn ||= sent.origin === found.origin;
    this.#change(found, { kind: "delete" }, this.page.chat.delete(found.target));
  }

  react(
    target: Extract<Act, { kind: "edit" }>["target"],
    share: number,
    { emoji, isOn }: { emoji: string; isOn: boolean },
  ): void {
    const found = this.#find(target, share);
    this.#change(found, { kind: "react", emoji, isOn }, this.page.chat.react(found.target, emoji, isOn));
  }

  #change(
    { message }: Found,
    what: Pick<Change, "kind"> & Partial<Pick<Change, "mark" | "emoji" | "isOn">>,
    promise: Promise<void>,
  ): void {
    const { page, stay } = this;
    const change: Change = {
      mark: null,
      emoji: null,
      isOn: false,
      ...what,
      of: message?.id ?? null,
      author: message?.by,
      by: page.chat.me,
      epoch: this.#story.pasts.length,
      outcome: null,
    };
    stay.changes.push(change);
    const ended = (code: string) => {
      change.outcome = { code, by: page.chat.me, epoch: this.#story.pasts.length };
      this.#story.changed();
    };
    promise.then(
      () => ended(MADE),
      (error: unknown) => ended(this.#refusal(page, "change", error)),
    );
  }

  #find(target: Extract<Act, { kind: "edit" }>["target"], share: number): Found {
    const { chat, messages, changeIds } = this.page;
    const own = messages.filter((each) => chat.isOwn(each));
    switch (target) {
      case "own":
        return (
          foundIn(
            own.filter(({ deleted }) => !deleted),
            share,
          ) ??
          foundIn(messages, share) ??
          NOTHING
        );
      case "last own":
        return foundIn(own.slice(-1), share) ?? this.#findUnsent(share);
      case "any":
        return foundIn(messages, share) ?? NOTHING;
      case "unsent":
        return this.#findUnsent(share);
      case "unknown":
        return { ...NOTHING, target: atShare(changeIds, share) ?? NOTHING.target };
    }
  }

  #findUnsent(share: number): Found {
    const { chat, messages } = this.page;
    const entry = atShare(
      chat.outbox.filter(({ type }) => type === "send"),
      share,
    );
    if (entry?.type !== "send") return foundIn(messages, share) ?? NOTHING;
    return { target: { key: entry.key }, message: null, origin: originOf(entry.content) };
  }

  rename(name: string): void {
    const { page } = this;
    const asking = this.#ask();
    page.chat.register(name).then(
      () => this.#answered(asking),
      (error: unknown) => {
        this.#refusal(page, "name", error);
        this.#answered(asking);
      },
    );
  }

  typing(): void {
    this.page.chat.typing();
  }

  search(options: HistoryOptions): void {
    const { page } = this;
    const asking = this.#ask();
    page.chat.history(options).then(
      (found) => {
        this.searches.push({ options, page: found });
        page.audit();
        page.audit([...found.messages, ...(found.changed ?? [])]);
        this.#answered(asking);
      },
      (error: unknown) => {
        this.#refusal(page, "history", error);
        this.#answered(asking);
      },
    );
  }

  /** The newest id seen, 0 for none. */
  get lastSeen(): number {
    return this.page.messages.at(-1)?.id ?? 0;
  }

  /** The page is loaded again. */
  reload(isToldGoingAway: boolean): void {
    const { page } = this;
    page.vanish(isToldGoingAway);
    this.#open(page.storage);
  }

  /** A page with the same storage takes the place of this one, which is still open. */
  overtake(): void {
    const { page } = this;
    if (!page.isInside) {
      this.reload(false);
      return;
    }
    page.stay();
    this.#overtaken.push({ page, stay: this.stay });
    this.#open(page.storage);
  }

  /** Leaves in good order, and comes as somebody else. */
  leave(): void {
    const { page, stay } = this;
    stay.isClosed = true;
    void page.chat.close();
    this.#begin();
  }

  #begin(): void {
    this.stays.push({
      label: `${this.name}/${this.stays.length}`,
      sent: [],
      changes: [],
      pages: [],
      isClosed: false,
    });
    this.#open(new Map());
  }

  #ask(): object {
    const asking = {};
    this.#asking.add(asking);
    return asking;
  }

  #answered(asking: object): void {
    this.#asking.delete(asking);
    this.#story.changed();
  }

  #open(storage: ReadonlyMap<string, string>): void {
    const { stay } = this;
    const label = `${stay.label} page ${stay.pages.length}`;
    const page = new Page({
      url: this.#url,
      room: this.#room,
      name: this.#freshName(),
      storage,
      random: this.#random.fork(label),
      story: this.#story,
      label,
    });
    stay.pages.push(page);
    this.#asking = new Set();
    // What an earlier page was to send has no promise here.
    page.chat.on("send-failed", ({ content, error }) => {
      const sent = stay.sent.find(({ origin }) => origin === originOf(content));
      if (sent !== undefined && sent.failed === null) sent.failed = this.#refusal(page, "send", error);
    });
    page.chat.on("nickname-lost", ({ name }) => {
      this.#story.tell(`${page.label} has lost the nickname ${name}`);
      if (page === this.page) this.rename(this.#freshName());
    });
  }

  #freshName(): string {
    return `${this.name} ${this.#names++}`;
  }

  #countRepeat(page: Page, key: string, storedAt: number): void {
    const wired = page.wired.get(key);
    if (!wired || wired.count < 2) return;
    this.resent++;
    if (storedAt < wired.at) this.repeated++;
  }

  #refusal(page: Page, what: keyof typeof FAIR, error: unknown): string {
    const code = error instanceof ChatError ? error.code : String(error);
    this.#story.tell(`${page.label}: ${what} was refused with ${code}`);
    const fair: string[] = this.#hasOutages ? [...FAIR[what], ...FAIR_IN_OUTAGES[what]] : [...FAIR[what]];
    // A page that is loaded again does not know that the message that it answers was of another history.
    if (what !== "name" && what !== "history" && this.#story.pasts.length > 0) fair.push("WrongFormatReply");
    if (this.#story.orders.mayBeSlow(this.#room, page.openedAt)) fair.push("SlowMode");
    if (!fair.includes(code)) this.#story.fault(`${page.label}: ${what} was refused with ${code}`);
    this.#story.changed();
    return code;
  }
}

/** What is to be changed. */
interface Found {
  readonly target: Target;
  /** The message, if it is shown. */
  readonly message: Message | null;
  readonly origin: Origin | null;
}

/** There is no such message. */
const NOTHING: Found = { target: 1_000_000, message: null, origin: null };

function foundIn(messages: readonly Message[], share: number): Found | null {
  const message = atShare(messages, share);
  return message === undefined ? null : { target: message, message, origin: originOf(message.content) };
}

function atShare<T>(all: readonly T[], share: number): T | undefined {
  return all[Math.floor(share * all.length)];
}
