/** The largest edit distance at which a name is taken for a misspelling of another one. */
const TYPO_MAX_DISTANCE = 3;

/** ` (did you mean NAME?)` with the known name that is most similar to one that is not known; empty if none is. */
export function didYouMean(name: string, known: readonly string[]): string {
  const distances = known.map((each) => ({
    each,
    distance: editDistance(name.toLowerCase(), each.toLowerCase()),
  }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= TYPO_MAX_DISTANCE ? ` (did you mean ${nearest.each}?)` : "";
}

/** The number of letters to insert, delete or replace to turn one word into the other (Levenshtein distance). */
function editDistance(one: string, other: string): number {
  let distances = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const replaced = (distances[j] ?? 0) + (letter === other[j] ? 0 : 1);
      next.push(Math.min(replaced, (distances[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    distances = next;
  }
  return distances[other.length] ?? 0;
}
