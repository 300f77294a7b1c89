/** `send`: a message is stored, or repeats an earlier one. */
import type { MessageRecord } from "../../engine/record.ts";
import { withMark } from "../../protocol/extension.ts";
import { messageEvent, sendFailed, sendRefused, sent } from "../../protocol/kinds/send.ts";
import { printable } from "../../protocol/printable.ts";
import {
  asRead,
  type KindCosts,
  type LogLine,
  type OutcomeRulesOf,
  type RequestRulesOf,
  refusalRules,
} from "./rules.ts";

export const sendCosts: KindCosts = {
  own: "sends",
  address: [
    ["sends", "a token"],
    ["sentBytes", "its bytes"],
  ],
  isMessage: true,
  mayRegister: false,
};

export const sendRequests: RequestRulesOf<"send" | "malformed-send"> = {
  send: { carriedBack: null, shows: null, hintEveryMs: null, toRoom: asRead },
  "malformed-send": { carriedBack: ({ content }) => content, shows: null, hintEveryMs: null, toRoom: asRead },
};

type WithRecord = { readonly record: MessageRecord };

const reply = {
  2: ({ record }: WithRecord) => sent(record.pieces),
  3: ({ record }: WithRecord) => sent(record.pieces, record.furtherKeys),
};

export const sendRules: OutcomeRulesOf<"sent" | "repeated" | "send-refused" | "send-failed"> = {
  sent: {
    event: {
      2: ({ record }) => (record.isDeleted ? null : messageEvent(record.pieces)),
      3: ({ record }, { botMarkOf }) => {
        const { name, by } = record.message;
        const mark = by === undefined ? null : botMarkOf({ name, by });
        return withMark(messageEvent(record.pieces, record.furtherKeys), mark);
      },
    },
    reply,
    refusal: null,
    report: {
      counter: "messages",
      category: "send",
      line: ({ record }, contents) => lineOf(record, contents),
    },
    effect: { keepsOut: () => false },
  },
  // The others have heard of it when it was sent first.
  repeated: { event: null, reply, refusal: null, report: null, effect: null },
  "send-refused": refusalRules(
    ({ reason }) => reason,
    ({ name, content, reason }) => sendRefused(name, content, reason),
  ),
  "send-failed": refusalRules(
    () => "ErrorWhenSend",
    ({ name, content, error }) => sendFailed(name, content, error),
  ),
};

function lineOf({ message: { name, content, id } }: MessageRecord, contents: boolean): LogLine {
  return contents
    ? { text: `${name}: ${printable(content)}`, fields: { name, id, content } }
    : { text: `${name} has sent message ${id}`, fields: { name, id } };
}
