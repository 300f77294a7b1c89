import type { Engine } from "../../engine/engine.ts";
import { isEnding } from "../../engine/failure.ts";
import { OneAtATime } from "../../engine/one-at-a-time.ts";
import type { Outcome } from "../../engine/outcome.ts";
import { MODERATION } from "../../engine/webhook.ts";
import type { Fanout } from "../fanout.ts";
import type { Log } from "../log.ts";
import { LogThrottle } from "../log-throttle.ts";
import type { Metrics } from "../metrics.ts";
import type { Notices } from "../watching/notices.ts";
import type { Delivering } from "./delivering.ts";
import { Dispatcher } from "./dispatcher.ts";
import { bodyOf } from "./event.ts";
import { NoticeDelivery } from "./notice-delivery.ts";
import { Poster } from "./post.ts";
import { PresenceWatch, storedIdOf } from "./presence.ts";
import { signedHeaders } from "./signature.ts";
import { Troubles } from "./troubles.ts";
import type { WebhookSettings } from "./webhook-settings.ts";

/** How often webhooks are claimed that another server may have left. */
const CLAIM_EVERY_MS = 2_000;
/** How often it is looked for what nobody was woken for. */
const SWEEP_EVERY_MS = 60_000;
/** How long deliveries that are under way may take when the server ends, and then the store. */
const END_MS = 700;
const FAULTS_LOGGED = 3;
const FAULTS_SPAN_MS = 60_000;

export interface WebhookDeliveryOptions {
  readonly engine: Engine;
  readonly fanout: Fanout;
  readonly settings: WebhookSettings;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly notices: Notices;
}

/** Delivers the webhooks that this server has claimed. */
export class WebhookDelivery {
  readonly #engine: Engine;
  readonly #delivering: Delivering;
  readonly #poster: Poster;
  readonly #notices: NoticeDelivery;
  readonly #presence = new PresenceWatch();
  readonly #dispatchers = new Map<string, Dispatcher>();
  /** Those that have not quite ended. */
  readonly #ending = new Set<string>();
  readonly #turns = new OneAtATime();
  readonly #faults = new LogThrottle<string>(FAULTS_LOGGED, FAULTS_SPAN_MS);
  readonly #timers: Timer[] = [];
  #isEnding = false;

  constructor({ engine, fanout, settings, log, metrics, notices }: WebhookDeliveryOptions) {
    const poster = new Poster(settings);
    this.#engine = engine;
    this.#poster = poster;
    this.#delivering = {
      engine,
      fanout,
      settings,
      now: Date.now,
      troubles: new Troubles(log),
      post: async (webhook, event) => {
        const body = bodyOf(event);
        // It may have another secret by now.
        const signer = engine.webhooks.get(webhook.id) ?? webhook;
        const posted = await poster.post(
          webhook.url,
          signedHeaders(signer, event.id, body, Date.now()),
          body,
        );
        metrics.webhookDeliveries.inc({ result: posted.isDone ? "delivered" : "failed" });
        return posted;
      },
      failed: (error) => {
        if (this.#isEnding || isEnding(error) || !this.#faults.allows("fault", performance.now())) return;
        log.error({ category: "webhook", event: "fault", err: error }, `webhooks have failed: ${error}`);
      },
    };
    this.#notices = new NoticeDelivery(notices, this.#delivering);
  }

  /** Begins to deliver. */
  start(): void {
    this.#engine.webhooks.subscribe(() => this.#claim());
    this.#engine.moderation.subscribe(() => this.stirred(MODERATION));
    this.#timers.push(
      setInterval(() => {
        this.#faults.endSpans(performance.now());
        this.#claim();
      }, CLAIM_EVERY_MS),
      setInterval(() => this.stirred(null), SWEEP_EVERY_MS),
    );
    this.#notices.start();
    this.#claim();
  }

  /** Rooms of webhooks in which something waits to be delivered. */
  get waiting(): number {
    let waiting = 0;
    for (const dispatcher of this.#dispatchers.values()) waiting += dispatcher.waiting;
    return waiting;
  }

  get disabled(): number {
    return this.#engine.webhooks.list().filter(({ disabled }) => disabled !== null).length;
  }

  /** An outcome was delivered in a room, in its order. */
  delivered(room: string, outcome: Outcome): void {
    if (this.#dispatchers.size === 0) return;
    const person = this.#presence.see(room, outcome);
    if (person !== null) for (const dispatcher of this.#dispatchers.values()) dispatcher.tell(room, person);
    else if (storedIdOf(outcome) !== null) this.stirred(room);
  }

  /** Something may have happened in a room, or in any (null). */
  stirred(room: string | null): void {
    if (room === null) this.#sweep().catch(this.#delivering.failed);
    else for (const dispatcher of this.#dispatchers.values()) dispatcher.wake(room);
  }

  async #sweep(): Promise<void> {
    if (this.#dispatchers.size === 0) return;
    const storedAt = await this.#engine.storedAt();
    for (const dispatcher of this.#dispatchers.values()) {
      dispatcher.sweep(storedAt);
      dispatcher.wake(MODERATION);
    }
  }

  /** Ends within about a second; what was delivered is noted, as far as possible. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#notices.stop();
    for (const timer of this.#timers) clearInterval(timer);
    const stopped = [...this.#dispatchers.values()].map((dispatcher) => dispatcher.stop(END_MS));
    await Promise.race([Promise.all(stopped), Bun.sleep(2 * END_MS)]);
    this.#poster.close();
  }

  #claim(): void {
    this.#turns.run(() => this.#follow()).catch(this.#delivering.failed);
  }

  /** Delivers what this server has claimed and is on, and nothing else. */
  async #follow(): Promise<void> {
    if (this.#isEnding) return;
    const { webhooks } = this.#engine;
    const claimed = await webhooks.claim();
    for (const [id, dispatcher] of this.#dispatchers) {
      if (this.#isToDeliver(id, claimed) && dispatcher.isOn) continue;
      this.#drop(id, dispatcher);
    }
    for (const webhook of webhooks.list()) {
      const { id } = webhook;
      const isUnderWay = this.#dispatchers.has(id) || this.#ending.has(id);
      if (this.#isEnding || isUnderWay || !this.#isToDeliver(id, claimed)) continue;
      const dispatcher = new Dispatcher(webhook, this.#delivering);
      this.#dispatchers.set(id, dispatcher);
      try {
        await dispatcher.start();
      } catch (error) {
        this.#drop(id, dispatcher);
        throw error;
      }
    }
  }

  /** Only when a delivery that is under way has ended, another dispatcher may go on: two would be out of order. */
  #drop(id: string, dispatcher: Dispatcher): void {
    this.#dispatchers.delete(id);
    this.#ending.add(id);
    void dispatcher.stop().finally(() => this.#ending.delete(id));
  }

  #isToDeliver(id: string, claimed: ReadonlySet<string>): boolean {
    return claimed.has(id) && this.#engine.webhooks.get(id)?.disabled === null;
  }
}
