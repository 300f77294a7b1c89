import { computed, effect } from "@preact/signals";
import type { Message } from "../../client/index.ts";
import plainIcon from "../icon.svg";
import unreadIcon from "../icon-unread.svg";
import type { Announcer } from "../store/announcer.ts";
import type { RoomStore } from "../store/room.ts";
import type { SettingsStore } from "../store/settings.ts";
import { Throttle } from "../store/throttle.ts";
import { loadOnce } from "./parts.ts";

/** The browser redraws the tab on each change of the title, and hundreds of messages may arrive per second. */
const TITLE_EVERY_MS = 500;

/** At most one sound and one notification in this time, whatever strangers write. */
const ALERT_EVERY_MS = 3_000;

/**
 * Shows the number of unread messages in the tab's title and icon. The first change of the title shows at once, later
 * ones at intervals.
 */
export function showUnread(room: RoomStore, settings: SettingsStore, roomTitle: () => string): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const hasUnread = computed(() => room.unread.count.value > 0);
  const { site } = document.documentElement.dataset;
  const title = computed(() => settings.words.value.pageTitle(roomTitle(), room.unread.count.value, site));
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

/** Announces a new message to screen readers, and alerts the user if it is a mention. */
export function announceMessage(
  message: Message,
  isMention: boolean,
  settings: SettingsStore,
  announcer: Announcer,
): void {
  const words = settings.words.peek();
  announcer.announce(words.announce(message.name, message.content), message.id);
  // A clock that is set back must not silence later alerts.
  const now = performance.now();
  if (!isMention || now - alertedAt < ALERT_EVERY_MS) return;
  alertedAt = now;
  const isAway = document.hidden || !document.hasFocus();
  const isSilent = !settings.sound.peek();
  if (isSilent && !(settings.notify.peek() && isAway)) return;
  loadAlert().then(
    (loaded) => {
      alert = loaded;
      if (!isSilent) loaded.chime();
      // A notification is plain text, so these isolates keep the nickname's direction from affecting the rest.
      if (settings.notify.peek() && isAway)
        loaded.notify(words.mentioned(`\u2068${message.name}\u2069`), message);
      // If it cannot be loaded, the next mention tries again.
    },
    () => {},
  );
}

/** Withdraws what was said and shown of a message whose content is not what it was. */
export function withdraw(id: number, announcer: Announcer): void {
  announcer.withdraw(id);
  alert?.withdraw(id);
}

let alertedAt = -ALERT_EVERY_MS;
let alert: typeof import("./alert.ts") | undefined;
const loadAlert = loadOnce(() => import("./alert.ts"));
