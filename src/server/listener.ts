import type { Socket } from "bun";
import { addressKey } from "./addresses.ts";
import type { Connection, Wire } from "./connection.ts";
import {
  type HttpRequest,
  handshakeKey,
  isUpgrade,
  readRequest,
  responseBytes,
  switchingProtocols,
} from "./http.ts";
import { DEFLATE_ANSWER, inflate } from "./permessage-deflate.ts";
import type { SocketTable } from "./sockets.ts";
import { closeFrame, controlFrame, OPCODE } from "./websocket-frame.ts";
import { decodeUtf8, type MessageForm, WebSocketReader } from "./websocket-reader.ts";

/** An accepted handshake. */
export interface Admission {
  /** The subprotocol to confirm, null for none. */
  readonly subprotocol: string | null;
  /** Whether to agree on compressed messages. */
  readonly deflates: boolean;
  /** Makes the connection. Nothing is sent on the wire before its handshake is answered. */
  open(wire: Wire): Connection;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** The largest message taken from a client, in bytes. */
  readonly frameBytes: number;
  /** All of the server's sockets, over all its listeners. */
  readonly sockets: SocketTable<ClientSocket>;
  /** How many connections the address of a peer may have that are no WebSocket: before, beside or after one. */
  readonly unsettledPerAddress: (peer: string) => number;
  /** How long a client may take to send its HTTP request, to take the answer to it, and to end after a close. */
  readonly handshakeMs: number;
  /** Decides about a WebSocket handshake. `peer` is the address of the other end of the TCP connection. */
  readonly admit: (path: string, request: Request, peer: string) => Admission | Response;
  readonly respond: (path: string, request: Request, peer: string) => Response | Promise<Response>;
  /** Is told of a request that neither of these was asked about. */
  readonly rejected: (status: number, sentence: string, peer: string) => void;
  /** Is told of a connection that was cut because there were too many of its address, or too many in all. */
  readonly crowded: (peer: string) => void;
  /** Is told of a defect; the connection that met it is cut. */
  readonly fault: (error: unknown) => void;
}

export interface Listener {
  readonly port: number;
  /** Takes no more connections. Those that are open stay. */
  stop(): void;
}

/** What a piece that waits costs beside its bytes. */
const PIECE_BYTES = 128;
/** What may still be sent after the end, and read. Who has more unread than this would not come to the close frame in time. */
const LINGER_MAX_BYTES = 64 * 1024;
/** How often deadlines are looked at. */
const DEADLINES_EVERY_MS = 1_000;

/**
 * Listens on one address for HTTP and WebSocket. All that is known of Bun's sockets stands here; why it is not Bun's
 * own WebSocket server is in docs/decisions/0002.
 *
 * @throws an Error with `code` (EADDRINUSE, EACCES, EADDRNOTAVAIL) when the address cannot be had
 */
export function listen(options: ListenerOptions): Listener {
  const { sockets } = options;
  let isStopped = false;
  const server = Bun.listen<ClientSocket>({
    hostname: options.host,
    port: options.port,
    // Else the port would be shared with whoever asks, and a second server would take half the clients.
    exclusive: true,
    socket: {
      open(socket) {
        socket.setNoDelay(true);
        socket.data = new ClientSocket(socket, options);
        socket.data.makeRoom();
      },
      data: (socket, bytes) => socket.data.read(bytes),
      drain: (socket) => socket.data.drained(),
      close: (socket) => socket.data.closed(),
      // A reset or a broken pipe is the client's, and its close follows; anything else is a defect of ours.
      error: (socket, error) => {
        if ("code" in error) return;
        options.fault(error);
        socket.data.terminate();
      },
    },
  });
  const deadlines = setInterval(() => {
    const now = performance.now();
    for (const socket of sockets.waiting()) socket.checkDeadline(now);
    if (isStopped && sockets.unsettled === 0) clearInterval(deadlines);
  }, DEADLINES_EVERY_MS);
  return {
    port: server.port,
    stop() {
      server.stop(false);
      isStopped = true;
    },
  };
}

type State =
  /** The request has not come whole. */
  | { readonly kind: "requesting"; readonly head: Buffer; readonly deadline: number }
  /** A plain request is being answered. */
  | { readonly kind: "answering"; readonly deadline: number }
  | { readonly kind: "open"; readonly connection: Connection; readonly reader: WebSocketReader }
  /**
   * Nothing more is taken or given, but for what is unsent. The socket is shut down and not closed: to close it with
   * bytes unread would make the system tell the client of a reset, and our last words could be lost.
   */
  | { readonly kind: "ending"; readonly deadline: number }
  | { readonly kind: "closed" };

/** One client's TCP connection: an HTTP request first, then its answer or a WebSocket. */
export class ClientSocket implements Wire {
  readonly #socket: Socket<ClientSocket>;
  readonly #options: ListenerOptions;
  readonly #peer: string;
  /** What the connection is counted under until it is a WebSocket, which may be somebody's behind a proxy. */
  readonly #address: string;
  #state: State;
  #deflates = false;
  /** What has come after our last words, in bytes. */
  #readAtEnd = 0;
  /** What the system did not take yet. Buffers are shared between clients: a slow one costs references. */
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #isGone = false;
  /** The socket while it is open and takes all it is given: all that a write to most clients has to look at. */
  #direct: Socket<ClientSocket> | null = null;

  constructor(socket: Socket<ClientSocket>, options: ListenerOptions) {
    this.#socket = socket;
    this.#options = options;
    // Asked for now: a socket that is gone has none.
    this.#peer = socket.remoteAddress ?? "";
    this.#address = addressKey(this.#peer);
    this.#state = { kind: "requesting", head: Buffer.alloc(0), deadline: this.#deadline() };
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
    else if (this.#state.kind === "open") this.#keep(bytes, 0);
  }

  close(code: number, reason: string): void {
    if (this.#state.kind !== "open") return;
    this.#endWith(closeFrame(code, reason), this.#state.connection, code);
  }

  terminate(): void {
    this.#socket.terminate();
    this.closed();
  }

  /** Sees to it that this connection, which is new, is not one too many. */
  makeRoom(): void {
    const { sockets, unsettledPerAddress } = this.#options;
    if (sockets.heldBy(this.#address) > unsettledPerAddress(this.#peer)) this.giveWay();
    else sockets.surplus()?.giveWay();
  }

  /** Makes room for others. */
  giveWay(): void {
    this.terminate();
    this.#options.crowded(this.#peer);
  }

  read(bytes: Buffer): void {
    switch (this.#state.kind) {
      case "requesting":
        this.#request(Buffer.concat([this.#state.head, bytes]), this.#state.deadline);
        break;
      case "open":
        this.#state.reader.read(bytes);
        break;
      case "ending":
        // Whoever floods on is not listened to until it sees the end: the system then holds it back.
        this.#readAtEnd += bytes.length;
        if (this.#readAtEnd > LINGER_MAX_BYTES) this.#socket.pause();
        break;
      case "answering":
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
    } else if (this.#state.kind === "ending" && isAllSent) this.#socket.shutdown();
  }

  /** The TCP connection is gone, by whatever end. */
  closed(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const state = this.#state;
    this.#state = { kind: "closed" };
    this.#direct = null;
    this.#options.sockets.delete(this);
    this.#unsent = [];
    this.#unsentBytes = 0;
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

  #limit(state: State & { readonly deadline: number }): void {
    this.#state = state;
    this.#direct = null;
    // It may have ended in the middle of what is being done for it.
    if (!this.#isGone) this.#options.sockets.unsettle(this, this.#address);
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
  }

  #request(bytes: Buffer, deadline: number): void {
    const read = readRequest(bytes);
    switch (read.kind) {
      case "incomplete":
        this.#state = { kind: "requesting", head: bytes, deadline };
        break;
      case "bad": {
        const headers: Record<string, string> = read.status === 405 ? { Allow: "GET, HEAD" } : {};
        this.#reject(read.status, read.sentence, headers);
        break;
      }
      case "request": {
        const { path, request } = read;
        if (isUpgrade(request)) this.#upgrade(read);
        else void this.#answer(this.#options.respond(path, request, this.#peer), request.method);
        break;
      }
    }
  }

  #reject(status: number, sentence: string, headers: Record<string, string> = {}, method = "GET"): void {
    this.#options.rejected(status, sentence, this.#peer);
    void this.#answer(new Response(`${sentence}\n`, { status, headers }), method);
  }

  async #answer(response: Response | Promise<Response>, method: string): Promise<void> {
    this.#limit({ kind: "answering", deadline: this.#deadline() });
    let bytes: Buffer;
    try {
      bytes = await responseBytes(await response, method);
    } catch (error) {
      this.#options.fault(error);
      bytes = await responseBytes(new Response("Internal error.\n", { status: 500 }), method);
    }
    if (this.#state.kind !== "answering") return;
    this.#write(bytes);
    this.#end();
  }

  #upgrade(read: HttpRequest): void {
    const { path, request, rest } = read;
    const key = handshakeKey(read);
    if (key === null) {
      const headers = { "Sec-WebSocket-Version": "13" };
      this.#reject(400, "This is no complete WebSocket handshake.", headers, request.method);
      return;
    }
    const admitted = this.#options.admit(path, request, this.#peer);
    if (admitted instanceof Response) {
      void this.#answer(admitted, request.method);
      return;
    }
    this.#options.sockets.settle(this);
    this.#deflates = admitted.deflates;
    this.#write(switchingProtocols(key, admitted.subprotocol, admitted.deflates ? DEFLATE_ANSWER : null));
    const connection = admitted.open(this);
    const reader = new WebSocketReader(this.#options.frameBytes, admitted.deflates, {
      message: (bytes, form) => {
        if (form.isDeflated) this.#deflatedMessage(connection, bytes, form);
        else this.#message(connection, bytes, form, 0);
        this.#stopUnlessTaking(connection, reader);
      },
      ping: (payload) => {
        if (connection.pinged()) this.write(controlFrame(OPCODE.pong, payload));
        this.#stopUnlessTaking(connection, reader);
      },
      pong: () => {
        connection.ponged();
        this.#stopUnlessTaking(connection, reader);
      },
      close: (code) => this.#endWith(closeFrame(code), connection, code ?? 1005),
      fault: (code, reason) => this.#fail(connection, code, reason),
    });
    this.#state = { kind: "open", connection, reader };
    if (this.#unsent.length === 0) this.#direct = this.#socket;
    connection.greet();
    if (rest.length > 0) reader.read(rest);
  }

  /** A chunk has thousands of frames, and of a flood that is to end no more are read. */
  #stopUnlessTaking(connection: Connection, reader: WebSocketReader): void {
    if (!connection.isTaking) reader.stop();
  }

  #deflatedMessage(connection: Connection, payload: Uint8Array, form: MessageForm): void {
    const { fragments } = form;
    const upTo = connection.inflatesUpTo;
    const bytes = inflate(payload, upTo);
    if (bytes === "too big" && connection.leftUnread(upTo, { fragments, deflatedBytes: payload.length }))
      return;
    if (bytes === "too big") this.#fail(connection, 1009, "Message too big");
    else if (bytes === "broken") this.#fail(connection, 1007, "Compression is broken");
    else this.#message(connection, bytes, form, payload.length);
  }

  #message(
    connection: Connection,
    bytes: Uint8Array,
    { isText, fragments }: MessageForm,
    deflatedBytes: number,
  ): void {
    const text = decodeUtf8(bytes);
    if (text === null && isText) this.#fail(connection, 1007, "Text is not UTF-8");
    else connection.frame(text, bytes.length, { fragments, deflatedBytes });
  }

  #fail(connection: Connection, code: number, reason: string): void {
    this.#endWith(closeFrame(code, reason), connection, code, "fault");
  }

  /** The last frame, and the end behind it. Whatever of the client's comes after the first reason to end is nothing. */
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
    this.#limit({ kind: "ending", deadline: this.#deadline() });
    if (this.#unsent.length === 0) this.#socket.shutdown();
  }
}
