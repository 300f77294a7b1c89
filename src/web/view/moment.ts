import { dayOf } from "../text/times.ts";
import { useStores } from "./stores.ts";

/** @returns what says when something is: by the clock, and on which day if that is not today */
export function useMoment(): (time: number) => string {
  const times = useStores().settings.times.value;
  return (time) => {
    const now = Date.now();
    const clock = times.clock(time);
    return dayOf(time) === dayOf(now) ? clock : `${times.day(time, now)}, ${clock}`;
  };
}
