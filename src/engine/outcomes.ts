import { PAGE_TO_COME } from "../protocol/page.ts";
import type { ShowsHistory, ShowsPage } from "../room/kinds/get.ts";
import { sentenceFor } from "./failure.ts";
import type { HistoryCache } from "./history-cache.ts";
import type { ReadResult } from "./history-reads.ts";
import type { FinalDecision, Outcome } from "./outcome.ts";
import type { MessageRecord } from "./record.ts";

/** What outcomes are made from besides the decisions. Making them has no side effects. */
export interface OutcomeSources {
  /** Already has the batch's messages. Null for a room that is not open, in which nothing shows history. */
  readonly history: Pick<HistoryCache, "page" | "history"> | null;
  /** The id of the newest event before the batch. */
  readonly before: number;
  /** By id, the messages of the batch as they were sent. */
  readonly records: ReadonlyMap<number, MessageRecord>;
  /** By id, the messages that sends of the batch repeat, as they are after it, as far as they could be read. */
  readonly repeated: ReadonlyMap<number, MessageRecord>;
}

/**
 * @param upTo the id of the newest event at the decision's place in the order
 * @param read what was read for the decision
 */
type OutcomeRule<K extends FinalDecision["kind"]> = (
  decision: Extract<FinalDecision, { kind: K }>,
  sources: OutcomeSources,
  upTo: number,
  read: ReadResult | undefined,
) => Outcome;

/** How the outcome of each kind of decision is made. */
const OUTCOMES: { readonly [K in FinalDecision["kind"]]: OutcomeRule<K> } = {
  registered: asDecided,
  renamed: asDecided,
  "name-refused": asDecided,
  "name-failed": asDecided,
  sent: ({ kind, connection, ref, message }, { records }) => {
    const record = records.get(message.id);
    if (record === undefined) throw new Error("A message that was not stored must not be delivered.");
    return { kind, connection, ref, record };
  },
  repeated: ({ kind, connection, ref, id, name, content }, { repeated }) => {
    const record = repeated.get(id);
    return record === undefined
      ? { kind: "send-failed", connection, ref, name, content, error: sentenceFor(undefined) }
      : { kind, connection, ref, record };
  },
  "send-refused": asDecided,
  "send-failed": asDecided,
  edited: asDecided,
  "edit-repeated": asDecided,
  deleted: asDecided,
  reacted: asDecided,
  "react-unchanged": asDecided,
  "change-refused": asDecided,
  "change-failed": asDecided,
  answered: asDecided,
  identified: asDecided,
  "identify-refused": asDecided,
  reserved: asDecided,
  "reserve-refused": asDecided,
  claimed: asDecided,
  "claim-refused": asDecided,
  history: (decision, { history }, upTo, read) => {
    if (history === null || read?.kind === "failed") return getFailed(decision, read);
    return { ...decision, history: history.history(upTo, read?.read) };
  },
  page: (decision, { history }, upTo, read) => {
    if (history === null || read?.kind === "failed") return getFailed(decision, read);
    return { ...decision, page: history.page(decision.page, upTo, read?.read) };
  },
  "get-failed": asDecided,
  resumed: ({ online, present, page, oldHash: _, ...resumed }, { history }, upTo, read) => {
    // The nickname has moved all the same. If the page cannot be shown now, the client can request it again.
    const isShown = history !== null && read?.kind !== "failed";
    return {
      ...resumed,
      shown: { online, present, page: isShown ? history.page(page, upTo, read?.read) : PAGE_TO_COME },
    };
  },
  "resume-refused": asDecided,
  typing: asDecided,
  absent: asDecided,
  left: asDecided,
  gone: asDecided,
  enacted: asDecided,
  became: asDecided,
  ignored: asDecided,
  unregistered: asDecided,
  "not-permitted": asDecided,
  refused: asDecided,
  ended: asDecided,
  "store-lost": asDecided,
};

/**
 * The outcomes of a decided batch, in its order. Each shows the history as it is at its own place.
 *
 * @param reads what was read for each of the decisions
 */
export function outcomesOf(
  decisions: readonly FinalDecision[],
  reads: readonly (ReadResult | undefined)[],
  sources: OutcomeSources,
): Outcome[] {
  let upTo = sources.before;
  return decisions.map((decision, at) => {
    upTo = storedId(decision) ?? upTo;
    // TypeScript does not see that the rule and the decision are of one kind.
    const rule = OUTCOMES[decision.kind] as OutcomeRule<FinalDecision["kind"]>;
    return rule(decision as never, sources, upTo, reads[at]);
  });
}

/** Whether the outcome of a decision shows a part of the history. */
export function showsHistory({ kind }: FinalDecision): boolean {
  return kind === "history" || kind === "page" || kind === "resumed";
}

/** The id of what a decision has stored. */
function storedId(decision: FinalDecision): number | undefined {
  switch (decision.kind) {
    case "sent":
      return decision.message.id;
    case "edited":
    case "deleted":
    case "reacted":
      return decision.id;
    default:
      return undefined;
  }
}

function asDecided<T extends Outcome>(decision: T): T {
  return decision;
}

function getFailed({ connection, ref, name }: ShowsHistory | ShowsPage, read?: ReadResult): Outcome {
  const error = sentenceFor(read?.kind === "failed" ? read.error : undefined);
  return { kind: "get-failed", connection, ref, name, error };
}
