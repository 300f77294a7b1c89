import type { RoleName } from "../protocol/kinds/identify.ts";
import type { ClientFrame } from "../protocol/wire.ts";
import { ChatError, errorOf, IdentityError } from "./errors.ts";
import type { Emitter } from "./events.ts";
import type { Reply } from "./frame.ts";
import type { Registration } from "./registration.ts";
import type { RequestChannel } from "./request-channel.ts";
import { isKey, type Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** How long before its end a token is renewed; one that holds for less than twice this time, after half of it. */
const RENEWED_BEFORE_MS = 60_000;

/** The delays after tokens that were not accepted: the first one, which doubles, and the longest. */
const AGAIN_FIRST_MS = 5_000;
const AGAIN_MOST_MS = 300_000;

const NOTHING = () => {};

/** The person at a chat, as the server knows it. */
export interface Identity {
  /** The public id of the person. */
  readonly by: string;
  /** What the person may do in this room. */
  readonly role: RoleName;
  /** The nicknames that the person has reserved. */
  readonly names: readonly string[];
  /** The nickname that the host's login gives, and the only one that the person can take; null if it gives none. */
  readonly name: string | null;
}

/** How the person is identified. */
export interface IdentifyOptions extends WaitOptions {
  /** The secret of the person's own. Without one, a new token is asked for. */
  readonly key?: string;
}

/** A call of `identify`. */
interface Caller {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A call of `claim`. */
interface Claim extends Caller {
  readonly request: ClientFrame;
  /** Whether it was sent on the current connection. */
  isSent: boolean;
  /** Whether it was sent on an earlier one. */
  isRepeated: boolean;
}

/**
 * Says to the server, on each connection, who the person is: by a key, or by tokens of the host's login, which it renews in
 * time. A token that is not accepted is asked for again, but ever more rarely.
 */
export class Identification {
  readonly #settings: Settings;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  readonly #registration: Registration;
  #key: string | null;
  /** The last key that the server has accepted. */
  #accepted: string | null = null;
  #identity: Identity | null = null;
  #channel: RequestChannel | null = null;
  #callers: readonly Caller[] = [];
  #claims: readonly Claim[] = [];
  /** Requests that were refused because the token is over, or not accepted yet. */
  #held: (() => void)[] = [];
  /** Whether a token is asked for, or sent and not answered. */
  #isRenewing = false;
  /** Whether the program has said that nobody is logged in. */
  #isLoggedOut = false;
  #failures = 0;
  /** Before this moment of the monotonic clock, no token is asked for by itself. */
  #notBefore = 0;
  #stop = NOTHING;

  constructor(settings: Settings, emitter: Emitter, stream: Stream, registration: Registration) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#stream = stream;
    this.#registration = registration;
    this.#key = settings.key ?? null;
  }

  /** Null before the server has said it for the first time. */
  get identity(): Identity | null {
    return this.#identity;
  }

  /**
   * There is a connection, and its welcome has come.
   *
   * @param proceed goes on into the room. The server keeps the order, so nothing waits for a reply, except for the nickname
   *   that a token may give
   */
  begin(channel: RequestChannel, proceed: () => void): void {
    this.#channel = channel;
    if (channel.version === 2) {
      for (const { reject } of [...this.#callers, ...this.#claims]) reject(new ChatError("UnknownType"));
      proceed();
    } else if (!this.#settings.token) {
      if (this.#key !== null) this.#sayKey(channel, this.#key);
      this.#go(channel, proceed);
    } else if (this.#failures > 0 && this.#leftMs > 0) {
      this.#renewAfter(channel, this.#leftMs);
      this.#go(channel, proceed);
    } else this.#renew(channel, proceed);
  }

  /** The connection is lost. */
  lost(): void {
    this.#channel = null;
    this.#isRenewing = false;
    this.#held = [];
    for (const claim of this.#claims) {
      claim.isRepeated ||= claim.isSent;
      claim.isSent = false;
    }
    this.#stop();
  }

  /** The chat is over. */
  end(error: ChatError): void {
    this.lost();
    for (const { reject } of [...this.#callers, ...this.#claims]) reject(error);
  }

  /** Says who the person is, or asks for a new token. */
  identify({ key, ...options }: IdentifyOptions): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (key !== undefined && !isKey(key)) throw new IdentityError("WrongFormatIdentity");
      if (key === undefined && !this.#settings.token) throw new IdentityError("UnknownPerson");
      const channel = this.#channel;
      if (channel?.version === 2) throw new ChatError("UnknownType");
      const caller = { resolve, reject };
      this.#callers = [...this.#callers, caller];
      if (key === undefined) {
        this.#failures = 0;
        if (channel) this.#renew(channel);
      } else {
        this.#key = key;
        if (channel) this.#sayKey(channel, key);
      }
      return (error) => {
        this.#callers = this.#callers.filter((each) => each !== caller);
        reject(error);
      };
    });
  }

  /** Makes the person an owner of the chat. */
  claim(code: string, options: WaitOptions): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (this.#channel?.version === 2) throw new ChatError("UnknownType");
      const request = { type: "claim", code } as const;
      const claim: Claim = { request, resolve, reject, isSent: false, isRepeated: false };
      this.#claims = [...this.#claims, claim];
      // While a token is asked for, nobody could become the owner.
      if (this.#channel && !this.#isRenewing) this.#sendClaim(this.#channel, claim);
      return (error) => {
        this.#claims = this.#claims.filter((each) => each !== claim);
        reject(error);
      };
    });
  }

  /** The reserved nicknames have changed. */
  reserved(names: readonly string[]): void {
    if (this.#identity) this.#tell({ ...this.#identity, names });
  }

  /**
   * A request was refused because the person was not known.
   *
   * @param again repeats it once the person is known
   * @returns whether that may come to pass
   */
  holds(again: () => void): boolean {
    const channel = this.#channel;
    if (!channel || !this.#settings.token || this.#isLoggedOut) return false;
    this.#held.push(again);
    if (!this.#isRenewing) this.#renewAfter(channel, this.#leftMs);
    return true;
  }

  get #leftMs(): number {
    return Math.max(0, this.#notBefore - this.#settings.environment.elapsed());
  }

  #go(channel: RequestChannel, proceed: () => void): void {
    for (const claim of this.#claims) this.#sendClaim(channel, claim);
    if (channel.isOpen) proceed();
  }

  #sayKey(channel: RequestChannel, key: string): void {
    channel.askPatiently({ type: "identify", key }, (reply) => {
      if (reply.kind === "identified") {
        this.#accepted = key;
        this.#identified(channel, reply);
        return;
      }
      const error = errorOf(reply);
      // It stays the person that it was.
      if (error.code === "AnotherPerson" && this.#key === key) this.#key = this.#accepted;
      this.#refused(error);
    });
  }

  #renewAfter(channel: RequestChannel, waitMs: number): void {
    this.#stop();
    if (waitMs > 0)
      this.#stop = this.#settings.environment.setTimer(() => channel.isOpen && this.#renew(channel), waitMs);
    else this.#renew(channel);
  }

  /** Asks the program for a token, and sends it. */
  #renew(channel: RequestChannel, proceed = NOTHING): void {
    const { token } = this.#settings;
    if (this.#isRenewing || !token) return;
    this.#stop();
    this.#isRenewing = true;
    // Also what the function throws before it returns a promise.
    void new Promise<string | null>((resolve) => resolve(token()))
      .catch(() => undefined)
      .then((answer) => {
        if (channel.isOpen) this.#sayToken(channel, answer, proceed);
      });
  }

  /** @param token null if nobody is logged in; undefined if that could not be found out */
  #sayToken(channel: RequestChannel, token: string | null | undefined, proceed: () => void): void {
    this.#isLoggedOut = token === null;
    if (typeof token !== "string") {
      if (token === null && this.#held.length === 0) {
        this.#isRenewing = false;
        this.#registration.give(null);
        if (this.#key !== null) this.#sayKey(channel, this.#key);
        else this.#refuse(new IdentityError("IdentityRequired"));
      } else this.#failed(channel, new IdentityError("TokenFailed"));
      this.#go(channel, proceed);
      return;
    }
    // Without a nickname to ask for, the reply may give one.
    const isAwaited = !this.#registration.hasRequest;
    channel.askPatiently({ type: "identify", token }, (reply) => {
      this.#isRenewing = false;
      if (reply.kind === "identified") this.#identified(channel, reply);
      else this.#failed(channel, errorOf(reply));
      if (isAwaited && channel.isOpen) proceed();
    });
    this.#go(channel, isAwaited ? NOTHING : proceed);
  }

  #identified(
    channel: RequestChannel,
    { by, role, names, name, expires }: Extract<Reply, { kind: "identified" }>,
  ): void {
    const { environment } = this.#settings;
    if (expires !== undefined) {
      this.#failures = 0;
      // The clocks may differ so much that the new token seems to be over, too.
      this.#notBefore = environment.elapsed() + AGAIN_FIRST_MS;
      const leftMs = expires - environment.now();
      this.#renewAfter(
        channel,
        Math.max(AGAIN_FIRST_MS, leftMs > 2 * RENEWED_BEFORE_MS ? leftMs - RENEWED_BEFORE_MS : leftMs / 2),
      );
    }
    this.#stream.me = by;
    this.#tell({ by, role, names, name: name ?? null });
    for (const { resolve } of this.#callers) resolve();
    this.#callers = [];
    if (!channel.isOpen) return;
    if (this.#settings.token) this.#registration.give(name ?? null);
    for (const again of this.#held.splice(0)) again();
  }

  #failed(channel: RequestChannel, error: ChatError): void {
    this.#isRenewing = false;
    const waitMs = Math.min(AGAIN_MOST_MS, AGAIN_FIRST_MS * 2 ** this.#failures++);
    this.#notBefore = this.#settings.environment.elapsed() + waitMs;
    // A server that does not know the request will not learn it.
    if (error.code !== "UnknownType") this.#renewAfter(channel, waitMs);
    this.#refused(error);
    this.#registration.identityRefused(error);
  }

  #refused(error: ChatError): void {
    this.#refuse(error);
    this.#emitter.emit({ type: "identity-refused", error });
  }

  #refuse(error: ChatError): void {
    for (const { reject } of this.#callers) reject(error);
    this.#callers = [];
  }

  #tell(identity: Identity): void {
    this.#identity = identity;
    this.#emitter.emit({ type: "identified", ...identity });
  }

  #sendClaim(channel: RequestChannel, claim: Claim): void {
    if (claim.isSent) return;
    claim.isSent = true;
    channel.askPatiently(claim.request, (reply) => {
      this.#claims = this.#claims.filter((each) => each !== claim);
      // The code was used by the first request, whose reply was lost.
      const isDone = claim.isRepeated && this.#identity?.role === "owner";
      if (reply.kind !== "claimed" && !isDone) claim.reject(errorOf(reply));
      else {
        if (reply.kind === "claimed" && this.#identity) this.#tell({ ...this.#identity, role: reply.role });
        claim.resolve();
      }
    });
  }
}
