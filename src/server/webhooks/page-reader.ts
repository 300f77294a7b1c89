import type { Engine } from "../../engine/engine.ts";
import type { Page, PageRequest } from "../../protocol/page.ts";
import type { Guest } from "../../room/operation.ts";
import { REPLY_DIALECT } from "../dialect.ts";
import type { Fanout } from "../fanout.ts";
import type { Recipient, RecipientEnd } from "../recipient.ts";

/** What an operation takes while it waits, in bytes. */
const OPERATION_BYTES = 512;

/** The chat itself, which may look into every room. */
const OWN: Guest = { name: "", identity: "webhooks", person: { id: "webhooks", role: "owner" } };

/** Reads pages of a room for the server itself, each at its place in the room's order. The room stays in memory meanwhile. */
export class PageReader {
  readonly #engine: Engine;
  readonly #fanout: Fanout;
  readonly #room: string;
  readonly #id = `webhook-${crypto.randomUUID()}`;
  #made = 0;
  #isInside = false;

  constructor(engine: Engine, fanout: Fanout, room: string) {
    this.#engine = engine;
    this.#fanout = fanout;
    this.#room = room;
  }

  /** Keeps the room in memory until the release. Rejects if there is no space for it now. */
  enter(): void {
    if (this.#isInside) return;
    if (!this.#engine.enter(this.#room)) throw new Error(`the room ${this.#room} cannot be opened now`);
    this.#isInside = true;
  }

  /** Rejects if the page cannot be read now. */
  async read(page: PageRequest): Promise<Page> {
    this.enter();
    const asking = new Asking(`${this.#id}-${++this.#made}`, this.#room);
    this.#fanout.add(asking);
    try {
      this.#engine.submit(this.#room, {
        kind: "request",
        connection: asking.id,
        request: { kind: "get", page },
        guest: OWN,
        size: OPERATION_BYTES,
      });
      return await asking.page;
    } finally {
      this.#fanout.remove(asking);
    }
  }

  release(): void {
    if (!this.#isInside) return;
    this.#isInside = false;
    this.#engine.submit(this.#room, { kind: "leave", connection: this.#id, resumable: false });
  }
}

/** One request for a page. */
class Asking implements Recipient {
  readonly id: string;
  readonly room: string;
  readonly dialect = REPLY_DIALECT;
  readonly name = null;
  readonly secret = "";
  readonly sink = null;
  readonly isOwn = true;
  readonly #answered = Promise.withResolvers<Page>();

  constructor(id: string, room: string) {
    this.id = id;
    this.room = room;
  }

  get page(): Promise<Page> {
    return this.#answered.promise;
  }

  named(): void {}

  shown(page: Page): boolean {
    this.#answered.resolve(page);
    return false;
  }

  historyRefusal(): null {
    return null;
  }

  /** Whatever else it is answered. */
  write(): void {
    this.#answered.reject(new Error(`the history of ${this.room} cannot be read now`));
  }

  end(cause: RecipientEnd): void {
    this.#answered.reject(new Error(`the history of ${this.room} cannot be read now (${cause})`));
  }
}
