import type { Webhook } from "../../engine/webhook.ts";
import type { Log } from "../log.ts";

/** Tells the operator which webhooks cannot deliver: once when that begins, and once when it ends. */
export class Troubles {
  readonly #log: Log;
  readonly #troubled = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  begin(webhook: Webhook, problem: string): void {
    if (this.#troubled.has(webhook.id)) return;
    this.#troubled.add(webhook.id);
    this.#tell(
      "warn",
      webhook,
      "failing",
      `cannot deliver to ${hostOf(webhook)}: ${problem}; it is tried again`,
    );
  }

  end(webhook: Webhook): void {
    if (this.#troubled.delete(webhook.id)) this.#tell("info", webhook, "delivering", "delivers again");
  }

  disabled(webhook: Webhook, reason: string): void {
    this.#troubled.delete(webhook.id);
    const back = `\`webhook enable ${webhook.id}\` lets it go on where it was`;
    this.#tell("warn", webhook, "disabled", `is disabled: ${reason}; ${back}`);
  }

  #tell(level: "info" | "warn", { id, label }: Webhook, event: string, text: string): void {
    this.#log[level]({ category: "webhook", event, webhook: id }, `webhook ${label} (${id}) ${text}`);
  }
}

/** The host alone: the rest of the URL may have a secret. */
function hostOf({ url }: Webhook): string {
  return URL.parse(url)?.host ?? "its address";
}
