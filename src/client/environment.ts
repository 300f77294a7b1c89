/** What a chat needs from the machine that it runs on. Tests replace it by one with their own clock. */
export interface Environment {
  /** The time in Unix milliseconds. */
  now(): number;
  /** Milliseconds of a monotonic clock, which may stand still while the machine sleeps. */
  elapsed(): number;
  /** A random number, at least 0 and below 1. */
  random(): number;
  /** Calls `run` after `waitMs`. @returns a function that cancels it */
  setTimer(run: () => void, waitMs: number): () => void;
  /** False only when the machine knows that it has no network. */
  isOnline(): boolean;
  /**
   * Requests an address over HTTP, to learn why a WebSocket could not connect there. @returns the HTTP status, or 0 where
   * the platform hides it; rejects if nothing answers
   */
  probe?(url: string): Promise<number>;
  /** Reports when the network comes and goes, and when the page becomes visible. @returns a function that ends this */
  watch(tell: (change: "online" | "offline" | "visible") => void): () => void;
}

/** 24 days. Timers with a longer delay fire at once. */
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
  // The only request that a page may make to other sites. For those it learns no more than that something answers.
  probe: async (url) => (await fetch(url, { method: "HEAD", mode: "no-cors", cache: "no-store" })).status,
  watch(tell) {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    // Node does not have these events, and a worker does not have a document.
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
