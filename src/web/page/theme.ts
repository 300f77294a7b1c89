import { effect } from "@preact/signals";
import type { TextStorage } from "../store/browser-storage.ts";
import type { SettingsStore } from "../store/settings.ts";
import { loadOnce } from "./parts.ts";

/** Keeps the document in the chosen theme and language. Only the classic theme has pictures, and loads them. */
export function applyTheme(settings: SettingsStore, storage: TextStorage): void {
  const root = document.documentElement;
  const loadPictures = loadOnce(() => import("../view/pictures.tsx"));
  effect(() => {
    root.dataset.theme = settings.theme.value;
    root.lang = settings.words.value.locale;
  });
  effect(() => {
    if (settings.theme.value !== "classic") return;
    // If they cannot be loaded, the theme has its own background.
    loadPictures().then(
      ({ openPictures }) => openPictures(storage),
      () => {},
    );
  });
}

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
