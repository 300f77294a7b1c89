import { review, setRoom } from "../../client/moderation.ts";
import type { SettingsInput } from "../../protocol/kinds/room.ts";
import { COMMANDS, type Command, parseCommand } from "../text/commands.ts";
import { errorOf } from "../text/failure.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import { MODERATOR_WORDS } from "../words/moderator.ts";
import { faultWords, give, takeBack } from "./order.ts";
import type { Stores } from "./stores.ts";

/** Does what a moderator has written. @returns what is wrong with it, or null if it was done */
export async function runCommand(text: string, stores: Stores): Promise<string | null> {
  const words = MODERATOR_WORDS[stores.settings.words.peek().locale];
  const command = parseCommand(text, stores.room.others.peek());
  if (!("fault" in command)) return run(command, stores);
  return command.fault === "unknown"
    ? words.unknownCommand(command.word)
    : words.usage(`/${command.kind} ${COMMANDS[command.kind]}`);
}

async function run(command: Command, stores: Stores): Promise<string | null> {
  const words = MODERATOR_WORDS[stores.settings.words.peek().locale];
  switch (command.kind) {
    case "mute":
    case "ban": {
      const { kind, name, minutes, reason } = command;
      return give(stores, { kind, name, reason, ...(minutes ? { minutes } : {}) }, () =>
        words.done[kind](name, minutes ?? null),
      );
    }
    case "kick": {
      const { kind, name, reason } = command;
      return give(stores, { kind, name, reason }, () => words.done.kick(name, null));
    }
    case "remove": {
      const { kind, name, minutes } = command;
      return give(stores, { kind, name, all: true, ...(minutes ? { minutes } : {}) }, ({ count }) =>
        words.done.remove(count),
      );
    }
    case "unmute":
    case "unban":
      return release(command.kind === "unmute" ? "mute" : "ban", command.name, stores);
    case "raid":
      return give(stores, { kind: command.isOn ? "raid" : "calm" }, () =>
        command.isOn ? words.raidIsOn : words.raidIsOff,
      );
    case "sweep":
      return give(stores, { kind: "sweep" }, ({ count, hitCount }) => words.swept(count, hitCount));
    case "announce":
      return give(stores, { kind: "announce", reason: command.text }, () => words.announced);
    case "slow":
      return set({ slowSeconds: command.seconds }, stores);
    case "topic":
      return set({ topic: command.text }, stores);
    case "help":
      stores.moderation.view.value = "help";
      return null;
  }
}

/** Ends the newest mute or ban of a nickname. */
async function release(kind: "mute" | "ban", name: string, stores: Stores): Promise<string | null> {
  const words = MODERATOR_WORDS[stores.settings.words.peek().locale];
  const { chat } = stores.person;
  if (!chat) return words.faults.closed;
  try {
    const { list } = await review(chat, "force");
    const isIt = (each: (typeof list)[number]) =>
      each.kind === kind && each.name !== undefined && isSameNickname(each.name, name);
    const found = list.find(isIt);
    return found ? await takeBack(stores, found.action) : words.notInForce(name);
  } catch {
    return words.faults.unknown;
  }
}

async function set(input: SettingsInput, stores: Stores): Promise<string | null> {
  const words = MODERATOR_WORDS[stores.settings.words.peek().locale];
  const { chat } = stores.person;
  const error = await errorOf(chat ? setRoom(chat, input) : undefined);
  if (error) return faultWords(error, words);
  stores.announcer.showToast(words.saved);
  return null;
}
