import type { Message } from "../../client/index.ts";
import { readJson, type TextStorage } from "./browser-storage.ts";

/** The key under which all tabs of this browser store as whom they have written. */
export const OWN_KEY = "classic-chatbox.own";

/** Limits: the newest marks of a room, and the rooms last written to. Together they take 400 kB at most. */
const MARKS_MAX = 1_000;
const ROOMS_MAX = 20;

/**
 * Knows which messages of a room this browser has sent, by the public ids that its tabs have had there. A nickname does
 * not tell, since anyone who registers it later has it too. Messages of histories that are older than such ids are known
 * by their positions.
 */
export class OwnMessages {
  readonly #storage: TextStorage;
  readonly #room: string;
  /** Ids of authors, and positions. */
  #marks: ReadonlySet<string> = new Set();

  constructor(storage: TextStorage, room: string) {
    this.#storage = storage;
    this.#room = room;
    this.syncTabs();
  }

  has(message: Message): boolean {
    return this.#marks.has(markOf(message));
  }

  /** Adds a message that the server has acknowledged, and with it all that have the same author. */
  add(message: Message): void {
    // A server of version 2 gives no ids, by which messages could be told apart.
    if (message.id === null) return;
    this.#marks = new Set([...this.#marks, markOf(message)]);
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
    const marks = newest([...this.#marks, ...(kept?.split(" ") ?? [])]);
    this.#marks = new Set(marks);
    const text = marks.join(" ");
    const isFirst = rooms[0]?.[0] === this.#room;
    if (hasNews ? isFirst && text === kept : isGone || text === (kept ?? "")) return;
    const all = [[this.#room, text], ...others].slice(0, ROOMS_MAX);
    this.#storage.setItem(OWN_KEY, JSON.stringify(all));
  }

  #read(): (readonly [room: string, marks: string])[] {
    const kept = readJson(this.#storage, OWN_KEY);
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((each: unknown): [string, string][] => {
      const [room, marks]: unknown[] = Array.isArray(each) ? each : [];
      return typeof room === "string" && typeof marks === "string" ? [[room, marks]] : [];
    });
  }
}

/** Identifies a message by its id and time. A replaced history may use ids again, but not with the same time. */
export function positionKey({ id, time }: Message): string {
  return `${id?.toString(36)}.${time?.toString(36)}`;
}

function markOf(message: Message): string {
  return message.by ?? positionKey(message);
}

function newest(marks: readonly string[]): string[] {
  const known = [...new Set(marks)].filter((mark) => /^([\da-z]+\.[\da-z]+|[\w-]{16})$/.test(mark));
  // Positions are sorted by time, since the ids of a replaced history do not compare with those after it.
  return known.sort((a, b) => timeOf(a) - timeOf(b)).slice(-MARKS_MAX);
}

/** The time of a position. An author's id counts as newer than all of them. */
function timeOf(mark: string): number {
  const at = mark.indexOf(".");
  return at < 0 ? Number.MAX_VALUE : Number.parseInt(mark.slice(at + 1), 36);
}
