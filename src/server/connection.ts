import type { Engine } from "../engine/engine.ts";
import { PING } from "../protocol/ping.ts";
import { UNREADABLE } from "../protocol/reader.ts";
import type { PersonRefusalReason } from "../protocol/refusal.ts";
import { parseRequest, type Request } from "../protocol/request.ts";
import type { Version } from "../protocol/version.ts";
import { type WelcomeTerms, welcome } from "../protocol/welcome.ts";
import { type ConnectionId, type Operation, type Payer, STRANGER, type Standing } from "../room/operation.ts";
import type { Role } from "../room/roles.ts";
import { wireKindOf } from "../room/room.ts";
import type { Present } from "../room/roster.ts";
import type { Address } from "./address-table.ts";
import { type Cause, CLOSE_FOR, type EndCause, type Ending, isResumable } from "./connection-end.ts";
import type { Effort } from "./cost.ts";
import { DIALECTS, type Dialect } from "./dialect.ts";
import { Heartbeat } from "./heartbeat.ts";
import { HistoryReplies } from "./history-replies.ts";
import {
  Identification,
  type IdentityContext,
  isPersonRequest,
  type PersonRequest,
} from "./identification.ts";
import type { LivenessWheel, Living } from "./liveness.ts";
import type { DeskRequest, ModerationDesk } from "./moderation/desk.ts";
import type { EventSink, Recipient } from "./recipient.ts";
import { type CheckContext, RequestChecks, type Verdict } from "./request-checks.ts";
import { isRoomBound, type RoomBound, requestRulesOf } from "./request-rules.ts";
import type { SessionSecret } from "./session-secret.ts";
import { controlFrame, OPCODE, textFrame } from "./websocket-frame.ts";

/** For a person who speaks version 2. */
const LOGIN_NEEDED = "Only people who are signed in at the site can talk here.";

/** What goes out with each tick: the protocol's ping, and the WebSocket's, whose pong shows that the client lives. */
const TICK = Buffer.concat([textFrame(PING), controlFrame(OPCODE.ping, Buffer.alloc(0))]);

/** What a connection needs of a socket. `write` calls `checkUnsent` if not everything can be sent at once. */
export interface Wire extends EventSink {
  /** What was written and is not sent yet, in bytes. */
  readonly unsentBytes: number;
  /** Closes with a close frame, behind what is unsent. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
}

/** What each operation has that comes from a frame. */
type Charged = Pick<Extract<Operation, { kind: "request" }>, "connection" | "size" | "payer" | "ref">;

type State =
  | { readonly kind: "unnamed"; readonly wire: Wire }
  | { readonly kind: "named"; readonly wire: Wire; readonly name: string }
  /** Nothing more is read from the client; the connection ends once the client has its replies so far. */
  | { readonly kind: "draining"; readonly wire: Wire; readonly name: string | null }
  /** The server has ended it; the socket's own end is still to come. */
  | { readonly kind: "ending"; readonly wire: null; readonly name: string | null; readonly cause: Cause }
  | { readonly kind: "closed"; readonly wire: null };

/** The client at the other end of a connection. */
export interface Client {
  readonly id: ConnectionId;
  readonly room: string;
  /** The IP address, as it is logged. */
  readonly ip: string;
  /** What it counts as. */
  readonly address: Address;
  /** Keyed hashes of the networks that it is in, the narrowest first; none if it is exempt from actions on addresses. */
  readonly networks: readonly string[];
  readonly version: Version;
  /** By which the client can resume; null where its version has no sessions. */
  readonly secret: SessionSecret | null;
}

/** What all connections of a server share. */
export interface ConnectionContext extends CheckContext {
  readonly engine: Engine;
  readonly identity: IdentityContext;
  readonly desk: Pick<ModerationDesk, "answer">;
  /** What a client is told of the room when it comes. */
  readonly aboutRoom: (room: string) => Pick<WelcomeTerms, "settings" | "announcements" | "raid" | "keeps">;
  readonly events: ConnectionEvents;
  /** Notes how long it takes until a payer is released: what it pays for has its reply then. */
  readonly timed: (payer: Payer) => Payer;
  /** Seconds over which clients should spread when they connect again. */
  readonly retryS: () => number;
}

/** What the rest of the server needs to know of a connection's life. */
export interface ConnectionEvents {
  opened(connection: Connection): void;
  /** The person has said who it is. */
  identified(connection: Connection): void;
  closed(connection: Connection, ending: Ending): void;
}

/**
 * One client's connection to one room: a state machine between the client's frames and the room's outcomes. The room
 * decides who holds which nickname; the connection learns it from the outcomes, in the room's order.
 */
export class Connection implements Recipient, Living {
  readonly id: ConnectionId;
  readonly room: string;
  /** The client's IP address, as it is logged. */
  readonly ip: string;
  readonly address: Address;
  readonly dialect: Dialect;
  readonly #secret: SessionSecret | null;
  readonly #networks: readonly string[];
  #standing = STRANGER;
  /** The public id of the person in the room, null before there is a nickname. */
  #by: string | null = null;
  readonly #context: ConnectionContext;
  readonly #checks: RequestChecks;
  readonly #heartbeat = new Heartbeat();
  readonly #history: HistoryReplies;
  readonly #identification: Identification;
  /** What waits, in order, until it is known who the person is; null while nothing has to wait. */
  #waiting: (() => Operation | Promise<Operation>)[] | null = null;
  readonly #leaveWheel: () => void;
  #state: State;

  constructor(client: Client, wire: Wire, context: ConnectionContext, wheel: Pick<LivenessWheel, "add">) {
    const { id, room, ip, address, version, secret, networks } = client;
    this.id = id;
    this.room = room;
    this.ip = ip;
    this.address = address;
    this.dialect = DIALECTS[version];
    this.#secret = secret;
    this.#networks = networks;
    this.#context = context;
    this.#checks = new RequestChecks(room, address, context);
    this.#history = new HistoryReplies(context.limits, address.getMemory);
    this.#identification = new Identification(client, context.identity);
    this.#state = { kind: "unnamed", wire };
    this.#leaveWheel = wheel.add(this);
    context.events.opened(this);
  }

  /** The nickname, null before there is one. */
  get name(): string | null {
    return "name" in this.#state ? this.#state.name : null;
  }

  /** By which the client can resume, for its eyes only; empty where it cannot. */
  get secret(): string {
    return this.#secret?.text ?? "";
  }

  /** Whether frames are read. Those that come once the connection is to end are ignored. */
  get isReading(): boolean {
    return this.#state.kind === "unnamed" || this.#state.kind === "named";
  }

  /** The open socket, null once the connection ends. */
  get sink(): Wire | null {
    return this.#state.wire;
  }

  /** What was written and is not sent yet, in bytes. */
  get unsentBytes(): number {
    return this.sink?.unsentBytes ?? 0;
  }

  /** Whether the client has a session, by which it can resume. */
  get hasSession(): boolean {
    return this.#secret !== null;
  }

  /** Sends the welcome, before the client has asked for anything. Only clients with a session get one. */
  sendWelcome(): void {
    if (this.#secret === null) return;
    const { limits, retryS } = this.#context;
    const terms = {
      frameBytes: limits.frameBytes,
      requests: limits.requests,
      sends: limits.sends,
      retryS: retryS(),
      login: loginMode(this.#context.identity),
      ...this.#context.aboutRoom(this.room),
    };
    this.sink?.write(textFrame(welcome(this.room, this.#secret.text, terms)));
  }

  /**
   * A frame has come.
   *
   * @param text null when it is not UTF-8
   * @param size in bytes, inflated
   * @param effort how it came: in how many fragments, and as how many compressed bytes
   */
  frame(text: string | null, size: number, effort: Effort = { fragments: 1, deflatedBytes: 0 }): void {
    this.#heartbeat.heard();
    if (!this.isReading) return;
    const read = () => (text === null ? UNREADABLE : parseRequest(text, this.dialect.version));
    this.#follow(this.#checks.check(this.name, size, effort, read));
  }

  /** The most that a compressed frame may inflate to now, in bytes. */
  get inflateLimit(): number {
    return this.#checks.inflateLimit;
  }

  /**
   * A compressed frame has come that inflates to more than the limit.
   *
   * @param inflateLimit as it was then
   * @returns false when it is too large for any frame
   */
  skipped(inflateLimit: number, effort: Effort): boolean {
    if (inflateLimit >= this.#context.limits.frameBytes) return false;
    this.#heartbeat.heard();
    if (this.isReading) this.#follow(this.#checks.checkUnread(this.name, effort));
    return true;
  }

  #follow(verdict: Verdict): void {
    switch (verdict.kind) {
      case "accept":
        this.#request(verdict.request, verdict);
        break;
      case "refuse":
        this.#refuse(verdict);
        break;
      case "drop":
        break;
      case "flood":
        this.#drain();
        break;
      case "overload":
        this.end("overload");
        break;
    }
  }

  #request(request: Request, { size, ref }: Extract<Verdict, { kind: "accept" }>): void {
    const { pending } = this.#checks;
    const payer = request.kind === "send" ? this.#context.timed(pending) : pending;
    const charged = { connection: this.id, size, payer, ref };
    this.#submit(() => {
      if (isRoomBound(request)) return this.#toRoom(request, charged);
      return isPersonRequest(request) ? this.#answer(request, charged) : this.#askDesk(request, charged);
    });
  }

  #toRoom(request: RoomBound, charged: Charged): Operation {
    const reason = this.#identification.refusalOf(request);
    // Version 2 has no word for that, except for a nickname. Without one the room refuses the rest.
    const hasWord = this.dialect.version !== 2 || request.kind === "name";
    if (reason !== null && hasWord) return this.#notAllowed(request, reason, charged);
    return {
      kind: "request",
      ...charged,
      request: requestRulesOf(request).toRoom(request),
      sessionHash: this.#secret?.hash,
      person: this.#identification.person,
      networks: this.#networks,
      standing: this.#standingNow,
    };
  }

  async #answer(request: PersonRequest, charged: Charged): Promise<Operation> {
    const reason = this.#identification.refusalOf(request);
    if (reason !== null) return this.#notAllowed(request, reason, charged);
    const answer = await this.#identification.answer(request, this.name);
    if (answer.kind === "identified") {
      this.#context.events.identified(this);
      // Behind the answer, and behind a nickname that is on its way.
      const { by } = answer;
      this.#submit(() => ({ kind: "become", connection: this.id, by, isProven: false }));
    }
    return { kind: "answer", ...charged, answer };
  }

  async #askDesk(request: DeskRequest, charged: Charged): Promise<Operation> {
    const reason = this.#identification.refusalOf(request);
    if (reason !== null) return this.#notAllowed(request, reason, charged);
    const { person, roleEverywhere } = this.#identification;
    const { id: connection, room, name } = this;
    const visitor = {
      connection,
      room,
      name,
      person,
      roleEverywhere,
      networks: this.#networks,
      standing: this.#standing,
      charge: (cost: number) => this.address.rates.people?.charge(this.#context.now(), cost),
    };
    const reply = await this.#context.desk.answer(request, visitor);
    if (visitor.standing.isProven && !this.#standing.isProven)
      this.#submit(() => ({ kind: "become", connection, by: null, isProven: true }));
    this.#standing = visitor.standing;
    return { kind: "answer", ...charged, answer: { kind: "answered", connection, reply } };
  }

  get #standingNow(): Standing {
    const { knownSince } = this.#identification;
    return this.#standing.knownSince === knownSince ? this.#standing : { ...this.#standing, knownSince };
  }

  /** The public ids of its person: the present one, and the one that it took its nickname with. */
  get persons(): readonly string[] {
    const ids = [this.#identification.person?.id, this.#by];
    return [...new Set(ids.filter((id) => id !== undefined && id !== null))];
  }

  /** Keyed hashes of the networks that it is in, the narrowest first. */
  get networks(): readonly string[] {
    return this.#networks;
  }

  /** What its person may do in the room. */
  get role(): Role {
    return this.#identification.person?.role ?? "visitor";
  }

  /** Sends a frame that is not part of the room's order. */
  tell(frame: string): void {
    this.sink?.write(textFrame(frame));
  }

  /** A person may not make a request. */
  #notAllowed(request: Request, reason: PersonRefusalReason, charged: Charged): Operation {
    if (this.dialect.version === 2 && request.kind === "name") {
      const { id: connection, name: oldName } = this;
      const answer = {
        kind: "name-failed",
        connection,
        oldName,
        name: request.name,
        error: LOGIN_NEEDED,
      } as const;
      return { kind: "answer", ...charged, answer };
    }
    return { kind: "refuse", ...charged, refusal: { reason, type: wireKindOf(request) } };
  }

  #refuse({ refusal, size, ref }: Extract<Verdict, { kind: "refuse" }>): void {
    this.#submit(() => ({
      kind: "refuse",
      connection: this.id,
      refusal,
      size,
      payer: this.#checks.pending,
      ref,
    }));
  }

  /**
   * Submits an operation behind those before it, of which one may have to wait until a token is verified, or a reservation
   * is stored.
   *
   * @param make makes it when its turn has come
   */
  #submit(make: () => Operation | Promise<Operation>): void {
    if (this.#waiting !== null) {
      this.#waiting.push(make);
      return;
    }
    const made = make();
    if (made instanceof Promise) {
      this.#waiting = [];
      void this.#submitWaiting(made);
    } else this.#context.engine.submit(this.room, made);
  }

  async #submitWaiting(first: Promise<Operation>): Promise<void> {
    const { engine } = this.#context;
    engine.submit(this.room, await first);
    for (let next = this.#waiting?.shift(); next !== undefined; next = this.#waiting?.shift()) {
      engine.submit(this.room, await next());
    }
    this.#waiting = null;
  }

  /** Ends a flood, behind the replies to its requests so far. */
  #drain(): void {
    const wire = this.sink;
    if (wire === null) return;
    this.#state = { kind: "draining", wire, name: this.name };
    this.#submit(() => ({ kind: "end", connection: this.id }));
  }

  /** A pong has come. One that does not answer a ping counts as a request. */
  ponged(): void {
    if (!this.#heartbeat.ponged()) this.#takeControlFrame();
  }

  /** A ping of the WebSocket's has come. @returns whether to answer it: pings have the rate of all requests */
  pinged(): boolean {
    this.#heartbeat.heard();
    return this.#takeControlFrame();
  }

  /** @returns whether it is within the rate of all requests */
  #takeControlFrame(): boolean {
    if (!this.isReading) return false;
    const verdict = this.#checks.checkControlFrame();
    if (verdict === "flood") this.#drain();
    return verdict === "accept";
  }

  tick(): void {
    this.#heartbeat.ticked();
    this.sink?.write(TICK);
  }

  endIfSilent(): void {
    if (this.#heartbeat.isSilent && !this.#history.mayDelayPong(this.#context.now())) this.end("silent");
  }

  /** The room has given this client a nickname: from here on it hears the room's events. */
  named({ name, by }: Present): void {
    this.#by = by;
    this.#identification.uses(name);
    switch (this.#state.kind) {
      case "unnamed":
        this.#state = { kind: "named", wire: this.#state.wire, name };
        break;
      case "named":
      case "draining":
        this.#state = { ...this.#state, name };
        break;
      case "ending":
      case "closed":
        break;
    }
  }

  keptOut(isKeptOut: boolean): void {
    this.#checks.isKeptOut = isKeptOut;
  }

  /**
   * Reserves memory for a reply with history.
   *
   * @returns the reason to refuse the reply instead, else null
   */
  historyRefusal(bytes: number): "TooManyRequests" | "ErrorWhenGet" | null {
    const refusal = this.#history.reserve(bytes);
    if (refusal === null) this.#checks.chargeHistory(bytes);
    return refusal;
  }

  /** Sends this client's part of a batch: whole frames, in pieces as it suits. */
  write(pieces: readonly Uint8Array[]): void {
    const wire = this.sink;
    if (wire === null) return;
    for (const piece of pieces) wire.write(piece);
    if (!this.#history.isWriting) return;
    this.#history.written(this.#context.now());
    this.checkUnsent();
  }

  /**
   * The socket has sent some of what was unsent, and so the client lives: its pong may have to wait until it has read a
   * long history.
   */
  progressed(): void {
    this.#heartbeat.heard();
    this.checkUnsent();
  }

  /**
   * Ends the connection if too much waits unsent. Must be called when the socket does not take what it is given, and
   * regularly, since the grace of a large history ends.
   */
  checkUnsent(): void {
    const wire = this.sink;
    if (wire === null || this.#history.isWriting) return;
    const { limits, now } = this.#context;
    if (this.#history.excessOf(wire.unsentBytes, now()) > limits.unsentBytes) this.end("stalled");
  }

  /** Ends the connection. What the client sent before is still decided, and announced. */
  end(cause: EndCause): void {
    const wire = this.sink;
    if (wire === null) return;
    this.#state = { kind: "ending", wire: null, name: this.name, cause };
    const close = CLOSE_FOR[cause];
    if (close) wire.close(close.code, close.reason);
    else wire.terminate();
  }

  /** The socket is closed, by either side, with this close code. */
  closed(code: number, cause: "client" | "fault" | "lost" = code === 1006 ? "lost" : "client"): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    const name = this.name;
    this.#history.release();
    this.#leaveWheel();
    this.#state = { kind: "closed", wire: null };
    const reason = state.kind === "ending" ? state.cause : cause;
    const resumable = isResumable(reason, code);
    this.#context.events.closed(this, { name, cause: reason, code, resumable });
    this.#submit(() => ({ kind: "leave", connection: this.id, resumable }));
  }
}

function loginMode({ login, isLoginRequired }: IdentityContext): "none" | "optional" | "required" {
  if (login === null) return "none";
  return isLoginRequired ? "required" : "optional";
}
