import { loadOnce } from "../page/parts.ts";
import { LOAD_ROOM_WORDS } from "../words/load.ts";
import type { Stores } from "./stores.ts";

/** Loads the field for messages, and the draft that is written in it. */
export const loadComposer = loadOnce(() => import("./composer.tsx"));
const loadRoomView = loadOnce(() => import("./room.tsx"));

/** Loads what is seen in a room. Whoever comes for the first time chooses a nickname before. */
export async function loadRoom({ settings, openDraft }: Pick<Stores, "settings" | "openDraft">) {
  const [room, { DraftStore }] = await Promise.all([
    loadRoomView(),
    loadComposer(),
    settings.loadRoomWords(LOAD_ROOM_WORDS),
  ]);
  openDraft(DraftStore);
  return room;
}
