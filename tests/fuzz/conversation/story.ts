import type { Message } from "../../../src/room/operation.ts";

/** Messages by the names of their rooms; the main room's is undefined. */
export type Histories = ReadonlyMap<string | undefined, readonly Message[]>;

/** A history that another one was put in the place of. */
export interface Past {
  /** What was stored in the last moment. */
  readonly held: Histories;
  /** What was put in its place. */
  readonly kept: Histories;
  /** When that was done, in Unix ms. */
  readonly at: number;
}

/** What was done in one conversation, to find out why it went wrong. */

/** Longer than anything takes on the slowest machine. */
const HANGS_AFTER_MS = 200_000;

export class Story {
  readonly lines: string[] = [];
  /** What must not have happened, as it was noticed on the way. */
  readonly faults: string[] = [];
  /** The histories that backups took the places of, in order. */
  readonly pasts: Past[] = [];
  /** Whether sessions went back with one of them: nobody need be known by a later session. */
  hasLostSessions = false;
  /** The secrets that clients were given. */
  readonly secrets = new Set<string>();
  readonly #startedAt = performance.now();
  #waiting: (() => void)[] = [];

  tell(line: string): void {
    this.lines.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} ${line}`);
  }

  fault(sentence: string): void {
    this.faults.push(sentence);
    this.tell(`FAULT ${sentence}`);
  }

  /** How many messages backups have made gone. */
  get lost(): number {
    const rooms = this.pasts.flatMap((past) => [...past.held.keys()].map((room) => lostIn(past, room).size));
    return rooms.reduce((sum, count) => sum + count, 0);
  }

  /** Whether a content was stored, and is in none of the histories that came later by a backup. */
  isLost(room: string | undefined, content: string): boolean {
    return this.pasts.some((past) => lostIn(past, room).has(content));
  }

  /**
   * Looks at an acknowledgement.
   *
   * @param openedAt when the connection was made on which it came, in Unix ms
   */
  acknowledged(
    room: string | undefined,
    message: { id: number | null; time: number | null; content: string },
    openedAt: number,
  ): void {
    for (const past of this.pasts) {
      const lost = lostIn(past, room).get(message.content);
      if (lost?.id === message.id && lost?.time === message.time && openedAt > past.at)
        this.fault(`KEY-4 ${lost?.id} was acknowledged out of a history that was gone`);
    }
  }

  /** Takes down the secrets in a frame of the server. */
  heard(text: string): void {
    for (const [, secret] of text.matchAll(/"session":"([^"]+)"/g)) if (secret) this.secrets.add(secret);
  }

  /** Something has changed that somebody may wait for. */
  changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * Resolves once `condition` holds, which is looked at after each change.
   *
   * @param tellWhat describes what holds it up
   * @throws when that takes so long that it will not come any more
   */
  async until(condition: () => boolean, tellWhat: () => string): Promise<void> {
    const tooLong = performance.now() + HANGS_AFTER_MS;
    while (!condition()) {
      if (performance.now() > tooLong) throw new Error(`waited in vain: ${tellWhat()}`);
      const changed = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await Promise.race([changed, Bun.sleep(1000)]);
    }
  }
}

function lostIn({ held, kept }: Past, room: string | undefined): Map<string, Message> {
  const left = new Set(kept.get(room)?.map(({ content }) => content));
  const lost = held.get(room)?.filter(({ content }) => !left.has(content)) ?? [];
  return new Map(lost.map((message) => [message.content, message]));
}
