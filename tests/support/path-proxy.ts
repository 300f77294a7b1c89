/** A proxy that serves a chat under a path, as nginx and Caddy do: for HTTP and for WebSocket. */
import { createConnection, createServer, type Server, type Socket } from "node:net";

/** What the proxy does with a path; undefined for a path outside of the chat, to which the proxy itself answers 404. */
type Rewrite = (path: string) => string | undefined;

/** Takes the prefix away, as `location /chat/ { proxy_pass http://127.0.0.1:5000/; }` does. */
export function stripping(prefix: string): Rewrite {
  return (path) => (path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined);
}

/** The same with the address without a slash at its end, as Traefik's `StripPrefix` has it. */
export function strippingAlsoWithoutSlash(prefix: string): Rewrite {
  return (path) => (path === prefix ? "/" : stripping(prefix)(path));
}

/** Passes the path on as it is, as `location /chat { proxy_pass http://127.0.0.1:5000; }` does. */
export function keeping(prefix: string): Rewrite {
  return (path) => (path === prefix || path.startsWith(`${prefix}/`) ? path : undefined);
}

export class PathProxy implements AsyncDisposable {
  /** The requested paths that lie outside of the chats. */
  readonly strays: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(targets: readonly (readonly [port: number, rewrite: Rewrite])[]) {
    this.#server = createServer((client) => this.#accept(client, targets));
  }

  /** Listens on a free port of this machine. @param targets the first that takes a path has it */
  static async start(...targets: readonly (readonly [port: number, rewrite: Rewrite])[]): Promise<PathProxy> {
    const proxy = new PathProxy(targets);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    const address = proxy.#server.address();
    proxy.#port = typeof address === "object" && address !== null ? address.port : 0;
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** The HTTP URL of a path. */
  http(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The server closes a connection behind each answer, so that only its first request needs to be read. */
  #accept(client: Socket, targets: readonly (readonly [port: number, rewrite: Rewrite])[]): void {
    let head = "";
    this.#keep(client);
    const read = (bytes: Buffer | string) => {
      head += bytes.toString("latin1");
      const [, method, path = "", query = "", rest] =
        /^(\S+) ([^?\s]*)(\S*) (HTTP.*\r\n\r\n.*)$/s.exec(head) ?? [];
      if (rest === undefined) return;
      client.off("data", read);
      for (const [port, rewrite] of targets) {
        const inside = rewrite(path);
        if (inside === undefined) continue;
        const server = this.#keep(createConnection({ port, host: "127.0.0.1" }));
        server.write(Buffer.from(`${method} ${inside}${query} ${rest}`, "latin1"));
        server.pipe(client);
        client.pipe(server);
        return;
      }
      this.strays.push(path);
      client.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    client.on("data", read);
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    // Connections that break are the test's business.
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  }
}
