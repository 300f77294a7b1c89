/**
 * Keeps the page as high as its visible part, since the keyboard of a phone covers the rest. Most browsers do so
 * because of the viewport's meta element; Safari does not.
 */
export function fitAboveKeyboard(): void {
  const { visualViewport } = globalThis;
  if (!visualViewport) return;
  const fit = () => {
    // A user who has zoomed in wants to see a part of the page unchanged.
    const isZoomed = visualViewport.scale > 1.01;
    const height = isZoomed ? "" : `${visualViewport.height}px`;
    document.documentElement.style.setProperty("--seen-height", height);
    if (!isZoomed && visualViewport.offsetTop > 0) scrollTo(0, 0);
  };
  visualViewport.addEventListener("resize", fit);
  fit();
}
