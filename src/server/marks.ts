import type { People } from "../engine/people.ts";
import { isInRoom } from "../engine/token.ts";
import type { Mark } from "../protocol/extension.ts";
import type { Present } from "../room/roster.ts";

/** How many rooms' marks are remembered: when many come back to one at once, all get the same. */
const REMEMBERED = 16;

interface Made {
  readonly present: readonly Present[];
  readonly revision: number;
  readonly text: string | null;
}

type MarkedPeople = Pick<People, "roleOf" | "reservedBy" | "holderOf" | "isBot" | "tokens">;

/** What is shown beside nicknames: that one is reserved, what its person may do, and that it is a program. */
export class Marks {
  readonly #people: MarkedPeople;
  /** By room, the oldest first. */
  readonly #made = new Map<string, Made>();
  /** Counts the changes to what is known about people. */
  #revision = 0;

  constructor(people: MarkedPeople & Pick<People, "subscribe">) {
    this.#people = people;
    people.subscribe(() => {
      this.#revision++;
    });
  }

  /** The mark of a nickname in a room, null for none. @param by the public id of its person */
  of(room: string, { name, by }: Present): Mark | null {
    const role = this.#people.roleOf(by, room);
    // Looking for a nickname takes much longer than looking for a person, and few have reserved one.
    const isReserved = this.#people.reservedBy(by).length > 0 && this.#people.holderOf(name) === by;
    const isBot = this.#people.isBot(by);
    if (role === "visitor" && !isReserved && !isBot) return null;
    return {
      by,
      ...(role === "visitor" ? {} : { role }),
      ...(isReserved ? { reserved: true } : {}),
      ...(isBot ? { bot: true } : {}),
    };
  }

  /** The mark of a program in a room; null for anybody else. */
  ofBot(room: string, present: Present): Mark | null {
    return this.#people.isBot(present.by) ? this.of(room, present) : null;
  }

  /**
   * The marks of a roster, and of the programs that may write in the room, as a JSON object by nickname; null if there are none.
   */
  textOf(room: string, present: readonly Present[]): string | null {
    const known = this.#made.get(room);
    if (known?.present === present && known.revision === this.#revision) return known.text;
    const bots = this.#people
      .tokens()
      .flatMap((token) => (isInRoom(token, room) ? [{ name: token.nickname, by: token.person }] : []));
    const marks = [...present, ...bots].flatMap((each) => {
      const mark = this.of(room, each);
      return mark === null ? [] : [[each.name, mark] as const];
    });
    const text = marks.length === 0 ? null : JSON.stringify(Object.fromEntries(marks));
    this.#made.delete(room);
    this.#made.set(room, { present, revision: this.#revision, text });
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= REMEMBERED) break;
      this.#made.delete(oldest);
    }
    return text;
  }
}
