import { createContext } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import type { Viewport } from "../list/viewport.ts";
import { Content } from "./content.tsx";
import { useStores, useWords } from "./stores.ts";

/** What is no longer has no more lines than these, whatever it is made of. */
const NEVER_TALL = 24;

/** What is higher, in the size of the page's type, is folded. The style sheet says to which height. */
const TALL_REM = 36;

/** The window in which rows stand, for those that change their height when the reader wants it. */
export const ViewportContext = createContext<Viewport | null>(null);

interface FoldProps {
  readonly rowKey: string;
  readonly content: string;
}

/** A content, of which only the first lines are shown when it is tall, until one wants to see all of it. */
export function Fold({ rowKey, content }: FoldProps) {
  const { room } = useStores();
  const words = useWords();
  const viewport = useContext(ViewportContext);
  const isUnfolded = room.unfolded.value.has(rowKey);
  const wasUnfolded = useRef(isUnfolded);
  useLayoutEffect(() => {
    if (wasUnfolded.current !== isUnfolded) viewport?.release();
    wasUnfolded.current = isUnfolded;
  });
  if (content.length <= NEVER_TALL) return <Content content={content} />;
  const set = (unfolded: boolean) => {
    viewport?.hold(rowKey, !unfolded);
    room.setUnfolded(rowKey, unfolded);
  };
  return (
    <>
      {/* What is folded away can be reached all the same: by the focus, or the browser's search. Then it is shown. */}
      <div class={isUnfolded ? "fold unfolded" : "fold"} onScroll={() => set(true)}>
        <Content content={content} />
      </div>
      <button
        type="button"
        class="quiet fold-button"
        aria-expanded={isUnfolded}
        onClick={() => set(!isUnfolded)}
      >
        {isUnfolded ? words.showLess : words.showAll}
      </button>
    </>
  );
}

/**
 * Folds what is tall among the rows of a list. How high something is, only the browser knows: by its type, its width, and
 * what strangers pile up. All is read before any is changed, so that it is laid out twice at most.
 */
export function foldTall(list: HTMLElement): void {
  const tall = TALL_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const folds = [...list.querySelectorAll<HTMLElement>(".fold")];
  const changed = folds.filter((fold) => fold.scrollHeight > tall !== fold.hasAttribute("data-tall"));
  for (const fold of changed) fold.toggleAttribute("data-tall");
}
