/** How many people a machine holds, by its own account. */
import { expect, test } from "bun:test";
import { boundsOf, type Room, type Step } from "../../src/cli/bench/verdict.ts";

const MIB = 1024 ** 2;

function step(people: number, other: Partial<Step> = {}): Step {
  return {
    people,
    serverShare: people / 10_000,
    crowdShare: 0.1,
    p99Ms: 5,
    lostShare: 0,
    serverBytes: 100 * MIB + people * 16 * 1024,
    ...other,
  };
}

const room: Room = {
  emptyBytes: 100 * MIB,
  freeBytes: 4096 * MIB,
  sockets: 100_000,
  maxConnections: null,
  maxRooms: 100_000,
};

test.each([
  ["CPU", 7500, {}, []],
  ["descriptors", 900, { sockets: 1000 }, []],
  ["--max-connections", 90, { maxConnections: 100 }, []],
  ["memory", 480, { freeBytes: 10 * MIB }, []],
  ["--max-rooms", 250, { maxRooms: 5 }, []],
  ["time", 1000, {}, [step(2000, { p99Ms: 3000 })]],
  ["time", 1000, {}, [step(2000, { lostShare: 0.5 })]],
  ["the load of this test", 1000, {}, [step(2000, { p99Ms: 3000, crowdShare: 0.95 })]],
  ["CPU", 7500, {}, [step(9000)]],
] as const)("%s does not hold more than %d people", (by, people, less, further) => {
  const [lowest] = boundsOf([step(500), step(1000), ...further], { ...room, ...less }, 50);
  expect(lowest?.by).toBe(by);
  expect(Math.round(lowest?.people ?? 0)).toBe(people);
});
