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
