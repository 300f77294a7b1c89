/** What `edit`, `delete` and `react` have in common. */
import { changeFailed, changeRefused } from "../../protocol/kinds/message-change.ts";
import { type KindCosts, type OutcomeRulesOf, refusalRules } from "./rules.ts";
import { sendCosts } from "./send.ts";

/** Changes are stored and announced like messages, and count as such. */
export const changeCosts: KindCosts = sendCosts;

export const changeRules: OutcomeRulesOf<"change-refused" | "change-failed"> = {
  "change-refused": refusalRules(
    ({ reason }) => reason,
    ({ request, of, reason }) => changeRefused(request, of, reason),
  ),
  "change-failed": refusalRules(
    () => "ErrorWhenChanging",
    ({ request, of, error }) => changeFailed(request, of, error),
  ),
};
