/** What a history must show after everything that was told of it. */
import type { EventPlace } from "../../src/engine/archive.ts";
import type { Page, PageRequest } from "../../src/protocol/page.ts";
import type { CurrentMessage } from "../../src/room/operation.ts";
import type { Told } from "../contracts/suite.ts";

/** How many names a message shows with each emoji. */
const SHOWN = 20;

type Change = Extract<Told, { kind: "edited" | "deleted" | "reacted" }>;
type Plain = Omit<CurrentMessage, "reactions" | "digest">;

/** What a page shows, apart from who is there. */
export interface PageSeen {
  readonly messages: readonly unknown[];
  readonly changed: readonly unknown[];
  readonly cursor: Page["cursor"];
  readonly more: boolean;
  readonly gap: Page["gap"];
  readonly reset: boolean;
}

/** The messages and changes of a room, and from them all pages. It shares no code with the engines. */
export class Chronicle {
  readonly events: EventPlace[] = [];
  readonly #messages = new Map<number, Plain>();
  readonly #reactions = new Map<number, { emoji: string; by: string; name: string }[]>();

  /** All that was told, in order; what is not stored makes no difference. */
  static of(told: readonly Told[]): Chronicle {
    const chronicle = new Chronicle();
    for (const each of told) chronicle.add(each);
    return chronicle;
  }

  add(told: Told): void {
    if (told.kind === "sent") {
      const { digest: _, ...message } = told.message;
      this.events.push({ id: message.id, time: message.time, of: null });
      this.#messages.set(message.id, message);
    }
    if (told.kind === "edited" || told.kind === "deleted" || told.kind === "reacted") this.#change(told);
  }

  #change(change: Change): void {
    const { id, time, of } = change;
    this.events.push({ id, time, of });
    const message = this.#messages.get(of);
    if (message === undefined) throw new Error(`there is no message ${of}`);
    if (message.deleted) throw new Error(`the message ${of} was deleted`);
    const reactions = this.#reactions.get(of) ?? [];
    if (change.kind === "edited")
      this.#messages.set(of, { ...message, content: change.content, edited: time });
    if (change.kind === "deleted") {
      this.#messages.set(of, { ...message, content: "", edited: undefined, deleted: true });
      this.#reactions.delete(of);
    }
    if (change.kind !== "reacted") return;
    const { emoji, by, name, on } = change;
    const others = reactions.filter((each) => each.emoji !== emoji || each.by !== by);
    this.#reactions.set(of, on ? [...others, { emoji, by, name }] : others);
  }

  /** The messages that are not deleted. */
  get ids(): number[] {
    return [...this.#messages.values()].flatMap(({ id, deleted }) => (deleted ? [] : [id]));
  }

  /** A message as it is now, as JSON has it. */
  shown(id: number): unknown {
    const reactions = this.#reactions.get(id) ?? [];
    const emoji = [...new Set(reactions.map((each) => each.emoji))].map((each) => {
      const all = reactions.filter((reaction) => reaction.emoji === each);
      const by = all.slice(0, SHOWN).map((reaction) => ({ by: reaction.by, name: reaction.name }));
      return { emoji: each, count: all.length, by };
    });
    const message = { ...this.#messages.get(id), ...(emoji.length === 0 ? {} : { reactions: emoji }) };
    return JSON.parse(JSON.stringify(message));
  }

  /** What a page shows of this history, none of which has expired. */
  page({ limit, before, after }: PageRequest): PageSeen {
    if (after !== null) return this.#pageAfter(after, limit);
    const ids = [...this.#messages.keys()].filter((id) => id < (before ?? Number.POSITIVE_INFINITY));
    const messages = ids.slice(-limit).map((id) => this.shown(id));
    return { messages, changed: [], cursor: null, more: ids.length > limit, gap: null, reset: false };
  }

  #pageAfter(after: number, limit: number): PageSeen {
    const following = this.events.filter(({ id }) => id > after);
    const covered = following.slice(0, limit);
    const last = covered.at(-1);
    const changed = covered.flatMap(({ of }) => (of !== null && of <= after ? [of] : []));
    return {
      messages: covered.flatMap(({ id, of }) => (of === null ? [this.shown(id)] : [])),
      changed: [...new Set(changed)].map((id) => this.shown(id)),
      cursor: last === undefined ? null : { id: last.id, time: last.time },
      more: following.length > limit,
      gap: null,
      reset: false,
    };
  }
}

/** What a page of an engine shows. */
export function pageSeen({ messages, changed, cursor, more, gap, reset }: Page): PageSeen {
  return {
    messages: JSON.parse(`[${Buffer.from(messages).toString()}]`),
    changed: JSON.parse(`[${changed}]`),
    cursor,
    more,
    gap,
    reset,
  };
}
