/**
 * The lower bound with Bun's sockets: a TCP server that only writes the bytes that a chat must write. It does not parse JSON
 * and stores nothing. `--mode message` writes each event to each listener at once; `--mode batch` writes everything that one
 * turn of the event loop has brought to each listener in one write.
 */
import type { Socket } from "bun";
import { listening, portOf } from "./classic.ts";

const port = portOf(process.argv);
const isBatching = process.argv[process.argv.indexOf("--mode") + 1] === "batch";

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const NAME = Buffer.from('"name":"');
const CONTENT = Buffer.from('"content":"');
const TIME = '"timestamp":"01/02/2030 09:08:07"}';
const NOTHING = Buffer.alloc(0);

/** An event of a batch, and the reply that its sender gets instead. */
interface Told {
  readonly sender: Peer;
  readonly event: Buffer;
  readonly reply: Buffer;
}

class Room {
  readonly peers = new Set<Peer>();
  #batch: Told[] = [];

  tell(told: Told): void {
    if (!isBatching) {
      told.sender.write(told.reply);
      for (const peer of this.peers) if (peer !== told.sender) peer.write(told.event);
      return;
    }
    if (this.#batch.length === 0) setImmediate(() => this.#flush());
    this.#batch.push(told);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    const senders = new Set(batch.map(({ sender }) => sender));
    const all = Buffer.concat(batch.map(({ event }) => event));
    for (const peer of this.peers) if (!senders.has(peer)) peer.write(all);
    for (const peer of senders) {
      peer.write(Buffer.concat(batch.map(({ sender, event, reply }) => (sender === peer ? reply : event))));
    }
  }
}

const rooms = new Map<string, Room>();

class Peer {
  readonly #socket: Socket<Peer>;
  #room: Room | null = null;
  #name = "";
  #rest: Buffer = NOTHING;
  #unsent: Buffer[] = [];

  constructor(socket: Socket<Peer>) {
    this.#socket = socket;
  }

  write(bytes: Buffer): void {
    const taken = this.#unsent.length === 0 ? Math.max(0, this.#socket.write(bytes)) : 0;
    if (taken < bytes.length) this.#unsent.push(bytes.subarray(taken));
  }

  drained(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const bytes of waiting) this.write(bytes);
  }

  closed(): void {
    this.#room?.peers.delete(this);
  }

  read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = this.#room === null ? this.#open(bytes, this.#socket) : this.#frames(bytes, this.#room);
  }

  #open(bytes: Buffer, socket: Socket<Peer>): Buffer {
    if (!bytes.includes(END_OF_HEAD)) return bytes;
    const path = bytes.toString("latin1", 0, bytes.indexOf(" HTTP"));
    this.#room = rooms.get(path) ?? new Room();
    rooms.set(path, this.#room);
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    );
    return NOTHING;
  }

  /** @returns the beginning of an incomplete frame */
  #frames(bytes: Buffer, room: Room): Buffer {
    let at = 0;
    while (bytes.length - at >= 8) {
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const head = short === 126 ? 4 : 2;
      const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
      const start = at + head + 4;
      if (bytes.length < start + length) break;
      unmask(bytes, start, length);
      this.#request(bytes.subarray(start, start + length), room);
      at = start + length;
    }
    return bytes.subarray(at);
  }

  #request(text: Buffer, room: Room): void {
    const content = text.indexOf(CONTENT);
    if (content < 0)
      this.#join(text.toString("utf8", text.indexOf(NAME) + NAME.length, text.length - 2), room);
    else this.#say(text.toString("utf8", content + CONTENT.length, text.length - 2), room);
  }

  #join(name: string, room: Room): void {
    this.#name = name;
    const reply = frame(`{"type":"name","action":"register","name":"${name}","status":true,${TIME}`);
    const event = frame(`{"type":"receive","datatype":"register","name":"${name}",${TIME}`);
    room.peers.add(this);
    room.tell({ sender: this, reply, event });
  }

  #say(content: string, room: Room): void {
    const reply = frame(`{"type":"send","name":"${this.#name}","content":"${content}","status":true,${TIME}`);
    const event = frame(
      `{"type":"receive","datatype":"message","name":"${this.#name}","content":"${content}",${TIME}`,
    );
    room.tell({ sender: this, reply, event });
  }
}

const server = Bun.listen<Peer>({
  hostname: "127.0.0.1",
  port,
  socket: {
    open(socket) {
      socket.setNoDelay(true);
      socket.data = new Peer(socket);
    },
    data: (socket, bytes) => socket.data.read(bytes),
    drain: (socket) => socket.data.drained(),
    close: (socket) => socket.data.closed(),
    error: () => {},
  },
});
listening(server.port);

function unmask(bytes: Buffer, start: number, length: number): void {
  for (let i = 0; i < length; i++) {
    bytes[start + i] = (bytes[start + i] ?? 0) ^ (bytes[start - 4 + (i & 3)] ?? 0);
  }
}

/** One text frame, shorter than 64 KiB. */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : 4;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = 0x81;
  bytes[1] = head === 2 ? length : 126;
  if (head === 4) bytes.writeUInt16BE(length, 2);
  bytes.write(text, head);
  return bytes;
}
