/** Outcomes that belong to no kind of request. */
import { refused, unregistered } from "../../protocol/refusal.ts";
import { type OutcomeRulesOf, refusalRules } from "./rules.ts";

export const generalRules: OutcomeRulesOf<"unregistered" | "refused" | "ended" | "store-lost"> = {
  unregistered: refusalRules(
    () => "UnknownRegister",
    ({ request }) => unregistered(request),
  ),
  refused: refusalRules(
    ({ refusal }) => refusal.reason,
    ({ refusal }) => refused(refusal),
  ),
  ended: {
    event: null,
    reply: null,
    refusal: null,
    report: null,
    effect: { ends: { cause: "flood", hearsRest: true } },
  },
  "store-lost": {
    event: null,
    reply: null,
    refusal: null,
    report: null,
    // What follows might be wrong, because nobody knows what came before it.
    effect: { ends: { cause: "store-lost", hearsRest: false } },
  },
};
