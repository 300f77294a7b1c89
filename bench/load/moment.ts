/** Below this, a timer is too coarse to wait for a moment. */
const TIMER_MS = 2;

/** Waits for a moment: by a timer, and for the last of it by turns of the event loop, which go on reading. */
export async function momentOf(atMs: number): Promise<void> {
  const leftMs = atMs - performance.now();
  if (leftMs > TIMER_MS) await Bun.sleep(leftMs - TIMER_MS);
  while (performance.now() < atMs) await new Promise<void>((resolve) => setImmediate(resolve));
}
