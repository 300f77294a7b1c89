import type { Message } from "../../client/index.ts";
import { type Keeper, readKept } from "./keeper.ts";

/** The key under which all tabs of this browser store their messages' positions. */
export const OWN_KEY = "classic-chatbox.own";

/** Limits: the newest messages of a room, and the rooms last written to. Together they take 300 kB at most. */
const MESSAGES_MOST = 1_000;
const ROOMS_MOST = 20;

/**
 * Knows which messages of a room this browser has sent: those that the server acknowledged to one of its tabs. A
 * nickname does not tell, since anyone who registers it later has it too.
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

  /** Adds a message that the server has acknowledged. */
  add(message: Message): void {
    // A server of version 2 gives no ids, by which messages could be told apart.
    if (message.id === null) return;
    this.#marks = new Set([...this.#marks, markOf(message)]);
    this.share(true);
  }

  /**
   * Merges what other tabs have stored with what this tab knows. When two tabs write at once, the second one has not
   * seen what the first one wrote.
   */
  share(hasNews = false): void {
    const rooms = this.#read();
    const others = rooms.filter(([room]) => room !== this.#room);
    const kept = rooms.find(([room]) => room === this.#room)?.[1];
    // Without a new message, a room that was dropped stays dropped. Otherwise the tabs of too many rooms would
    // replace each other forever.
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

/** Identifies a message by its id and time. A replaced history may use ids again, but not with the same time. */
export function markOf({ id, time }: Message): string {
  return `${id?.toString(36)}.${time?.toString(36)}`;
}

function newest(marks: readonly string[]): string[] {
  const known = [...new Set(marks)].filter((mark) => /^[\da-z]+\.[\da-z]+$/.test(mark));
  // Sorted by time, since the ids of a replaced history do not compare with those after it.
  return known.sort((a, b) => timeOf(a) - timeOf(b)).slice(-MESSAGES_MOST);
}

function timeOf(mark: string): number {
  return Number.parseInt(mark.slice(mark.indexOf(".") + 1), 36);
}
