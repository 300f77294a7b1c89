import { computed, effect } from "@preact/signals";
import type { Message } from "../../client/index.ts";
import plainIcon from "../icon.svg";
import unreadIcon from "../icon-unread.svg";
import type { Announcer } from "../store/announcer.ts";
import type { RoomStore } from "../store/room.ts";
import type { SettingsStore } from "../store/settings.ts";
import { Throttle } from "../store/throttle.ts";

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
  const title = computed(() => settings.words.value.pageTitle(roomTitle(), room.unread.count.value));
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
  announcer.announce(words.announce(message.name, message.content));
  // A clock that is set back must not silence later alerts.
  const now = performance.now();
  if (!isMention || now - alertedAt < ALERT_EVERY_MS) return;
  alertedAt = now;
  if (settings.sound.peek()) chime();
  const isAway = document.hidden || !document.hasFocus();
  if (settings.notify.peek() && isAway) {
    // A notification is plain text, so these isolates keep the nickname's direction from affecting the rest.
    notify(words.mentioned(`\u2068${message.name}\u2069`), message);
  }
}

/** Closes the notification of a message whose content is not what it was. */
export function withdraw(id: number): void {
  if (notified?.id === id) notified.notification.close();
}

let alertedAt = -ALERT_EVERY_MS;
let notified: { readonly id: number | null; readonly notification: Notification } | undefined;

function notify(title: string, { id, content }: Message): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  try {
    const notification = new Notification(title, { body: content.slice(0, 200), tag: "classic-chatbox" });
    notified = { id, notification };
    notification.onclick = () => {
      focus();
      notification.close();
    };
  } catch {
    // On Android only service workers can show notifications.
  }
}

let audio: AudioContext | undefined;

/** Plays two soft tones. A sound file would be one more thing to load. */
function chime(): void {
  audio ??= new AudioContext();
  const { currentTime, destination } = audio;
  for (const [at, frequency] of [660, 880].entries()) {
    const tone = new OscillatorNode(audio, { frequency });
    const volume = new GainNode(audio, { gain: 0 });
    const from = currentTime + at * 0.12;
    volume.gain.setValueAtTime(0.08, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.4);
    tone.connect(volume).connect(destination);
    tone.start(from);
    tone.stop(from + 0.4);
  }
}
