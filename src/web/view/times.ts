import { computed, type ReadonlySignal } from "@preact/signals";
import type { SettingsStore } from "../store/settings.ts";
import { type Times, timesIn } from "../text/times.ts";
import { useStores } from "./stores.ts";

const known = new WeakMap<SettingsStore, ReadonlySignal<Times>>();

/**
 * Formats times as the user has set it: in the language, by a clock of 12 or 24 hours, in the present time zone. The store does
 * not have it, since nothing that is loaded first shows a time.
 */
export function timesOf(settings: SettingsStore): ReadonlySignal<Times> {
  const times =
    known.get(settings) ??
    computed(() => {
      settings.calendar.value;
      return timesIn(settings.words.value, settings.clock.value ?? navigator.language);
    });
  known.set(settings, times);
  return times;
}

/** Formats times as the user has set it. */
export function useTimes(): Times {
  return timesOf(useStores().settings).value;
}
