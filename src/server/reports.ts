import type { EngineObserver } from "../engine/engine.ts";
import { JournalError } from "../engine/local/fault.ts";
import type { Outcome } from "../engine/outcome.ts";
import { printable } from "../protocol/printable.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import type { Connection } from "./connection.ts";
import type { Ending } from "./connection-end.ts";
import type { FanoutEvents } from "./fanout.ts";
import type { Log, LogFields } from "./log.ts";
import { LogThrottle } from "./log-throttle.ts";
import type { Metrics } from "./metrics.ts";
import { rulesOf } from "./outcome-rules.ts";
import type { Recipient } from "./recipient.ts";
import type { LogSettings } from "./settings.ts";

/** The most lines about one kind of {@link Rejection} in a minute. */
const REJECTIONS_LOGGED = 5;
const REJECTIONS_SPAN_MS = 60_000;
/** The most that is quoted of a client's own text, in UTF-16 code units. */
const QUOTED_MAX = 200;

/** A request that was rejected, or a socket that was closed before it was a WebSocket. */
export interface Rejection {
  /** The status of the answer, null when there was none. */
  readonly status: number | null;
  /** Rejections of one kind are counted together. The sentence unless given. */
  readonly kind?: string;
  /** The reason, and what the operator can do about it. It may quote the client. */
  readonly sentence: string;
  readonly address: string;
  /** More fields for the log, as the client sent them. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Reports to the operator what happens: in the log and in the metrics. */
export class Reports implements FanoutEvents, EngineObserver {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #settings: LogSettings;
  readonly #rejections = new LogThrottle<string>(REJECTIONS_LOGGED, REJECTIONS_SPAN_MS);

  constructor(log: Log, metrics: Metrics, settings: LogSettings) {
    this.#log = log;
    this.#metrics = metrics;
    this.#settings = settings;
  }

  opened(connection: Connection): void {
    this.#metrics.connects.inc();
    const { addresses } = this.#settings;
    const from = addresses ? ` from ${connection.ip}` : "";
    this.#info(
      "connect",
      connection,
      `connection ${connection.id}${from}`,
      addresses ? { address: connection.ip } : {},
    );
  }

  requested(kind: RequestKind | null): void {
    this.#metrics.requests.inc({ kind: kind ?? "unknown" });
  }

  delivered(_room: string, outcome: Outcome, recipient: Recipient | undefined): void {
    const { report } = rulesOf(outcome);
    if (report === null) return;
    if (report.counter !== null) this.#metrics[report.counter].inc();
    if (recipient === undefined || recipient.isOwn === true) return;
    const { text, fields } = report.line(outcome, this.#settings.contents);
    this.#info(report.category, recipient, text, fields);
  }

  refused(recipient: Recipient, reason: string): void {
    if (recipient.isOwn === true) return;
    this.#metrics.refusals.inc({ reason });
    const { id, name } = recipient;
    const who = name ?? `connection ${id}`;
    this.#info("refusal", recipient, `${who} was refused: ${reason}`, { name, reason });
  }

  closed(connection: Connection, { name, cause, code }: Ending): void {
    this.#metrics.disconnects.inc({ cause });
    const who = name ?? `connection ${connection.id}`;
    this.#info("disconnect", connection, `${who} has left (${cause})`, { name, cause, code });
  }

  /** @param now milliseconds of a monotonic clock */
  rejected({ status, kind, sentence, address, fields }: Rejection, now: number): void {
    if (status !== null) this.#metrics.rejects.inc({ status: String(status) });
    const how = status === null ? "closed" : `rejected with ${status}`;
    if (!this.#rejections.allows(`${how} (${kind ?? sentence})`, now)) return;
    const quoted = Object.entries(fields ?? {}).map(([name, text]) => [name, quote(text)]);
    const { addresses } = this.#settings;
    const who = addresses ? `${address} was ` : "";
    this.#log.warn(
      {
        category: "refusal",
        event: "rejected",
        status,
        ...Object.fromEntries(quoted),
        ...(addresses ? { address } : {}),
      },
      `${who}${how}: ${printable(sentence)}`,
    );
  }

  /** Logs how many rejections were left out of the log. Must be called regularly, with the same clock. */
  summarizeRejections(now: number): void {
    for (const [what, untold] of this.#rejections.endSpans(now)) {
      this.#log.warn(
        { category: "refusal", event: "rejected", untold },
        `${untold} more in the last minute ${what}`,
      );
    }
  }

  notice(room: string, sentence: string): void {
    this.#log.warn({ category: "server", event: "history", room }, sentence);
  }

  fault(room: string, error: unknown): void {
    this.#metrics.storeFailures.inc();
    const fields = { category: "server", event: "fault", room } as const;
    // The message of such an error is complete.
    if (error instanceof JournalError) this.#log.error(fields, error.message);
    else this.#log.error({ ...fields, err: error }, `fault in room ${room}: ${error}`);
  }

  /** Something has happened that must not, outside of any room. */
  defect(error: unknown): void {
    this.#log.error({ category: "server", event: "defect", err: error }, `defect: ${error}`);
  }

  stored(messages: number, durationMs: number): void {
    this.#metrics.storeBatch.observe(messages);
    this.#metrics.storeSeconds.observe(durationMs / 1000);
  }

  lagged(lagMs: number): void {
    this.#metrics.clusterLagSeconds.observe(lagMs / 1000);
  }

  #info(
    category: LogFields["category"],
    { id, room }: Pick<Recipient, "id" | "room">,
    text: string,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    this.#log.info({ category, connection: id, room, ...fields }, text);
  }
}

/** A client's own text, for an operator to read. */
export function quote(text: string): string {
  return printable(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text);
}
