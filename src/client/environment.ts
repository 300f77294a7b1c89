/** What a chat needs of the machine it runs on. Tests put one with a clock of their own in its place. */
export interface Environment {
  /** The time in Unix milliseconds. */
  now(): number;
  /** Milliseconds since some moment: nobody can set this clock. It may stand still while the machine sleeps. */
  elapsed(): number;
  /** A random number from 0 up to, but not, 1. */
  random(): number;
  /** Calls `run` after so many milliseconds. @returns what cancels that */
  setTimer(run: () => void, waitMs: number): () => void;
  /** False only when the machine knows that it has no network. */
  isOnline(): boolean;
  /**
   * Asks for an address, to learn why a WebSocket cannot be had there. @returns the HTTP status, or 0 where the platform
   * hides it; rejects when nothing answers
   */
  probe?(url: string): Promise<number>;
  /** Tells when the network comes and goes, and when a page becomes visible. @returns what ends that */
  watch(tell: (change: "online" | "offline" | "visible") => void): () => void;
}

/** A timer with more fires at once: this is 24 days. */
const WAIT_MOST_MS = 2 ** 31 - 1;

/** The browser, Bun or Node. */
export const PLATFORM: Environment = {
  now: Date.now,
  elapsed: () => performance.now(),
  random: Math.random,
  setTimer(run, waitMs) {
    const timer = setTimeout(run, Math.min(waitMs, WAIT_MOST_MS));
    return () => clearTimeout(timer);
  },
  isOnline: () => globalThis.navigator?.onLine !== false,
  // A page may ask other sites in this way only, and does not learn more than that they are there.
  probe: async (url) => (await fetch(url, { method: "HEAD", mode: "no-cors" })).status,
  watch(tell) {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    // Node has no such events, and a worker no document.
    globalThis.addEventListener?.("online", () => tell("online"), options);
    globalThis.addEventListener?.("offline", () => tell("offline"), options);
    globalThis.document?.addEventListener(
      "visibilitychange",
      () => document.hidden || tell("visible"),
      options,
    );
    return () => stop.abort();
  },
};
