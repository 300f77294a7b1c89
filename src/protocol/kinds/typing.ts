/**
 * `typing`: a client of version 3 tells the others that its user is typing. The only possible reply is a refusal
 * (TYPE-3).
 */
import { encode, type FrameText } from "../encode.ts";
import type { Reader } from "../reader.ts";

export interface TypingRequest {
  type: "typing";
}

export interface TypingEvent {
  type: "receive";
  datatype: "typing";
  name: string;
}

export interface ParsedTyping {
  readonly kind: "typing";
}

export const typingReader: Reader<"typing", ParsedTyping> = {
  since: 3,
  read: () => ({ kind: "typing", request: { kind: "typing" } }),
};

export function typingEvent(name: string): FrameText<TypingEvent> {
  return encode<TypingEvent>({ type: "receive", datatype: "typing", name });
}
