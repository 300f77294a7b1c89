import type { Action, SanctionKind } from "../room/action.ts";
import type { RoomSettings } from "../room/room-settings.ts";
import {
  type ActionFilter,
  type Held,
  type HeldMessage,
  type Moderation,
  type ModerationChange,
  ModerationError,
  type ModerationLimits,
  type ModerationTotals,
  type NewAction,
  type NewHeld,
  type NewReport,
  type Noted,
  type NotedFilter,
  type Report,
  type Waiting,
  type Who,
} from "./moderation.ts";
import { type ModerationRows, waiterOf } from "./moderation-rows.ts";
import {
  decideAction,
  decideDismissal,
  decideEnds,
  decideFinish,
  decideHold,
  decideRejection,
  decideReport,
  decideTake,
  decideUndo,
  type ModerationStep,
} from "./moderation-rules.ts";
import type { ModerationView } from "./moderation-view.ts";
import type { Decide } from "./shared-store.ts";

/** Where moderation is stored. It keeps a {@link ModerationView} up to date. */
export interface ModerationStore {
  /**
   * Has `decide` called while nobody else, in any process, can change the store, with the view up to date. Stores the changes,
   * all or none, brings the view up to date, and resolves to the result.
   *
   * Rejects with what `decide` throws, or if the store fails.
   */
  change<T>(decide: Decide<ModerationRows, ModerationStep, T>): Promise<T>;

  /** Reads what the view does not have. Rejects if the store fails. */
  read<T>(work: (rows: ModerationRows) => Promise<T>): Promise<T>;

  /** Resolves when nothing of it is in use any more. */
  close(): Promise<void>;
}

export interface StoredModerationOptions {
  readonly store: ModerationStore;
  readonly view: ModerationView;
  readonly limits: ModerationLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Moderation in a store: the decisions are made here, the same for every store. */
export class StoredModeration implements Moderation {
  readonly #store: ModerationStore;
  readonly #view: ModerationView;
  readonly #limits: ModerationLimits;
  readonly #now: () => number;
  #isTending = false;

  constructor({ store, view, limits, now }: StoredModerationOptions) {
    this.#store = store;
    this.#view = view;
    this.#limits = limits;
    this.#now = now;
  }

  sanctionOf(kind: SanctionKind, room: string, who: Who, now: number): Action | undefined {
    return this.#view.sanctionOf(kind, room, who, now);
  }

  raidOf(room: string, now: number): Action | undefined {
    return this.#view.raidOf(room, now);
  }

  announcementsIn(room: string, now: number): readonly Action[] {
    return this.#view.announcementsIn(room, now);
  }

  settingsOf(room: string): RoomSettings {
    return this.#view.settingsOf(room);
  }

  rooms(): Iterable<readonly [room: string, settings: RoomSettings]> {
    return this.#view.settings();
  }

  waiting(room: string): Waiting {
    return this.#view.waiting(room);
  }

  totals(now: number): ModerationTotals {
    return this.#view.totals(now);
  }

  async act(action: NewAction): Promise<Action> {
    if (action.kind === "settings" && (action.room === null || action.settings === null))
      throw new TypeError("Settings belong to a room.");
    return await this.#change(async (rows) => {
      const now = this.#now();
      if (action.kind !== "undo") return decideAction(this.#view, this.#limits, action, now);
      const found = action.of === null ? null : await rows.action(action.of);
      return decideUndo(this.#view, this.#limits, action, found, now);
    });
  }

  finish(removal: string, count: number): Promise<void> {
    return this.#change(async (rows) => decideFinish(await rows.action(removal), count));
  }

  report(report: NewReport): Promise<"reported" | "repeated" | "full"> {
    return this.#change(async (rows) => {
      const own = await rows.reportsBy(report.room, waiterOf(report));
      return decideReport(this.#view, this.#limits, report, own);
    });
  }

  hold(room: string, messages: readonly NewHeld[]): Promise<readonly Held[]> {
    return this.#change((rows) =>
      decideHold(this.#view, this.#limits, room, messages, (by) => rows.heldBy(room, by)),
    );
  }

  take(held: string, action: NewAction): Promise<HeldMessage | null> {
    return this.#change(async (rows) => decideTake(await rows.heldMessage(held), action));
  }

  rejectAll(room: string, held: string, action: NewAction): Promise<number | null> {
    return this.#change(async (rows) => {
      const message = await rows.heldMessage(held);
      const messages = message?.room === room ? await rows.heldBy(room, waiterOf(message)) : [];
      return decideRejection(room, messages, action);
    });
  }

  dismiss(report: string, action: NewAction): Promise<boolean> {
    return this.#change(async (rows) => decideDismissal(await rows.report(report), action));
  }

  actions(room: string | null, filter: ActionFilter): Promise<readonly Action[]> {
    return this.#read((rows) => rows.actions(room, filter));
  }

  inForce(room: string | null, now: number): readonly Action[] {
    return this.#view.inForce(room, now);
  }

  action(id: string): Promise<Action | null> {
    return this.#read(async (rows) => (await rows.action(id))?.action ?? null);
  }

  reports(room: string): Promise<readonly Report[]> {
    return this.#read((rows) => rows.reports(room));
  }

  notedAfter(filter: NotedFilter): Promise<Noted> {
    return this.#read((rows) => rows.notedAfter(filter));
  }

  held(room: string): Promise<readonly HeldMessage[]> {
    return this.#read((rows) => rows.held(room));
  }

  async forget(room: string, person: string): Promise<void> {
    await this.#change(() => {
      const { reports, held } = this.#view.waiting(room);
      const drop = { kind: "drop", room, person, networks: [] } as const;
      return { changes: reports + held === 0 ? [] : [drop], result: undefined };
    });
  }

  subscribe(listener: (change: ModerationChange) => void): () => void {
    return this.#view.subscribe(listener);
  }

  /**
   * Forgets the networks of actions that are over, what nobody has looked at in time, and the oldest part of the log. To be
   * called every minute or so. Rejects if the store fails; the next call does what this one could not.
   *
   * @param believedNow Unix milliseconds; not later than it can be believed to be
   */
  async tend(believedNow: number): Promise<void> {
    // Without a store there is nothing to tend.
    if (this.#isTending || this.#view.revision < 0) return;
    this.#isTending = true;
    try {
      while (this.#view.expired(believedNow, 1).length > 0) {
        if (!(await this.#store.change(() => decideEnds(this.#view, believedNow)))) break;
      }
      await this.#dropWaiting(believedNow - this.#limits.waitingMs);
      await this.#trim();
    } finally {
      this.#isTending = false;
    }
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #dropWaiting(before: number): Promise<void> {
    for (const room of await this.#store.read((rows) => rows.roomsWaiting(before)))
      await this.#store.change(() => ({ changes: [{ kind: "expire", room, before }], result: undefined }));
  }

  async #trim(): Promise<void> {
    const excess = async (rows: ModerationRows) => {
      const { actions, over, rooms } = await rows.counts();
      return { actions: Math.max(0, Math.min(over, actions - this.#limits.actions)), rooms };
    };
    const { actions, rooms } = await this.#store.read(excess);
    if (actions === 0 && rooms === 0) return;
    await this.#store.change(async (source) => {
      const { actions } = await excess(source);
      return { changes: [{ kind: "trim", actions }], result: undefined };
    });
  }

  async #read<T>(work: (rows: ModerationRows) => Promise<T>): Promise<T> {
    try {
      return await this.#store.read(work);
    } catch (error) {
      throw new ModerationError("not-stored", "This cannot be read now.", { cause: error });
    }
  }

  async #change<T>(decide: Decide<ModerationRows, ModerationStep, T>): Promise<T> {
    try {
      return await this.#store.change(decide);
    } catch (error) {
      if (error instanceof ModerationError) throw error;
      throw new ModerationError("not-stored", "This cannot be stored now.", { cause: error });
    }
  }
}
