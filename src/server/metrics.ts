import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Where the gauges read their values. */
export interface MetricsSource {
  readonly connections: number;
  readonly named: number;
  readonly absent: number;
  readonly rooms: number;
  readonly addresses: number;
  readonly pendingBytes: number;
  readonly getMemoryBytes: number;
  /** When the certificate ends, in seconds since 1970; null without TLS. */
  readonly certificateEndS: number | null;
  readonly webhooksWaiting: number;
  readonly webhooksDisabled: number;
}

/** The server's Prometheus metrics. */
export class Metrics {
  readonly #registry = new Registry();
  readonly connects = this.#counter("connects_total", "WebSocket connections accepted");
  readonly rejects = this.#counter("rejects_total", "Handshakes and other requests rejected", ["status"]);
  readonly disconnects = this.#counter("disconnects_total", "WebSocket connections ended", ["cause"]);
  readonly requests = this.#counter("requests_total", "Requests taken, by kind", ["kind"]);
  readonly refusals = this.#counter("refusals_total", "Requests refused, by reason", ["reason"]);
  readonly messages = this.#counter("messages_total", "Messages stored and announced");
  readonly changes = this.#counter("changes_total", "Edits, deletions and reactions stored and announced");
  readonly webhookDeliveries = this.#counter("webhook_deliveries_total", "Attempts to deliver to a webhook", [
    "result",
  ]);
  readonly storeFailures = this.#counter("store_faults_total", "Faults of the history store");
  readonly logLost = this.#counter("log_lost_total", "Lines of the log that could not be written");
  readonly storeSeconds = new Histogram({
    name: "chatbox_store_seconds",
    help: "Time to make a batch of messages durable",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.#registry],
  });
  readonly storeBatch = new Histogram({
    name: "chatbox_store_batch_messages",
    help: "Messages made durable in one batch",
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000],
    registers: [this.#registry],
  });

  /** Reads the gauges from a server, from now on. */
  watch(source: MetricsSource): void {
    this.#gauge("chatbox_connections", "WebSocket connections open", () => source.connections);
    this.#gauge("chatbox_named", "Connections with a nickname", () => source.named);
    this.#gauge("chatbox_absent", "Nicknames kept for clients that can resume", () => source.absent);
    this.#gauge("chatbox_rooms", "Rooms in memory", () => source.rooms);
    this.#gauge("chatbox_addresses", "Client addresses remembered", () => source.addresses);
    this.#gauge("chatbox_pending_size", "Bytes of requests without an outcome", () => source.pendingBytes);
    this.#gauge("chatbox_get_memory_bytes", "Unsent bytes of get replies", () => source.getMemoryBytes);
    const { certificateEndS } = source;
    if (certificateEndS !== null)
      this.#gauge(
        "chatbox_certificate_end_seconds",
        "End of the TLS certificate, in Unix seconds",
        () => source.certificateEndS ?? certificateEndS,
      );
    this.#gauge(
      "chatbox_webhooks_waiting",
      "Rooms of webhooks in which something waits to be delivered",
      () => source.webhooksWaiting,
    );
    this.#gauge("chatbox_webhooks_disabled", "Webhooks that are disabled", () => source.webhooksDisabled);
    this.#gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
    this.#gauge("process_cpu_seconds_total", "User and system CPU time", () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
    this.#gauge("process_start_time_seconds", "Start, in Unix seconds", () => performance.timeOrigin / 1000);
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

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
