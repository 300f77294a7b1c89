/** `delete`: the content of a message is removed for good. Of version 3. */
import { encode, type FrameText } from "../encode.ts";
import type { PositionKeys } from "../extension.ts";
import type { Reader } from "../reader.ts";
import { type ChangedMessageKeys, readOf } from "./message-change.ts";

// What travels.

export interface DeleteRequest extends ChangedMessageKeys {
  type: "delete";
}

export interface DeletedReply extends ChangedMessageKeys, PositionKeys {
  type: "delete";
  status: true;
}

export interface DeleteEvent extends ChangedMessageKeys, PositionKeys {
  type: "receive";
  datatype: "delete";
  /** The public id of the person who has deleted it. */
  by: string;
}

// How it is read.

export interface ParsedDelete {
  readonly kind: "delete";
  readonly of: number;
}

export const deleteReader: Reader<"delete", ParsedDelete> = {
  since: 3,
  read(value) {
    const kind = "delete";
    const of = readOf(kind, value);
    return typeof of === "number" ? { kind, request: { kind, of } } : of;
  },
};

// How it is answered and announced.

export function deleted(of: number, { id, time }: PositionKeys): FrameText<DeletedReply> {
  return encode<DeletedReply>({ type: "delete", of, status: true, id, time });
}

export function deleteEvent(of: number, by: string, { id, time }: PositionKeys): FrameText<DeleteEvent> {
  return encode<DeleteEvent>({ type: "receive", datatype: "delete", of, by, id, time });
}
