import type { NewAction } from "../engine/moderation.ts";

/** An action that nobody in particular does, as the server's own are: in all rooms and for good, unless something else is said. */
export function newAction(what: Partial<NewAction> & Pick<NewAction, "kind">): NewAction {
  return {
    room: null,
    person: null,
    name: null,
    networks: [],
    reason: "",
    by: null,
    byName: "",
    at: Date.now(),
    until: null,
    of: null,
    count: null,
    settings: null,
    ...what,
  };
}
