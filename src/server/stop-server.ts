import type { Log } from "./log.ts";
import type { ServerParts } from "./server-parts.ts";

/** How long all of the following may take together, except for the log. */
const STOP_MS = 4_200;
/** How long the store may take to finish. */
const STORE_MS = 2_500;
/** How long clients may take to read what is unsent. */
const DRAIN_MS = 1_500;
/** How long clients may take to go after the close frame. */
const LEAVE_MS = 500;
/** How long the reader of the log may take to read its end. */
const LOG_MS = 250;

/**
 * Ends all but the listeners in good order: what was sent so far is stored and delivered, and clients are closed with
 * 1012. Takes less than 5 s in any case.
 *
 * @returns false when the store did not finish in time
 */
export async function stopParts(parts: ServerParts): Promise<boolean> {
  const { connections, fanout, sockets, log } = parts;
  const stopBy = performance.now() + STOP_MS;
  const clean = await Promise.race([closeEngine(parts), Bun.sleep(STORE_MS).then(() => false)]);
  const drainBy = Math.min(stopBy - LEAVE_MS, performance.now() + DRAIN_MS);
  while (connections.hasUnsent && performance.now() < drainBy) await Bun.sleep(20);
  fanout.endAll("restart");
  const leaveBy = Math.min(stopBy, performance.now() + LEAVE_MS);
  while (sockets.plain > 0 && performance.now() < leaveBy) await Bun.sleep(5);
  log.info(
    { category: "server", event: "stopped", clean },
    clean ? "stopped" : "stopped, but not everything could be stored",
  );
  await flushed(log);
  return clean;
}

/** Resolves when the log is written, or has had its time. */
export async function flushed(log: Log): Promise<void> {
  await Promise.race([log.flush(), Bun.sleep(LOG_MS)]);
}

async function closeEngine({ engine, reports, webhooks }: ServerParts): Promise<boolean> {
  try {
    await webhooks.stop();
    await engine.close();
    return true;
  } catch (error) {
    reports.defect(error);
    return false;
  }
}
