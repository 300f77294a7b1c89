/** `send`: a client says something to the room. */
import { isContent, isTextOf } from "../characters.ts";
import { encode, type FrameText } from "../encode.ts";
import type { MessageKeys } from "../extension.ts";
import { KEY_MAX } from "../limits.ts";
import { carriedBack, isTooDeep, type Reader, UNREADABLE } from "../reader.ts";

// What travels.

export interface SendRequest {
  type: "send";
  content: string;
  /** Identifies the message when it is sent again. Of version 3; version 2 ignores it. */
  key?: string;
}

export type SendRefusalReason = "WrongFormatContent" | "WrongFormatKey";

/** The message is stored. Version 3 adds the message's id and time. */
export interface SentReply {
  type: "send";
  name: string;
  content: string;
  status: true;
  timestamp: string;
}

/** To the sender. In refusals the key is `username`, not `name`: the seed's clients read that. */
export type SendReply =
  | SentReply
  | { type: "send"; username: string; content: unknown; status: false; reason: SendRefusalReason }
  | {
      type: "send";
      username: string;
      content: string;
      status: false;
      reason: "ErrorWhenSend";
      error: string;
    };

/** Version 3 adds the message's id and time. */
export interface MessageEvent {
  type: "receive";
  datatype: "message";
  name: string;
  content: string;
  timestamp: string;
}

// How it is read.

/** A malformed content is carried along to the room: the refusal gives the sender's nickname, which only the room knows. */
export type ParsedSend =
  | { readonly kind: "send"; readonly content: string; readonly key: string | null }
  | { readonly kind: "malformed-send"; readonly content: unknown; readonly reason: SendRefusalReason };

export const sendReader: Reader<"send", ParsedSend> = {
  since: 2,
  read(value, frame, version) {
    const kind = "send";
    if (!("content" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind } };
    const { content } = value;
    if (!isContent(content)) {
      if (isTooDeep(content)) return UNREADABLE;
      const reason = "WrongFormatContent";
      return { kind, request: { kind: "malformed-send", content: carriedBack(content, frame), reason } };
    }
    if (version === 2 || !("key" in value)) return { kind, request: { kind, content, key: null } };
    const { key } = value;
    return typeof key === "string" && isTextOf(key, KEY_MAX)
      ? { kind, request: { kind, content, key } }
      : { kind, request: { kind: "malformed-send", content, reason: "WrongFormatKey" } };
  },
};

// How it is answered and announced.

/** The texts of a message, each as a JSON string: they are escaped once, for the record, the reply and the event. */
export interface MessageTexts {
  readonly name: string;
  readonly content: string;
  readonly timestamp: string;
}

/** @param keys of the message, as version 3 has them */
export function sent({ name, content, timestamp }: MessageTexts, keys?: MessageKeys): FrameText<SentReply> {
  const text = `{"type":"send","name":${name},"content":${content},"status":true,"timestamp":${timestamp}`;
  return `${text}${keyTexts(keys)}}` as FrameText<SentReply>;
}

/** A content that breaks the rules, carried back. */
export function sendRefused(
  username: string,
  content: unknown,
  reason: SendRefusalReason,
): FrameText<SendReply> {
  return encode<SendReply>({ type: "send", username, content, status: false, reason });
}

/** A message that could not be stored; `error` is one sentence for a person. */
export function sendFailed(username: string, content: string, error: string): FrameText<SendReply> {
  return encode<SendReply>({
    type: "send",
    username,
    content,
    status: false,
    reason: "ErrorWhenSend",
    error,
  });
}

/** @param keys of the message, as version 3 has them */
export function messageEvent(
  { name, content, timestamp }: MessageTexts,
  keys?: MessageKeys,
): FrameText<MessageEvent> {
  const text = `{"type":"receive","datatype":"message","name":${name},"content":${content},"timestamp":${timestamp}`;
  return `${text}${keyTexts(keys)}}` as FrameText<MessageEvent>;
}

function keyTexts(keys: MessageKeys | undefined): string {
  return keys === undefined ? "" : `,"id":${keys.id},"time":${keys.time}`;
}
