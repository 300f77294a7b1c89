import { computed, effect } from "@preact/signals";
import type { Message } from "../../client/index.ts";
import plainIcon from "../icon.svg";
import unreadIcon from "../icon-unread.svg";
import type { Announcer } from "../store/announcer.ts";
import type { RoomStore } from "../store/room.ts";
import type { SettingsStore } from "../store/settings.ts";
import { Throttle } from "../store/throttle.ts";
import type { AlertingRoom } from "./alert.ts";
import { loadOnce } from "./parts.ts";

/** The browser redraws the tab on each change of the title, and hundreds of messages may arrive per second. */
const TITLE_EVERY_MS = 500;

/**
 * Shows the number of unread messages in the tab's title and icon, with how many of them are for the user. The first change of the title shows at once, later
 * ones at intervals.
 */
export function showUnread(room: RoomStore, settings: SettingsStore, roomTitle: () => string): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const hasUnread = computed(() => room.unread.count.value > 0);
  const { site } = document.documentElement.dataset;
  const title = computed(() => {
    const count = room.unread.count.value;
    const mentions = room.missed.value?.mentions.value.length;
    const unread = count > 0 ? `${count}${mentions ? `, @${mentions}` : ""}` : "";
    return settings.words.value.pageTitle(roomTitle(), unread, site);
  });
  const throttle = new Throttle(TITLE_EVERY_MS, () => {
    document.title = title.peek();
  });
  effect(() => {
    title.value;
    throttle.request();
  });
  effect(() => {
    // The icons lie beside this script, wherever that is.
    if (icon) icon.href = new URL(hasUnread.value ? unreadIcon : plainIcon, import.meta.url).href;
  });
}

/** Tells the store whether the user is looking at the page. */
export function watchVisibility(room: RoomStore): void {
  const look = () => room.setWatched(!document.hidden && document.hasFocus());
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("blur", look);
  look();
}

/** Announces a new message to screen readers, and alerts the user, if they want to know of it. */
export function announceMessage(
  message: Message,
  isMention: boolean,
  announcer: Announcer,
  room: AlertingRoom,
): void {
  const { sound, notify, words } = room.settings;
  announcer.announce(words.peek().announce(message.name, message.content), message.id);
  if (!sound.peek() && !notify.peek()) return;
  loadAlert().then(
    (loaded) => {
      alert = loaded;
      loaded.alertTo(message, isMention, room);
    },
    // The next message tries again.
    () => {},
  );
}

/** Withdraws what was said and shown of a message whose content is not what it was. */
export function withdraw(id: number, announcer: Announcer): void {
  announcer.withdraw(id);
  alert?.withdraw(id);
}

let alert: typeof import("./alert.ts") | undefined;
const loadAlert = loadOnce(() => import("./alert.ts"));
