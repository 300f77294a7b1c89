/**
 * Has the Tab key stop at an element while it has to be scrolled.
 *
 * @param content what is in it, if that changes its size by itself
 * @returns a function that ends it
 */
export function keepScrollable(
  frame: HTMLElement | null,
  content?: HTMLElement | null,
): (() => void) | undefined {
  if (!frame) return undefined;
  const observer = new ResizeObserver(() => {
    if (frame.scrollHeight > frame.clientHeight || frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  });
  observer.observe(frame);
  if (content) observer.observe(content);
  return () => observer.disconnect();
}
