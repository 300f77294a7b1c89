import { expect, test } from "bun:test";
import { LivenessWheel } from "../../src/server/liveness.ts";

/** Takes down when it is ticked and checked, in milliseconds. */
function member(clock: { now: number }) {
  const ticks: number[] = [];
  const checks: number[] = [];
  return {
    ticks,
    checks,
    tick: () => void ticks.push(clock.now),
    endIfSilent: () => void checks.push(clock.now),
  };
}

test("LIVE-1 a member is ticked each period from when it came, and checked shortly before", () => {
  const clock = { now: 0 };
  const wheel = new LivenessWheel(5000, 0);
  const turnTo = (end: number) => {
    for (; clock.now < end; clock.now += 10) wheel.turn(clock.now);
  };
  turnTo(1230);
  const late = member(clock);
  const leave = wheel.add(late);
  turnTo(17_000);
  expect(late.ticks).toEqual([6200, 11_200, 16_200]);
  expect(late.checks).toEqual([6100, 11_100, 16_100]);
  leave();
  turnTo(30_000);
  expect(late.ticks.length).toBe(3);
});

test("LIVE-3 after a stall of the process everybody is ticked once and nobody is ended for it", () => {
  const clock = { now: 0 };
  const wheel = new LivenessWheel(5000, 0);
  const members = Array.from({ length: 20 }, () => member(clock));
  for (const each of members) {
    wheel.add(each);
    clock.now += 200;
    wheel.turn(clock.now);
  }
  for (const each of members) each.ticks.length = 0;
  clock.now += 60_000;
  wheel.turn(clock.now);
  for (const each of members) expect(each.ticks).toEqual([clock.now]);
});
