import type { SettingsStore } from "../store/settings.ts";

const LOOK_EVERY_MS = 10_000;

/**
 * Keeps what is said of days and hours true: over midnight, over sleep, when the clock is set, and in another time zone. A
 * page is told of none of these.
 */
export function watchCalendar(settings: SettingsStore): void {
  const look = () => {
    const now = new Date();
    settings.calendar.value = now.toDateString() + now.getTimezoneOffset();
  };
  setInterval(look, LOOK_EVERY_MS);
  look();
}
