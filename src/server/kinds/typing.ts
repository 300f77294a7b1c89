/** `typing`: a hint that a member is typing. Version 2 does not have it. */
import { typingEvent } from "../../protocol/kinds/typing.ts";
import { TYPING_EVERY_MS } from "../../protocol/limits.ts";
import { asRead, type KindCosts, type OutcomeRulesOf, type RequestRulesOf } from "./rules.ts";

export const typingCosts: KindCosts = { own: null, address: [], isMessage: false, mayRegister: false };

export const typingRequests: RequestRulesOf<"typing"> = {
  typing: { carriedBack: null, shows: null, hintEveryMs: TYPING_EVERY_MS, toRoom: asRead },
};

export const typingRules: OutcomeRulesOf<"typing"> = {
  typing: {
    event: { 2: null, 3: ({ name }) => typingEvent(name) },
    reply: null,
    refusal: null,
    report: null,
    effect: null,
  },
};
