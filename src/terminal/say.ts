import type { ChatError } from "../client/index.ts";
import { openChat, type Speaking, stateSentence, systemName } from "./connect.ts";
import { reasonOf, TerminalError } from "./failure.ts";
import { jsonLine } from "./lines.ts";

/** `say`: sends one message. */
export interface SayCommand extends Speaking {
  readonly kind: "say";
  /** `-` for what comes from standard input. */
  readonly text: string;
  readonly json: boolean;
  readonly timeoutMs: number;
}

/** Resolves once the server has stored the message. @throws TerminalError if it has not, within the time */
export async function say(command: SayCommand): Promise<void> {
  const text = command.text === "-" ? (await Bun.stdin.text()).replace(/\r?\n$/, "") : command.text;
  const { timeoutMs } = command;
  const chat = openChat(command, { name: command.name ?? systemName(), nicknameWaitMs: timeoutMs });
  let why: string | null = null;
  chat.on("state", ({ state }) => {
    if (state.kind !== "closed")
      why = state.kind === "waiting" ? "There is no connection." : stateSentence(state);
  });
  const giveUp = ({ error }: { readonly error: ChatError }) => {
    why = error.message;
    void chat.close();
  };
  chat.on("nickname-lost", giveUp);
  chat.on("kept-out", giveUp);
  try {
    const message = await chat.send(text, { timeoutMs });
    if (command.json) process.stdout.write(`${jsonLine(message)}\n`);
  } catch (error) {
    throw new TerminalError(`The message was not sent: ${why ?? reasonOf(error)}`);
  } finally {
    await chat.close();
  }
}
