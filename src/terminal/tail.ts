import { randomBytes } from "node:crypto";
import type { ChatError, Message } from "../client/index.ts";
import { openChat, type Speaking, stateSentence } from "./connect.ts";
import { TerminalError } from "./failure.ts";
import { jsonLine, textLine } from "./lines.ts";

/** `tail`: prints what is written in a room. */
export interface TailCommand extends Speaking {
  readonly kind: "tail";
  /** How many of the messages so far it prints first. */
  readonly last: number;
  readonly json: boolean;
  /** Whether to end after those. */
  readonly once: boolean;
}

/**
 * Prints messages, each once, also over restarts of the server. Resolves after the first ones with `once`, and otherwise when
 * the process is asked to end.
 *
 * @throws TerminalError if it can print no more
 */
export async function tail(command: TailCommand): Promise<void> {
  const { last, json, once } = command;
  // The server tells what is said in a room only to those who are in it.
  const name = command.name ?? `tail-${randomBytes(3).toString("hex")}`;
  const chat = openChat(command, { name, historyLimit: Math.max(last, 1) });
  const print = (messages: readonly Message[]) => {
    const lines = messages.filter(({ deleted }) => !deleted).map(json ? jsonLine : textLine);
    if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = ({ error }: { readonly error: ChatError }) => reject(new TerminalError(error.message));
      chat.on("nickname-lost", fail);
      chat.on("kept-out", fail);
      chat.on("state", ({ state }) => {
        if (state.kind === "refused") reject(new TerminalError(stateSentence(state) ?? ""));
        if (state.kind === "waiting") process.stderr.write("No connection. Trying again.\n");
      });
      chat.on("history", ({ messages, reset }) => {
        if (reset) process.stderr.write("The history of the room was replaced.\n");
        if (last > 0) print(messages);
        if (once) resolve();
      });
      chat.on("message", ({ message }) => print([message]));
      // Whoever reads the output is gone.
      process.stdout.on("error", () => resolve());
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    });
  } finally {
    await chat.close();
  }
}
