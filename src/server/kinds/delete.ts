/** `delete`: the content of a message is removed for good. Version 2 does not have it. */
import { deleted, deleteEvent } from "../../protocol/kinds/delete.ts";
import { asRead, type OutcomeRulesOf, type RequestRulesOf } from "./rules.ts";

export const deleteRequests: RequestRulesOf<"delete"> = {
  delete: { carriedBack: null, shows: null, hintEveryMs: null, toRoom: asRead },
};

export const deleteRules: OutcomeRulesOf<"deleted"> = {
  deleted: {
    event: { 2: null, 3: (outcome) => deleteEvent(outcome.of, outcome.by, outcome) },
    reply: { 2: null, 3: (outcome) => deleted(outcome.of, outcome) },
    refusal: null,
    report: {
      counter: "changes",
      category: "send",
      line: ({ of, by, id }) => ({ text: `message ${of} was deleted`, fields: { of, by, id } }),
    },
    effect: null,
  },
};
