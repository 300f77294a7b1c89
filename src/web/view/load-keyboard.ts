import { loadOnce } from "../page/parts.ts";

/** Loads what the keyboard does outside of fields. */
export const loadKeyboard = loadOnce(() => import("../page/keyboard.ts"));
