import { effect } from "@preact/signals";
import type { Message } from "../../client/index.ts";
import plainIcon from "../icon.svg";
import unreadIcon from "../icon-unread.svg";
import type { Announcer } from "../store/announcer.ts";
import type { RoomStore } from "../store/room.ts";
import type { SettingsStore } from "../store/settings.ts";

/** The title and the icon of the tab tell what is unread. */
export function showUnread(room: RoomStore, settings: SettingsStore, roomTitle: () => string): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  effect(() => {
    const count = room.unread.count.value;
    document.title = settings.words.value.pageTitle(roomTitle(), count);
    if (icon) icon.href = count > 0 ? unreadIcon : plainIcon;
  });
}

/** Tells the stores whether somebody looks at the page. */
export function watch(room: RoomStore): void {
  const look = () => room.setWatched(!document.hidden && document.hasFocus());
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("blur", look);
  look();
}

/** What happens when a message comes: it is said to those who hear the page, and a mention is made known. */
export function tellArrival(
  message: Message,
  isMention: boolean,
  settings: SettingsStore,
  announcer: Announcer,
): void {
  const words = settings.words.peek();
  announcer.say(words.announce(message.name, message.content));
  if (!isMention) return;
  if (settings.sound.peek()) chime();
  const isAway = document.hidden || !document.hasFocus();
  if (settings.notify.peek() && isAway) notify(words.mentioned(message.name), message.content);
}

function notify(title: string, body: string): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  try {
    const notification = new Notification(title, { body: body.slice(0, 200), tag: "classic-chatbox" });
    notification.onclick = () => {
      focus();
      notification.close();
    };
  } catch {
    // Android has notifications for service workers only.
  }
}

let audio: AudioContext | undefined;

/** Two soft tones; a sound file would be one more thing to load. */
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
