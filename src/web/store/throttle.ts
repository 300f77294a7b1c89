/** A job, with the rendering that it causes, takes at most one part in so many of the time. */
const SHARE = 4;

/**
 * Limits how often a job runs: at once on the first request, then at most once per interval however often it is
 * requested. Where the job is expensive, such as on a slow phone, the interval is longer.
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
    const startMs = performance.now();
    // What the job changes is rendered before the next task.
    this.#timer = setTimeout(() => {
      const costMs = performance.now() - startMs;
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined;
          if (this.#isRequested) this.run();
        },
        Math.max(this.#everyMs, SHARE * costMs) - costMs,
      );
    });
    this.#job();
  }
}
