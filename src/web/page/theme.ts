import { effect } from "@preact/signals";
import { type PictureStore, PLACES } from "../store/pictures.ts";
import type { SettingsStore } from "../store/settings.ts";
import { CHAT_ROOT } from "./address.ts";

/** By this cookie the server knows that the page may fetch pictures from elsewhere. See docs/web.md. */
const COOKIE = "classic-chatbox-pictures";

/** Keeps the document in the chosen theme and language. */
export function dress(settings: SettingsStore, pictures: PictureStore): void {
  const root = document.documentElement;
  effect(() => {
    root.dataset.theme = settings.theme.value;
    root.lang = settings.words.value.locale;
  });
  effect(() => {
    for (const place of PLACES) {
      const url = pictures.urls.value[place];
      if (url === undefined) root.style.removeProperty(`--picture-${place}`);
      // What a URL may hold has no quotation mark in it, nor a line break.
      else root.style.setProperty(`--picture-${place}`, `url("${url}")`);
    }
  });
}

/** Says to the server which policy the page needs from the next load on. @returns whether that is news, and can be said */
export function allowAddresses(isAllowed: boolean): boolean {
  // A sandboxed frame has no cookies.
  if (origin === "null") return false;
  const was = document.cookie.split("; ").includes(`${COOKIE}=1`);
  // The page may also be at the root's path without the slash.
  const path = CHAT_ROOT.slice(0, -1) || "/";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not there over plain HTTP
  document.cookie = `${COOKIE}=${isAllowed ? "1; max-age=31536000" : "; max-age=0"}; path=${path}; samesite=lax`;
  return was !== isAllowed;
}

/**
 * Keeps the page as high as what is seen of it: the keyboard of a phone covers the rest. Most browsers are told so by
 * the viewport's meta element; Safari is not.
 */
export function fitKeyboard(): void {
  const { visualViewport } = globalThis;
  if (!visualViewport) return;
  const fit = () => {
    // Whoever has zoomed in wants to see a part of the page, as it is.
    const isZoomed = visualViewport.scale > 1.01;
    const height = isZoomed ? "" : `${visualViewport.height}px`;
    document.documentElement.style.setProperty("--seen-height", height);
    if (!isZoomed && visualViewport.offsetTop > 0) scrollTo(0, 0);
  };
  visualViewport.addEventListener("resize", fit);
  fit();
}
