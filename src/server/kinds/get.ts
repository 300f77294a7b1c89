/** `get`: the history is shown, as a whole or as a page. */
import type { HistoryShown, Outcome, PageShown } from "../../engine/outcome.ts";
import { getFailed, historyReply, pageReply } from "../../protocol/kinds/get.ts";
import type { Recipient } from "../recipient.ts";
import {
  asRead,
  type KindCosts,
  type OutcomeRulesOf,
  type ReportRules,
  type RequestRulesOf,
  refusalRules,
} from "./rules.ts";

export const getCosts: KindCosts = { own: "gets", address: [], isMessage: false, mayRegister: false };

export const getRequests: RequestRulesOf<"get"> = {
  get: { carriedBack: null, shows: ({ page }) => page, hintEveryMs: null, toRoom: asRead },
};

const report: ReportRules<HistoryShown | PageShown> = {
  counter: null,
  category: "get",
  line: ({ name }) => ({ text: `${name} was sent the history`, fields: { name } }),
};

export const getRules: OutcomeRulesOf<"history" | "page" | "get-failed"> = {
  history: {
    event: null,
    reply: {
      2: ({ name, time, history, online }, { timestampOf, rosterOf }) =>
        historyReply(name, timestampOf(time), history.encoded(), rosterOf(online)),
      3: null,
    },
    refusal: null,
    report,
    effect: {
      withinMemory: (outcome, { rosterOf }, to) =>
        withinMemory(outcome, outcome.history.bytes + rosterOf(outcome.online).length, to),
    },
  },
  page: {
    event: null,
    reply: {
      2: null,
      3: ({ name, time, page, online, present }, { timestampOf, rosterOf, marksOf }) =>
        pageReply(name, timestampOf(time), page, { online: rosterOf(online), marks: marksOf(present) }),
    },
    refusal: null,
    report,
    effect: {
      shows: ({ page }) => page,
      withinMemory: (outcome, { rosterOf }, to) =>
        withinMemory(outcome, outcome.page.messages.length + rosterOf(outcome.online).length, to),
    },
  },
  "get-failed": refusalRules(
    () => "ErrorWhenGet",
    ({ name, error }) => getFailed(name, error),
  ),
};

/** @param bytes of the reply */
function withinMemory(outcome: HistoryShown | PageShown, bytes: number, to: Recipient): Outcome {
  const { connection, ref, name } = outcome;
  const reason = to.historyRefusal(bytes);
  switch (reason) {
    case null:
      return outcome;
    case "TooManyRequests":
      return { kind: "refused", connection, ref, refusal: { reason, type: "get", retryS: 1 } };
    case "ErrorWhenGet": {
      const error = "The server is busy sending histories. Try again in a few seconds.";
      return { kind: "get-failed", connection, ref, name, error };
    }
  }
}
