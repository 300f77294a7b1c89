/** The script of the worker that solves puzzles. It is a file of its own; `page/solver.ts` starts it. */
import { solveChallenge } from "altcha-lib/v1";
import { find, proofOf } from "../client/solve.ts";
import type { Challenge } from "../protocol/kinds/enter.ts";

/**
 * How many numbers each solver tries before the quicker one tries the rest: a fiftieth of them all. With fewer, what a browser needs
 * to compile ours would count for more than what that gains.
 */
const TRIAL = 2000;

/** Tries the numbers from one to another. @returns the one that is right; null for none */
type Search = (from: number, to: number) => Promise<number | null>;

addEventListener("message", async ({ data }: MessageEvent<Challenge>) => {
  // If there is no proof, the page tries by itself, and says what is wrong.
  postMessage(await solve(data).catch(() => null));
});

async function solve(task: Challenge): Promise<string> {
  return proofOf(task, await search(task));
}

/**
 * Which solver is quicker depends on the browser: the library has WebCrypto hash each number and waits for a promise each time, while
 * ours is compiled. In Chromium ours tries 290,000 to 400,000 numbers a second and the library 92,000 to 102,000. If Chromium may not
 * compile scripts (`--jitless`), as other browsers do not in their safest modes, ours tries 17,000 to 22,000 and the library 38,000 to
 * 97,000.
 *
 * @returns the number that solves the task; null for none
 */
async function search({ maxnumber, ...task }: Challenge): Promise<number | null> {
  const own: Search = (from, to) => find(task, from, to);
  const library: Search = async (from, to) => {
    const { promise } = solveChallenge(task.challenge, task.salt, task.algorithm, to, from);
    return (await promise)?.number ?? null;
  };
  // Pages that were loaded over plain HTTP have no WebCrypto.
  if (!crypto.subtle) return own(0, maxnumber);
  let next = 0;
  let quickest = { search: own, tookMs: Infinity };
  for (const search of [own, library]) {
    const startMs = performance.now();
    const number = await search(next, next + TRIAL - 1);
    if (number !== null) return number;
    const tookMs = performance.now() - startMs;
    if (tookMs < quickest.tookMs) quickest = { search, tookMs };
    next += TRIAL;
  }
  return quickest.search(next, maxnumber);
}
