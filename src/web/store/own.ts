import type { Message } from "../../client/index.ts";
import { readJson, type TextStorage } from "./browser-storage.ts";

/** The key under which all tabs of this browser store their messages' positions. */
export const OWN_KEY = "classic-chatbox.own";

/** Limits: the newest messages of a room, and the rooms last written to. Together they take 300 kB at most. */
const MESSAGES_MAX = 1_000;
const ROOMS_MAX = 20;

/**
 * Knows which messages of a room this browser has sent: those that the server acknowledged to one of its tabs. A
 * nickname does not tell, since anyone who registers it later has it too.
 */
export class OwnMessages {
  readonly #storage: TextStorage;
  readonly #room: string;
  #positions: ReadonlySet<string> = new Set();

  constructor(storage: TextStorage, room: string) {
    this.#storage = storage;
    this.#room = room;
    this.syncTabs();
  }

  has(message: Message): boolean {
    return this.#positions.has(positionKey(message));
  }

  /** Adds a message that the server has acknowledged. */
  add(message: Message): void {
    // A server of version 2 gives no ids, by which messages could be told apart.
    if (message.id === null) return;
    this.#positions = new Set([...this.#positions, positionKey(message)]);
    this.syncTabs(true);
  }

  /**
   * Merges what other tabs have stored with what this tab knows. When two tabs write at once, the second one has not
   * seen what the first one wrote.
   */
  syncTabs(hasNews = false): void {
    const rooms = this.#read();
    const others = rooms.filter(([room]) => room !== this.#room);
    const kept = rooms.find(([room]) => room === this.#room)?.[1];
    // Without a new message, a room that was dropped stays dropped. Otherwise the tabs of too many rooms would
    // replace each other forever.
    const isGone = kept === undefined && others.length >= ROOMS_MAX;
    const positions = newest([...this.#positions, ...(kept?.split(" ") ?? [])]);
    this.#positions = new Set(positions);
    const text = positions.join(" ");
    if (text === (kept ?? "") || (isGone && !hasNews)) return;
    const all = [[this.#room, text], ...others].slice(0, ROOMS_MAX);
    this.#storage.setItem(OWN_KEY, JSON.stringify(all));
  }

  #read(): (readonly [room: string, positions: string])[] {
    const kept = readJson(this.#storage, OWN_KEY);
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((each: unknown): [string, string][] => {
      const [room, positions]: unknown[] = Array.isArray(each) ? each : [];
      return typeof room === "string" && typeof positions === "string" ? [[room, positions]] : [];
    });
  }
}

/** Identifies a message by its id and time. A replaced history may use ids again, but not with the same time. */
export function positionKey({ id, time }: Message): string {
  return `${id?.toString(36)}.${time?.toString(36)}`;
}

function newest(positions: readonly string[]): string[] {
  const known = [...new Set(positions)].filter((position) => /^[\da-z]+\.[\da-z]+$/.test(position));
  // Sorted by time, since the ids of a replaced history do not compare with those after it.
  return known.sort((a, b) => timeOf(a) - timeOf(b)).slice(-MESSAGES_MAX);
}

function timeOf(position: string): number {
  return Number.parseInt(position.slice(position.indexOf(".") + 1), 36);
}
