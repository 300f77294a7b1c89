import { loadOnce } from "../page/parts.ts";
import { LOAD_ROOM_WORDS } from "../words/load.ts";
import { loadComposer } from "./load-composer.ts";
import type { Stores } from "./stores.ts";

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
