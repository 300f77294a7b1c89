/**
 * Wraps a function so that its most recent results are cached.
 *
 * @param compute must return the same result for the same text, and never undefined
 * @param max the number of results to keep
 */
export function memoize<Result>(compute: (text: string) => Result, max: number): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = compute(text);
    const [oldest] = results.keys();
    if (results.size >= max && oldest !== undefined) results.delete(oldest);
    results.set(text, result);
    return result;
  };
}
