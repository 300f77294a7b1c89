/** The commands about webhooks, as commander reads them. */
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { isTopic, WEBHOOK_TOPICS, type WebhookTopic } from "../engine/webhook.ts";
import { isNickname } from "../protocol/characters.ts";
import { problemOfUrl } from "../server/webhooks/target.ts";
import type { WebhookSettings } from "../server/webhooks/webhook-settings.ts";
import type { Flags } from "./option-table.ts";
import { parseRoom } from "./units.ts";
import type { WebhookCommand } from "./webhooks.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a webhook tells of unless something else is said. */
const PRESET: readonly WebhookTopic[] = ["messages", "changes"];
const WEBHOOK_ID = /^[0-9a-f]{12}$/;

/** The commands that name a webhook and nothing else. */
const ABOUT_ONE = [
  ["enable", "let a webhook that was disabled go on where it was"],
  ["disable", "deliver nothing more until it is enabled"],
  ["secret", "give a webhook another secret, and print it; the one before signs as well for a day"],
  ["test", "send a test event from this machine, and print what came of it"],
  ["delete", "delete a webhook, and forget how far it has come"],
] as const;

export function webhooksOf(flags: Flags): WebhookSettings {
  return {
    webhooks: flags.maxWebhooks,
    isPrivateAllowed: flags.webhookPrivate,
    timeoutMs: flags.webhookTimeout * 1000,
    retry: { firstMs: flags.webhookRetry * 1000, mostMs: flags.webhookRetryMost * 1000 },
    failMs: flags.webhookFailDays * DAY_MS,
  };
}

interface CreateFlags {
  url: string;
  room?: string[];
  events: readonly WebhookTopic[];
}

/** @param choose takes what a command asks for */
export function addWebhookCommands(command: Command, choose: (chosen: WebhookCommand) => void): void {
  const webhook = command.command("webhook").description("have other programs told what happens");
  webhook
    .command("create")
    .description("create a webhook, and print the secret that it signs with, which is shown only once")
    .addArgument(new Argument("<name>", "what you call it").argParser(parseName))
    .addOption(new Option("--url <url>", "address that is told").argParser(parseTarget).makeOptionMandatory())
    .addOption(
      new Option("--room <room>", "only of this room; / is the main room; repeatable").argParser(
        collectRooms,
      ),
    )
    .addOption(
      new Option("--events <list>", `what it is told of: ${WEBHOOK_TOPICS.join(", ")}`)
        .argParser(parseTopics)
        .default(PRESET, PRESET.join(",")),
    )
    .action((label: string, { url, room, events }: CreateFlags) =>
      choose({ kind: "create", order: { label, url, rooms: room ?? null, topics: events } }),
    );
  webhook
    .command("list")
    .description("list the webhooks, without their secrets, and how they fare")
    .action(() => choose({ kind: "list" }));
  for (const [kind, description] of ABOUT_ONE) {
    webhook
      .command(kind)
      .description(description)
      .addArgument(new Argument("<id>", "id of the webhook, as it is listed").argParser(parseWebhookId))
      .action((id: string) => choose({ kind, id }));
  }
}

function collectRooms(text: string, before: string[] | undefined): string[] {
  return [...new Set([...(before ?? []), parseRoom(text)])];
}

function parseTopics(text: string): readonly WebhookTopic[] {
  const words = text.split(",").map((word) => word.trim());
  if (!words.every(isTopic))
    throw new InvalidArgumentError(`It must be some of ${WEBHOOK_TOPICS.join(",")}.`);
  return WEBHOOK_TOPICS.filter((topic) => words.includes(topic));
}

function parseTarget(text: string): string {
  const problem = problemOfUrl(text);
  if (problem !== null) throw new InvalidArgumentError(problem);
  return new URL(text).href;
}

function parseName(text: string): string {
  if (!isNickname(text)) throw new InvalidArgumentError("It must be 1 to 100 characters, as a nickname is.");
  return text;
}

function parseWebhookId(text: string): string {
  if (!WEBHOOK_ID.test(text))
    throw new InvalidArgumentError("It must be the id of a webhook: 12 hexadecimal digits.");
  return text;
}
