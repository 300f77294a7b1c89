import type { Server, ServerWebSocket } from "bun";
import type { Connection, Wire } from "./connection.ts";
import type { Publisher } from "./fanout.ts";

/** An accepted handshake, until its socket is open. */
export interface Admission {
  open(wire: Wire, publisher: Publisher): Connection;
  /** The handshake was accepted but did not become a connection. */
  abandon(): void;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly frameBytes: number;
  /** What may wait unsent for one socket before the runtime cuts it, in bytes. */
  readonly unsentHardBytes: number;
  /** Decides about a WebSocket handshake. `peer` is the address of the other end of the TCP connection. */
  readonly admit: (request: Request, peer: string) => Admission | Response;
  readonly respond: (request: Request) => Response | Promise<Response>;
}

interface SocketData {
  readonly admission: Admission;
  connection: Connection | null;
}

export interface Listener extends Publisher {
  readonly port: number;
  /** Takes no more connections. Those that are open stay. */
  stop(): void;
}

/**
 * Listens on one address. All that is known of Bun's HTTP and WebSocket server stands here.
 *
 * Two things are the runtime's own: a connection that sends no whole HTTP request is cut 10 s after it was
 * opened (checked each 4 s, and there is no setting for it), and broken framing closes with 1002, invalid
 * UTF-8 with 1007, a frame that is too large with 1009.
 *
 * @throws an Error with `code` (EADDRINUSE, EACCES, EADDRNOTAVAIL) when the address cannot be had
 */
export function listen(options: ListenerOptions): Listener {
  const server: Server<SocketData> = Bun.serve<SocketData>({
    hostname: options.host,
    port: options.port,
    development: false,
    // Without development mode Bun shares the port with whoever asks, and a second server would take half the clients.
    reusePort: false,
    fetch(request, self) {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return options.respond(request);
      if (!request.headers.has("sec-websocket-key")) return incompleteHandshake();
      const admitted = options.admit(request, self.requestIP(request)?.address ?? "");
      if (admitted instanceof Response) return admitted;
      if (self.upgrade(request, { data: { admission: admitted, connection: null } })) return undefined;
      admitted.abandon();
      return incompleteHandshake();
    },
    error: () => new Response("Internal error\n", { status: 500 }),
    websocket: {
      // Bun's own ping and timeout found a dead peer only after three times what was set; liveness is ours.
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      maxPayloadLength: options.frameBytes,
      // Without the close, publish() drops messages silently past the limit.
      backpressureLimit: options.unsentHardBytes,
      closeOnBackpressureLimit: true,
      open(socket: ServerWebSocket<SocketData>) {
        socket.data.connection = socket.data.admission.open(socket, listener);
      },
      message(socket, data) {
        socket.data.connection?.frame(data);
      },
      pong(socket) {
        socket.data.connection?.alive();
      },
      ping(socket) {
        socket.data.connection?.alive();
      },
      drain(socket) {
        socket.data.connection?.checkUnsent();
      },
      close(socket, code) {
        socket.data.connection?.closed(code);
      },
    },
  });
  const listener: Listener = {
    port: server.port ?? options.port,
    publish: (topic, frame) => (server.subscriberCount(topic) > 0 ? server.publish(topic, frame) : 0),
    stop: () => void server.stop(false),
  };
  return listener;
}

function incompleteHandshake(): Response {
  return new Response("This is no complete WebSocket handshake.\n", { status: 400 });
}
