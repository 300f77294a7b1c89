import { errorReason } from "../engine/local/fault.ts";
import type { StoredWebhooks } from "../engine/stored-webhooks.ts";
import { BY_COMMAND, type NewWebhook, type Webhook, type WebhookFailure } from "../engine/webhook.ts";
import { WebhookError } from "../engine/webhooks.ts";
import type { Settings } from "../server/settings.ts";
import { Poster } from "../server/webhooks/post.ts";
import { signedHeaders } from "../server/webhooks/signature.ts";
import { CommandError } from "./command-error.ts";
import { openWebhooks } from "./stores.ts";

/** What to do about webhooks. */
export type WebhookCommand =
  | { readonly kind: "create"; readonly order: NewWebhook }
  | { readonly kind: "list" }
  | { readonly kind: "enable" | "disable" | "secret" | "test" | "delete"; readonly id: string };

/**
 * Does it, whether or not a server of the chat runs, and prints what came of it.
 *
 * @throws WebhookError, JournalError, DatabaseError or CommandError with one sentence
 */
export async function runWebhookCommand(command: WebhookCommand, settings: Settings): Promise<void> {
  const webhooks = await openWebhooks(settings);
  try {
    process.stdout.write(`${await outcomeOf(command, webhooks, settings)}\n`);
  } catch (error) {
    if (!(error instanceof WebhookError) || error.cause === undefined) throw error;
    throw new WebhookError(error.code, `This could not be stored: ${errorReason(error.cause)}.`);
  } finally {
    await webhooks.close();
  }
}

/** Resolves to what is printed. */
async function outcomeOf(
  command: WebhookCommand,
  webhooks: StoredWebhooks,
  settings: Settings,
): Promise<string> {
  switch (command.kind) {
    case "create":
      return await secretOf(await webhooks.create(command.order), webhooks);
    case "secret":
      return await secretOf(known(await webhooks.renewSecret(command.id), command.id), webhooks);
    case "list": {
      const lines = await Promise.all(webhooks.list().map((webhook) => lineOf(webhook, webhooks)));
      return lines.length === 0 ? "There are no webhooks." : lines.join("\n");
    }
    case "enable":
      return await lineOf(known(await webhooks.enable(command.id), command.id), webhooks);
    case "disable":
      return await lineOf(known(await webhooks.disable(command.id, BY_COMMAND), command.id), webhooks);
    case "test":
      return await testOf(known(webhooks.get(command.id) ?? null, command.id), settings);
    case "delete":
      if (!(await webhooks.remove(command.id))) throw unknown(command.id);
      return `The webhook ${command.id} is deleted.`;
    default:
      return command satisfies never;
  }
}

/** The rest of what is to be said goes beside the secret, so that a script gets the secret alone. */
async function secretOf(webhook: Webhook, webhooks: StoredWebhooks): Promise<string> {
  process.stderr.write(`${await lineOf(webhook, webhooks)}\nThis is shown only once:\n`);
  return webhook.secret;
}

/** Sends an event of the type `test`, as the server would. @throws CommandError if it is not taken */
async function testOf(webhook: Webhook, { webhooks }: Settings): Promise<string> {
  const now = Date.now();
  const body = JSON.stringify({ type: "test", timestamp: new Date(now).toISOString(), data: {} });
  const poster = new Poster(webhooks);
  try {
    const headers = signedHeaders(webhook, `evt_${crypto.randomUUID()}`, body, now);
    const posted = await poster.post(webhook.url, headers, body);
    if (!posted.isDone) throw new CommandError(`The test event was not taken: ${posted.problem}.`);
    return `The test event was taken: it answered ${posted.status}.`;
  } finally {
    poster.close();
  }
}

function known(webhook: Webhook | null, id: string): Webhook {
  if (webhook === null) throw unknown(id);
  return webhook;
}

function unknown(id: string): CommandError {
  return new CommandError(`There is no webhook ${id}.`);
}

async function lineOf(webhook: Webhook, webhooks: StoredWebhooks): Promise<string> {
  const { id, label, url, topics, rooms, disabled, enabledAt } = webhook;
  const cursors = await webhooks.cursors(id);
  const failures = cursors.flatMap(({ failure }) =>
    failure !== null && failure.since >= enabledAt ? [failure] : [],
  );
  const state =
    disabled === null ? stateOf(failures) : `disabled since ${dateOf(disabled.at)}: ${disabled.reason}`;
  const where = rooms === null ? "all rooms" : rooms.join(",");
  // What follows the host may have a secret.
  return `${id}  ${label}  ${new URL(url).origin}/…  ${topics.join(",")}  ${where}  ${state}`;
}

function stateOf(failures: readonly WebhookFailure[]): string {
  const [oldest] = failures.toSorted((a, b) => a.since - b.since);
  if (oldest === undefined) return "on";
  const next = Math.min(...failures.map(({ retryAt }) => retryAt));
  return `failing since ${dateOf(oldest.since)}: ${oldest.problem}; next attempt ${dateOf(next)}`;
}

function dateOf(time: number): string {
  return new Date(time).toISOString();
}
