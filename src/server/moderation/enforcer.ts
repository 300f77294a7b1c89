import type { Engine } from "../../engine/engine.ts";
import type { ModerationChange } from "../../engine/moderation.ts";
import { encode } from "../../protocol/encode.ts";
import type { WaitingEvent } from "../../protocol/kinds/review.ts";
import type { Action, ActionKind, SanctionKind } from "../../room/action.ts";
import { isAtLeast } from "../../room/roles.ts";
import type { Connection } from "../connection.ts";
import type { Log } from "../log.ts";

/** Somebody who is banned hears of that before: it has its place in the room's order within this time. */
const TOLD_WITHIN_MS = 200;

export interface EnforcerContext {
  readonly engine: Pick<Engine, "moderation">;
  readonly connections: Iterable<Connection>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Pick<Log, "info">;
  /** Called with each action. */
  readonly acted: (kind: ActionKind) => void;
}

/** Carries out at this server's connections what moderators have done, wherever they did it. */
export class Enforcer {
  readonly #context: EnforcerContext;

  constructor(context: EnforcerContext) {
    this.#context = context;
    context.engine.moderation.subscribe((change) => this.#follow(change));
  }

  /** Tells a moderator how much waits, if something does. */
  tellWaiting(connection: Connection): void {
    const waiting = this.#context.engine.moderation.waiting(connection.room);
    if (waiting.reports + waiting.held > 0) this.#tell(connection);
  }

  #follow({ actions, rooms }: ModerationChange): void {
    for (const action of actions) {
      this.#log(action);
      this.#context.acted(action.kind);
    }
    // The code of the close says all about a kick. A ban has a reason and an end, which only the event has.
    if (actions.some(({ kind }) => kind === "kick")) this.#putOut();
    if (actions.some(({ kind }) => kind === "ban")) setTimeout(() => this.#putOut(), TOLD_WITHIN_MS);
    if (rooms.size === 0) return;
    for (const connection of this.#context.connections)
      if (rooms.has(connection.room)) this.#tell(connection);
  }

  /** Ends the connections of those who may not be in their rooms any more. The rooms have refused them since the action. */
  #putOut(): void {
    const now = this.#context.now();
    const { connections, engine } = this.#context;
    const { moderation } = engine;
    for (const connection of [...connections]) {
      const { room, persons, networks, role } = connection;
      if (isAtLeast(role, "moderator")) continue;
      const isHit = (kind: SanctionKind) =>
        (persons.length === 0 ? [null] : persons).some(
          (person) => moderation.sanctionOf(kind, room, { person, networks }, now) !== undefined,
        );
      if (isHit("ban")) connection.end("banned");
      else if (isHit("kick")) connection.end("kicked");
    }
  }

  /** Without the moderator's words, which may quote what was said. */
  #log({ kind, room, person, name, by, byName, until, count }: Action): void {
    const whom = name === null ? "" : ` ${name}`;
    const doer = by === null ? "the server" : byName;
    this.#context.log.info(
      { category: "moderation", event: kind, room, person, by, until, count },
      `${kind}${whom}${room === null ? " in all rooms" : ` in room ${room}`}, by ${doer}`,
    );
  }

  #tell(connection: Connection): void {
    if (connection.dialect.version === 2 || !isAtLeast(connection.role, "moderator")) return;
    const waiting = this.#context.engine.moderation.waiting(connection.room);
    connection.tell(encode<WaitingEvent>({ type: "receive", datatype: "waiting", ...waiting }));
  }
}
