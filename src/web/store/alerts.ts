import { keepNewest, type ListableStorage } from "./browser-storage.ts";

/** What a room may alert the user to, by sound and notification. */
export const ALERTS = ["all", "mentions", "none"] as const;
export type Alerts = (typeof ALERTS)[number];

/** The prefix of the keys. The path of the room follows. */
export const ALERTS_KEY = "classic-chatbox.alerts:";

/** The number of rooms for which the choice is remembered. */
const ROOMS_MAX = 200;

/** What the user has chosen for a room. It is read each time, since another tab may have changed it. */
export function alertsIn(storage: ListableStorage, path: string): Alerts {
  const [, kept] = (storage.getItem(ALERTS_KEY + path) ?? "").split(" ");
  return ALERTS.find((each) => each === kept) ?? "mentions";
}

/** @param now in Unix milliseconds */
export function setAlerts(storage: ListableStorage, path: string, alerts: Alerts, now: number): void {
  storage.setItem(ALERTS_KEY + path, `${now} ${alerts}`);
  keepNewest(storage, ALERTS_KEY, ROOMS_MAX);
}
