import type { Environment } from "./environment.ts";
import { TimeoutError } from "./errors.ts";

/** How long a call may wait. */
export interface WaitOptions {
  /** When it is aborted, the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** After this time in milliseconds, the promise rejects with TimeoutError. */
  readonly timeoutMs?: number | undefined;
}

const NOTHING = () => {};

/**
 * A promise that rejects when its caller stops waiting.
 *
 * @param start begins the work. It returns a function that abandons the work and rejects the promise
 */
export async function wait<T>(
  environment: Environment,
  { signal, timeoutMs }: WaitOptions,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (error: unknown) => void,
): Promise<T> {
  signal?.throwIfAborted();
  let giveUp: (error: unknown) => void = NOTHING;
  const promise = new Promise<T>((resolve, reject) => {
    giveUp = start(resolve, reject);
  });
  const abort = () => giveUp(signal?.reason);
  signal?.addEventListener("abort", abort);
  const stop =
    timeoutMs === undefined
      ? NOTHING
      : environment.setTimer(() => giveUp(new TimeoutError("Timeout")), timeoutMs);
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    stop();
  }
}
