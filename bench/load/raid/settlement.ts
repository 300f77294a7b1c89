import { becomeOwner, Moderator, type Swept } from "./moderator.ts";
import { type Overheard, Regulars } from "./regulars.ts";

/** The addresses of the regulars of each room begin with this and its number, and those of the moderators. */
const REGULARS_NET = "127.1";
const MODERATORS_NET = "127.3.0";

interface Settled {
  readonly room: string;
  readonly moderatorsAddress: string;
  readonly regulars: Regulars;
}

/** Rooms with regulars, and somebody who can moderate all of them. */
export class Settlement {
  readonly #all: readonly Settled[];
  readonly #port: number;
  readonly #key = crypto.randomUUID();

  constructor(port: number, rooms: readonly string[], people: number) {
    this.#port = port;
    this.#all = rooms.map((room, at) => ({
      room,
      moderatorsAddress: `${MODERATORS_NET}.${at + 1}`,
      regulars: new Regulars({ port, room }, `${REGULARS_NET}.${at + 1}`, people),
    }));
  }

  /** @param code of an owner. @returns the nicknames of the regulars, in each room the same */
  async settle(code: string): Promise<{ readonly names: readonly string[] }> {
    await becomeOwner({ port: this.#port, room: "lobby" }, this.#key, code);
    await Promise.all(this.#all.map(({ regulars }) => regulars.gather()));
    return { names: this.#all[0]?.regulars.names ?? [] };
  }

  async overhear(room: string, fromMs: number, untilMs: number): Promise<Overheard> {
    return await this.#in(room).regulars.overhear(fromMs, untilMs);
  }

  /** The moderator comes, sweeps the room, and leaves. */
  async sweep(room: string): Promise<Swept> {
    const { regulars, moderatorsAddress } = this.#in(room);
    const moderator = await Moderator.enter(regulars.place, moderatorsAddress, this.#key);
    try {
      return await moderator.sweep(regulars);
    } finally {
      moderator.leave();
    }
  }

  leave(): void {
    for (const { regulars } of this.#all) regulars.leave();
  }

  #in(room: string): Settled {
    const found = this.#all.find((each) => each.room === room);
    if (found === undefined) throw new Error(`Nobody has settled in the room ${room}.`);
    return found;
  }
}
