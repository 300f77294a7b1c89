import type { SettingsStore } from "../store/settings.ts";

const LOOK_EVERY_MS = 10_000;

/**
 * Keeps the dates and times on the page correct past midnight, after sleep, when the clock is set, and when the time
 * zone changes. No event reports any of these, so the page checks now and then.
 */
export function watchCalendar(settings: SettingsStore): void {
  const look = () => {
    const now = new Date();
    settings.calendar.value = now.toDateString() + now.getTimezoneOffset();
  };
  setInterval(look, LOOK_EVERY_MS);
  look();
}
