import type { Socket, SocketHandler } from "bun";
import { clientFrame, OPCODE, textFrame } from "./client-frame.ts";
import type { WireForm } from "./orders.ts";
import { FrameScanner, type Hearer, type ReplyKind } from "./scanner.ts";

/** Gets notified of what happens to a client. */
export interface Host {
  readonly port: number;
  readonly form: WireForm;
  /** The address to connect from; any by default. */
  readonly from?: string;
  read(bytes: number): void;
  opened(client: Client): void;
  heard(client: Client, messages: number, registers: number, leaves: number, changes: number): void;
  replied(client: Client, kind: ReplyKind, isAccepted: boolean, text: Buffer): void;
  /** The connection has ended unexpectedly. */
  lost(client: Client, why: string): void;
}

const END_OF_HEAD = Buffer.from("\r\n\r\n");
/** What precedes the JSON in a frame: `42["message",` for Socket.IO. */
const SOCKET_IO_PREFIX = '42["message",';
const ENGINE_IO = { open: 0x30, ping: 0x32, message: 0x34 } as const;
const SOCKET_IO_CONNECT = 0x30;
const ENGINE_IO_PONG = textFrame("3");
const SOCKET_IO_HELLO = textFrame("40");

/** The bytes of a request on the wire. */
export function requestFrame(form: WireForm, json: string): Buffer {
  return textFrame(form === "socket.io" ? `${SOCKET_IO_PREFIX}${json}]` : json);
}

/** One WebSocket connection on a raw socket. */
export class Client implements Hearer {
  readonly name: string;
  readonly room: string | null;
  readonly #host: Host;
  #scanner: FrameScanner;
  #socket: Socket<Client> | null = null;
  /** The part of the answer to the handshake that has arrived; null once it is complete. */
  #head: Buffer | null = Buffer.alloc(0);
  #isOpen = false;
  #unsent: Buffer[] = [];
  /** Requests of the current order. */
  sent = 0;
  acked = 0;
  /** Messages and changes of messages received in the current order. */
  seen = 0;
  isNamed = false;
  /** In version 3: the secret with which the next connection resumes, that of this connection, and the wait before it. */
  held = "";
  session = "";
  retryS = 1;
  failures = 0;

  constructor(host: Host, name: string, room: string | null) {
    this.#host = host;
    this.name = name;
    this.room = room;
    this.#scanner = this.#newScanner();
  }

  /** Connects, or reconnects. */
  dial(): void {
    this.#head = Buffer.alloc(0);
    this.#isOpen = false;
    this.#unsent = [];
    this.#scanner = this.#newScanner();
    const { port, from } = this.#host;
    connectFrom(from, port, HANDLERS, this).catch(() => this.#host.lost(this, "it could not connect"));
  }

  /** Reads nothing for a while: what arrives stays in the system's buffers. */
  rest(ms: number): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.pause();
    setTimeout(() => socket.resume(), ms);
  }

  write(bytes: Buffer): void {
    if (this.#unsent.length > 0) {
      this.#unsent.push(bytes);
      return;
    }
    const taken = Math.max(0, this.#socket?.write(bytes) ?? 0);
    if (taken < bytes.length) this.#unsent.push(bytes.subarray(taken));
  }

  /** Ends the connection without a close frame. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.terminate();
  }

  connected(socket: Socket<Client>): void {
    socket.setNoDelay(true);
    this.#socket = socket;
    socket.write(handshake(this.#host, this.room));
  }

  drained(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const bytes of waiting) this.write(bytes);
  }

  closed(socket: Socket<Client>): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#host.lost(this, "its connection ended");
  }

  data(bytes: Buffer): void {
    this.#host.read(bytes.length);
    if (this.#head === null) this.#scanner.scan(bytes);
    else this.#readHead(Buffer.concat([this.#head, bytes]));
  }

  heard(messages: number, registers: number, leaves: number, changes: number): void {
    this.#host.heard(this, messages, registers, leaves, changes);
  }

  replied(kind: ReplyKind, isAccepted: boolean, text: Buffer): void {
    if (kind === "welcome") this.#welcomed(text.toString());
    else this.#host.replied(this, kind, isAccepted, text);
  }

  control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.write(clientFrame(OPCODE.pong, payload));
    else if (opcode === OPCODE.text) this.#engineIo(payload);
  }

  #newScanner(): FrameScanner {
    return new FrameScanner(this, this.#host.form === "socket.io" ? SOCKET_IO_PREFIX.length : 0);
  }

  #readHead(bytes: Buffer): void {
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.#head = bytes;
      return;
    }
    this.#head = null;
    const head = bytes.toString("latin1", 0, end);
    const isV3 = this.#host.form === "v3" || this.#host.form === "v3-deflate";
    if (!head.startsWith("HTTP/1.1 101 ") || (isV3 && !head.includes("classic-chatbox.v3"))) {
      this.drop();
      this.#host.lost(this, `its handshake was answered with ${head.split("\r\n")[0]}`);
      return;
    }
    if (this.#host.form === "v2") this.#open();
    const rest = bytes.subarray(end + END_OF_HEAD.length);
    if (rest.length > 0) this.#scanner.scan(rest);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#host.opened(this);
  }

  #welcomed(text: string): void {
    this.session = /"session":"([^"]+)"/.exec(text)?.[1] ?? "";
    this.retryS = Number(/"retry":(\d+)/.exec(text)?.[1] ?? 1);
    this.#open();
  }

  #engineIo(payload: Buffer): void {
    if (payload[0] === ENGINE_IO.ping) this.write(ENGINE_IO_PONG);
    else if (payload[0] === ENGINE_IO.open) this.write(SOCKET_IO_HELLO);
    else if (payload[0] === ENGINE_IO.message && payload[1] === SOCKET_IO_CONNECT) this.#open();
  }
}

const HANDLERS = {
  open: (socket: Socket<Client>) => socket.data.connected(socket),
  data: (socket: Socket<Client>, bytes: Buffer) => socket.data.data(bytes),
  drain: (socket: Socket<Client>) => socket.data.drained(),
  close: (socket: Socket<Client>) => socket.data.closed(socket),
  // The close handler, or the rejection of the connect, follows.
  error: () => {},
  connectError: () => {},
};

/**
 * Connects to a server on this machine.
 *
 * @param from the loopback address to connect from; undefined to let the system choose
 */
export function connectFrom<T>(
  from: string | undefined,
  port: number,
  socket: SocketHandler<T>,
  data: T,
): Promise<Socket<T>> {
  // Bun supports `localAddress`, as Node does; its types do not have it.
  const options = { hostname: "127.0.0.1", port, socket, data, ...(from && { localAddress: from }) };
  return Bun.connect(options);
}

/** The upgrade request of a client of this form. @param room null for the main room */
export function handshake({ port, form }: Pick<Host, "port" | "form">, room: string | null): string {
  const path = room === null ? "/" : `/rooms/${room}`;
  const target = form === "socket.io" ? `/socket.io/?EIO=4&transport=websocket&room=${room ?? ""}` : path;
  return [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...(form === "v3" || form === "v3-deflate" ? ["Sec-WebSocket-Protocol: classic-chatbox.v3"] : []),
    ...(form === "v3-deflate"
      ? [
          "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover",
        ]
      : []),
    "",
    "",
  ].join("\r\n");
}
