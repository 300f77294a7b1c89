import type { Request } from "../protocol/request.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import { isKeyOf } from "../protocol/table.ts";
import type { PersonRequest } from "./identification.ts";
import { deleteRequests } from "./kinds/delete.ts";
import { editRequests } from "./kinds/edit.ts";
import { getCosts, getRequests } from "./kinds/get.ts";
import { changeCosts } from "./kinds/message-change.ts";
import { askedOfAllCosts, deskCosts } from "./kinds/moderation.ts";
import { nameCosts, nameRequests } from "./kinds/name.ts";
import { identifyCosts, peopleCosts } from "./kinds/person.ts";
import { reactRequests } from "./kinds/react.ts";
import { resumeCosts, resumeRequests } from "./kinds/resume.ts";
import type { KindCosts, RequestRules, RequestRulesOf } from "./kinds/rules.ts";
import { sendCosts, sendRequests } from "./kinds/send.ts";
import { typingCosts, typingRequests } from "./kinds/typing.ts";
import type { DeskRequest } from "./moderation/desk.ts";

/** How every kind of request is counted. If a kind is missing here, the build fails. */
export const KIND_COSTS: Readonly<Record<RequestKind, KindCosts>> = {
  name: nameCosts,
  send: sendCosts,
  get: getCosts,
  resume: resumeCosts,
  typing: typingCosts,
  edit: changeCosts,
  delete: changeCosts,
  react: changeCosts,
  identify: identifyCosts,
  reserve: peopleCosts,
  claim: peopleCosts,
  moderate: deskCosts,
  room: deskCosts,
  report: askedOfAllCosts,
  review: deskCosts,
  enter: deskCosts,
  mine: askedOfAllCosts,
  commands: deskCosts,
  tokens: deskCosts,
  health: deskCosts,
};

/** A request that concerns a room. */
export type RoomBound = Exclude<Request, PersonRequest | DeskRequest>;

/** What the server does with every kind of request to a room. If a kind is missing here, the build fails. */
const RULES: RequestRulesOf<RoomBound["kind"]> = {
  ...nameRequests,
  ...sendRequests,
  ...getRequests,
  ...resumeRequests,
  ...typingRequests,
  ...editRequests,
  ...deleteRequests,
  ...reactRequests,
};

export function isRoomBound(request: Request): request is RoomBound {
  return isKeyOf(RULES, request.kind);
}

export function requestRulesOf<R extends RoomBound>(request: R): RequestRules<R> {
  // TypeScript does not see that a request and the rules under its kind belong together.
  return RULES[request.kind] as unknown as RequestRules<R>;
}
