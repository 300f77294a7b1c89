/** What the page does beside what it shows, and what nobody waits for. Loaded when it is shown. */
import { effect } from "@preact/signals";
import type { Announcer } from "../store/announcer.ts";
import type { ListableStorage } from "../store/browser-storage.ts";
import { bringBackLines, dropLines, keepLines } from "../store/kept-lines.ts";
import type { RoomStore } from "../store/room.ts";
import type { SettingsStore } from "../store/settings.ts";
import { FILE_WORDS } from "../words/files.ts";
import { watchCalendar } from "./calendar.ts";
import { askBeforeUnload } from "./unload.ts";
import { fitAboveKeyboard } from "./visible-height.ts";

/**
 * Keeps times right, the page above the keyboard, and the lines of the log over a reload; refuses files; asks before what is unsent is
 * lost; and has the page kept for those who join.
 *
 * @param ofTab `sessionStorage`
 */
export function work(
  room: RoomStore,
  announcer: Announcer,
  settings: SettingsStore,
  ofTab: ListableStorage,
): void {
  const { hasEntered } = room;
  watchCalendar(settings);
  fitAboveKeyboard();
  askBeforeUnload(room);
  followLines(room, ofTab);
  refuseFiles(() => announcer.showToast(FILE_WORDS[settings.words.peek().locale]));
  let isKept = false;
  effect(() => {
    if (!hasEntered.value || isKept) return;
    isKept = true;
    import("./service.ts").then(({ keepPage }) => keepPage()).catch(() => {});
  });
}

/** Has the log show after a reload who came and went before. */
function followLines({ log, nickname, path }: RoomStore, ofTab: ListableStorage): void {
  bringBackLines(log, ofTab, path);
  addEventListener("pagehide", () => {
    if (nickname.peek() === null) dropLines(ofTab, path);
    else keepLines(log, ofTab, path);
  });
}

/** Says that files cannot be sent when somebody pastes or drops one. Otherwise the browser would leave the chat for a dropped one. */
function refuseFiles(say: () => void): void {
  const refuse = (event: Event) => {
    event.preventDefault();
    say();
  };
  addEventListener("paste", (event: ClipboardEvent) => {
    const types = event.clipboardData?.types ?? [];
    // Office programs add a picture of the text.
    if (types.includes("Files") && !types.includes("text/plain")) refuse(event);
  });
  const onDrag = (event: DragEvent) => {
    const { target, dataTransfer, type } = event;
    const takesFiles = target instanceof HTMLInputElement && target.type === "file";
    if (takesFiles || !dataTransfer?.types.includes("Files")) return;
    if (type === "drop") refuse(event);
    // Otherwise there is no drop.
    else event.preventDefault();
  };
  addEventListener("dragover", onDrag);
  addEventListener("drop", onDrag);
}
