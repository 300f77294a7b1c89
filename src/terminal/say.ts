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
    why = state.kind === "waiting" ? "there is no connection" : stateSentence(state);
  });
  chat.on("nickname-lost", ({ error }) => {
    why = error.message;
    void chat.close();
  });
  chat.on("kept-out", ({ error }) => {
    why = error.message;
    void chat.close();
  });
  try {
    const message = await chat.send(text, { timeoutMs });
    if (command.json) process.stdout.write(`${jsonLine(message)}\n`);
  } catch (error) {
    throw new TerminalError(`The message was not sent: ${why ?? reasonOf(error)}`);
  } finally {
    await chat.close();
  }
}
