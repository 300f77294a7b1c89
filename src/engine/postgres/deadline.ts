import { DatabaseTimeout } from "./fault.ts";

/**
 * What `wait` resolves to, if it does so in time. Rejects if `wait` does.
 *
 * @throws DatabaseTimeout with the sentence if it does not
 */
export async function withDeadline<T>(wait: Promise<T>, timeoutMs: number, sentence: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DatabaseTimeout(sentence)), timeoutMs);
  try {
    return await Promise.race([wait, late]);
  } finally {
    clearTimeout(timer);
  }
}
