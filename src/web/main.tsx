import { signal } from "@preact/signals";
import { render } from "preact";
import { Chat } from "../client/chat.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { addressOf, CHAT_ROOT } from "./page/address.ts";
import { showUnread, tellArrival, watch } from "./page/attention.ts";
import { submitByClick } from "./page/forms.ts";
import { followLifecycle } from "./page/lifecycle.ts";
import { dress, fitKeyboard } from "./page/theme.ts";
import { browserVault } from "./page/vault.ts";
import { Announcer } from "./store/announcer.ts";
import { DraftStore } from "./store/draft.ts";
import { Handover } from "./store/handover.ts";
import { keeperOver, keyPrefix, prefixed } from "./store/keeper.ts";
import { OWN_KEY } from "./store/own.ts";
import { PictureStore } from "./store/pictures.ts";
import { RoomStore } from "./store/room.ts";
import { SettingsStore } from "./store/settings.ts";
import { Shelf } from "./store/shelf.ts";
import { TabStorage } from "./store/tab-storage.ts";
import { ChatPage } from "./view/chat.tsx";
import { StoresContext } from "./view/stores.ts";

const { path, socket } = addressOf(location, CHAT_ROOT);
const prefix = keyPrefix(CHAT_ROOT);
const keeper = keeperOver(() => prefixed(prefix, localStorage));
const settings = new SettingsStore(keeper, navigator.languages);
const pictures = new PictureStore(browserVault(prefix), keeper);
const announcer = new Announcer((count) => settings.words.peek().announceMore(count));
const tab = new TabStorage(() => sessionStorage, new Shelf(() => localStorage, prefix + path));
const room = new RoomStore({
  path,
  keeper,
  tab,
  now: Date.now,
  open: (name) =>
    new Chat(socket, {
      storage: tab,
      // Page and server come together: a first attempt that is refused for a moment says nothing of the version.
      version: 3,
      // The tab's storage knows whether a nickname is one's own.
      nicknameWaitMs: 0,
      ...(name === undefined ? {} : { name }),
    }),
  arrived: (message, isMention) => tellArrival(message, isMention, settings, announcer),
});
const draft = new DraftStore(keeper, path, room.others);
const handover = new Handover(() => new BroadcastChannel(`${prefix}classic-chatbox`), room, tab);

const roomName = path === "/" ? null : (roomOfPath(path) ?? path);
dress(settings, pictures);
fitKeyboard();
submitByClick();
watch(room);
followLifecycle(room, tab, handover);
showUnread(room, settings, () => {
  const words = settings.words.value;
  return roomName === null ? words.mainRoom : words.room(roomName);
});
void pictures.load();
goToLinked();
addEventListener("hashchange", goToLinked);
addEventListener("storage", ({ key, newValue }: StorageEvent) => {
  if (key === prefix + OWN_KEY && newValue !== null) room.own.share();
});

const root = document.getElementById("root");
if (root) {
  render(
    <StoresContext.Provider
      value={{ settings, room, draft, announcer, pictures, handover, isPrinting: signal(false) }}
    >
      <ChatPage roomName={roomName} />
    </StoresContext.Provider>,
    root,
  );
}

/** A link to a message ends with its id. */
function goToLinked(): void {
  const id = /^#(\d+)$/.exec(location.hash)?.[1];
  if (id !== undefined) room.visit(Number(id), () => announcer.tell(settings.words.peek().gone));
}
