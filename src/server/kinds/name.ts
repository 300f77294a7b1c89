/** `name`: a nickname is taken, or changed. */
import { withAuthor } from "../../protocol/extension.ts";
import {
  changeEvent,
  nameFailed,
  nameRefused,
  registerEvent,
  registered,
  renamed,
} from "../../protocol/kinds/name.ts";
import {
  asPresent,
  asRead,
  inAllVersions,
  type KindCosts,
  marked,
  type OutcomeRulesOf,
  type RequestRulesOf,
  refusalRules,
} from "./rules.ts";

export const nameCosts: KindCosts = {
  own: "names",
  address: [["events", "a token"]],
  isMessage: false,
  mayRegister: true,
};

export const nameRequests: RequestRulesOf<"name" | "malformed-name"> = {
  name: { carriedBack: null, shows: null, hintEveryMs: null, toRoom: asRead },
  "malformed-name": { carriedBack: ({ name }) => name, shows: null, hintEveryMs: null, toRoom: asRead },
};

export const nameRules: OutcomeRulesOf<"registered" | "renamed" | "name-refused" | "name-failed"> = {
  registered: {
    event: marked(({ name, time }, { timestampOf }) => registerEvent(name, timestampOf(time))),
    reply: {
      2: ({ name, time }, { timestampOf }) => registered(name, timestampOf(time)),
      3: ({ name, time, by }, { timestampOf }) => withAuthor(registered(name, timestampOf(time)), by),
    },
    refusal: null,
    report: {
      counter: null,
      category: "register",
      line: ({ name }) => ({ text: `${name} has joined`, fields: { name } }),
    },
    effect: { named: asPresent },
  },
  renamed: {
    event: marked(({ oldName, name, time }, { timestampOf }) =>
      changeEvent(oldName, name, timestampOf(time)),
    ),
    reply: inAllVersions(({ oldName, name, time }, { timestampOf }) =>
      renamed(oldName, name, timestampOf(time)),
    ),
    refusal: null,
    report: {
      counter: null,
      category: "change",
      line: ({ oldName, name }) => ({ text: `${oldName} is now ${name}`, fields: { oldName, name } }),
    },
    effect: { named: asPresent },
  },
  "name-refused": {
    ...refusalRules(
      ({ reason }) => reason,
      ({ oldName, name, reason }) => nameRefused(oldName, name, reason),
    ),
    reply: {
      // For version 2 a nickname that somebody has reserved is used.
      2: ({ oldName, name, reason }) =>
        nameRefused(oldName, name, reason === "NameReserved" ? "NameAlreadyUsed" : reason),
      3: ({ oldName, name, reason }) => nameRefused(oldName, name, reason),
    },
  },
  "name-failed": refusalRules(
    ({ oldName }) => (oldName === null ? "ErrorWhenRegister" : "ErrorWhenChange"),
    ({ oldName, name, error }) => nameFailed(oldName, name, error),
  ),
};
