import { signal } from "@preact/signals";

/** The style sheet has this many: ten hues, pale and deep. */
export const COLOURS = 20;
/** The number of nicknames and public ids whose colours are remembered. */
const KNOWN_MAX = 5_000;

/**
 * Which colour each person has. It follows from the nickname, unless somebody who has talked lately has that one already: as long
 * as there are enough, those who talk have different colours. Nobody's colour changes after the first message, not even with
 * the nickname, if the public id is known.
 */
export class Colours {
  readonly #known = new Map<string, number>();
  /** The colours of those who talk, the latest last. */
  #used: readonly number[] = [];
  readonly #given = signal(0);

  /** The colour of somebody: a number below {@link COLOURS}. @param by the public id, if it is known */
  of(name: string, by: string | undefined): number {
    // It may change with the first message.
    this.#given.value;
    return this.#find(name, by) ?? colourOf(name);
  }

  /** The colour of somebody who talks. */
  ofAuthor(name: string, by: string | undefined): number {
    const known = this.#find(name, by);
    const colour = known ?? this.#free(colourOf(name));
    this.#used = [...this.#used.filter((each) => each !== colour), colour];
    this.#keep(`@${name}`, colour);
    if (by !== undefined) this.#keep(by, colour);
    // Not while somebody else is rendered.
    if (known === undefined) queueMicrotask(() => this.#given.value++);
    return colour;
  }

  #find(name: string, by: string | undefined): number | undefined {
    return (by === undefined ? undefined : this.#known.get(by)) ?? this.#known.get(`@${name}`);
  }

  /** The next colour that nobody has who talks, or the one that was seen least lately. */
  #free(wanted: number): number {
    for (let step = 0; step < COLOURS; step++) {
      // Neighbours look alike, so it steps over them.
      const colour = (wanted + 7 * step) % COLOURS;
      if (!this.#used.includes(colour)) return colour;
    }
    return this.#used[0] ?? wanted;
  }

  #keep(key: string, colour: number): void {
    this.#known.delete(key);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, colour);
  }
}

/** The colour that a nickname has in every tab and on every day, if nobody else has it. */
function colourOf(nickname: string): number {
  let hash = 7;
  for (const character of nickname) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return hash % COLOURS;
}
