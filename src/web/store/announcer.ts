import { type ReadonlySignal, signal } from "@preact/signals";

const GATHER_MS = 1_000;
const SAID_MOST = 3;
const LENGTH_MOST = 200;
const TOLD_MS = 4_000;

/** A text to show or read out: a new object each time, even if the text is the same. */
export interface Word {
  readonly text: string;
}

/** Announces news to users of screen readers, in few words: a busy room must not talk without end. */
export class Announcer {
  readonly #said = signal<Word>({ text: "" });
  readonly #told = signal<Word>({ text: "" });
  readonly #more: (count: number) => string;
  #gathered: string[] = [];
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toldTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param more phrases that there are more messages */
  constructor(more: (count: number) => string) {
    this.#more = more;
  }

  get said(): ReadonlySignal<Word> {
    return this.#said;
  }

  /** A short message on what the user has just done, seen and heard for a moment. */
  get told(): ReadonlySignal<Word> {
    return this.#told;
  }

  tell(sentence: string): void {
    clearTimeout(this.#toldTimer);
    this.#told.value = { text: sentence };
    this.#toldTimer = setTimeout(() => {
      this.#told.value = { text: "" };
    }, TOLD_MS);
  }

  say(sentence: string): void {
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    if (++this.#count > SAID_MOST) return;
    this.#gathered.push(sentence.length > LENGTH_MOST ? `${sentence.slice(0, LENGTH_MOST)}…` : sentence);
  }

  #flush(): void {
    this.#timer = undefined;
    const rest = this.#count - this.#gathered.length;
    this.#said.value = { text: [...this.#gathered, ...(rest > 0 ? [this.#more(rest)] : [])].join(". ") };
    this.#gathered = [];
    this.#count = 0;
  }
}
