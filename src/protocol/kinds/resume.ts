/** `resume`: a client of version 3 takes over the nickname of an earlier connection. */
import { encode, type FrameText, type HistoryFrame } from "../encode.ts";
import type { AuthorKeys } from "../extension.ts";
import {
  historyFrame,
  type Page,
  type PageData,
  type PageKeys,
  type PageRequest,
  pageTexts,
  type RosterTexts,
  readPage,
} from "../page.ts";
import type { Reader } from "../reader.ts";

// What travels.

export interface ResumeRequest extends PageKeys {
  type: "resume";
  /** The secret of the earlier connection. */
  session: string;
}

export interface ResumedReply extends AuthorKeys {
  type: "resume";
  status: true;
  name: string;
  /** The secret of this connection, by which it can be resumed from now on. */
  session: string;
  data: PageData;
}

export interface ResumeRefusedReply {
  type: "resume";
  status: false;
  reason: "UnknownSession";
}

// How it is read.

/** `secret` is empty, and therefore unknown, if it was not a string. */
export interface ParsedResume {
  readonly kind: "resume";
  readonly secret: string;
  readonly page: PageRequest;
}

export const resumeReader: Reader<"resume", ParsedResume> = {
  since: 3,
  read(value) {
    const kind = "resume";
    if (!("session" in value))
      return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "session" } };
    const secret = typeof value.session === "string" ? value.session : "";
    const page = readPage(value);
    return page === null
      ? { kind, refusal: { reason: "WrongFormatPage", type: kind } }
      : { kind, request: { kind, secret, page } };
  },
};

// How it is answered.

/** The reply to a `resume` that took a nickname over. */
export function resumed(
  { name, by }: { readonly name: string; readonly by: string },
  session: string,
  page: Page,
  roster: RosterTexts,
): HistoryFrame<ResumedReply> {
  const keys = { type: "resume", status: true, name, by, session } as const;
  return historyFrame<ResumedReply>(keys, page.messages, pageTexts(page, roster));
}

export function resumeRefused(): FrameText<ResumeRefusedReply> {
  return encode<ResumeRefusedReply>({ type: "resume", status: false, reason: "UnknownSession" });
}
