import type { Outcome } from "../engine/outcome.ts";
import { deleteRules } from "./kinds/delete.ts";
import { editRules } from "./kinds/edit.ts";
import { generalRules } from "./kinds/general.ts";
import { getRules } from "./kinds/get.ts";
import { leaveRules } from "./kinds/leave.ts";
import { changeRules } from "./kinds/message-change.ts";
import { moderationRules } from "./kinds/moderation.ts";
import { nameRules } from "./kinds/name.ts";
import { personRules } from "./kinds/person.ts";
import { reactRules } from "./kinds/react.ts";
import { resumeRules } from "./kinds/resume.ts";
import type { OutcomeRules, OutcomeRulesOf } from "./kinds/rules.ts";
import { sendRules } from "./kinds/send.ts";
import { typingRules } from "./kinds/typing.ts";

/** What the server does with every kind of outcome. If a kind is missing here, the build fails. */
const RULES: OutcomeRulesOf<Outcome["kind"]> = {
  ...nameRules,
  ...sendRules,
  ...getRules,
  ...resumeRules,
  ...typingRules,
  ...leaveRules,
  ...editRules,
  ...deleteRules,
  ...reactRules,
  ...changeRules,
  ...personRules,
  ...moderationRules,
  ...generalRules,
};

export function rulesOf<O extends Outcome>(outcome: O): OutcomeRules<O> {
  // TypeScript does not see that an outcome and the rules under its kind belong together.
  return RULES[outcome.kind] as unknown as OutcomeRules<O>;
}
