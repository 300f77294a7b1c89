import type { Environment } from "./environment.ts";
import { TimeoutError } from "./errors.ts";

/** How long a caller waits. */
export interface WaitOptions {
  /** Gives up when it is aborted: the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up after so many milliseconds: the promise rejects with TimeoutError. */
  readonly timeoutMs?: number | undefined;
}

const NOTHING = () => {};

/**
 * A promise that is given up once its caller waits no longer.
 *
 * @param start begins what is waited for. It returns what gives that up and rejects the promise
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
