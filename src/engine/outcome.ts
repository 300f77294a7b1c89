import type { Page } from "../protocol/page.ts";
import type { Decision } from "../room/decision.ts";
import type { Decided } from "../room/kinds/decided.ts";
import type { ShowsHistory, ShowsPage } from "../room/kinds/get.ts";
import type { Left } from "../room/kinds/leave.ts";
import type { Renamed } from "../room/kinds/name.ts";
import type { Resumed } from "../room/kinds/resume.ts";
import type { HistorySnapshot } from "./history-cache.ts";
import type { MessageRecord } from "./record.ts";

/** A message is stored. The record carries its encoded text along. */
export interface Stored extends Decided {
  readonly kind: "sent";
  readonly record: MessageRecord;
}

/** A send repeated an earlier one, whose message this is. Nobody else is told. */
export interface Repeated extends Decided {
  readonly kind: "repeated";
  readonly record: MessageRecord;
}

export interface HistoryShown extends ShowsHistory {
  readonly history: HistorySnapshot;
}

export interface PageShown extends Omit<ShowsPage, "page"> {
  readonly page: Page;
}

/** `shown` is what the reply shows; null for a resume at another server, which sends the reply. */
export interface ResumeShown extends Resumed {
  readonly shown: { readonly online: readonly string[]; readonly page: Page } | null;
}

/** The store was lost: nobody can say what came of what this connection wanted, so its client must connect again. */
export interface StoreLost extends Decided {
  readonly kind: "store-lost";
}

/** What an operation has come to before it is delivered. */
export type Standing = Decision | StoreLost;

/** The decisions that are delivered as they are. */
type AsDecided = Exclude<
  Decision,
  { kind: "renamed" | "sent" | "repeated" | "history" | "page" | "resumed" | "left" }
>;

/** What came of an operation, in the room's order. It stays true, and shows the history of its own place in that order. */
export type Outcome =
  | AsDecided
  | Renamed
  | Stored
  | Repeated
  | HistoryShown
  | PageShown
  | ResumeShown
  | Left
  | StoreLost;
