/** What moderators look at: see `review` in the protocol. */
import type { Engine } from "../../engine/engine.ts";
import type { HeldMessage, Report } from "../../engine/moderation.ts";
import type {
  ActionKeys,
  HeldKeys,
  ParsedReview,
  PersonKeys,
  ReportKeys,
  ReviewReply,
  ReviewSubject,
} from "../../protocol/kinds/review.ts";
import { type Action, type ActionKind, isOver } from "../../room/action.ts";
import type { Role } from "../../room/roles.ts";

/** How many elements a reply has at most. */
const PAGE = 100;

type Listed = { readonly more: boolean } & (
  | { readonly what: "reports"; readonly list: readonly ReportKeys[] }
  | { readonly what: "held"; readonly list: readonly HeldKeys[] }
  | { readonly what: "force" | "log"; readonly list: readonly ActionKeys[] }
  | { readonly what: "people"; readonly list: readonly PersonKeys[] }
);

const UNDOABLE: { readonly [K in ActionKind]: boolean } = {
  mute: true,
  kick: true,
  ban: true,
  remove: true,
  settings: true,
  raid: true,
  announce: true,
  undo: false,
  calm: false,
  approve: false,
  reject: false,
  dismiss: false,
  token: false,
  revoke: false,
};

export interface ReviewsContext {
  readonly engine: Engine;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly roleOf: (person: string, room: string) => Role;
}

/** Shows moderators what waits for them, and what was done. */
export class Reviews {
  readonly #context: ReviewsContext;

  constructor(context: ReviewsContext) {
    this.#context = context;
  }

  /** Rejects if the store fails. */
  async show(what: ReviewSubject, { person, before }: ParsedReview, room: string): Promise<ReviewReply> {
    return { type: "review", status: true, ...(await this.#list(what, person, before, room)) };
  }

  async #list(
    what: ReviewSubject,
    person: string | null,
    before: string | null,
    room: string,
  ): Promise<Listed> {
    const { moderation } = this.#context.engine;
    const now = this.#context.now();
    switch (what) {
      case "reports":
        return await this.#reports(room);
      case "held": {
        const held = await moderation.held(room);
        return { what, list: held.slice(0, PAGE).map(heldKeys), more: held.length > PAGE };
      }
      case "force": {
        const actions = moderation.inForce(room, now);
        const list = actions.slice(0, PAGE).map((action) => actionKeys(action, now));
        return { what, list, more: actions.length > PAGE };
      }
      case "log": {
        const actions = await moderation.actions(room, { person, before, limit: PAGE + 1 });
        const list = actions.slice(0, PAGE).map((action) => actionKeys(action, now));
        return { what, list, more: actions.length > PAGE };
      }
      case "people":
        return this.#people(room, now);
    }
  }

  async #reports(room: string): Promise<Listed> {
    const { engine } = this.#context;
    const reports = await engine.moderation.reports(room);
    const shown = reports.slice(0, PAGE);
    const contents = await Promise.all(
      shown.map(async ({ of }) =>
        of === null ? null : ((await engine.find(room, { of }))?.content ?? null),
      ),
    );
    const list = shown.map((report, at) => reportKeys(report, contents[at] ?? null));
    return { what: "reports", list, more: reports.length > PAGE };
  }

  #people(room: string, now: number): Listed {
    const { engine, roleOf } = this.#context;
    const present = engine.present(room);
    const sharing = new Map<string, number>();
    for (const { networks } of present)
      if (networks[0] !== undefined) sharing.set(networks[0], (sharing.get(networks[0]) ?? 0) + 1);
    const list = present.slice(0, PAGE).map(({ name, by, networks, joinedAt }): PersonKeys => {
      const isMuted = engine.moderation.sanctionOf("mute", room, { person: by, networks }, now) !== undefined;
      return {
        name,
        person: by,
        role: roleOf(by, room),
        ...(joinedAt === null ? {} : { joined: joinedAt }),
        sharing: (sharing.get(networks[0] ?? "") ?? 1) - 1,
        ...(isMuted ? { muted: true } : {}),
      };
    });
    return { what: "people", list, more: present.length > PAGE };
  }
}

function actionKeys(action: Action, now: number): ActionKeys {
  const { id, kind, room, person, name, reason, by, byName, at, until, count, networks } = action;
  const isDone = isOver(action, now);
  return {
    action: id,
    kind,
    everywhere: room === null,
    ...(person === null ? {} : { person }),
    ...(name === null ? {} : { name }),
    ...(reason === "" ? {} : { reason }),
    ...(by === null ? {} : { by }),
    moderator: byName,
    at,
    ...(until === null ? {} : { until }),
    ...(count === null ? {} : { count }),
    ...(networks.length === 0 ? {} : { reaches: true }),
    ...(isDone ? { over: true } : {}),
    ...(!isDone && UNDOABLE[kind] ? { undoable: true } : {}),
  };
}

function heldKeys({ id, name, by, content, reply, why, at }: HeldMessage): HeldKeys {
  return { id, name, person: by, content, ...(reply === null ? {} : { reply }), why, at };
}

function reportKeys(
  { id, of, person, name, reason, by, byName, at }: Report,
  content: string | null,
): ReportKeys {
  return {
    id,
    ...(of === null ? {} : { of }),
    ...(content === null ? {} : { content }),
    ...(person === null ? {} : { person }),
    name,
    reason,
    by,
    reporter: byName,
    at,
  };
}
