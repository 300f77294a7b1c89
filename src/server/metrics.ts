import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ModerationTotals } from "../engine/moderation.ts";
import type { DiskSpace } from "./watching/storage.ts";

/** Where the gauges read their values. What the system does not say is null. */
export interface MetricsSource {
  readonly version: string;
  readonly connections: number;
  readonly maxConnections: number | null;
  readonly named: number;
  readonly absent: number;
  readonly rooms: number;
  readonly addresses: number;
  readonly pendingBytes: number;
  readonly getMemoryBytes: number;
  readonly isHealthy: boolean;
  /** When the certificate ends, in seconds since 1970; null without TLS. */
  readonly certificateEndS: number | null;
  /** How often a backup should be made, in seconds, and when the newest one was made, in seconds since 1970; null for none. */
  readonly backupEveryS: number | null;
  readonly backupNewestS: number | null;
  readonly moderation: ModerationTotals;
  /** How many notices to the operator stand, by kind. */
  readonly notices: ReadonlyMap<string, number>;
  readonly openDescriptors: number | null;
  readonly mostDescriptors: number | null;
  readonly disk: () => Promise<DiskSpace | null>;
  readonly data: () => Promise<number | null>;
  readonly webhooksWaiting: number;
  readonly webhooksDisabled: number;
}

/** From a fast disk, by way of a busy one, to a database that is out of reach for a while. */
const DURATIONS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The server's Prometheus metrics. `promtool check metrics` has nothing to say about them: see the tests. */
export class Metrics {
  readonly #registry = new Registry();
  readonly connects = this.#counter("connects_total", "WebSocket connections accepted");
  readonly rejects = this.#counter("rejects_total", "Handshakes and other requests rejected", ["status"]);
  readonly disconnects = this.#counter("disconnects_total", "WebSocket connections ended", ["cause"]);
  readonly requests = this.#counter("requests_total", "Requests taken, by kind", ["kind"]);
  readonly refusals = this.#counter("refusals_total", "Requests refused, by reason", ["reason"]);
  readonly messages = this.#counter("messages_total", "Messages stored and announced");
  readonly changes = this.#counter("changes_total", "Edits, deletions and reactions stored and announced");
  readonly actions = this.#counter(
    "moderation_actions_total",
    "Actions of moderators, commands and the server itself, wherever they were done, by kind",
    ["kind"],
  );
  readonly webhookDeliveries = this.#counter("webhook_deliveries_total", "Attempts to deliver to a webhook", [
    "result",
  ]);
  readonly storeFailures = this.#counter("store_faults_total", "Faults of the history store");
  readonly logLost = this.#counter("log_lost_total", "Lines of the log that could not be written");
  readonly storeSeconds = this.#durations("store_seconds", "Time to make a batch of messages durable");
  readonly sendSeconds = this.#durations(
    "send_seconds",
    "Time from when a request to send is read to when its reply is written",
  );
  readonly clusterLagSeconds = this.#durations(
    "cluster_lag_seconds",
    "Time from when another server has decided a message to when it is delivered here, by both servers' clocks",
  );
  readonly storeBatch = new Histogram({
    name: "chatbox_store_batch_messages",
    help: "Messages made durable in one batch",
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000],
    registers: [this.#registry],
  });

  /** Reads the gauges from a server, from now on. */
  watch(source: MetricsSource): void {
    const { version, certificateEndS, backupEveryS } = source;
    const build = { version, bun: Bun.version };
    this.#labelled("chatbox_build_info", "Always 1; the labels say what runs", ["version", "bun"], (gauge) =>
      gauge.set(build, 1),
    );
    this.#gauge("chatbox_healthy", "Whether messages can be stored, 1 or 0", () => Number(source.isHealthy));
    this.#labelled("chatbox_notices", "What needs the operator, by kind", ["kind"], (gauge) => {
      gauge.reset();
      for (const [kind, count] of source.notices) gauge.set({ kind }, count);
    });
    this.#gauge("chatbox_connections", "WebSocket connections open", () => source.connections);
    this.#gauge("chatbox_max_connections", "Connections that there may be", () => source.maxConnections);
    this.#gauge("chatbox_named", "Connections with a nickname", () => source.named);
    this.#gauge("chatbox_absent", "Nicknames kept for clients that can resume", () => source.absent);
    this.#gauge("chatbox_rooms", "Rooms in memory", () => source.rooms);
    this.#gauge("chatbox_addresses", "Client addresses remembered", () => source.addresses);
    this.#gauge("chatbox_pending_bytes", "Requests without an outcome, in bytes", () => source.pendingBytes);
    this.#gauge("chatbox_get_memory_bytes", "Unsent bytes of get replies", () => source.getMemoryBytes);
    this.#gauge("chatbox_data_bytes", "What the chat takes on the disk, or its database", source.data);
    this.#gauge("chatbox_disk_free_bytes", "Free space on the disk with the history", async () =>
      orNull(await source.disk(), ({ free }) => free),
    );
    this.#gauge("chatbox_disk_size_bytes", "Size of the disk with the history", async () =>
      orNull(await source.disk(), ({ size }) => size),
    );
    this.#gauge("chatbox_reports", "Reports that wait for moderators", () => source.moderation.reports);
    this.#gauge("chatbox_held_messages", "Messages that wait for approval", () => source.moderation.held);
    this.#gauge("chatbox_raids", "Rooms in raid mode", () => source.moderation.raids);
    this.#gauge("chatbox_sanctions", "Mutes, kicks and bans in force", () => source.moderation.sanctions);
    if (certificateEndS !== null)
      this.#gauge(
        "chatbox_certificate_end_seconds",
        "End of the TLS certificate, in Unix seconds",
        () => source.certificateEndS,
      );
    if (backupEveryS !== null) {
      this.#gauge("chatbox_backup_interval_seconds", "How often a backup should be made", () => backupEveryS);
      this.#gauge(
        "chatbox_backup_newest_seconds",
        "When the newest scheduled backup was made, in Unix seconds",
        () => source.backupNewestS,
      );
    }
    this.#watchProcess(source);
  }

  #watchProcess(source: MetricsSource): void {
    this.#gauge(
      "chatbox_webhooks_waiting",
      "Rooms of webhooks in which something waits to be delivered",
      () => source.webhooksWaiting,
    );
    this.#gauge("chatbox_webhooks_disabled", "Webhooks that are disabled", () => source.webhooksDisabled);
    this.#gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
    this.#gauge("process_open_fds", "File descriptors open", () => source.openDescriptors);
    this.#gauge("process_max_fds", "File descriptors that there may be", () => source.mostDescriptors);
    this.#gauge("process_start_time_seconds", "Start, in Unix seconds", () => performance.timeOrigin / 1000);
    new Counter({
      name: "process_cpu_seconds_total",
      help: "User and system CPU time",
      registers: [this.#registry],
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1e6);
      },
    });
  }

  /** Messages that were stored and announced since the start. */
  async messagesStored(): Promise<number> {
    const { values } = await this.messages.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name: `chatbox_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #durations(name: string, help: string): Histogram {
    const buckets = DURATIONS_S;
    return new Histogram({ name: `chatbox_${name}`, help, buckets, registers: [this.#registry] });
  }

  /** @param read gives null for what is not known now, which is then left out */
  #gauge(name: string, help: string, read: () => number | null | Promise<number | null>): void {
    this.#labelled(name, help, [], async (gauge) => {
      const value = await read();
      if (value === null) gauge.remove();
      else gauge.set(value);
    });
  }

  #labelled<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: (gauge: Gauge<L>) => void | Promise<void>,
  ): void {
    const gauge: Gauge<L> = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => collect(gauge),
    });
  }
}

function orNull<T>(value: T | null, read: (value: T) => number): number | null {
  return value === null ? null : read(value);
}
