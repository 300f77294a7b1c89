/** Sound and notifications. Loaded when there is the first message to somebody who has switched them on. */
import type { Message } from "../../client/index.ts";
import { alertsIn } from "../store/alerts.ts";
import type { ListableStorage } from "../store/browser-storage.ts";
import type { SettingsStore } from "../store/settings.ts";
import { ALERT_WORDS } from "../words/alerts.ts";
import { activeRegistration } from "./service.ts";

/** At most one sound and one notification in this time, whatever strangers write. */
const ALERT_EVERY_MS = 3_000;
/** The most characters of a message in a notification. */
const BODY_MAX = 200;

/** The room that messages come from. */
export interface AlertingRoom {
  readonly path: string;
  /** What the room is called now. */
  readonly title: () => string;
  readonly settings: SettingsStore;
  readonly storage: ListableStorage;
}

/** Why there can be no notifications. */
export type NotificationFault = keyof (typeof ALERT_WORDS)["en"]["cannot"];

let alertedAt = -ALERT_EVERY_MS;
let notified: { readonly id: number | null; readonly close: () => void } | undefined;
let audio: AudioContext | undefined;

/** Alerts the user to a message, if they want to know of it. */
export function alertTo(message: Message, isMention: boolean, room: AlertingRoom): void {
  const { settings, storage, path } = room;
  const wanted = alertsIn(storage, path);
  if (wanted === "none" || (wanted === "mentions" && !isMention)) return;
  const isAway = document.hidden || !document.hasFocus();
  const sounds = settings.sound.peek() && (isMention || isAway);
  const shows = settings.notify.peek() && isAway;
  // A clock that is set back must not silence later alerts.
  const now = performance.now();
  if (!(sounds || shows) || now - alertedAt < ALERT_EVERY_MS) return;
  alertedAt = now;
  if (sounds) chime();
  if (!shows) return;
  const name = isolated(message.name);
  const words = ALERT_WORDS[settings.words.peek().locale];
  const who = isMention ? words.mentioned(name) : name;
  void notify(`${who} · ${isolated(room.title())}`, message, path);
}

/** Closes the notification of a message whose content is not what it was. */
export function withdraw(id: number): void {
  if (notified?.id === id) notified.close();
}

/** What stands in the way of notifications on this page; null if nothing is known to. */
export function notificationFault(): NotificationFault | null {
  if (!isSecureContext) return "insecure";
  const permission = "Notification" in globalThis ? Notification.permission : null;
  if (permission === "granted") return null;
  if (window.top !== window) return "framed";
  return permission === null ? "missing" : permission === "denied" ? "denied" : null;
}

/** Asks for permission, and shows how notifications look. @returns why that failed, or null if it is shown */
export async function tryNotifications({
  settings,
  title,
  path,
}: AlertingRoom): Promise<NotificationFault | null> {
  const fault = notificationFault();
  if (fault !== null && fault !== "denied") return fault;
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const { example } = ALERT_WORDS[settings.words.peek().locale];
  return (await notify(title(), { id: null, content: example }, path)) ? null : "failed";
}

/** Shows a notification of a message. @returns whether the browser has taken it */
async function notify(
  title: string,
  { id, content }: Pick<Message, "id" | "content">,
  path: string,
): Promise<boolean> {
  if (notificationFault() !== null) return false;
  const options = {
    body: content.slice(0, BODY_MAX),
    tag: `classic-chatbox:${path}`,
    data: { path: `.${path}` },
  };
  try {
    const notification = new Notification(title, options);
    notified = { id, close: () => notification.close() };
    notification.onclick = () => {
      focus();
      notification.close();
    };
    return true;
  } catch {
    return notifyByWorker(id, title, options);
  }
}

/** On Android, and in pages on an iPhone's Home Screen, only a service worker can show notifications. */
async function notifyByWorker(
  id: number | null,
  title: string,
  options: NotificationOptions & { readonly tag: string },
): Promise<boolean> {
  try {
    const worker = await activeRegistration();
    if (!worker) return false;
    await worker.showNotification(title, options);
    const close = async () => {
      for (const each of await worker.getNotifications({ tag: options.tag })) each.close();
    };
    notified = { id, close: () => void close() };
    return true;
  } catch {
    return false;
  }
}

/** Plays two soft tones. A sound file would be one more thing to load. */
export function chime(): void {
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

/** A notification is plain text, so isolates keep the direction of a name from affecting the rest. */
function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}
