/**
 * Conversations over a bad network and with a server that is killed: whatever happens, nothing that was delivered is lost
 * or doubled, all see the same, no text is shown to anybody after it was edited or deleted, none of these is left in a file, no
 * nickname is held by two, what moderators do holds for those whom it hits, and for nobody else, and a program of the API is
 * told the same as people. A failure prints its seed; `npm run fuzz` has many more.
 */
import { expect, test } from "bun:test";
import { converse } from "./conversation/conversation.ts";
import { overtakersAmong } from "./conversation/sent-order.ts";

const { CHAT_SEED, CHAT_ROUNDS = "1" } = process.env;
/** Those of every run of the tests; `npm run fuzz` has the many. */
const SEEDS = [1, 815, 6019];

const seeds =
  CHAT_SEED === undefined
    ? SEEDS
    : Array.from({ length: Number(CHAT_ROUNDS) }, (_, round) => Number(CHAT_SEED) + round);

test.each(seeds)(
  "DUR-2 KEY-3 RES-4 ORD-1 NAME-8 PAGE-8 DELETE-2 MOD-1 MOD-2 hold in conversation %d",
  async (seed) => {
    const counts = await converse(seed);
    // For `npm run fuzz`, which adds them up.
    console.log(`counts ${JSON.stringify(counts)}`);
  },
);

test("KEY-4 DUR-2 only a message that was refused and sent again may be stored behind a later one", () => {
  const mayBeRefused = (from: number, to: number) => from <= 20 && to >= 20;
  const a = { origin: "a #0", place: 1, time: 40, outings: { first: 10, last: 35 } };
  const b = { origin: "a #1", place: 0, time: 30, outings: { first: 11, last: 11 } };
  expect(overtakersAmong([a, b], mayBeRefused)).toEqual([]);
  expect(overtakersAmong([b, a], () => false)).toEqual([]);
  const overtakes = (sent: readonly (typeof a)[], mayBe = mayBeRefused) =>
    expect(overtakersAmong(sent, mayBe)).toEqual([b.origin]);
  overtakes([a, b], () => false);
  // It never went out again, or not since the other one went out.
  overtakes([{ ...a, outings: { first: 10, last: 10 } }, b]);
  // All refusals came after the other one was stored.
  overtakes([a, { ...b, time: 19 }]);
  expect(overtakersAmong([{ ...a, outings: null }, b], mayBeRefused)).toEqual([b.origin]);
});
