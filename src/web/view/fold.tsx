import { createContext } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import type { Viewport } from "../list/viewport.ts";
import { Content } from "./content.tsx";
import { useRoomWords, useStores } from "./stores.ts";

/** A content that is no longer than this has no more lines than this, whatever it consists of. */
const NEVER_TALL = 24;

/** A content higher than this, in rem, is folded. The style sheet sets the height to which it is folded. */
const TALL_REM = 36;

/** The viewport that the rows are in, for rows that change their height on request. */
export const ViewportContext = createContext<Viewport | null>(null);

interface FoldProps {
  readonly rowKey: string;
  readonly content: string;
  /** The nickname of the author. */
  readonly name: string;
}

/** A content that shows only its first lines if it is tall, until the user unfolds it. */
export function Fold({ rowKey, content, name }: FoldProps) {
  const { room } = useStores();
  const words = useRoomWords();
  const viewport = useContext(ViewportContext);
  const isUnfolded = room.unfolded.value.has(rowKey);
  const wasUnfolded = useRef(isUnfolded);
  useLayoutEffect(() => {
    if (wasUnfolded.current !== isUnfolded) viewport?.release();
    wasUnfolded.current = isUnfolded;
  });
  if (content.length <= NEVER_TALL) return <Content content={content} name={name} />;
  const set = (unfolded: boolean) => {
    viewport?.hold(rowKey, !unfolded);
    room.setUnfolded(rowKey, unfolded);
  };
  return (
    <>
      {/* The focus and the browser's search can reach text that is folded away. The row then unfolds. */}
      <div class={isUnfolded ? "fold unfolded" : "fold"} onScroll={() => set(true)}>
        <Content content={content} name={name} />
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
 * Folds the tall rows of a list. Only the browser knows heights, which depend on the font, the width and the marks
 * that strangers pile up. All heights are read before anything changes, so that the layout is computed twice at most.
 */
export function foldTall(list: HTMLElement): void {
  const tall = TALL_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const folds = [...list.querySelectorAll<HTMLElement>(".fold")];
  const changed = folds.filter((fold) => fold.scrollHeight > tall !== fold.hasAttribute("data-tall"));
  for (const fold of changed) fold.toggleAttribute("data-tall");
}
