/** People in memory only, for tests of what asks about them. */
import { PEOPLE_LIMITS, type People, type PeopleLimits } from "../../src/engine/people.ts";
import type { PeopleChange, PeopleDecision } from "../../src/engine/people-rules.ts";
import { type PeopleReading, PeopleView } from "../../src/engine/people-view.ts";
import { PersonIds } from "../../src/engine/person-ids.ts";
import { StoredPeople } from "../../src/engine/stored-people.ts";

/** @param now Unix milliseconds */
export function peopleInMemory(limits: PeopleLimits = PEOPLE_LIMITS, now = () => 0): People {
  const view = new PeopleView();
  let read: PeopleReading = {
    state: { revision: 0, codeHash: null, codeExpiresAt: 0, isStarted: true },
    changed: null,
    grants: [],
    nicknames: [],
    tokens: [],
  };
  view.apply(read);
  const change = async <T>(decide: () => PeopleDecision<T>): Promise<T> => {
    const { changes, result } = decide();
    for (const each of changes) read = changed(read, each);
    view.apply(read);
    return result;
  };
  const store = { change, note: async () => {}, close: async () => {} };
  return new StoredPeople({ store, view, ids: new PersonIds(new Uint8Array(32)), limits, now });
}

function changed(read: PeopleReading, change: PeopleChange): PeopleReading {
  const revision = read.state.revision + 1;
  const state = { ...read.state, revision };
  const { grants, nicknames } = read;
  switch (change.kind) {
    case "grant": {
      const { person, room } = change.grant;
      const others = grants.filter((each) => each.person !== person || each.room !== room);
      return { ...read, state, grants: [...others, { ...change.grant, revision }] };
    }
    case "revoke": {
      const { person, room } = change;
      return {
        ...read,
        state,
        grants: grants.filter((each) => each.person !== person || each.room !== room),
      };
    }
    case "reserve":
      return { ...read, state, nicknames: [...nicknames, { ...change.nickname, revision }] };
    case "release":
    case "expire": {
      const { person, name } = change;
      const others = nicknames.filter((each) => each.person !== person || each.name !== name);
      return { ...read, state, nicknames: others };
    }
    case "code":
      return { ...read, state: { ...state, codeHash: change.hash, codeExpiresAt: change.expiresAt } };
    case "create-token":
      return { ...read, state, tokens: [...read.tokens, { ...change.token, revision }] };
    case "revoke-token":
      return { ...read, state, tokens: read.tokens.filter(({ id }) => id !== change.id) };
    case "set-commands": {
      const { id, commands } = change;
      return {
        ...read,
        state,
        tokens: read.tokens.map((each) => (each.id === id ? { ...each, commands } : each)),
      };
    }
    case "start":
      return { ...read, state: { ...state, isStarted: true } };
    default:
      return change satisfies never;
  }
}
