import type { Message } from "../../client/index.ts";

/**
 * The messages in a selection of the log, with as much of each as is selected, and as they were written.
 *
 * @param find the message with an id, as it is shown
 * @returns nothing for a selection within one message: the browser copies that
 */
export function selectedMessages(
  selection: Selection,
  find: (id: number) => Message | undefined,
): readonly Message[] {
  if (selection.isCollapsed || selection.rangeCount === 0) return [];
  const rows = [...document.querySelectorAll<HTMLElement>(".log li[data-id]")];
  const touched = rows.filter((row) => selection.containsNode(row, true));
  if (touched.length < 2) return [];
  const range = selection.getRangeAt(0);
  return touched.flatMap((row) => {
    const message = find(Number(row.dataset.id));
    const shown = row.querySelector(".content");
    if (!message || !shown) return [];
    const content = selectedPart(range, shown, message.content);
    return content === "" ? [] : [{ ...message, content }];
  });
}

/** What a range has of a content. @param whole the content as it was written */
function selectedPart(range: Range, shown: Element, whole: string): string {
  const all = document.createRange();
  all.selectNodeContents(shown);
  const part = all.cloneRange();
  if (range.compareBoundaryPoints(Range.START_TO_START, all) > 0)
    part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, all) < 0)
    part.setEnd(range.endContainer, range.endOffset);
  // A range that begins behind the content, or ends before it, has nothing of it.
  const isOutside =
    all.compareBoundaryPoints(Range.START_TO_END, part) < 0 ||
    all.compareBoundaryPoints(Range.END_TO_START, part) > 0;
  const text = isOutside ? "" : part.toString();
  return text === all.toString() ? whole : text;
}
