import type { EngineObserver } from "../engine/engine.ts";
import type { RequestKind } from "../protocol/request.ts";
import type { Outcome } from "../room/operation.ts";
import type { Cause, Connection } from "./connection.ts";
import type { FanoutEvents } from "./fanout.ts";
import type { Log, LogFields } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { printable } from "./printable.ts";
import type { LogSettings } from "./settings.ts";

/** Tells the operator what happens: each event in the log and in the metrics. */
export class Reports implements FanoutEvents, EngineObserver {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #settings: LogSettings;

  constructor(log: Log, metrics: Metrics, settings: LogSettings) {
    this.#log = log;
    this.#metrics = metrics;
    this.#settings = settings;
  }

  opened(connection: Connection): void {
    this.#metrics.connects.inc();
    const { addresses } = this.#settings;
    const from = addresses ? ` from ${connection.address}` : "";
    this.#info(
      "connect",
      connection,
      `connection ${connection.session}${from}`,
      addresses ? { address: connection.address } : {},
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
        const { name, id, content } = outcome.message;
        if (this.#settings.contents)
          this.#info("send", connection, `${name}: ${printable(content)}`, { name, id, content });
        else this.#info("send", connection, `${name} has sent message ${id}`, { name, id });
        break;
      }
      case "resumed":
        this.#info("resume", connection, `${outcome.name} has resumed`, { name: outcome.name });
        break;
      case "got":
      case "paged":
        this.#info("get", connection, `${outcome.name} has got the history`, { name: outcome.name });
        break;
    }
  }

  refused(connection: Connection, reason: string): void {
    this.#metrics.refusals.inc({ reason });
    const who = connection.name ?? `connection ${connection.session}`;
    this.#info("refusal", connection, `${who} was refused: ${reason}`, { name: connection.name, reason });
  }

  closed(connection: Connection, name: string | null, cause: Cause, code: number): void {
    this.#metrics.disconnects.inc({ cause });
    const who = name ?? `connection ${connection.session}`;
    this.#info("disconnect", connection, `${who} has gone (${cause})`, { name, cause, code });
  }

  rejected(status: number): void {
    this.#metrics.rejects.inc({ status: String(status) });
  }

  notice(room: string, sentence: string): void {
    this.#log.warn({ category: "server", event: "history", room }, sentence);
  }

  fault(room: string, error: unknown): void {
    this.#metrics.storeFailures.inc();
    this.#log.error(
      { category: "server", event: "fault", room, err: error },
      `fault in room ${room}: ${error}`,
    );
  }

  /** Something that must not happen, outside of any room. */
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
    this.#log.info({ category, connection: of.session, room: of.room, ...fields }, text);
  }
}
