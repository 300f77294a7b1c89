import { type Notice, type NoticeState, type Notices, noticeKeys } from "../watching/notices.ts";
import { waitAfter } from "./backoff.ts";
import type { Delivering } from "./delivering.ts";
import type { WebhookEvent } from "./event.ts";
import { giveUp, reasonToGiveUp } from "./giving-up.ts";

/** How many may wait for one webhook; the oldest are dropped. */
const WAITING_MOST = 100;

/**
 * Tells webhooks what needs the operator of this server, in order. Every server tells that of itself, whoever has claimed a webhook,
 * and without the store, which may be what has failed. So what waits is lost with the process; but what still needs the operator is
 * raised again by the next one.
 */
export class NoticeDelivery {
  readonly #notices: Notices;
  readonly #delivering: Delivering;
  /** What waits, by the ids of webhooks. A list that is here is being delivered. */
  readonly #waiting = new Map<string, WebhookEvent[]>();
  readonly #ended = Promise.withResolvers<void>();
  #isEnding = false;
  #unsubscribe = () => {};

  constructor(notices: Notices, delivering: Delivering) {
    this.#notices = notices;
    this.#delivering = delivering;
  }

  /** Begins with what stands already. */
  start(): void {
    for (const notice of this.#notices.list()) this.#tell("raised", notice);
    this.#unsubscribe = this.#notices.subscribe((state, notice) => this.#tell(state, notice));
  }

  /** Tells nothing more. */
  stop(): void {
    this.#isEnding = true;
    this.#unsubscribe();
    this.#ended.resolve();
  }

  #tell(state: NoticeState, notice: Notice): void {
    // A day later the receiver knows it still.
    if (state === "standing") return;
    const { engine, now } = this.#delivering;
    const time = now();
    for (const { id, topics, disabled } of engine.webhooks.list()) {
      if (!topics.includes("notices") || disabled !== null) continue;
      const eventId = `evt_${crypto.randomUUID().replaceAll("-", "")}`;
      this.#add(id, { id: eventId, type: `notice.${state}`, time, data: { time, ...noticeKeys(notice) } });
    }
  }

  #add(webhook: string, event: WebhookEvent): void {
    const waiting = this.#waiting.get(webhook);
    if (waiting === undefined) {
      const events = [event];
      this.#waiting.set(webhook, events);
      void this.#deliver(webhook, events)
        .catch(this.#delivering.failed)
        .finally(() => this.#waiting.delete(webhook));
    } else {
      waiting.push(event);
      // The first one is under way.
      if (waiting.length > WAITING_MOST) waiting.splice(1, 1);
    }
  }

  async #deliver(id: string, events: WebhookEvent[]): Promise<void> {
    const { engine, post, now, settings, troubles } = this.#delivering;
    let [since, attempts] = [0, 0];
    for (let event = events[0]; event !== undefined && !this.#isEnding; event = events[0]) {
      const webhook = engine.webhooks.get(id);
      if (webhook === undefined || webhook.disabled !== null) return;
      const posted = await post(webhook, event);
      if (posted.isDone) {
        events.shift();
        attempts = 0;
        continue;
      }
      if (attempts === 0) since = now();
      attempts++;
      const reason = reasonToGiveUp(posted, now() - since, settings.failMs);
      if (reason !== null) return await giveUp(webhook, reason, this.#delivering);
      troubles.begin(webhook, posted.problem);
      const waitMs = waitAfter(attempts, posted.retryAfterMs, settings.retry, Math.random());
      await Promise.race([Bun.sleep(waitMs), this.#ended.promise]);
    }
  }
}
