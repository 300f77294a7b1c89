/** `get`: the history, as a whole in version 2 and in pages in version 3. */
import type { PageRequest } from "../../protocol/page.ts";
import type { RoomRequest } from "../operation.ts";
import type { Member, Present } from "../roster.ts";
import type { Asker, RoomView } from "../state.ts";
import type { Decided } from "./decided.ts";

/** What a reply to `get` shows besides the messages. */
interface Shown extends Decided {
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly online: readonly string[];
}

/** The newest messages are to be shown, in the form of version 2. */
export interface ShowsHistory extends Shown {
  readonly kind: "history";
}

/** A page is to be shown. */
export interface ShowsPage extends Shown {
  readonly kind: "page";
  readonly present: readonly Present[];
  readonly page: PageRequest;
}

/** The history could not be read. `error` is a sentence for a person. */
export interface GetFailed extends Decided {
  readonly kind: "get-failed";
  readonly name: string;
  readonly error: string;
}

type GetRequest = Extract<RoomRequest, { kind: "get" }>;

export function decideGet(
  { roster: { online, present } }: RoomView,
  { page }: GetRequest,
  { connection, name }: Member,
  { now: { time } }: Asker,
): ShowsHistory | ShowsPage {
  const shown = { connection, name, time, online };
  return page === null ? { kind: "history", ...shown } : { kind: "page", ...shown, present, page };
}
