import type { MetricsSource } from "./metrics.ts";
import type { ServerParts } from "./server-parts.ts";

/** What the gauges of the metrics show, read each time they are asked. */
export function gaugesOf({
  connections,
  engine,
  addresses,
  memory,
  certificate,
  webhooks,
}: ServerParts): MetricsSource {
  return {
    get connections() {
      return connections.size;
    },
    get named() {
      return connections.named;
    },
    get absent() {
      return engine.absent;
    },
    get rooms() {
      return engine.rooms;
    },
    get addresses() {
      return addresses.size;
    },
    get pendingBytes() {
      return memory.pending.bytes;
    },
    get certificateEndS() {
      return certificate === null ? null : certificate.current.validTo.getTime() / 1000;
    },
    get getMemoryBytes() {
      return memory.getMemory.bytes;
    },
    get webhooksWaiting() {
      return webhooks.waiting;
    },
    get webhooksDisabled() {
      return webhooks.disabled;
    },
  };
}
