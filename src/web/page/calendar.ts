import type { SettingsStore } from "../store/settings.ts";
import { dayOf } from "../text/times.ts";

const LOOK_EVERY_MS = 10_000;

/**
 * Keeps what is said of days and hours true: over midnight, over sleep, when the clock is set, and in another time zone. A
 * page is told of none of these.
 */
export function watchCalendar(settings: SettingsStore): void {
  const look = () => {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    settings.calendar.value = `${dayOf(Date.now())} ${timeZone}`;
  };
  setInterval(look, LOOK_EVERY_MS);
  look();
}
