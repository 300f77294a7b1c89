import { loadOnce } from "../page/parts.ts";

/** Loads the field for messages. Not everybody may write in a room. */
export const loadComposer = loadOnce(() => import("./composer.tsx"));

/** Loads what is seen in a room. Whoever comes for the first time chooses a nickname before. */
export const loadRoom = loadOnce(() => {
  // If that fails, it is loaded again where it is shown.
  loadComposer().catch(() => {});
  return import("./room.tsx");
});
