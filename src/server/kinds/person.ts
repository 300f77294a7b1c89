/** `identify`, `reserve` and `claim`: who the person at a connection is. Version 2 does not have them. */
import { claimed, claimRefused } from "../../protocol/kinds/claim.ts";
import { identified, identifyRefused } from "../../protocol/kinds/identify.ts";
import { reserved, reserveRefused } from "../../protocol/kinds/reserve.ts";
import { type KindCosts, type OutcomeRules, type OutcomeRulesOf, refusalRules } from "./rules.ts";

/** They are rare: the names that a person takes and who the person is have one rate. */
export const identifyCosts: KindCosts = {
  own: "names",
  address: [["events", "a token"]],
  isMessage: false,
  mayRegister: false,
};

/** What is stored about people is synced while everybody waits. */
export const peopleCosts: KindCosts = {
  ...identifyCosts,
  address: [
    ["events", "a token"],
    ["people", "a token"],
  ],
};

const QUIET = { event: null, refusal: null, report: null, effect: null } as const satisfies Partial<
  OutcomeRules<never>
>;

export const personRules: OutcomeRulesOf<
  | "identified"
  | "identify-refused"
  | "became"
  | "ignored"
  | "reserved"
  | "reserve-refused"
  | "claimed"
  | "claim-refused"
> = {
  identified: { ...QUIET, reply: { 2: null, 3: (outcome) => identified(outcome) } },
  "identify-refused": refusalRules(
    ({ reason }) => reason,
    ({ reason, error }) => identifyRefused(reason, error),
  ),
  reserved: {
    ...QUIET,
    reply: { 2: null, 3: ({ name, on, names }) => reserved(name, on, names) },
    report: {
      counter: null,
      category: "change",
      line: ({ name, on }) => ({
        text: on ? `${name} is reserved` : `${name} is not reserved any more`,
        fields: { name },
      }),
    },
  },
  "reserve-refused": refusalRules(
    ({ reason }) => reason,
    ({ name, reason, error }) => reserveRefused(name, reason, error),
  ),
  became: { ...QUIET, reply: null },
  ignored: { ...QUIET, reply: null },
  claimed: {
    ...QUIET,
    reply: { 2: null, 3: ({ role }) => claimed(role) },
    report: {
      counter: null,
      category: "server",
      line: () => ({ text: "the chat has an owner", fields: {} }),
    },
  },
  "claim-refused": refusalRules(
    ({ reason }) => reason,
    ({ reason, error }) => claimRefused(reason, error),
  ),
};
