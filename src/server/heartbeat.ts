/** A client that owes more pongs than these is dead; later ones answer nothing. */
const PONGS_DUE_MOST = 3;
/** How many ticks may pass without a sign of life. */
const SILENT_TICKS = 2;

/** Counts the pings that went to a client, and what came back. */
export class Heartbeat {
  #unanswered = 0;
  /** Pings whose pongs are still to come. */
  #pongsDue = 0;

  /** Whether the client has not shown a sign of life since the last ticks. */
  get isSilent(): boolean {
    return this.#unanswered >= SILENT_TICKS;
  }

  /** The client has shown a sign of life. */
  heard(): void {
    this.#unanswered = 0;
  }

  /** A ping goes out. */
  ticked(): void {
    this.#unanswered++;
    this.#pongsDue = Math.min(this.#pongsDue + 1, PONGS_DUE_MOST);
  }

  /** A pong has come. @returns whether it answers a ping */
  ponged(): boolean {
    this.#unanswered = 0;
    if (this.#pongsDue === 0) return false;
    this.#pongsDue--;
    return true;
  }
}
