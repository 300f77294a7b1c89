import { type ReadonlySignal, signal } from "@preact/signals";
import type { Message } from "../../client/index.ts";
import type { Keeper } from "./keeper.ts";

/** What a reader has not seen: how many, and where they begin. */
export class UnreadStore {
  readonly #count = signal(0);
  readonly #firstId = signal<number | null>(null);
  readonly #keeper: Keeper;
  readonly #key: string;
  #isReading = false;
  #newestId = 0;
  #seenId: number;

  /** @param room its path: what was read is kept for each room */
  constructor(keeper: Keeper, room: string) {
    this.#keeper = keeper;
    this.#key = `classic-chatbox.read:${room}`;
    this.#seenId = Number(keeper.getItem(this.#key)) || 0;
  }

  get count(): ReadonlySignal<number> {
    return this.#count;
  }

  /** The first message that was not read when it came. The line above it stays while one reads on. */
  get firstId(): ReadonlySignal<number | null> {
    return this.#firstId;
  }

  /** The newest page of the history: what came since the last visit is unread, but for what this browser sent. */
  entered(messages: readonly Message[], isOwn: (message: Message) => boolean): void {
    const isUnseen = ({ id }: Message) => id !== null && id > this.#seenId;
    const unseen = messages.filter((message) => isUnseen(message) && !isOwn(message));
    if (this.#seenId > 0) this.#firstId.value = unseen[0]?.id ?? null;
    this.#note(messages.at(-1)?.id ?? null);
  }

  /** A message came. */
  add({ id }: Message, own: boolean): void {
    if (own) this.#firstId.value = null;
    else if (!this.#isReading) {
      if (this.#count.value === 0) this.#firstId.value = id;
      this.#count.value++;
    }
    this.#note(id);
  }

  /** Whether the reader has the newest messages before the eyes. */
  setReading(isReading: boolean): void {
    this.#isReading = isReading;
    if (isReading) this.#count.value = 0;
    this.#note(null);
  }

  #note(id: number | null): void {
    this.#newestId = Math.max(this.#newestId, id ?? 0);
    if (!this.#isReading || this.#newestId <= this.#seenId) return;
    this.#seenId = this.#newestId;
    this.#keeper.setItem(this.#key, String(this.#seenId));
  }
}
