import { ChatError, type HistoryOptions, type Page as HistoryPage } from "../../../src/client/index.ts";
import type { Random } from "../../support/random.ts";
import { Page } from "./page.ts";
import type { Story } from "./story.ts";

/** A content that somebody sent. No two are equal. */
export interface Sent {
  readonly content: string;
  /** The id that the send was fulfilled with. */
  delivered: number | null;
  /** The code that it was refused with. */
  failed: string | null;
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
  readonly pages: Page[];
  /** Ended by `close()`: what was unsent then may be stored or not. */
  isClosed: boolean;
}

/** Refusals that say nothing against anybody, by what was asked. */
const FAIR = {
  send: ["Closed", "Refused"],
  name: ["Closed", "Refused", "NameAlreadyUsed"],
  history: ["Closed", "Refused", "UnknownRegister", "Reset"],
};
/** The same, of servers that do not reach their database. */
const FAIR_IN_OUTAGES = {
  send: ["ErrorWhenSend"],
  name: ["ErrorWhenRegister", "ErrorWhenChange"],
  history: ["ErrorWhenGet"],
};

/** Somebody with a browser: one page after the other, over the SDK. */
export class Person {
  readonly name: string;
  readonly stays: Stay[] = [];
  readonly searches: Search[] = [];
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

  send(text: string, key: string | undefined): void {
    const { page, stay } = this;
    const sent: Sent = {
      content: `${stay.label} #${stay.sent.length} ${text}`,
      delivered: null,
      failed: null,
    };
    stay.sent.push(sent);
    let ownKey = key;
    const promise = page.chat.send(sent.content, key === undefined ? {} : { key });
    ownKey ??= page.chat.outbox.at(-1)?.key ?? "";
    promise.then(
      (message) => {
        sent.delivered = message.id;
        if (message.content !== sent.content)
          this.#story.fault(`${page.label} sent another content than ${message.id}`);
        this.#story.acknowledged(this.#room, message, page.openedAt);
        this.#countRepeat(page, ownKey, message.time ?? 0);
        this.#onDelivered();
        this.#story.changed();
      },
      (error: unknown) => {
        sent.failed = this.#refusal(page, "send", error);
      },
    );
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
    return this.page.view.at(-1)?.id ?? 0;
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
    this.stays.push({ label: `${this.name}/${this.stays.length}`, sent: [], pages: [], isClosed: false });
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
      name: this.#freshName(),
      storage,
      random: this.#random.fork(label),
      story: this.#story,
      label,
    });
    stay.pages.push(page);
    this.#asking = new Set();
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
    const fair = this.#hasOutages ? [...FAIR[what], ...FAIR_IN_OUTAGES[what]] : FAIR[what];
    if (!fair.includes(code)) this.#story.fault(`${page.label}: ${what} was refused with ${code}`);
    this.#story.changed();
    return code;
  }
}
