import { type ReadonlySignal, signal } from "@preact/signals";
import { ChatError, RateError } from "../../client/errors.ts";
import type { AnyChange, Chat, Message, OutboxChange } from "../../client/index.ts";
import { applyChange } from "../../client/message-change.ts";
import type { Failure } from "../text/failure.ts";

/** For how long a deletion can be undone. */
const UNDO_MS = 8_000;

const NONE: readonly OutboxChange[] = [];

/** The roles that may delete what others have written. */
const MODERATORS: ReadonlySet<string | undefined> = new Set(["moderator", "owner"]);

/** An edit that was refused, with the text that would otherwise be lost. */
export interface FailedEdit {
  readonly content: string;
  readonly failure: Failure;
}

interface ChangesOptions {
  /** Called when a change was given up. */
  readonly onFailed: (change: Pick<OutboxChange, "type">, failure: Failure) => void;
  /** Whether a change, by its key, is continued by another tab. */
  readonly isHandedOver?: (key: string) => boolean;
  /** Runs a job later. @returns a function that cancels it */
  readonly later?: (job: () => void, ms: number) => () => void;
}

/**
 * What the user does to messages: edits, reactions, and deletions, which can be undone for a while. All of it shows at once.
 */
export class ChangesStore {
  readonly #pending = signal(NONE);
  /** What the server has not confirmed yet. */
  readonly pending: ReadonlySignal<readonly OutboxChange[]> = this.#pending;
  readonly #undoable = signal<ReadonlyMap<number, () => void>>(new Map());
  /** The ids of the messages that are about to be deleted, until the user undoes it or the time for that is over. */
  readonly undoable: ReadonlySignal<ReadonlyMap<number, unknown>> = this.#undoable;
  readonly #failed = signal<ReadonlyMap<number, FailedEdit>>(new Map());
  /** Edits that were refused, by the ids of the messages. */
  readonly failed: ReadonlySignal<ReadonlyMap<number, FailedEdit>> = this.#failed;
  /** The message whose deletion has just begun: the focus goes on to what undoes it. */
  justDeleted: number | null = null;
  readonly #options: ChangesOptions;
  /** Of the reactions with many people the server shows only the first 20: those of the user that it may not show. */
  readonly #reacted = new Set<string>();
  /** Errors of changes that the chat has reported itself. */
  readonly #reported = new WeakSet<object>();
  #chat: Chat | null = null;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Continues with another chat. @returns functions that stop listening to it */
  follow(chat: Chat): (() => void)[] {
    this.#chat = chat;
    this.#show(chat);
    return [
      chat.on("outbox", () => this.#show(chat)),
      chat.on("change-failed", ({ change, error }) => {
        this.#reported.add(error);
        if (!(error.code === "Refused" && this.#options.isHandedOver?.(change.key)))
          this.#fail(change, error);
      }),
    ];
  }

  /** Whether the user may edit a message: nobody edits what others have written. */
  mayEdit(message: Message): boolean {
    return !message.deleted && this.isMe(message);
  }

  /** Whether the user may delete a message: an own one or, as a moderator, any. */
  mayDelete(message: Message): boolean {
    return !message.deleted && (this.mayEdit(message) || MODERATORS.has(this.#chat?.role));
  }

  /** Gives a message another content. */
  edit(of: number, content: string): void {
    this.dismiss(of);
    this.#request({ type: "edit", of, content, key: "" }, this.#chat?.edit(of, content));
  }

  /** Forgets an edit that was refused. */
  dismiss(of: number): void {
    this.#failed.value = without(this.#failed.value, of);
  }

  /** Deletes a message once the time to undo that is over. */
  delete(of: number): void {
    if (this.#undoable.value.has(of)) return;
    const { later = runLater } = this.#options;
    this.justDeleted = of;
    const cancel = later(() => this.#deleteNow(of), UNDO_MS);
    this.#undoable.value = new Map([...this.#undoable.value, [of, cancel]]);
  }

  /** Keeps a message that would have been deleted. */
  undo(of: number): void {
    this.#undoable.value.get(of)?.();
    this.#undoable.value = without(this.#undoable.value, of);
  }

  /** Deletes all messages that are about to be deleted, because the page is hidden. @returns whether there were any */
  deleteNow(): boolean {
    const ids = [...this.#undoable.value.keys()];
    for (const id of ids) this.#deleteNow(id);
    return ids.length > 0;
  }

  /** Takes back everything that is not on its way: the history was replaced, where other messages have these ids. */
  reset(): void {
    for (const id of this.#undoable.value.keys()) this.undo(id);
    this.#failed.value = new Map();
    this.#reacted.clear();
  }

  /** Reacts to a message, or takes the reaction back. */
  react(message: Message, emoji: string): void {
    const { id } = message;
    if (id === null) return;
    const on = !this.hasReacted(this.shown(message), emoji);
    this.#request({ type: "react", of: id, emoji, on, key: "" }, this.#chat?.react(id, emoji, on));
  }

  /** Whether the user has reacted to a message with an emoji. */
  hasReacted({ id, reactions = [] }: Message, emoji: string): boolean {
    const reaction = reactions.find((each) => each.emoji === emoji);
    if (!reaction) return false;
    const isShown = reaction.by.some((each) => this.isMe(each));
    return isShown || (reaction.count > reaction.by.length && this.#reacted.has(`${id} ${emoji}`));
  }

  /** Whether an author's id is the user's. */
  isMe(author: Pick<Message, "by">): boolean {
    return this.#chat?.isOwn(author) === true;
  }

  /** Takes a change into account that the room has seen. */
  note(change: AnyChange): void {
    if (change.type === "changed" || !this.isMe(change)) return;
    const { of } = change;
    if (change.type === "edited") this.dismiss(of);
    if (change.type !== "reacted") return;
    if (change.on) this.#reacted.add(`${of} ${change.emoji}`);
    else this.#reacted.delete(`${of} ${change.emoji}`);
  }

  /** The pending change of a message of one type, if there is one. */
  pendingOf<T extends OutboxChange["type"]>(id: number | null, type: T): OutboxChange | undefined {
    return this.#pending.value.find((change) => change.of === id && change.type === type);
  }

  /** A message as it will be once the server has confirmed what is pending. */
  shown(message: Message): Message {
    return this.#pending.value.reduce((shown, change) => this.#withPending(shown, change), message);
  }

  #withPending(message: Message, change: OutboxChange): Message {
    if (change.of !== message.id || typeof change.of !== "number" || message.deleted) return message;
    const made = { of: change.of, by: this.#chat?.me ?? "", id: 0, time: 0 };
    switch (change.type) {
      case "edit":
        return { ...message, content: change.content };
      case "delete":
        return applyChange(message, { ...made, type: "deleted" });
      case "react": {
        const { emoji, on } = change;
        if (this.hasReacted(message, emoji) === on) return message;
        const before = message.reactions?.find((each) => each.emoji === emoji)?.count ?? 0;
        const name = this.#chat?.name ?? "";
        return applyChange(message, {
          ...made,
          type: "reacted",
          emoji,
          on,
          name,
          count: before + (on ? 1 : -1),
        });
      }
    }
  }

  #deleteNow(of: number): void {
    this.undo(of);
    this.#request({ type: "delete", of, key: "" }, this.#chat?.delete(of));
  }

  #request(change: OutboxChange, request: Promise<void> | undefined): void {
    request?.catch((error: unknown) => {
      // The chat reports what was in its outbox, also for earlier pages. Other requests were never put there.
      if (!(error instanceof ChatError) || !this.#reported.has(error)) this.#fail(change, error);
    });
  }

  #fail(change: OutboxChange, error: unknown): void {
    const code = error instanceof ChatError ? error.code : "Unknown";
    // The user has left the room.
    if (code === "Closed") return;
    const failure = { code, retryS: error instanceof RateError ? error.retryS : null };
    if (change.type === "edit" && typeof change.of === "number")
      this.#failed.value = new Map([
        ...this.#failed.value,
        [change.of, { content: change.content, failure }],
      ]);
    this.#options.onFailed(change, failure);
  }

  #show(chat: Chat): void {
    const pending = chat.outbox.filter((entry) => entry.type !== "send");
    this.#pending.value = pending.length > 0 ? pending : NONE;
  }
}

function without<T>(map: ReadonlyMap<number, T>, key: number): ReadonlyMap<number, T> {
  return map.has(key) ? new Map([...map].filter(([each]) => each !== key)) : map;
}

function runLater(job: () => void, ms: number): () => void {
  const timer = setTimeout(job, ms);
  return () => clearTimeout(timer);
}
