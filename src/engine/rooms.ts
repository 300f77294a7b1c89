import { type Action, enactmentOf } from "../room/action.ts";
import { CHANGE_LIMITS } from "../room/change-limits.ts";
import type { Message, Operation, OwnOperation } from "../room/operation.ts";
import type { Arrival } from "../room/past-members.ts";
import type { Room as RoomState } from "../room/room.ts";
import { arrivalOf } from "../room/roster.ts";
import type { KeyMemory } from "../room/send-keys.ts";
import type { Engine, EngineOptions, FoundPerson, Restored, RoomOptions, Whom } from "./engine.ts";
import type { HistoryRequest } from "./history-cache.ts";
import { HistoryMemory } from "./history-memory.ts";
import { type FinalDecision, isFailure, type Performed } from "./outcome.ts";
import { RemovedTexts } from "./removed-texts.ts";
import { OWN_AT_ONCE, type RoomQueue } from "./room-queue.ts";

/** What an engine knows besides what happens in its rooms. */
type Known = () => Pick<Engine, "people" | "moderation">;

/** The rooms that an engine has in memory, and what they share. */
export class Rooms<Room extends { readonly queue: RoomQueue; readonly room: RoomState | null }>
  implements Pick<Engine, "submit" | "bytesToFetch" | "present" | "arrivals" | "inhabited">
{
  readonly #options: EngineOptions;
  readonly #known: Known;
  readonly #rooms = new Map<string, Room>();
  readonly #memory: HistoryMemory;
  readonly #keyMemory: KeyMemory;
  readonly #removed: RemovedTexts;
  readonly #idle: (name: string, room: Room) => void;
  #isClosed = false;
  readonly #whenIdle: (() => void)[] = [];

  /**
   * @param known gives what is known about people and moderation, once it is open
   * @param idle is called whenever the queue of a room has become empty
   */
  constructor(options: EngineOptions, known: Known, idle: (name: string, room: Room) => void) {
    this.#known = known;
    this.#removed = new RemovedTexts(() => options.now().time);
    this.#options = options;
    this.#memory = new HistoryMemory(options.historyMemoryBytes);
    this.#keyMemory = { count: 0, most: options.sendKeys };
    this.#idle = idle;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Nicknames kept for absent members. */
  get absent(): number {
    let absent = 0;
    for (const { queue } of this.#rooms.values()) absent += queue.occupancy.absent;
    return absent;
  }

  /** Whether in every room the newest attempt to store something, if any, succeeded. */
  get areHealthy(): boolean {
    for (const { queue } of this.#rooms.values()) if (!queue.isHealthy) return false;
    return true;
  }

  has(name: string): boolean {
    return this.#rooms.has(name);
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** All current rooms. The list does not change when rooms come and go. */
  list(): Room[] {
    return [...this.#rooms.values()];
  }

  /** A room; it is created if it is not in memory. @param make receives what the room shares with the others */
  open(name: string, make: (options: RoomOptions) => Room): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room: Room = make({
      ...this.#options,
      name,
      memory: this.#memory,
      keyMemory: this.#keyMemory,
      changeLimits: this.#options.changes ?? CHANGE_LIMITS,
      isFreeFor: (nickname, person) => this.#known().people.isFreeFor(nickname, person),
      moderation: {
        sanctionOf: (kind, who, now) => this.#known().moderation.sanctionOf(kind, name, who, now),
        settings: () => this.#known().moderation.settingsOf(name),
        raid: (now) => this.#known().moderation.raidOf(name, now),
        pacesNewcomers: this.#options.pacesNewcomers ?? true,
      },
      removed: this.#removed,
      hold: (messages) => this.#known().moderation.hold(name, messages),
      idle: () => this.#isIdle(name, room),
    });
    this.#rooms.set(name, room);
    return room;
  }

  /** Forgets a room. Closing it is up to the engine. */
  delete(name: string): void {
    this.#rooms.delete(name);
  }

  submit(name: string, operation: Operation): void {
    // Otherwise clients that go on sending would keep the engine from closing.
    if (!this.#isClosed) this.#rooms.get(name)?.queue.submit(operation);
  }

  present(name: string): readonly Arrival[] {
    return Array.from(this.#rooms.get(name)?.room?.members() ?? [], arrivalOf);
  }

  arrivals(name: string): readonly Arrival[] {
    return [...(this.#rooms.get(name)?.room?.arrivals(this.#options.now().time) ?? [])];
  }

  inhabited(): readonly string[] {
    return [...this.#rooms].flatMap(([name, { room }]) => (room?.online.length ? [name] : []));
  }

  /** See `Engine.perform`. @param room must stay in memory meanwhile */
  async perform({ queue }: Room, operations: readonly OwnOperation[]): Promise<Performed> {
    const decisions: FinalDecision[] = [];
    for (let at = 0; at < operations.length; at += OWN_AT_ONCE) {
      if (this.#isClosed) return { decisions, isComplete: false };
      const step = await queue.perform(operations.slice(at, at + OWN_AT_ONCE));
      decisions.push(...step);
      if (step.some(isFailure)) return { decisions, isComplete: false };
    }
    return { decisions, isComplete: true };
  }

  /** See `Engine.restore`. @param room must stay in memory meanwhile */
  async restore(name: string, room: Room, action: string, by: string): Promise<Restored> {
    const removed = this.#removed.take(action, name);
    const connection = `restore:${action}`;
    const { decisions, isComplete } = await this.perform(
      room,
      removed.map(({ id: of, content }) => ({ kind: "restore", connection, of, content, by })),
    );
    for (const [at, text] of removed.entries()) {
      const decision = decisions[at];
      if (decision === undefined || isFailure(decision)) this.#removed.note(action, text);
    }
    return { count: decisions.filter(({ kind }) => kind === "edited").length, isComplete };
  }

  /** Forgets removed texts that are too old. Must be called regularly. */
  shed(): void {
    this.#removed.shed();
  }

  /**
   * Whom a moderator means, as far as the room in memory knows.
   *
   * @param messageOf reads a message of the room; resolves to undefined if there is none
   */
  async find(
    name: string,
    whom: Whom,
    messageOf: (id: number) => Promise<Message | undefined>,
  ): Promise<FoundPerson | null> {
    const message = "of" in whom ? await messageOf(whom.of) : undefined;
    if ("of" in whom && message === undefined) return null;
    const room = this.#rooms.get(name)?.room;
    if ("name" in whom) return room?.named(whom.name) ?? null;
    const person = "person" in whom ? whom.person : (message?.by ?? null);
    const known = person === null ? undefined : room?.whoWas(person, this.#options.now().time);
    // Under the nickname that the message shows.
    if (message !== undefined) {
      const { name: shown, content } = message;
      return { person, name: shown, networks: known?.networks ?? [], content };
    }
    return known ?? null;
  }

  /** Gives an action its place in the order of the rooms in memory that it concerns. */
  enact(action: Action): void {
    const operation = {
      kind: "enact",
      connection: `action:${action.id}`,
      action: enactmentOf(action),
    } as const;
    for (const name of action.room === null ? [...this.#rooms.keys()] : [action.room])
      this.submit(name, operation);
  }

  bytesToFetch(name: string, request: HistoryRequest): number {
    return this.#rooms.get(name)?.queue.bytesToFetch(request) ?? 0;
  }

  /** Accepts no more operations. Resolves once those accepted so far have their outcomes. */
  async finish(): Promise<void> {
    this.#isClosed = true;
    if (!this.#areBusy) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle.push(resolve);
    await promise;
  }

  get #areBusy(): boolean {
    for (const { queue } of this.#rooms.values()) if (queue.isBusy) return true;
    return false;
  }

  #isIdle(name: string, room: Room): void {
    this.#idle(name, room);
    if (!this.#areBusy) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
