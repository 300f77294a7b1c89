import { userInfo } from "node:os";
import type { ChatOptions, ConnectionState } from "../client/index.ts";
import { Chat } from "../node/index.ts";
import type { ChatAddress } from "./address.ts";
import { RememberedPeople } from "./remembered.ts";

/** What the commands that talk have in common. */
export interface Speaking {
  readonly address: ChatAddress;
  /** The nickname; null for that of the system's user. */
  readonly name: string | null;
  /** Whether to be the same person each time, by a key in a file. */
  readonly remembers: boolean;
}

/** Opens a chat as the person at this terminal. */
export function openChat({ address, remembers }: Speaking, options: ChatOptions): Chat {
  if (!remembers) return new Chat(address.socket, options);
  const people = new RememberedPeople();
  const { key, since } = people.of(address.chat);
  const chat = new Chat(address.socket, { ...options, key, since });
  chat.on("identified", ({ since }) => {
    if (since) people.keep(address.chat, { key, since });
  });
  return chat;
}

/** The nickname of somebody who names none. */
export function systemName(): string {
  return userInfo().username;
}

/** Why a chat has no connection, for people. */
export function stateSentence(state: ConnectionState): string | null {
  switch (state.kind) {
    case "waiting":
      return "No connection. Trying again; what you write is sent then.";
    case "refused":
      return state.reason || `The server refuses the connection (${state.cause} ${state.code}).`;
    default:
      return null;
  }
}
