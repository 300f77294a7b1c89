/** Solves challenges of proof of work (altcha.org). */
import type { Challenge } from "../protocol/kinds/enter.ts";

/** For how long numbers are tried before everything else gets its turn. */
const SLICE_MS = 10;

/** How many numbers are tried between two looks at the clock. */
const ROUND = 256;

/** @returns the proof. Rejects with the signal's reason, or with Error if no number is right or the algorithm is another one */
export async function solve(task: Readonly<Challenge>, signal: AbortSignal): Promise<string> {
  return proofOf(task, await find(task, 0, task.maxnumber, signal));
}

/** @param number that solves the challenge; null for none. @throws Error for null */
export function proofOf(task: Readonly<Challenge>, number: number | null): string {
  if (number === null) throw new Error("No number solves the challenge.");
  const { algorithm, challenge, salt, signature } = task;
  return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
}

/**
 * Finds the number whose SHA-256, with the salt before it, is the challenge. The SHA-256 is written out below: it needs no promise
 * for each number, and is there, too, where a page was loaded over plain HTTP.
 *
 * @param from the first number to try
 * @param to the last one
 * @returns null if none of them is right. Rejects with the signal's reason, or with Error if the algorithm is another one
 */
export async function find(
  { algorithm, challenge, salt }: Readonly<Pick<Challenge, "algorithm" | "challenge" | "salt">>,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<number | null> {
  if (algorithm !== "SHA-256") throw new Error(`The algorithm ${algorithm} is not known.`);
  const isRight = checkOf(salt, challenge);
  for (let number = from; number <= to; ) {
    const endMs = performance.now() + SLICE_MS;
    while (number <= to && performance.now() < endMs) {
      for (let left = ROUND; left > 0 && number <= to; left--, number++) if (isRight(number)) return number;
    }
    await turn();
    signal?.throwIfAborted();
  }
  return null;
}

/**
 * Lets everything else have its turn. In a page that is in the background, timers are late by up to a second, and messages are
 * not; on Node and Bun, messages to oneself leave timers no turn.
 */
function turn(): Promise<unknown> {
  return new Promise((resolve) => {
    if ("setImmediate" in globalThis) setImmediate(resolve);
    else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(null);
    }
  });
}

/** @returns whether a number is the solution */
function checkOf(salt: string, challenge: string): (number: number) => boolean {
  const encoder = new TextEncoder();
  const start = encoder.encode(salt);
  const wanted = Array.from(
    { length: 8 },
    (_, at) => Number.parseInt(challenge.slice(8 * at, 8 * at + 8), 16) | 0,
  );
  // With room for the digits, the bit that ends the message, and its length.
  const bytes = new Uint8Array(start.length + 16 + 9 + 64);
  const view = new DataView(bytes.buffer);
  bytes.set(start);
  // The whole blocks of the salt are the same for all numbers.
  const same = start.length - (start.length % 64);
  const begun = sha256(START, view, 0, same);
  return (number) => {
    const { written } = encoder.encodeInto(String(number), bytes.subarray(start.length));
    const length = start.length + written;
    const end = Math.ceil((length + 9) / 64) * 64;
    bytes.fill(0, length, end);
    bytes[length] = 0x80;
    view.setUint32(end - 4, length * 8);
    return sha256(begun, view, same, end).every((word, at) => word === wanted[at]);
  };
}

/** The first 32 bits of the fractional part. */
const fraction = (value: number) => (value * 2 ** 32) | 0;
const primes = Array.from({ length: 311 }, (_, at) => at + 2)
  .filter((each, _, all) => all.every((other) => other >= each || each % other !== 0))
  .slice(0, 64);
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(prime ** (1 / 2) % 1));
const ROUNDS = Int32Array.from(primes, (prime) => fraction(prime ** (1 / 3) % 1));
const words = new Int32Array(64);

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by));

/** SHA-256 (FIPS 180-4) of the blocks from one place to another, both multiples of 64, after others. @returns 8 words */
function sha256(before: Int32Array, view: DataView, from: number, to: number): Int32Array {
  const hash = Int32Array.from(before);
  for (let block = from; block < to; block += 64) {
    for (let at = 0; at < 64; at++) {
      if (at < 16) words[at] = view.getInt32(block + 4 * at);
      else {
        const early = words[at - 15] ?? 0;
        const late = words[at - 2] ?? 0;
        const first = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
        const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
        words[at] = (words[at - 16] ?? 0) + first + (words[at - 7] ?? 0) + second;
      }
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
    for (let at = 0; at < 64; at++) {
      const sum = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const one = h + sum + ((e & f) ^ (~e & g)) + (ROUNDS[at] ?? 0) + (words[at] ?? 0);
      const two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    hash.set([a, b, c, d, e, f, g, h].map((word, at) => word + (hash[at] ?? 0)));
  }
  return hash;
}
