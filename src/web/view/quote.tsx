import type { Message } from "../../client/index.ts";
import type { Quote } from "../store/quotes.ts";
import { deedOf } from "../text/format.ts";
import { Nickname } from "./nickname.tsx";
import { useRoomWords, useStores } from "./stores.ts";

/** Longer than any line. The text is cut before it gets into the document. */
const LINE_MAX = 300;

/** The message that another one replies to, in one line that leads there. @param from the id of the one that replies */
export function QuoteLink({ from, to }: { readonly from: number | null; readonly to: number }) {
  const { room, announcer } = useStores();
  const words = useRoomWords();
  const quote = room.quotes.get(to).value;
  const go = () => {
    if (from !== null) room.goToReplied(from, to, () => announcer.showToast(words.gone));
  };
  return (
    <button
      type="button"
      class="quote"
      title={words.quote.goTo}
      disabled={from === null || quote === "missing"}
      onClick={go}
    >
      {typeof quote === "object" ? <Nickname name={quote.name} /> : null} <QuoteText quote={quote} />
    </button>
  );
}

/** The first line of a message, or what is to be said instead of it. */
export function QuoteText({ quote }: { readonly quote: Quote }) {
  const { room } = useStores();
  const words = useRoomWords();
  const shown = typeof quote === "object" ? room.changes.shown(quote) : quote;
  if (typeof shown === "object" && !shown.deleted) return <span dir="auto">{firstLineOf(shown)}</span>;
  return <i>{typeof shown === "string" ? words.quote[shown] : words.change.deleted}</i>;
}

function firstLineOf({ content }: Message): string {
  return (deedOf(content) ?? content).trimStart().split("\n", 1)[0]?.slice(0, LINE_MAX) ?? "";
}
