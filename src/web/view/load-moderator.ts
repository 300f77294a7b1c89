import { loadOnce } from "../page/parts.ts";

/** Loads what only moderators use. */
export const loadModerator = loadOnce(() => import("./moderator.tsx"));
