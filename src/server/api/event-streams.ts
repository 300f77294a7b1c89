import { PAGE_MAX } from "../../protocol/limits.ts";
import type { PageData, PageRequest } from "../../protocol/page.ts";
import { isAtLeast } from "../../room/roles.ts";
import type { Answer } from "../client-socket.ts";
import type { ServerParts } from "../server-parts.ts";
import { type Place, readEventId } from "./event-dialect.ts";
import { EventStream } from "./event-stream.ts";
import { Problem } from "./problem.ts";
import { type ApiRooms, type Asking, malformed, pageAfter, tooMany } from "./rooms.ts";

/** The streams of events at this server. Each counts as a connection of its address. */
export class EventStreams {
  readonly #parts: ServerParts;
  readonly #rooms: ApiRooms;
  readonly #open = new Set<EventStream>();

  constructor(parts: ServerParts, rooms: ApiRooms) {
    this.#parts = parts;
    this.#rooms = rooms;
    parts.engine.people.subscribe(() => this.endRevoked());
    parts.engine.moderation.subscribe(() => this.#endBanned());
  }

  /** Ends the streams whose tokens are revoked or over. Must be called regularly, because tokens end by themselves. */
  endRevoked(): void {
    const { people } = this.#parts.engine;
    for (const stream of [...this.#open])
      if (people.token(stream.asking.token.id) === undefined) stream.finish();
  }

  /**
   * Opens a stream.
   *
   * @param lastId of the event that the program has read last; empty for what happens from now on
   * @throws Problem
   */
  async open(lastId: string, asking: Asking): Promise<Answer> {
    const { address, room } = asking;
    const place = lastId === "" ? null : readEventId(lastId);
    if (lastId !== "" && place === null)
      throw new Problem({ reason: "WrongFormatPage", detail: malformed("WrongFormatLast-Event-ID") });
    const { sockets, engine } = this.#parts;
    // It shows whether the program may look: later, there could only be the end of the stream.
    const newest = await this.#newestMessage(asking);
    const from = place ?? (await this.#endBehind(newest, asking));
    if (sockets.isFull) {
      const detail = "The server cannot accept another connection right now.";
      throw new Problem({ reason: "ErrorWhenServing", detail });
    }
    const excess = address.admit(room, performance.now());
    if (excess !== null) throw tooMany(excess.wait, `Too many ${excess.reason} from this address.`);
    if (!engine.enter(room)) {
      address.leave(room);
      const detail = "The server cannot open another room right now.";
      throw new Problem({ reason: "ErrorWhenServing", detail });
    }
    return {
      head: new Response(null, {
        headers: {
          "Content-Type": "text/event-stream",
          "Cache-Control": "no-store",
          // Otherwise nginx would keep events until it has many.
          "X-Accel-Buffering": "no",
        },
      }),
      open: (wire) => {
        const closed = (stream: EventStream) => {
          this.#open.delete(stream);
          address.leave(room);
        };
        const id = this.#rooms.newId();
        const stream = new EventStream(id, asking, from, wire, this.#parts, closed);
        this.#open.add(stream);
        return stream;
      },
    };
  }

  async #newestMessage(asking: Asking): Promise<Place> {
    const { message } = await this.#page(asking, { limit: 1, before: null, after: null });
    const last = message.at(-1);
    return { after: last?.id ?? 0, time: last?.time };
  }

  /** Where the history ends: behind its newest message there may be changes to others. */
  async #endBehind(newest: Place, asking: Asking): Promise<Place> {
    let end = newest;
    for (let isMore = newest.after > 0; isMore; ) {
      const { more, cursor } = await this.#page(asking, pageAfter(end.after, end.time, PAGE_MAX));
      if (cursor !== undefined) end = { after: cursor.id, time: cursor.time };
      isMore = more && cursor !== undefined;
    }
    return end;
  }

  async #page(asking: Asking, page: PageRequest): Promise<PageData> {
    const { data } = await this.#rooms.ask({ kind: "get", request: { kind: "get", page } }, asking);
    return data as PageData;
  }

  #endBanned(): void {
    const { moderation } = this.#parts.engine;
    for (const stream of [...this.#open]) {
      const { room, token, role } = stream.asking;
      const who = { person: token.person, networks: [] };
      const isOut = (["ban", "kick"] as const).some(
        (kind) => moderation.sanctionOf(kind, room, who, Date.now()) !== undefined,
      );
      if (isOut && !isAtLeast(role, "moderator")) stream.finish();
    }
  }
}
