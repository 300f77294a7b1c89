import { coversRoom, MODERATION, type Webhook } from "../../engine/webhook.ts";
import { waitAfter } from "./backoff.ts";
import type { Delivering } from "./delivering.ts";
import { giveUp, reasonToGiveUp } from "./giving-up.ts";
import { Line, type TurnEnd } from "./line.ts";
import { Places } from "./places.ts";
import type { Posted } from "./post.ts";
import type { PresenceEvent } from "./presence.ts";
import { sourceFor } from "./source.ts";

/** How many rooms of a webhook are delivered at the same time. */
const ROOMS_AT_ONCE = 4;
/** After so many steps in one room, others that wait have their turn. */
const TURN_STEPS = 20;
/**
 * A room stays in memory for this time after the last event, since a database would have to be asked for it again. Only so many
 * do: otherwise one stranger could keep all rooms in use that there may be.
 */
const LINGER_MS = 10_000;
const LINGERING_MOST = 20;
/** The same if people's comings and goings are told: they are heard only in rooms that are in memory. */
const PRESENCE_LINGER_MS = 10 * 60_000;
/** How many events of people may wait, in all rooms. */
const PRESENCE_MOST = 10_000;
/** What cannot be read is tried again after this time. */
const UNREADABLE_MS = 1_000;
/** By how much clocks may differ, of servers or of a disk. */
const CLOCK_SLACK_MS = 60_000;

/** A line, and what it waits for: its turn, a time, or to be woken. */
interface Scheduled {
  readonly line: Line;
  isRunning: boolean;
  /** It was woken while it ran. */
  isWoken: boolean;
  /** When it may go on; or, if it has nothing to do, when it is forgotten. */
  timer: Timer | null;
}

/** Delivers one webhook, which this server has claimed: in each room one event after the other, in a few rooms at a time. */
export class Dispatcher {
  readonly #webhook: Webhook;
  readonly #delivering: Delivering;
  readonly #places: Places;
  readonly #lines = new Map<string, Scheduled>();
  readonly #ready = new Set<Scheduled>();
  readonly #running = new Set<Promise<void>>();
  /** Those that have nothing to do, the first to be forgotten at the beginning. */
  readonly #lingering = new Set<Scheduled>();
  #isOn = true;

  constructor(webhook: Webhook, delivering: Delivering) {
    this.#webhook = webhook;
    this.#delivering = delivering;
    this.#places = new Places(webhook, {
      store: delivering.engine.webhooks,
      lost: () => this.#end(),
      failed: delivering.failed,
      recovered: () => delivering.troubles.end(webhook),
    });
  }

  /** False once it has ended, also by itself. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Rooms in which something waits to be delivered. */
  get waiting(): number {
    return this.#ready.size + this.#places.failing.size;
  }

  /** Goes on where the webhook has come to. Rejects if the store fails. */
  async start(): Promise<void> {
    const { rooms, topics } = this.#webhook;
    await this.#places.load();
    for (const room of this.#places.failing) {
      const { retryAt = 0 } = this.#failureIn(room) ?? {};
      this.#delay(this.#lineIn(room), Math.max(0, retryAt - this.#delivering.now()));
    }
    this.sweep(await this.#delivering.engine.storedAt());
    this.wake(MODERATION);
    // From now on they are in memory, and it is heard who comes.
    if (topics.includes("presence")) for (const room of rooms ?? []) this.wake(room);
  }

  /** Looks for rooms in which something was stored that may not be delivered. @param storedAt see `Engine.storedAt` */
  sweep(storedAt: ReadonlyMap<string, number>): void {
    if (!this.#tellsOf("messages", "changes")) return;
    for (const [room, at] of storedAt) if (this.#places.mayBeNews(room, at, CLOCK_SLACK_MS)) this.wake(room);
  }

  /** Something may have happened in a room. */
  wake(room: string): void {
    if (!this.#isOn || !this.#covers(room)) return;
    const scheduled = this.#lineIn(room);
    if (scheduled.isRunning) scheduled.isWoken = true;
    else if (this.#failureIn(room) === null) this.#makeReady(scheduled);
  }

  /** Somebody has come or gone. */
  tell(room: string, event: PresenceEvent): void {
    if (!this.#isOn || !this.#tellsOf("presence") || !this.#covers(room)) return;
    let waiting = 0;
    for (const { line } of this.#lines.values()) waiting += line.waitingPresence;
    if (waiting >= PRESENCE_MOST) return;
    this.#lineIn(room).line.add(event);
    this.wake(room);
  }

  /**
   * Ends. Resolves when what was delivered is noted, as far as that is possible.
   *
   * @param patienceMs how long to wait for deliveries that are under way; as long as they take if not given
   */
  async stop(patienceMs?: number): Promise<void> {
    this.#end();
    const ended = Promise.all(this.#running);
    await (patienceMs === undefined ? ended : Promise.race([ended, Bun.sleep(patienceMs)]));
    for (const { line } of this.#lines.values()) line.release();
    this.#lines.clear();
    await this.#places.close();
  }

  /** From now on nothing is delivered. */
  #end(): void {
    this.#isOn = false;
    this.#ready.clear();
    for (const { timer } of this.#lines.values()) if (timer !== null) clearTimeout(timer);
  }

  #tellsOf(...topics: readonly Webhook["topics"][number][]): boolean {
    return topics.some((topic) => this.#webhook.topics.includes(topic));
  }

  #covers(room: string): boolean {
    if (room === MODERATION) return this.#tellsOf("reports", "raids");
    return coversRoom(this.#webhook, room) && this.#tellsOf("messages", "changes", "presence");
  }

  #failureIn(room: string) {
    return this.#places.get(room)?.failure ?? null;
  }

  #lineIn(room: string): Scheduled {
    const known = this.#lines.get(room);
    if (known !== undefined) return known;
    const line = new Line({
      room,
      place: this.#places.get(room) ?? null,
      source: sourceFor(this.#webhook, room, this.#delivering),
      deliver: (event) => this.#delivering.post(this.#webhook, event),
      reached: (place) => this.#places.reached(room, place),
    });
    const scheduled = { line, isRunning: false, isWoken: false, timer: null };
    this.#lines.set(room, scheduled);
    return scheduled;
  }

  #makeReady(scheduled: Scheduled): void {
    if (!this.#isOn) return;
    if (scheduled.timer !== null) clearTimeout(scheduled.timer);
    scheduled.timer = null;
    this.#lingering.delete(scheduled);
    this.#ready.add(scheduled);
    this.#pump();
  }

  #delay(scheduled: Scheduled, ms: number): void {
    if (this.#isOn) scheduled.timer = setTimeout(() => this.#makeReady(scheduled), ms);
  }

  #pump(): void {
    for (const scheduled of this.#ready) {
      if (this.#running.size >= ROOMS_AT_ONCE) return;
      this.#ready.delete(scheduled);
      const turn: Promise<void> = this.#turn(scheduled)
        .catch(this.#delivering.failed)
        .finally(() => {
          this.#running.delete(turn);
          this.#pump();
        });
      this.#running.add(turn);
    }
  }

  async #turn(scheduled: Scheduled): Promise<void> {
    scheduled.isRunning = true;
    scheduled.isWoken = false;
    const end = await scheduled.line.turn(TURN_STEPS, () => this.#isOn);
    scheduled.isRunning = false;
    if (this.#isOn) await this.#goOn(scheduled, end);
  }

  async #goOn(scheduled: Scheduled, end: TurnEnd): Promise<void> {
    const { room } = scheduled.line;
    const isNext = end.kind === "more" && this.#ready.size < LINGERING_MOST;
    if (end.kind !== "idle" && !isNext && !this.#isHeld) scheduled.line.release();
    switch (end.kind) {
      case "more":
        this.#makeReady(scheduled);
        break;
      case "idle":
        this.#places.readAll(room, this.#delivering.now());
        if (scheduled.isWoken) this.#makeReady(scheduled);
        else this.#linger(scheduled);
        break;
      case "unreadable":
        this.#delivering.failed(end.error);
        this.#delay(scheduled, UNREADABLE_MS);
        break;
      case "failed":
        await this.#failed(scheduled, end.posted);
        break;
      default:
        end satisfies never;
    }
  }

  /** Whether its rooms, which the operator has named, always stay in memory, so that people are heard. */
  get #isHeld(): boolean {
    return this.#tellsOf("presence") && this.#webhook.rooms !== null;
  }

  /** Forgets a line that has nothing to do for a while. */
  #linger(scheduled: Scheduled): void {
    if (this.#isHeld) return;
    this.#lingering.add(scheduled);
    const [first] = this.#lingering;
    if (this.#lingering.size > LINGERING_MOST && first !== undefined) this.#forget(first);
    const ms = this.#tellsOf("presence") ? PRESENCE_LINGER_MS : LINGER_MS;
    scheduled.timer = setTimeout(() => this.#forget(scheduled), ms);
  }

  #forget(scheduled: Scheduled): void {
    if (scheduled.timer !== null) clearTimeout(scheduled.timer);
    this.#lingering.delete(scheduled);
    scheduled.line.release();
    this.#lines.delete(scheduled.line.room);
  }

  async #failed(scheduled: Scheduled, posted: Extract<Posted, { isDone: false }>): Promise<void> {
    const { now, settings, troubles } = this.#delivering;
    const { room } = scheduled.line;
    const at = now();
    const { since = at, attempts: before = 0 } = this.#failureIn(room) ?? {};
    const attempts = before + 1;
    const { problem, retryAfterMs } = posted;
    const reason = reasonToGiveUp(posted, at - since, settings.failMs);
    if (reason !== null) {
      this.#end();
      await giveUp(this.#webhook, reason, this.#delivering);
      return;
    }
    const waitMs = waitAfter(attempts, retryAfterMs, settings.retry, Math.random());
    this.#places.failed(room, { since, attempts, retryAt: Math.ceil(at + waitMs), problem });
    troubles.begin(this.#webhook, problem);
    this.#delay(scheduled, waitMs);
  }
}
