import { ActionOrder } from "./action-order.ts";
import type { History, Seen } from "./history.ts";
import { Ledger } from "./ledger.ts";
import { Orders } from "./orders.ts";
import { markOf, type Origin, originOf } from "./text.ts";

/** Histories by the names of their rooms; the main room's is undefined. */
export type Histories = ReadonlyMap<string | undefined, History>;

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
  /** Whether a backup is being put back under servers that do not know it yet: what they tell may be of both histories. */
  isRestoring = false;
  /** Whether sessions went back with one of them: nobody need be known by a later session. */
  hasLostSessions = false;
  /** What tells each text that anybody made from all others. */
  readonly marks: string[] = [];
  /** The secrets that clients were given. */
  readonly secrets = new Set<string>();
  readonly orders = new Orders();
  readonly actionOrder = new ActionOrder();
  readonly #ledgers = new Map<string | undefined, Ledger>();
  readonly #startedAt = performance.now();
  #waiting: (() => void)[] = [];

  tell(line: string): void {
    this.lines.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} ${line}`);
  }

  fault(sentence: string): void {
    this.faults.push(sentence);
    this.tell(`FAULT ${sentence}`);
  }

  /** What was shown to those in a room. */
  ledger(room: string | undefined): Ledger {
    const ledger = this.#ledgers.get(room) ?? new Ledger();
    this.#ledgers.set(room, ledger);
    return ledger;
  }

  /** How many messages backups have made gone. */
  get lost(): number {
    const rooms = this.pasts.flatMap(({ held }, epoch) => [...held.keys()].map((room) => ({ epoch, room })));
    return rooms.reduce((sum, { epoch, room }) => sum + this.#lostIn(epoch, room).length, 0);
  }

  /** Whether a message was stored, and is in none of the histories that came later by a backup. */
  isLost(room: string | undefined, origin: Origin): boolean {
    return this.pasts.some((_, epoch) =>
      this.#lostIn(epoch, room).some((each) => this.originOf(room, each) === origin),
    );
  }

  /**
   * Looks at an acknowledgement.
   *
   * @param openedAt when the connection was made on which it came, in Unix ms
   */
  acknowledged(
    room: string | undefined,
    origin: Origin,
    message: { id: number | null; time: number | null },
    openedAt: number,
  ): void {
    for (const [epoch, past] of this.pasts.entries()) {
      const lost = this.#lostIn(epoch, room).find(({ id }) => id === message.id);
      const isIt = lost?.further?.time === message.time && this.originOf(room, lost) === origin;
      if (lost && isIt && openedAt > past.at)
        this.fault(`KEY-4 ${lost.id} was acknowledged out of a history that was gone`);
    }
  }

  /** Which send a stored message was; null if nobody was shown its text before it was deleted. */
  originOf(room: string | undefined, { id, content, further }: Seen): Origin | null {
    return originOf(content) ?? this.ledger(room).originOf(id ?? 0, further?.time ?? 0) ?? null;
  }

  /** The messages of a history that the backup after it does not have. */
  #lostIn(epoch: number, room: string | undefined): readonly Seen[] {
    const { held, kept } = this.pasts[epoch] ?? {};
    const now = kept?.get(room);
    const before = held?.get(room)?.messages ?? [];
    return before.filter(({ id, further }) => now?.message(id ?? 0)?.further.time !== further.time);
  }

  /** Takes down a content that somebody is about to send. */
  made(content: string): void {
    const mark = markOf(content);
    if (mark !== null) this.marks.push(mark);
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
