import { effect } from "@preact/signals";
import { type PictureStore, PLACES } from "../store/pictures.ts";
import type { SettingsStore } from "../store/settings.ts";
import { CHAT_ROOT } from "./address.ts";

/** This cookie tells the server that the page may fetch pictures from other sites. See docs/web.md. */
const COOKIE = "classic-chatbox-pictures";

/** Keeps the document in the chosen theme and language, with the chosen pictures. */
export function applyTheme(settings: SettingsStore, pictures: PictureStore): void {
  const root = document.documentElement;
  effect(() => {
    root.dataset.theme = settings.theme.value;
    root.lang = settings.words.value.locale;
  });
  effect(() => {
    for (const place of PLACES) {
      const url = pictures.urls.value[place];
      if (url === undefined) root.style.removeProperty(`--picture-${place}`);
      // A serialised URL contains neither quotation marks nor line breaks.
      else root.style.setProperty(`--picture-${place}`, `url("${url}")`);
    }
  });
}

/**
 * Tells the server by a cookie which policy the page needs from the next load on.
 *
 * @returns whether this is a change that the server will see
 */
export function allowAddresses(isAllowed: boolean): boolean {
  // A sandboxed frame has no cookies.
  if (origin === "null") return false;
  const was = document.cookie.split("; ").includes(`${COOKIE}=1`);
  // The page may also be at the root's path without the trailing slash.
  const path = CHAT_ROOT.slice(0, -1) || "/";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not there over plain HTTP
  document.cookie = `${COOKIE}=${isAllowed ? "1; max-age=31536000" : "; max-age=0"}; path=${path}; samesite=lax`;
  return was !== isAllowed;
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
