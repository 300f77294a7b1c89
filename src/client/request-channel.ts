import type { ClientFrame } from "../protocol/wire.ts";
import type { Environment } from "./environment.ts";
import type { Rates, Reply } from "./frame.ts";
import { type Pace, paceOf } from "./pace.ts";
import type { Settings } from "./settings.ts";

/** What a channel needs from its connection. */
interface Transport {
  send(request: ClientFrame): void;
  /** Drops the connection, and makes another. */
  drop(): void;
  /** Ends the connection for good, as if the server had closed it. */
  refuse(code: number, reason: string): void;
}

/** What a channel tells of. */
interface Listener {
  /** The server refused a request for its rate. */
  slowed(retryS: number): void;
  /**
   * The server refused a request because of something that may change.
   *
   * @param again repeats the request once it has changed
   * @returns whether that may come to pass
   */
  refused(reason: string, again: () => void): boolean;
}

/** A request whose reply is still to come. */
interface Pending {
  readonly ref: number;
  readonly answered: (reply: Reply) => void;
}

/**
 * Requests and their replies on one connection, from its welcome to its end. Replies are handed on at their place among the
 * other frames, so that the caller knows which events came before and which after. After its end a channel calls nobody.
 */
export class RequestChannel {
  /** False once the connection has ended. */
  isOpen = true;
  readonly version: 2 | 3;
  /** The secret of this connection, from the welcome; "" with version 2. */
  readonly session: string;
  /** How many sends the server takes at once. */
  readonly burst: number;
  readonly #listener: Listener;
  readonly #environment: Environment;
  readonly #transport: Transport;
  readonly #pace: Pace;
  readonly #sendPace: Pace;
  #pending: Pending[] = [];
  #lastRef = 0;

  constructor(
    version: 2 | 3,
    session: string,
    { requests, sends }: Rates,
    { environment }: Settings,
    transport: Transport,
    listener: Listener,
  ) {
    this.#listener = listener;
    this.version = version;
    this.session = session;
    this.burst = Math.min(requests.burst, sends.burst);
    this.#environment = environment;
    this.#transport = transport;
    this.#pace = paceOf(requests, environment);
    this.#sendPace = paceOf(sends, environment);
  }

  /** Milliseconds to wait before the next send. */
  get waitMs(): number {
    return Math.max(this.#pace.waitMs(), this.#sendPace.waitMs());
  }

  /**
   * As {@link ask}, for a message or a change of one, which counts towards the same rate (CHANGE-7).
   *
   * @returns what puts it on the wire; nothing else may be asked before that
   */
  send(request: ClientFrame, answered: (reply: Reply) => void): () => void {
    this.#sendPace.spend(1);
    return this.#prepare(request, answered);
  }

  /** Sends a request. `answered` is called at the place of its reply among the events, but not after the channel's end. */
  ask(request: ClientFrame, answered: (reply: Reply) => void): void {
    this.#prepare(request, answered)();
  }

  #prepare(request: ClientFrame, answered: (reply: Reply) => void): () => void {
    const ref = ++this.#lastRef;
    this.#pending.push({ ref, answered });
    // Servers of version 2 ignore keys that they do not know (REQ-6).
    return this.#prepareToTell({ ...request, ref });
  }

  /** As {@link ask}, and again as often as the server refuses it for the rate, or until it knows the person or has a proof. */
  askPatiently(request: ClientFrame, answered: (reply: Reply) => void): void {
    const again = () => this.askPatiently(request, answered);
    this.ask(request, (reply) => {
      if (reply.kind === "refused" && reply.reason === "TooManyRequests") {
        this.slowed(reply.retryS);
        this.later(reply.retryS * 1000, again);
      } else if (reply.kind !== "refused" || !this.holds(reply.reason, again)) answered(reply);
    });
  }

  /** The server refused a request for its rate. @param retryS the seconds until the next try */
  slowed(retryS: number): void {
    this.#listener.slowed(retryS);
  }

  /** Whether a refusal is over once the server knows the person or has a proof. @param again is called then */
  holds(reason: string, again: () => void): boolean {
    return this.#listener.refused(reason, again);
  }

  /** Sends a request that gets no reply. */
  tell(request: ClientFrame): void {
    this.#prepareToTell(request)();
  }

  #prepareToTell(request: ClientFrame): () => void {
    // As the server counts (LIM-2).
    this.#pace.spend(1 + Math.floor(new Blob([JSON.stringify(request)]).size / 1024));
    return () => this.#transport.send(request);
  }

  /** Calls `run` after a time, unless the channel has ended by then. */
  later(waitMs: number, run: () => void): void {
    this.#environment.setTimer(() => {
      if (this.isOpen) run();
    }, waitMs);
  }

  /** A reply has come. In version 3 replies may come in any order: the `ref` alone says whose each one is. */
  replied(ref: number | null, reply: Reply): void {
    // In version 2 there is nothing but the order to match them by (REQ-7).
    const at = this.version === 2 ? 0 : this.#pending.findIndex((each) => each.ref === ref);
    if (at >= 0) this.#pending.splice(at, 1)[0]?.answered(reply);
  }

  /** Drops the connection, and makes another. */
  drop(): void {
    this.#transport.drop();
  }

  /** Ends the connection for good, as if the server had closed it. */
  refuse(code: number, reason: string): void {
    this.#transport.refuse(code, reason);
  }

  /** The connection has ended. */
  end(): void {
    this.isOpen = false;
    this.#pending = [];
  }
}
