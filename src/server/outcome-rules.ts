import type { Outcome } from "../engine/outcome.ts";
import { generalRules } from "./kinds/general.ts";
import { getRules } from "./kinds/get.ts";
import { leaveRules } from "./kinds/leave.ts";
import { nameRules } from "./kinds/name.ts";
import { resumeRules } from "./kinds/resume.ts";
import type { OutcomeRules, OutcomeRulesOf } from "./kinds/rules.ts";
import { sendRules } from "./kinds/send.ts";
import { typingRules } from "./kinds/typing.ts";

/** What the server makes of every kind of outcome. A kind that is missing here does not compile. */
const RULES: OutcomeRulesOf<Outcome["kind"]> = {
  ...nameRules,
  ...sendRules,
  ...getRules,
  ...resumeRules,
  ...typingRules,
  ...leaveRules,
  ...generalRules,
};

export function rulesOf<O extends Outcome>(outcome: O): OutcomeRules<O> {
  // TypeScript does not see that an outcome and the rules under its kind belong together.
  return RULES[outcome.kind] as unknown as OutcomeRules<O>;
}
