/**
 * A WebSocket client made of bytes: it can say what no well-behaved client says, and stay silent where one answers.
 */
import { createConnection, type Socket } from "node:net";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** The opcodes of RFC 6455, section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type FrameOptions = {
  opcode?: number;
  /** Whether this is the message's last frame; true unless told. */
  fin?: boolean;
  /** Whether the payload is masked, as a client's must be; true unless told. */
  masked?: boolean;
  /** The three reserved bits as a number, 0 to 7. */
  reserved?: number;
  /** The length to claim when it is not the payload's own. */
  claimedLength?: number;
};

const MASK = Buffer.from([0x3a, 0x91, 0x5c, 0xe7]);

/** The bytes of one frame. */
export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = OPCODE.text, fin = true, masked = true, reserved = 0 } = options;
  const body = Buffer.from(payload);
  const length = options.claimedLength ?? body.length;
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const maskBit = masked ? 0x80 : 0;
  if (length < 126) head.push(maskBit | length);
  else if (length < 65536) head.push(maskBit | 126, length >> 8, length & 0xff);
  else {
    const wide = Buffer.alloc(8);
    wide.writeBigUInt64BE(BigInt(length));
    head.push(maskBit | 127, ...wide);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  for (let i = 0; i < body.length; i++) body[i] = (body[i] ?? 0) ^ (MASK[i % 4] ?? 0);
  return Buffer.concat([Buffer.from(head), MASK, body]);
}

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };
/** What a compressed message leaves out of its end (RFC 7692, section 7.2.1). */
const LEFT_OUT = Buffer.from([0, 0, 0xff, 0xff]);
/** Set on the first frame of a compressed message. */
export const RSV1 = 4;

/** The payload of a compressed message. */
export function compressed(message: string | Uint8Array): Buffer {
  return deflateRawSync(message, SYNC).subarray(0, -LEFT_OUT.length);
}

/** A close frame with a status code. */
export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(payload, { opcode: OPCODE.close });
}

/** How a connection ended: the code of the server's close frame, or null when it ended without one. */
export type RawEnd = { code: number | null };

export type RawOptions = {
  /** Further request headers, or replacements of the usual ones; an empty value leaves a header out. */
  headers?: Record<string, string>;
  /** Whether WebSocket pings are answered; true unless told. */
  answersPings?: boolean;
};

/** One TCP connection to the server, with a reader for the frames that come back. */
export class RawPeer {
  /** Settles when the TCP connection has ended. */
  readonly closed: Promise<RawEnd>;
  /** The head of the answer to the upgrade request, or "" before {@link upgrade}. */
  responseHead = "";
  /** How many compressed text frames have arrived. */
  compressedFrames = 0;
  /** How many pings have arrived: as JSON in text frames, and as ping frames. */
  readonly pings = { texts: 0, frames: 0 };
  readonly #socket: Socket;
  readonly #answersPings: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #upgraded = false;
  #closeCode: number | null = null;
  readonly #texts: string[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;

  private constructor(socket: Socket, answersPings: boolean) {
    this.#socket = socket;
    this.#answersPings = answersPings;
    socket.on("data", (bytes: string | Buffer) => this.#read(Buffer.from(bytes)));
    // A reset is one of the ways in which the server may end such a connection.
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#ended = true;
        this.#wake();
        resolve({ code: this.#closeCode });
      });
    });
  }

  /** Opens the TCP connection and says nothing yet. */
  static async open(port: number, options: RawOptions = {}): Promise<RawPeer> {
    const socket = createConnection({ port, host: "127.0.0.1" });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    return new RawPeer(socket, options.answersPings ?? true);
  }

  /** Opens the TCP connection and the WebSocket. Rejects when the server does not answer with 101. */
  static async connect(url: string, options: RawOptions = {}): Promise<RawPeer> {
    const { port, pathname } = new URL(url);
    const peer = await RawPeer.open(Number(port), options);
    peer.send(upgradeRequest(pathname, Number(port), options.headers));
    await peer.until(() => peer.responseHead !== "");
    if (!peer.responseHead.startsWith("HTTP/1.1 101 ")) {
      peer.destroy();
      throw new Error(`the server refused the upgrade: ${peer.responseHead.split("\r\n")[0]}`);
    }
    return peer;
  }

  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Sends one whole, well-formed text frame. */
  sendText(text: string): void {
    this.send(frame(text));
  }

  /** The next text frame of the server that is no JSON ping. Rejects when the connection ends first. */
  async next(): Promise<string> {
    await this.until(() => this.#texts.length > 0);
    return this.#texts.shift() ?? "";
  }

  /** How many text frames have arrived and were not taken by {@link next}. */
  get waiting(): number {
    return this.#texts.length;
  }

  /** Registers a nickname and waits for the reply. */
  async register(name: string): Promise<void> {
    this.sendText(JSON.stringify({ type: "name", name }));
    const reply = await this.next();
    if (!reply.includes('"status":true')) throw new Error(`could not register: ${reply}`);
  }

  /** Resolves once `condition` holds, which is looked at after each arrival. Rejects when the connection ends first. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) throw new Error("the connection ended first");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Stops taking bytes from the kernel, as a stalled client does. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Takes bytes again. */
  readAgain(): void {
    this.#socket.resume();
  }

  /** Ends this side of the TCP connection (FIN) without a close frame. */
  end(): void {
    this.#socket.end();
  }

  /** Drops the TCP connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  #read(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (this.#upgraded || this.#readHead()) while (this.#readFrame());
    this.#wake();
  }

  #readHead(): boolean {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    this.responseHead = this.#bytes.subarray(0, end).toString("latin1");
    this.#bytes = this.#bytes.subarray(end + 4);
    this.#upgraded = true;
    return true;
  }

  #readFrame(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    const opcode = bytes.readUInt8(0) & 0x0f;
    const short = bytes.readUInt8(1) & 0x7f;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < start) return false;
    const length =
      short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) return false;
    const payload = bytes.subarray(start, start + length);
    this.#bytes = bytes.subarray(start + length);
    // What is read here may also be an HTTP body, and no frames at all.
    const isAgreed = this.responseHead.includes("permessage-deflate");
    const isCompressed = isAgreed && (bytes.readUInt8(0) & (RSV1 << 4)) !== 0;
    if (isCompressed) this.compressedFrames++;
    this.#take(opcode, isCompressed ? inflateRawSync(Buffer.concat([payload, LEFT_OUT]), SYNC) : payload);
    return true;
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) {
      const text = payload.toString("utf8");
      if (text.startsWith('{"type":"ping"')) this.pings.texts++;
      else this.#texts.push(text);
    } else if (opcode === OPCODE.close) {
      this.#closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    } else if (opcode === OPCODE.ping) {
      this.pings.frames++;
      if (this.#answersPings) this.send(frame(payload, { opcode: OPCODE.pong }));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The bytes of an HTTP upgrade request. A header whose value is empty is left out. */
export function upgradeRequest(path: string, port: number, headers: Record<string, string> = {}): string {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "");
  return `GET ${path} HTTP/1.1\r\n${lines.map(([key, value]) => `${key}: ${value}\r\n`).join("")}\r\n`;
}
