import type { SettingsStore } from "../store/settings.ts";
import { dayOf } from "../text/times.ts";

/** A clock may be set, a machine may sleep or travel, and nobody tells the page. */
const LOOK_EVERY_MS = 60_000;

/** Keeps what is said of days and hours true: over midnight, over sleep, and in another time zone. */
export function watchCalendar(settings: SettingsStore): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const now = new Date();
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    settings.calendar.value = `${dayOf(now)} ${timeZone}`;
    const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(LOOK_EVERY_MS, midnight - now.getTime()));
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  look();
}
