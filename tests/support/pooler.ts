/**
 * What a client sees of a pooler such as PgBouncer before PostgreSQL: it refuses parameters of a new connection that it does
 * not know, and by transaction it passes no notifications on. Each client has a connection of its own to the database.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";

const SSL_REQUEST = 80_877_103;
/** The parameters that PgBouncer accepts without further settings. */
const KNOWN = ["user", "database", "application_name", "client_encoding", "datestyle", "timezone"].concat(
  "standard_conforming_strings",
);
const NOTIFICATION = "A".charCodeAt(0);

export class Pooler implements Disposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #url: URL;

  private constructor(url: URL, mode: "session" | "transaction") {
    this.#url = url;
    this.#server = createServer((client) => this.#accept(client, mode));
  }

  /** Listens before the database of a URL. */
  static async start(url: string, mode: "session" | "transaction"): Promise<Pooler> {
    const pooler = new Pooler(new URL(url), mode);
    await new Promise<void>((resolve) => pooler.#server.listen(0, "127.0.0.1", resolve));
    return pooler;
  }

  /** The URL of the database through the pooler. */
  get url(): string {
    const url = new URL(this.#url);
    const address = this.#server.address();
    url.host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    return url.href;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
  }

  #accept(client: Socket, mode: "session" | "transaction"): void {
    this.#keep(client).once("data", (bytes: Buffer) => {
      if (bytes.readInt32BE(4) === SSL_REQUEST) {
        client.write("N");
        this.#accept(client, mode);
        return;
      }
      const unknown = parametersOf(bytes).find((name) => !KNOWN.includes(name.toLowerCase()));
      if (unknown === undefined) this.#connect(client, bytes, mode);
      else client.end(refusal(`unsupported startup parameter: ${unknown}`));
    });
  }

  #connect(client: Socket, startup: Buffer, mode: "session" | "transaction"): void {
    const server = this.#keep(createConnection(Number(this.#url.port), this.#url.hostname));
    server.write(startup);
    client.pipe(server);
    if (mode === "session") server.pipe(client);
    else passWithoutNotifications(server, client);
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
  }
}

/** The names in a startup message: names and values in turn, each ended by a NUL, behind length and version. */
function parametersOf(startup: Buffer): string[] {
  const texts = startup.subarray(8).toString("latin1").split("\0");
  return texts.filter((text, i) => i % 2 === 0 && text !== "");
}

function refusal(sentence: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${sentence}\0\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** A message of the server is its kind, its length without the kind, and its body. */
function passWithoutNotifications(server: Socket, client: Socket): void {
  let rest = Buffer.alloc(0);
  server.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      if (rest[0] !== NOTIFICATION) client.write(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}
