import type { Message } from "../../client/index.ts";
import { type Keeper, readKept } from "./keeper.ts";

/** Under which all tabs of this browser keep it. */
export const OWN_KEY = "classic-chatbox.own";

/** So many are remembered in a room, the newest, and so many rooms, those last written to: 300 kB at most. */
const MESSAGES_MOST = 1_000;
const ROOMS_MOST = 20;

/**
 * Which messages of a room this browser has sent: those that the server acknowledged to one of its tabs. The nickname
 * says nothing of that, since whoever registers it next has it as well.
 */
export class OwnMessages {
  readonly #keeper: Keeper;
  readonly #room: string;
  #marks: ReadonlySet<string> = new Set();

  constructor(keeper: Keeper, room: string) {
    this.#keeper = keeper;
    this.#room = room;
    this.share();
  }

  has(message: Message): boolean {
    return this.#marks.has(markOf(message));
  }

  /** The server has acknowledged an own message. */
  add(message: Message): void {
    // Without an id it cannot be told from another: a server of version 2.
    if (message.id === null) return;
    this.#marks = new Set([...this.#marks, markOf(message)]);
    this.share(true);
  }

  /**
   * Takes over what other tabs have kept, and keeps what of this one is not there: of two that write at once the second
   * has not seen what the first wrote.
   */
  share(hasNews = false): void {
    const rooms = this.#read();
    const others = rooms.filter(([room]) => room !== this.#room);
    const kept = rooms.find(([room]) => room === this.#room)?.[1];
    // Without news, a room that had to go stays away: tabs of too many rooms would drive each other out for ever.
    const isGone = kept === undefined && others.length >= ROOMS_MOST;
    const marks = newest([...this.#marks, ...(kept?.split(" ") ?? [])]);
    this.#marks = new Set(marks);
    const text = marks.join(" ");
    if (text === (kept ?? "") || (isGone && !hasNews)) return;
    const all = [[this.#room, text], ...others].slice(0, ROOMS_MOST);
    this.#keeper.setItem(OWN_KEY, JSON.stringify(all));
  }

  #read(): (readonly [room: string, marks: string])[] {
    const kept = readKept(this.#keeper, OWN_KEY);
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((each: unknown): [string, string][] => {
      const [room, marks]: unknown[] = Array.isArray(each) ? each : [];
      return typeof room === "string" && typeof marks === "string" ? [[room, marks]] : [];
    });
  }
}

/** Id and time: a history that was replaced may use the ids again, but not within the same millisecond. */
export function markOf({ id, time }: Message): string {
  return `${id?.toString(36)}.${time?.toString(36)}`;
}

function newest(marks: readonly string[]): string[] {
  const known = [...new Set(marks)].filter((mark) => /^[\da-z]+\.[\da-z]+$/.test(mark));
  // By time: the ids of a history that was replaced say nothing of those after it.
  return known.sort((a, b) => timeOf(a) - timeOf(b)).slice(-MESSAGES_MOST);
}

function timeOf(mark: string): number {
  return Number.parseInt(mark.slice(mark.indexOf(".") + 1), 36);
}
