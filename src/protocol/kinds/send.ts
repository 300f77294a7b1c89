/** `send`: a client says something to the room. */
import { isContent } from "../characters.ts";
import { encode, type FrameText } from "../encode.ts";
import { isEventId, readKey } from "../extension.ts";
import { carriedBack, isTooDeep, type Reader, UNREADABLE } from "../reader.ts";

// What travels.

export interface SendRequest {
  type: "send";
  content: string;
  /** Identifies the message when it is sent again. Of version 3; version 2 ignores it. */
  key?: string;
  /** The id of the message that this one replies to. Likewise. */
  reply?: number | undefined;
}

export type SendRefusalReason = "WrongFormatContent" | "WrongFormatKey" | "WrongFormatReply";

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
  | {
      readonly kind: "send";
      readonly content: string;
      readonly key: string | null;
      readonly reply: number | null;
    }
  | { readonly kind: "malformed-send"; readonly content: unknown; readonly reason: SendRefusalReason };

export const sendReader: Reader<"send", ParsedSend> = {
  since: 2,
  read(value, frame, version) {
    const kind = "send";
    if (!("content" in value))
      return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "content" } };
    const { content } = value;
    if (!isContent(content)) {
      if (isTooDeep(content)) return UNREADABLE;
      const reason = "WrongFormatContent";
      return { kind, request: { kind: "malformed-send", content: carriedBack(content, frame), reason } };
    }
    if (version === 2) return { kind, request: { kind, content, key: null, reply: null } };
    const key = readKey(value);
    const reply = "reply" in value ? value.reply : null;
    if (key === undefined)
      return { kind, request: { kind: "malformed-send", content, reason: "WrongFormatKey" } };
    return reply === null || isEventId(reply)
      ? { kind, request: { kind, content, key, reply } }
      : { kind, request: { kind: "malformed-send", content, reason: "WrongFormatReply" } };
  },
};

// How it is answered and announced.

/** The texts of a message, each as a JSON string: they are escaped once, for the record, the reply and the event. */
export interface MessageTexts {
  readonly name: string;
  readonly content: string;
  readonly timestamp: string;
}

/** @param keys the texts of the keys that version 3 adds, each with a comma before it */
export function sent({ name, content, timestamp }: MessageTexts, keys = ""): FrameText<SentReply> {
  const text = `{"type":"send","name":${name},"content":${content},"status":true,"timestamp":${timestamp}`;
  return `${text}${keys}}` as FrameText<SentReply>;
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

/** @param keys the texts of the keys that version 3 adds, each with a comma before it */
export function messageEvent({ name, content, timestamp }: MessageTexts, keys = ""): FrameText<MessageEvent> {
  const text = `{"type":"receive","datatype":"message","name":${name},"content":${content},"timestamp":${timestamp}`;
  return `${text}${keys}}` as FrameText<MessageEvent>;
}
