/** `edit`: a message gets another content. Version 2 does not have it. */
import { editEvent, edited } from "../../protocol/kinds/edit.ts";
import { asRead, type OutcomeRulesOf, type RequestRulesOf } from "./rules.ts";

export const editRequests: RequestRulesOf<"edit"> = {
  edit: { carriedBack: null, shows: null, hintEveryMs: null, toRoom: asRead },
};

export const editRules: OutcomeRulesOf<"edited" | "edit-repeated"> = {
  edited: {
    event: {
      2: null,
      3: (outcome) =>
        editEvent(outcome.of, outcome.content, outcome.by, outcome, outcome.isRestored ?? false),
    },
    reply: {
      2: null,
      3: ({ of, content, id, time }) => edited(of, content, { id, time }),
    },
    refusal: null,
    report: {
      counter: "changes",
      category: "send",
      line: ({ of, by, id }) => ({ text: `message ${of} was edited`, fields: { of, by, id } }),
    },
    effect: null,
  },
  // The others have heard of it when it was sent first.
  "edit-repeated": {
    event: null,
    reply: { 2: null, 3: ({ of, content, id }) => edited(of, content, { id }) },
    refusal: null,
    report: null,
    effect: null,
  },
};
