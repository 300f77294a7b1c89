import type { Socket } from "bun";
import { addressKey } from "./addresses.ts";
import type { ByteAccount } from "./byte-account.ts";
import type { Connection, Wire } from "./connection.ts";
import { handshakeKey, isUpgrade, switchingProtocols } from "./handshake.ts";
import { type BodyProgress, BodyReader } from "./http-body.ts";
import { type RequestHead, readHead } from "./http-head.ts";
import { CONTINUE, responseBytes, responseHead } from "./http-response.ts";
import { DEFLATE_ANSWER } from "./permessage-deflate.ts";
import type { SocketTable } from "./socket-table.ts";
import { closeFrame, controlFrame, OPCODE } from "./websocket-frame.ts";
import { readerOf } from "./websocket-messages.ts";
import type { WebSocketReader } from "./websocket-reader.ts";

/** An accepted handshake. */
export interface Admission {
  /** The subprotocol to confirm, null for none. */
  readonly subprotocol: string | null;
  /** Whether to agree on compressed messages. */
  readonly deflates: boolean;
  /** Makes the connection. Nothing is sent on the wire before its handshake is answered. */
  open(wire: Wire): Connection;
}

/** What is decided about a handshake: to accept it, or how it is answered otherwise. */
export type Verdict = Admission | Response;

/** An answer that goes on for as long as both sides want. */
export interface Streaming {
  /** The head of the answer; the body is ignored. */
  readonly head: Response;
  /** Makes what writes behind the head. It begins when it is told to. */
  open(wire: Wire): Streamed;
}

/** What writes an answer that goes on. */
export interface Streamed {
  /** The head is written. */
  start(): void;
  /** The socket has sent some of what was unsent. */
  progressed(): void;
  /** Not everything could be sent at once. */
  checkUnsent(): void;
  /** The socket is closed, by either side. */
  closed(): void;
}

export type Answer = Response | Streaming;

/** An accepted HTTP request, which is answered once its body has been read. */
export interface Exchange {
  /** The largest body that is taken, and what it is charged to until the answer is ready. Null leaves the body unread. */
  readonly body: { readonly maxBytes: number; readonly account: ByteAccount } | null;
  respond(request: Request): Answer | Promise<Answer>;
  /** Gives the rejection of a body the form of other answers. As it is unless given. */
  readonly dress?: (rejection: Response) => Promise<Response>;
}

/** What a {@link ClientSocket} needs of the server. `peer` is the address of the other end of the TCP connection. */
export interface SocketOptions {
  /** The largest message taken from a client, in bytes. */
  readonly frameBytes: number;
  /** All sockets of the server, over all its listeners. */
  readonly sockets: SocketTable<ClientSocket>;
  /** How many sockets the address of a peer may have that are not WebSockets: before, beside or after one. */
  readonly plainPerAddress: (peer: string) => number;
  /** How long a client may take to send its HTTP request, to take the answer to it, and to end after a close. */
  readonly handshakeMs: number;
  /**
   * Decides about a WebSocket handshake. If something has to be looked up first, it gives what decides then, which is not called
   * if the client has left meanwhile. It does not reject.
   */
  readonly admit: (head: RequestHead, peer: string) => Verdict | Promise<() => Verdict>;
  /** Decides about any other request, before its body is read. */
  readonly accept: (head: RequestHead, peer: string) => Exchange | Response;
  /** A request was rejected without asking either of these. */
  readonly rejected: (status: number, sentence: string, peer: string) => void;
  /** A socket was closed because there were too many, of its address or in all. */
  readonly evicted: (peer: string) => void;
  /** A defect has shown itself; the socket that met it is closed. */
  readonly fault: (error: unknown) => void;
}

/** What a piece that waits costs besides its bytes. */
const PIECE_BYTES = 128;
/** The most that is still sent or read after the end. A client with more unread would not reach the close frame in time. */
const LINGER_MAX_BYTES = 64 * 1024;

type State =
  /** The head of the request is incomplete. */
  | { readonly kind: "reading-head"; readonly bytes: Buffer; readonly deadline: number }
  /** The body of the request is incomplete. */
  | {
      readonly kind: "reading-body";
      readonly head: RequestHead;
      readonly exchange: Exchange;
      readonly body: BodyReader;
      readonly deadline: number;
    }
  /** A handshake waits for what it is decided by. */
  | { readonly kind: "admitting"; readonly deadline: number }
  /** An HTTP request is being answered. */
  | { readonly kind: "answering"; readonly deadline: number }
  | { readonly kind: "open"; readonly connection: Connection; readonly reader: WebSocketReader }
  /** An answer goes on. */
  | { readonly kind: "streaming"; readonly stream: Streamed }
  /**
   * Nothing more is read or written, except what is unsent. The socket is shut down and not closed: closing it with bytes
   * unread would make the system reset the connection, and the client could lose what was sent last.
   */
  | { readonly kind: "ending"; readonly deadline: number }
  | { readonly kind: "closed" };

/** The answers to bodies that are not taken. */
const BODY_REJECTIONS = {
  malformed: [400, "The body of this request is malformed.", {}],
  "too large": [413, "The body of this request is too large.", {}],
  "out of memory": [
    503,
    "The server does not have enough memory for this request right now.",
    { "Retry-After": "5" },
  ],
} as const satisfies Record<
  Exclude<BodyProgress, "whole" | "incomplete">,
  readonly [status: number, sentence: string, headers: Record<string, string>]
>;

/** One client's TCP connection: first an HTTP request, then the answer to it or a WebSocket. */
export class ClientSocket implements Wire {
  readonly #socket: Socket<ClientSocket>;
  readonly #options: SocketOptions;
  readonly #peer: string;
  /** What the socket is counted under while it is plain. A WebSocket counts for the client, who may be behind a proxy. */
  readonly #address: string;
  #state: State;
  #deflates = false;
  /** What has come after the end, in bytes. */
  #readAtEnd = 0;
  /** What the system did not take yet. Buffers are shared between clients: a slow client costs references. */
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #isGone = false;
  /** The socket while it is open and takes all it is given: the only field that most writes look at. */
  #direct: Socket<ClientSocket> | null = null;

  constructor(socket: Socket<ClientSocket>, options: SocketOptions) {
    this.#socket = socket;
    this.#options = options;
    // Read now: a closed socket no longer has it.
    this.#peer = socket.remoteAddress ?? "";
    this.#address = addressKey(this.#peer);
    this.#state = { kind: "reading-head", bytes: Buffer.alloc(0), deadline: this.#deadline() };
    options.sockets.add(this, this.#address);
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get deflates(): boolean {
    return this.#deflates;
  }

  write(bytes: Uint8Array): void {
    const direct = this.#direct;
    if (direct !== null) this.#keep(bytes, direct.write(bytes));
    else if (this.#state.kind === "open" || this.#state.kind === "streaming") this.#keep(bytes, 0);
  }

  close(code: number, reason: string): void {
    if (this.#state.kind === "streaming") this.#endStream(this.#state.stream);
    if (this.#state.kind !== "open") return;
    this.#endWith(closeFrame(code, reason), this.#state.connection, code);
  }

  terminate(): void {
    this.#socket.terminate();
    this.closed();
  }

  /** Closes this socket, which is new, or an older one, if there are now too many. */
  enforceLimits(): void {
    const { sockets, plainPerAddress } = this.#options;
    if (sockets.plainOf(this.#address) > plainPerAddress(this.#peer)) this.evict();
    else sockets.evictable()?.evict();
  }

  /** Closes this socket because there are too many. */
  evict(): void {
    this.terminate();
    this.#options.evicted(this.#peer);
  }

  read(bytes: Buffer): void {
    switch (this.#state.kind) {
      case "reading-head":
        this.#readHead(Buffer.concat([this.#state.bytes, bytes]), this.#state.deadline);
        break;
      case "reading-body":
        this.#readBody(this.#state, bytes);
        break;
      case "open":
        this.#state.reader.read(bytes);
        break;
      case "ending":
        // A flood is no longer read before its sender sees the end: the system then holds it back.
        this.#readAtEnd += bytes.length;
        if (this.#readAtEnd > LINGER_MAX_BYTES) this.#socket.pause();
        break;
      case "admitting":
      case "answering":
      case "streaming":
      case "closed":
        break;
    }
  }

  drained(): void {
    while (this.#unsent.length > 0) {
      const [next] = this.#unsent;
      if (next === undefined) return;
      const taken = Math.max(0, this.#socket.write(next));
      this.#unsentBytes -= taken < next.length ? taken : taken + PIECE_BYTES;
      if (taken < next.length) {
        this.#unsent[0] = next.subarray(taken);
        break;
      }
      this.#unsent.shift();
    }
    const isAllSent = this.#unsent.length === 0;
    if (this.#state.kind === "open") {
      if (isAllSent) this.#direct = this.#socket;
      this.#state.connection.progressed();
    } else if (this.#state.kind === "streaming") {
      if (isAllSent) this.#direct = this.#socket;
      this.#state.stream.progressed();
    } else if (this.#state.kind === "ending" && isAllSent) this.#socket.shutdown();
  }

  /** The TCP connection is gone, whichever side ended it. */
  closed(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const state = this.#state;
    this.#state = { kind: "closed" };
    this.#direct = null;
    this.#options.sockets.delete(this);
    this.#unsent = [];
    this.#unsentBytes = 0;
    if (state.kind === "reading-body") state.body.release();
    if (state.kind === "streaming") state.stream.closed();
    if (state.kind !== "open") return;
    state.reader.stop();
    state.connection.closed(1006);
  }

  checkDeadline(now: number): void {
    if ("deadline" in this.#state && now >= this.#state.deadline) this.terminate();
  }

  #deadline(): number {
    return performance.now() + this.#options.handshakeMs;
  }

  #becomePlain(state: State & { readonly deadline: number }): void {
    this.#state = state;
    this.#direct = null;
    // It may have ended while something was being done for it.
    if (!this.#isGone) this.#options.sockets.markPlain(this, this.#address);
  }

  /** Sends what is the socket's own: answers and close frames. */
  #write(bytes: Uint8Array): void {
    this.#keep(bytes, this.#unsent.length === 0 ? this.#socket.write(bytes) : 0);
  }

  /** Keeps what the system did not take, for later. */
  #keep(bytes: Uint8Array, taken: number): void {
    if (taken === bytes.length) return;
    const rest = taken > 0 ? bytes.subarray(taken) : bytes;
    this.#direct = null;
    this.#unsent.push(rest);
    this.#unsentBytes += rest.length + PIECE_BYTES;
    if (this.#state.kind === "open") this.#state.connection.checkUnsent();
    else if (this.#state.kind === "streaming") this.#state.stream.checkUnsent();
  }

  #readHead(bytes: Buffer, deadline: number): void {
    const head = readHead(bytes);
    switch (head.kind) {
      case "incomplete":
        this.#state = { kind: "reading-head", bytes, deadline };
        break;
      case "bad":
        this.#reject(head.status, head.sentence, head.status === 405 ? { Allow: "GET, HEAD" } : {});
        break;
      case "head":
        if (isUpgrade(head)) this.#upgrade(head);
        else this.#accept(head, deadline);
        break;
    }
  }

  #accept(head: RequestHead, deadline: number): void {
    const exchange = this.#options.accept(head, this.#peer);
    if (exchange instanceof Response) {
      void this.#answer(exchange, head.method);
      return;
    }
    if (exchange.body === null) {
      void this.#answer(this.#respond(head, exchange, null), head.method);
      return;
    }
    const body = new BodyReader(head.body, exchange.body.maxBytes, exchange.body.account);
    const state = { kind: "reading-body", head, exchange, body, deadline } as const;
    this.#state = state;
    const isHeldBack = !head.isHttp10 && head.headers.get("expect")?.toLowerCase() === "100-continue";
    if (this.#readBody(state, head.rest) === "incomplete" && isHeldBack && head.rest.length === 0)
      this.#write(CONTINUE);
  }

  #readBody({ head, exchange, body }: Extract<State, { kind: "reading-body" }>, bytes: Buffer): BodyProgress {
    const progress = body.read(bytes);
    if (progress === "whole") {
      void this.#answer(this.#respond(head, exchange, body), head.method);
    } else if (progress !== "incomplete") {
      body.release();
      const [status, sentence, headers] = BODY_REJECTIONS[progress];
      this.#reject(status, sentence, headers, head.method, exchange.dress);
    }
    return progress;
  }

  async #respond({ method, url, headers }: RequestHead, exchange: Exchange, body: BodyReader | null) {
    try {
      const request = new Request(url, { method, headers, ...(body && { body: body.bytes }) });
      return await exchange.respond(request);
    } finally {
      body?.release();
    }
  }

  #reject(
    status: number,
    sentence: string,
    headers: Record<string, string> = {},
    method = "GET",
    dress?: Exchange["dress"],
  ): void {
    this.#options.rejected(status, sentence, this.#peer);
    const rejection = new Response(`${sentence}\n`, { status, headers });
    void this.#answer(dress?.(rejection) ?? rejection, method);
  }

  async #answer(answering: Answer | Promise<Answer>, method: string): Promise<void> {
    this.#becomePlain({ kind: "answering", deadline: this.#deadline() });
    let bytes: Buffer;
    try {
      const answer = await answering;
      if (!(answer instanceof Response)) {
        this.#stream(answer);
        return;
      }
      bytes = await responseBytes(answer, method);
    } catch (error) {
      this.#options.fault(error);
      bytes = await responseBytes(new Response("Internal error.\n", { status: 500 }), method);
    }
    if (this.#state.kind !== "answering") return;
    this.#write(bytes);
    this.#end();
  }

  #stream({ head, open }: Streaming): void {
    if (this.#state.kind !== "answering") {
      // The client has left meanwhile: what was prepared for it must learn that.
      open(this).closed();
      return;
    }
    this.#options.sockets.markWebSocket(this);
    this.#write(responseHead(head.status, [...head.headers, ["Connection", "close"]]));
    const stream = open(this);
    this.#state = { kind: "streaming", stream };
    if (this.#unsent.length === 0) this.#direct = this.#socket;
    stream.start();
  }

  #endStream(stream: Streamed): void {
    if (this.#unsentBytes > LINGER_MAX_BYTES) {
      this.terminate();
      return;
    }
    this.#end();
    stream.closed();
  }

  #upgrade(head: RequestHead): void {
    const key = handshakeKey(head);
    if (key === null) {
      const headers = { "Sec-WebSocket-Version": "13" };
      this.#reject(400, "This is not a complete WebSocket handshake.", headers, head.method);
      return;
    }
    const admitted = this.#options.admit(head, this.#peer);
    if (admitted instanceof Promise) void this.#admitLater(head, key, admitted);
    else this.#open(head, key, admitted);
  }

  async #admitLater(head: RequestHead, key: string, deciding: Promise<() => Verdict>): Promise<void> {
    this.#state = { kind: "admitting", deadline: this.#deadline() };
    // What a client sends too early stays in the system.
    this.#socket.pause();
    const decide = await deciding;
    if (this.#state.kind !== "admitting") return;
    this.#socket.resume();
    this.#open(head, key, decide());
  }

  #open(head: RequestHead, key: string, admitted: Verdict): void {
    if (admitted instanceof Response) {
      void this.#answer(admitted, head.method);
      return;
    }
    this.#options.sockets.markWebSocket(this);
    this.#deflates = admitted.deflates;
    this.#write(switchingProtocols(key, admitted.subprotocol, admitted.deflates ? DEFLATE_ANSWER : null));
    const connection = admitted.open(this);
    const reader = readerOf(connection, this.#options.frameBytes, admitted.deflates, {
      pong: (payload) => this.write(controlFrame(OPCODE.pong, payload)),
      close: (code) => this.#endWith(closeFrame(code), connection, code ?? 1005),
      fail: (code, reason) => this.#fail(connection, code, reason),
    });
    this.#state = { kind: "open", connection, reader };
    if (this.#unsent.length === 0) this.#direct = this.#socket;
    connection.sendWelcome();
    if (head.rest.length > 0) reader.read(head.rest);
  }

  #fail(connection: Connection, code: number, reason: string): void {
    this.#endWith(closeFrame(code, reason), connection, code, "fault");
  }

  /** Sends the last frame and ends the connection behind it. The first reason to end counts; nothing is read after it. */
  #endWith(last: Uint8Array, connection: Connection, code: number, cause?: "fault"): void {
    if (this.#state.kind !== "open") return;
    this.#state.reader.stop();
    if (this.#unsentBytes > LINGER_MAX_BYTES) {
      this.#state = { kind: "closed" };
      this.terminate();
    } else {
      this.#write(last);
      this.#end();
    }
    connection.closed(code, cause);
  }

  /** Ends the TCP connection behind what is unsent. */
  #end(): void {
    this.#becomePlain({ kind: "ending", deadline: this.#deadline() });
    if (this.#unsent.length === 0) this.#socket.shutdown();
  }
}
