import { loadOnce } from "../page/parts.ts";

/** Loads the field for messages, and the draft that is written in it. */
export const loadComposer = loadOnce(() => import("./composer.tsx"));
