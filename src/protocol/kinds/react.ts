/** `react`: a person reacts to a message with an emoji, or takes that back. Of version 3. */
import { isEmoji } from "../emoji.ts";
import { encode, type FrameText } from "../encode.ts";
import type { PositionKeys } from "../extension.ts";
import type { Reader } from "../reader.ts";
import { type ChangedMessageKeys, malformed, notEnough, readOf } from "./message-change.ts";

// What travels.

export interface ReactRequest extends ChangedMessageKeys {
  type: "react";
  emoji: string;
  /** False takes the reaction back. */
  on?: boolean;
}

/** How a message stands with one emoji. */
export interface ReactionKeys extends ChangedMessageKeys {
  emoji: string;
  /** Whether the person has this reaction now. */
  on: boolean;
  /** How many people have it. */
  count: number;
}

/** A reply has no position if the request has changed nothing. */
export interface ReactedReply extends ReactionKeys, Partial<PositionKeys> {
  type: "react";
  status: true;
}

export interface ReactEvent extends ReactionKeys, PositionKeys {
  type: "receive";
  datatype: "react";
  /** The public id of the person, and the nickname. */
  by: string;
  name: string;
}

// How it is read.

export interface ParsedReact {
  readonly kind: "react";
  readonly of: number;
  readonly emoji: string;
  readonly on: boolean;
}

export const reactReader: Reader<"react", ParsedReact> = {
  since: 3,
  read(value) {
    const kind = "react";
    const of = readOf(kind, value);
    if (typeof of !== "number") return of;
    if (!("emoji" in value)) return notEnough(kind, "emoji");
    const { emoji } = value;
    if (!isEmoji(emoji)) return malformed(kind, "WrongFormatEmoji");
    return { kind, request: { kind, of, emoji, on: !("on" in value) || value.on !== false } };
  },
};

// How it is answered and announced.

/** @param position of the change; null if nothing was changed */
export function reacted(
  { of, emoji, on, count }: ReactionKeys,
  position: PositionKeys | null,
): FrameText<ReactedReply> {
  return encode<ReactedReply>({ type: "react", of, emoji, on, count, status: true, ...position });
}

export function reactEvent(
  { of, emoji, on, count }: ReactionKeys,
  { by, name }: { readonly by: string; readonly name: string },
  { id, time }: PositionKeys,
): FrameText<ReactEvent> {
  return encode<ReactEvent>({ type: "receive", datatype: "react", of, emoji, on, count, by, name, id, time });
}
