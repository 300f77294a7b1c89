import type { EngineObserver } from "../engine/engine.ts";
import { JournalError } from "../engine/local/fault.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import type { Connection, Ending } from "./connection.ts";
import type { FanoutEvents } from "./fanout.ts";
import type { Log, LogFields } from "./log.ts";
import { LogThrottle } from "./log-throttle.ts";
import type { Metrics } from "./metrics.ts";
import { printable } from "./printable.ts";
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

  /** `connection` is undefined when the sender has gone in the meantime. */
  told(outcome: Outcome, connection: Connection | undefined): void {
    if (outcome.kind === "sent") this.#metrics.messages.inc();
    if (!connection) return;
    switch (outcome.kind) {
      case "registered":
        this.#info("register", connection, `${outcome.name} has come`, { name: outcome.name });
        break;
      case "renamed": {
        const { oldName, name } = outcome;
        this.#info("change", connection, `${oldName} is now ${name}`, { oldName, name });
        break;
      }
      case "sent": {
        const { name, id, content } = outcome.record.message;
        if (this.#settings.contents)
          this.#info("send", connection, `${name}: ${printable(content)}`, { name, id, content });
        else this.#info("send", connection, `${name} has sent message ${id}`, { name, id });
        break;
      }
      case "resumed":
        this.#info("resume", connection, `${outcome.name} has resumed`, { name: outcome.name });
        break;
      case "history":
      case "page":
        this.#info("get", connection, `${outcome.name} was sent the history`, { name: outcome.name });
        break;
    }
  }

  refused(connection: Connection, reason: string): void {
    this.#metrics.refusals.inc({ reason });
    const who = connection.name ?? `connection ${connection.id}`;
    this.#info("refusal", connection, `${who} was refused: ${reason}`, { name: connection.name, reason });
  }

  closed(connection: Connection, { name, cause, code }: Ending): void {
    this.#metrics.disconnects.inc({ cause });
    const who = name ?? `connection ${connection.id}`;
    this.#info("disconnect", connection, `${who} has gone (${cause})`, { name, cause, code });
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

  #info(
    category: LogFields["category"],
    of: Connection,
    text: string,
    fields: Record<string, unknown>,
  ): void {
    this.#log.info({ category, connection: of.id, room: of.room, ...fields }, text);
  }
}

/** A client's own text, for an operator to read. */
export function quote(text: string): string {
  return printable(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text);
}
