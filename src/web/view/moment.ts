import { dayOf } from "../text/times.ts";
import { useTimes } from "./times.ts";

/** @returns what says when something is: by the clock, and on which day if that is not today */
export function useMoment(): (time: number) => string {
  const times = useTimes();
  return (time) => {
    const now = Date.now();
    const clock = times.clock(time);
    return dayOf(time) === dayOf(now) ? clock : `${times.day(time, now)}, ${clock}`;
  };
}
