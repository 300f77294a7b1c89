import { loadOnce } from "../page/parts.ts";

/** Loads what is seen in a room. Whoever comes for the first time chooses a nickname before. */
export const loadRoom = loadOnce(() => import("./room.tsx"));
