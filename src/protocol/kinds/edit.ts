/** `edit`: a message gets another content. Of version 3. */
import { isContent } from "../characters.ts";
import { encode, type FrameText } from "../encode.ts";
import { type PositionKeys, readKey } from "../extension.ts";
import type { Reader } from "../reader.ts";
import { type ChangedMessageKeys, malformed, notEnough, readOf } from "./message-change.ts";

// What travels.

export interface EditRequest extends ChangedMessageKeys {
  type: "edit";
  content: string;
  /** Identifies the edit when it is sent again. */
  key?: string;
}

/** The edit is stored. The reply to a repeat has no `time`. */
export interface EditedReply extends ChangedMessageKeys, Partial<PositionKeys> {
  type: "edit";
  content: string;
  status: true;
}

export interface EditEvent extends ChangedMessageKeys, PositionKeys {
  type: "receive";
  datatype: "edit";
  content: string;
  /** The public id of the person who has edited it. */
  by: string;
  /** The message was removed, and has its content again. */
  restored?: true;
}

// How it is read.

export interface ParsedEdit {
  readonly kind: "edit";
  readonly of: number;
  readonly content: string;
  readonly key: string | null;
}

export const editReader: Reader<"edit", ParsedEdit> = {
  since: 3,
  read(value) {
    const kind = "edit";
    const of = readOf(kind, value);
    if (typeof of !== "number") return of;
    if (!("content" in value)) return notEnough(kind, "content");
    const { content } = value;
    if (!isContent(content)) return malformed(kind, "WrongFormatContent");
    const key = readKey(value);
    return key === undefined
      ? malformed(kind, "WrongFormatKey")
      : { kind, request: { kind, of, content, key } };
  },
};

// How it is answered and announced.

/** @param position of the edit; without its time for a repeat */
export function edited(of: number, content: string, position: EditPosition): FrameText<EditedReply> {
  return encode<EditedReply>({ type: "edit", of, content, status: true, ...position });
}

type EditPosition = PositionKeys | Pick<PositionKeys, "id">;

export function editEvent(
  of: number,
  content: string,
  by: string,
  { id, time }: PositionKeys,
  isRestored: boolean,
): FrameText<EditEvent> {
  const restored = isRestored ? { restored: true as const } : {};
  return encode<EditEvent>({ type: "receive", datatype: "edit", of, content, by, id, time, ...restored });
}
