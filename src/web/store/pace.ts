/**
 * Limits how often a job runs: at once on the first request, then at most once per interval however often it is
 * requested.
 */
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

  /** Runs the job now. */
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
