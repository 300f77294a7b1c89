/** Below this, a timer is too coarse to hit a given moment. */
const TIMER_MS = 2;

/** Waits for a moment: with a timer first, then with turns of the event loop, which keep reading. */
export async function momentOf(atMs: number): Promise<void> {
  const leftMs = atMs - performance.now();
  if (leftMs > TIMER_MS) await Bun.sleep(leftMs - TIMER_MS);
  while (performance.now() < atMs) await new Promise<void>((resolve) => setImmediate(resolve));
}
