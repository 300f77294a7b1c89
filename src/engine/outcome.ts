import type { Page } from "../protocol/page.ts";
import type { Decision } from "../room/decision.ts";
import type { Decided } from "../room/kinds/decided.ts";
import type { ShowsHistory, ShowsPage } from "../room/kinds/get.ts";
import type { Left } from "../room/kinds/leave.ts";
import type { Renamed } from "../room/kinds/name.ts";
import type { Resumed } from "../room/kinds/resume.ts";
import type { Present } from "../room/roster.ts";
import type { HistorySnapshot } from "./history-cache.ts";
import type { MessageRecord } from "./record.ts";

/** A message is stored. Its record has the encoded text. */
export interface Stored extends Decided {
  readonly kind: "sent";
  readonly record: MessageRecord;
}

/** A send repeated an earlier one, whose message this is. No event announces it. */
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

/** `shown` is what the reply shows; null for a resume at another server, because that server sends the reply. */
export interface ResumeShown extends Resumed {
  readonly shown: {
    readonly online: readonly string[];
    readonly present: readonly Present[];
    readonly page: Page;
  } | null;
}

/** The store was lost: nobody knows whether this connection's operations took effect, so its client must reconnect. */
export interface StoreLost extends Decided {
  readonly kind: "store-lost";
}

/** The decision about an operation after the attempt to store it. Its outcome is made from it. */
export type FinalDecision = Decision | StoreLost;

/** What became of operations of the server's own. */
export interface Performed {
  /** The decisions about them, in order; there are none about those that were not even tried. */
  readonly decisions: readonly FinalDecision[];
  /** Whether none has failed: what was to be stored is stored. */
  readonly isComplete: boolean;
}

/** Whether it could not be stored, or nobody knows whether it is. */
export function isFailure({ kind }: FinalDecision): boolean {
  return kind === "store-lost" || kind === "change-failed" || kind === "send-failed";
}

/** The decisions that are delivered unchanged. */
type AsDecided = Exclude<
  Decision,
  { kind: "renamed" | "sent" | "repeated" | "history" | "page" | "resumed" | "left" }
>;

/** The delivered result of an operation. It is final, and shows the history at its own place in the room's order. */
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
