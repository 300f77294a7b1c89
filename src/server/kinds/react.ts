/** `react`: a person reacts to a message, or takes that back. Version 2 does not have it. */
import { reactEvent, reacted } from "../../protocol/kinds/react.ts";
import { asRead, type OutcomeRulesOf, type RequestRulesOf } from "./rules.ts";

export const reactRequests: RequestRulesOf<"react"> = {
  react: { carriedBack: null, shows: null, hintEveryMs: null, toRoom: asRead },
};

export const reactRules: OutcomeRulesOf<"reacted" | "react-unchanged"> = {
  reacted: {
    event: { 2: null, 3: (outcome) => reactEvent(outcome, outcome, outcome) },
    reply: { 2: null, 3: (outcome) => reacted(outcome, { id: outcome.id, time: outcome.time }) },
    refusal: null,
    report: {
      counter: "changes",
      category: "send",
      line: ({ name, of, on }) => ({
        text: on ? `${name} reacts to message ${of}` : `${name} has taken back a reaction to message ${of}`,
        fields: { name, of },
      }),
    },
    effect: null,
  },
  "react-unchanged": {
    event: null,
    reply: { 2: null, 3: (outcome) => reacted(outcome, null) },
    refusal: null,
    report: null,
    effect: null,
  },
};
