/** `resume`: another connection takes over a nickname. */
import { resumed, resumeRefused } from "../../protocol/kinds/resume.ts";
import { PAGE_TO_COME } from "../../protocol/page.ts";
import { hashOf } from "../session-secret.ts";
import {
  asPresent,
  type KindCosts,
  type OutcomeRulesOf,
  type RequestRulesOf,
  refusalRules,
} from "./rules.ts";

export const resumeCosts: KindCosts = { own: "names", address: [], isMessage: false, mayRegister: false };

export const resumeRequests: RequestRulesOf<"resume"> = {
  resume: {
    carriedBack: null,
    shows: ({ page }) => page,
    hintEveryMs: null,
    // Rooms get hashes, never a secret.
    toRoom: ({ kind, secret, page }) => ({ kind, hash: hashOf(secret), page }),
  },
};

export const resumeRules: OutcomeRulesOf<"resumed" | "resume-refused"> = {
  resumed: {
    // For the others nothing has changed.
    event: null,
    reply: {
      2: null,
      3({ name, by, shown }, { rosterOf, marksOf }, { secret }) {
        if (shown === null) return null;
        const roster = { online: rosterOf(shown.online), marks: marksOf(shown.present) };
        return resumed({ name, by }, secret, shown.page, roster);
      },
    },
    refusal: null,
    report: {
      counter: null,
      category: "resume",
      line: ({ name }) => ({ text: `${name} has resumed`, fields: { name } }),
    },
    effect: {
      named: asPresent,
      superseded: ({ from }) => from,
      returned: ({ from }) => from,
      // Without memory for the page the nickname moves all the same, and the messages can be requested again.
      withinMemory(outcome, { rosterOf }, to) {
        const { shown } = outcome;
        if (shown === null) return outcome;
        const bytes = shown.page.messages.length + rosterOf(shown.online).length;
        if (to.historyRefusal(bytes) === null) return outcome;
        return { ...outcome, shown: { ...shown, page: PAGE_TO_COME } };
      },
    },
  },
  "resume-refused": refusalRules(() => "UnknownSession", resumeRefused),
};
