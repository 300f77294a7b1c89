/** `mine`: a person gets, or deletes, all that the person wrote in a room. Of version 3. */
import { isEventId } from "../extension.ts";
import type { Reader } from "../reader.ts";
import type { RefusedAnswer } from "./answer.ts";

// What travels.

/** `get` gives the messages from the newest to the oldest, `delete` deletes all of them. */
export interface MineRequest {
  type: "mine";
  do: "get" | "delete";
  /** For `get`: only messages before this id. */
  before?: number;
}

export interface OwnMessage {
  id: number;
  name: string;
  content: string;
  /** Unix milliseconds. */
  time: number;
}

export interface MineReply {
  type: "mine";
  status: true;
  messages?: readonly OwnMessage[];
  more?: boolean;
  /** How many messages were deleted. */
  count?: number;
}

export type MineRefusedReply = RefusedAnswer<"mine", "WrongFormatMine" | "UnknownPerson" | "ErrorWhenMine">;

// How it is read.

/** `order` is null if the request is malformed. */
export interface ParsedMine {
  readonly kind: "mine";
  readonly order: { readonly do: "get" | "delete"; readonly before: number | null } | null;
}

export const mineReader: Reader<"mine", ParsedMine> = {
  since: 3,
  read(value) {
    const what: unknown = "do" in value ? value.do : undefined;
    const before: unknown = "before" in value ? value.before : null;
    const isRead = (what === "get" || what === "delete") && (before === null || isEventId(before));
    return { kind: "mine", request: { kind: "mine", order: isRead ? { do: what, before } : null } };
  },
};
