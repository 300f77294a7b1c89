import type { TabStorage } from "./tab-storage.ts";

/** How tabs of one browser talk: a `BroadcastChannel`, or two ends of one in a test. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

/** A tab that does not answer by then is closed. */
const ANSWER_MS = 1_500;

/**
 * Lets a tab take over the stay of another one, so that nobody in the room sees a leave and a join. What goes over is
 * the secret of a session: it stays within this browser and this site.
 */
export class Handover {
  readonly #channel: Channel;
  readonly #room: string;
  readonly #tab: TabStorage;
  #answered: (() => void) | null = null;

  /** @param nickname that this tab has now */
  constructor(channel: Channel, room: string, tab: TabStorage, nickname: () => string | null) {
    this.#channel = channel;
    this.#room = room;
    this.#tab = tab;
    channel.addEventListener("message", ({ data }) => {
      const word = parseWord(data);
      if (word?.room !== room) return;
      if (word.kind === "give") this.#take(word.key, word.value);
      else if (word.nickname === nickname()) this.#give();
    });
  }

  /** Asks the other tabs for a stay, and puts it into this tab's storage. Ends without one when no tab has it. */
  async ask(nickname: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
      setTimeout(resolve, ANSWER_MS);
      this.#channel.postMessage({ kind: "ask", room: this.#room, nickname });
    });
    this.#answered = null;
  }

  #take(key: string, value: string): void {
    if (!this.#answered) return;
    this.#tab.setItem(key, value);
    this.#answered();
  }

  #give(): void {
    const { kept } = this.#tab;
    if (kept) this.#channel.postMessage({ kind: "give", room: this.#room, key: kept[0], value: kept[1] });
  }
}

type Word =
  | { readonly kind: "ask"; readonly room: string; readonly nickname: string }
  | { readonly kind: "give"; readonly room: string; readonly key: string; readonly value: string };

/** Another version of this page may be open in another tab. */
function parseWord(data: unknown): Word | undefined {
  if (typeof data !== "object" || data === null || !("kind" in data) || !("room" in data)) return undefined;
  const { kind, room } = data;
  if (typeof room !== "string") return undefined;
  if (kind === "ask" && "nickname" in data && typeof data.nickname === "string") {
    return { kind, room, nickname: data.nickname };
  }
  if (kind !== "give" || !("key" in data) || !("value" in data)) return undefined;
  const { key, value } = data;
  return typeof key === "string" && typeof value === "string" ? { kind, room, key, value } : undefined;
}
