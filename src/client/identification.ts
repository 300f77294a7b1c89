import type { IdentifyRequest } from "../protocol/kinds/identify.ts";
import { ChatError, errorOf, errorWith } from "./errors.ts";
import type { Emitter } from "./events.ts";
import type { Identity, Reply } from "./frame.ts";
import type { Memory } from "./memory.ts";
import type { Registration } from "./registration.ts";
import type { RequestChannel } from "./request-channel.ts";
import { isKey, type Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** How the person is identified. */
export interface IdentifyOptions extends WaitOptions {
  /** The secret of the person's own. Without one, a new token is asked for. */
  readonly key?: string;
  /** The `since` of an earlier event `identified` with this key. */
  readonly since?: string | undefined;
}

/** The tokens of the host's login, on each connection in turn: see tokens.ts. */
export interface Tokens {
  /** @param proceed goes on into the room */
  begin(channel: RequestChannel, proceed: () => void): void;
  /** Asks for a new one at once. */
  ask(): void;
  /** @returns whether a request that was refused without a valid token is repeated, by `again`, with the next one */
  holds(again: () => void): boolean;
  /** Whether one is asked for, or sent and not answered. */
  readonly isAsking: boolean;
  lost(): void;
}

/** What the tokens need of the identification. */
export interface TokenListener {
  readonly registration: Registration;
  /** Since when the chat knows the person, as the server has signed it. */
  since(): string | undefined;
  /** Nobody is logged in. */
  loggedOut(channel: RequestChannel): void;
  identified(reply: Extract<Reply, { kind: "identified" }>): void;
  refused(error: ChatError): void;
}

/** `tokens.ts` fills this. The page loads that only where a site has a login. */
export const TOKENS: { make?: (settings: Settings, listener: TokenListener) => Tokens } = {};

/** A call of `identify`, or of `claim` with its code. */
interface Call {
  readonly code?: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** The channel on which it was sent last. */
  channel?: RequestChannel;
}

/** The request with what the server has said of the person before. */
export function identifyRequest(
  by: { readonly key: string } | { readonly token: string },
  since: string | undefined,
): IdentifyRequest {
  return { type: "identify", ...by, ...(since === undefined ? {} : { since }) };
}

/** Says to the server, on each connection, who the person is: by a key, or by tokens of the host's login. */
export class Identification {
  readonly #settings: Settings;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  readonly #registration: Registration;
  readonly #memory: Memory;
  readonly #tokens: Tokens | undefined;
  #key: string | undefined;
  /** The last key that the server has accepted. */
  #accepted: string | undefined;
  /** Since when the chat knows the person, as the server has signed it. */
  #since: string | undefined;
  #identity: Identity | null = null;
  #channel: RequestChannel | null = null;
  #calls: Call[] = [];

  /** @param since what an earlier run has kept */
  constructor(
    settings: Settings,
    memory: Memory,
    emitter: Emitter,
    stream: Stream,
    registration: Registration,
    since: string | undefined,
  ) {
    this.#settings = settings;
    this.#memory = memory;
    this.#registration = registration;
    this.#since = settings.since ?? since;
    this.#emitter = emitter;
    this.#stream = stream;
    this.#key = settings.key;
    this.#tokens = settings.token
      ? TOKENS.make?.(settings, {
          registration,
          since: () => this.#since,
          loggedOut: (channel) => {
            this.#sayKey(channel);
            if (this.#key === undefined) this.#reject(errorWith("IdentityRequired"));
          },
          identified: (reply) => this.#identified(reply),
          refused: (error) => this.#refused(error),
        })
      : undefined;
  }

  /** What to keep, and to bring with every `identify`. */
  get since(): string | undefined {
    return this.#since;
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
    const go = () => {
      for (const call of this.#calls) this.#claim(channel, call);
      if (channel.isOpen) proceed();
    };
    if (channel.version === 2) {
      this.end(new ChatError("UnknownType"));
      proceed();
    } else if (this.#tokens) this.#tokens.begin(channel, go);
    else {
      this.#sayKey(channel);
      go();
    }
  }

  /** The connection is lost. */
  lost(): void {
    this.#channel = null;
    this.#tokens?.lost();
  }

  /** There will be no more replies. */
  end(error: ChatError): void {
    for (const { reject } of this.#calls.splice(0)) reject(error);
  }

  /** Says who the person is, or asks for a new token. */
  identify({ key, since, ...options }: IdentifyOptions): Promise<void> {
    if (key === undefined ? !this.#tokens : !isKey(key))
      throw errorWith(key === undefined ? "UnknownPerson" : "WrongFormatIdentity");
    return this.#call(undefined, options, (channel) => {
      if (key !== undefined) this.#key = key;
      this.#since = since ?? this.#since;
      if (key === undefined) this.#tokens?.ask();
      else if (channel) this.#sayKey(channel);
    });
  }

  /** Makes the person an owner of the chat. */
  claim(code: string, options: WaitOptions): Promise<void> {
    return this.#call(code, options, (channel, call) => {
      // While a token is asked for, nobody could become the owner.
      if (channel && !this.#tokens?.isAsking) this.#claim(channel, call);
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
    return this.#tokens?.holds(again) === true;
  }

  #call(
    code: string | undefined,
    options: WaitOptions,
    begin: (channel: RequestChannel | null, call: Call) => void,
  ): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (this.#channel?.version === 2) throw new ChatError("UnknownType");
      const call: Call = code === undefined ? { resolve, reject } : { code, resolve, reject };
      this.#calls.push(call);
      begin(this.#channel, call);
      return (error) => {
        this.#remove(call);
        reject(error);
      };
    });
  }

  #remove(call: Call): void {
    this.#calls = this.#calls.filter((each) => each !== call);
  }

  #sayKey(channel: RequestChannel): void {
    const key = this.#key;
    if (key === undefined) return;
    channel.askPatiently(identifyRequest({ key }, this.#since), (reply) => {
      if (reply.kind === "identified") {
        this.#accepted = key;
        this.#identified(reply);
        return;
      }
      const error = errorOf(reply);
      // It stays the person that it was.
      if (error.code === "AnotherPerson" && this.#key === key) this.#key = this.#accepted;
      this.#refused(error);
    });
  }

  #identified({ by, role, names, name, since }: Extract<Reply, { kind: "identified" }>): void {
    this.#stream.me = by;
    this.#since = since;
    this.#memory.save();
    this.#tell({ by, role, names, name: name ?? null, since });
    for (const call of this.#callers) call.resolve();
    this.#registration.retry();
  }

  #refused(error: ChatError): void {
    this.#reject(error);
    this.#emitter.emit({ type: "identity-refused", error });
  }

  #reject(error: ChatError): void {
    for (const call of this.#callers) call.reject(error);
  }

  /** Takes the calls of `identify`. */
  get #callers(): readonly Call[] {
    const callers = this.#calls.filter(({ code }) => code === undefined);
    this.#calls = this.#calls.filter(({ code }) => code !== undefined);
    return callers;
  }

  #tell(identity: Identity): void {
    this.#identity = identity;
    this.#emitter.emit({ type: "identified", ...identity });
  }

  #claim(channel: RequestChannel, call: Call): void {
    const { code, channel: earlier } = call;
    if (code === undefined || earlier === channel) return;
    call.channel = channel;
    channel.askPatiently({ type: "claim", code }, (reply) => {
      this.#remove(call);
      if (reply.kind === "claimed" && this.#identity) this.#tell({ ...this.#identity, role: reply.role });
      // The code may have been used by the first request, whose reply was lost.
      const isDone = reply.kind === "claimed" || (earlier && this.#identity?.role === "owner");
      if (isDone) call.resolve();
      else call.reject(errorOf(reply));
    });
  }
}
