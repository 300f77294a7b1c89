import { loadOnce } from "../page/parts.ts";

/** Loads what knows the commands of programs. */
export const loadCommands = loadOnce(async () => {
  const { BotCommands } = await import("../store/bot-commands.ts");
  return new BotCommands(() => performance.now());
});
