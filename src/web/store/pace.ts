/** Does a job at once when it is asked for, and then once in a while, however often it is asked for. */
export class Pace {
  readonly #everyMs: number;
  readonly #job: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsked = false;

  constructor(everyMs: number, job: () => void) {
    this.#everyMs = everyMs;
    this.#job = job;
  }

  ask(): void {
    this.#isAsked = true;
    if (this.#timer === undefined) this.run();
  }

  /** Does it now. */
  run(): void {
    this.#isAsked = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isAsked) this.run();
    }, this.#everyMs);
    this.#job();
  }
}
