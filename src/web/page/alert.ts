import type { Message } from "../../client/index.ts";

/** Closes the notification of a message whose content is not what it was. */
export function withdraw(id: number): void {
  if (notified?.id === id) notified.notification.close();
}

let notified: { readonly id: number | null; readonly notification: Notification } | undefined;

/** Shows a notification of a message. */
export function notify(title: string, { id, content }: Message): void {
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
