/** What keeps somebody from something in a room. Of version 3; version 2 gets `ErrorWhen…` with the same sentence. */
import { encode, type FrameText } from "../encode.ts";
import type { RequestKind } from "../request-kind.ts";

/**
 * - `Banned`, `Muted`: a moderator's action; `until` says when it ends.
 * - `PasswordRequired`, `MembersOnly`: who may enter the room. `WritersOnly`, `KnownOnly`: who may write in it.
 * - `SlowMode`: `retry` says in how many seconds one may write again. `LinksNotAllowed`, `WordNotAllowed`: what may not be in a message.
 * - `Held`: the message waits for a moderator. The server has it, so that it must not be sent again.
 * - `ProofRequired`: too many newcomers come at once; see `enter`.
 */
export type PermissionReason =
  | "Banned"
  | "Muted"
  | "PasswordRequired"
  | "MembersOnly"
  | "WritersOnly"
  | "KnownOnly"
  | "SlowMode"
  | "LinksNotAllowed"
  | "WordNotAllowed"
  | "Held"
  | "ProofRequired";

export interface NotPermittedReply {
  type: RequestKind;
  status: false;
  reason: PermissionReason;
  /** One sentence for a person. */
  error: string;
  /** Unix milliseconds. */
  until?: number;
  /** Whole seconds, at least 1. */
  retry?: number;
}

export function notPermitted(
  type: RequestKind,
  reason: PermissionReason,
  error: string,
  when: { readonly until?: number | undefined; readonly retry?: number | undefined },
): FrameText<NotPermittedReply> {
  const { until, retry } = when;
  return encode<NotPermittedReply>({
    type,
    status: false,
    reason,
    error,
    ...(until === undefined ? {} : { until }),
    ...(retry === undefined ? {} : { retry }),
  });
}
