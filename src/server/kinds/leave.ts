/** The end of a connection, or of a grace. Its log line is written when the connection ends. */
import { leaveEvent } from "../../protocol/kinds/leave.ts";
import { type OutcomeRulesOf, timed } from "./rules.ts";

export const leaveRules: OutcomeRulesOf<"left" | "absent" | "gone"> = {
  left: {
    event: timed(({ name, time }, { timestampOf }) => leaveEvent(name, timestampOf(time))),
    reply: null,
    refusal: null,
    report: null,
    effect: { returned: ({ connection }) => connection },
  },
  // The nickname is kept, so for the others nothing has changed.
  absent: { event: null, reply: null, refusal: null, report: null, effect: null },
  // It had no nickname, so the others never heard of it.
  gone: {
    event: null,
    reply: null,
    refusal: null,
    report: null,
    effect: { returned: ({ connection }) => connection },
  },
};
