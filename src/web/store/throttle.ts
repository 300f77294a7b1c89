/**
 * Limits how often a job runs: at once on the first request, then at most once per interval however often it is
 * requested.
 */
export class Throttle {
  readonly #everyMs: number;
  readonly #job: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRequested = false;

  constructor(everyMs: number, job: () => void) {
    this.#everyMs = everyMs;
    this.#job = job;
  }

  /** Asks for the job to run, now or later. */
  request(): void {
    this.#isRequested = true;
    if (this.#timer === undefined) this.run();
  }

  /** Runs the job now. */
  run(): void {
    this.#isRequested = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isRequested) this.run();
    }, this.#everyMs);
    this.#job();
  }
}
