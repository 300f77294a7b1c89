import type { Socket } from "bun";
import { ClientSocket, type SocketOptions } from "./client-socket.ts";
import type { Certificate } from "./tls/certificate.ts";

export interface ListenerOptions extends SocketOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Null: what is served is not encrypted. */
  readonly tls: ListenerTls | null;
}

/** How connections are encrypted. */
export interface ListenerTls {
  /** The certificate for the next connection. */
  certificate(): Pick<Certificate, "cert" | "key">;
  /** Whether an address may have the work of one more TLS handshake done for it. */
  mayShakeHands(peer: string): boolean;
  /** A TLS handshake has failed, because of what the client sent. */
  failed(reason: string, peer: string): void;
}

export interface Listener {
  readonly port: number;
  /** Takes no more connections. Those that are open stay. */
  stop(): void;
}

/** How often deadlines are checked. */
const DEADLINES_EVERY_MS = 1_000;
/** TLS 1.2, as TLS numbers its versions. Earlier ones are deprecated (RFC 8996). */
const TLS_MIN_VERSION = 0x0303;

type ClientHandlers = Bun.SocketHandler<ClientSocket>;

/**
 * Listens on one address for HTTP and WebSocket. Only this file and `client-socket.ts` know Bun's sockets; the reason
 * for not using Bun's own WebSocket server is in docs/decisions/0002.
 *
 * @throws an Error with `code` (EADDRINUSE, EACCES, EADDRNOTAVAIL) when the address is not available
 */
export function listen(options: ListenerOptions): Listener {
  const { sockets, tls, host, port } = options;
  let isStopped = false;
  const handlers = clientHandlers(options);
  // Otherwise a second server could listen on the same port, and would take half the clients.
  const at = { hostname: host, port, exclusive: true } as const;
  const server =
    tls === null
      ? Bun.listen<ClientSocket>({ ...at, socket: handlers })
      : Bun.listen<ClientSocket>({ ...at, socket: encrypting(tls, handlers) });
  const deadlines = setInterval(() => {
    const now = performance.now();
    for (const socket of sockets.plainSockets()) socket.checkDeadline(now);
    if (isStopped && sockets.plain === 0) clearInterval(deadlines);
  }, DEADLINES_EVERY_MS);
  return {
    port: server.port,
    stop() {
      server.stop(false);
      isStopped = true;
    },
  };
}

function clientHandlers(options: ListenerOptions): ClientHandlers {
  return {
    open(socket) {
      socket.setNoDelay(true);
      socket.data = new ClientSocket(socket, options);
      socket.data.enforceLimits();
    },
    data: (socket, bytes) => socket.data.read(bytes),
    drain: (socket) => socket.data.drained(),
    close: (socket) => socket.data.closed(),
    // A reset or a broken pipe is the client's doing, and its close follows; anything else is a defect of ours.
    error: (socket, error) => {
      if ("code" in error) return;
      options.fault(error);
      socket.data.terminate();
    },
  };
}

/**
 * What happens to a TCP connection before it is encrypted. A listener keeps the certificate that it began with, but each
 * connection is encrypted by itself, and so gets the certificate of the moment (docs/decisions/0041). The time for the TLS handshake is
 * part of that for the first request.
 */
function encrypting(tls: ListenerTls, handlers: ClientHandlers): ClientHandlers {
  return {
    open(socket) {
      if (!tls.mayShakeHands(socket.remoteAddress ?? "")) {
        socket.terminate();
        return;
      }
      const { cert, key } = tls.certificate();
      // Bun takes this for the client's side otherwise; its types do not know the word.
      const server = { isServer: true, tls: { cert, key, minVersion: TLS_MIN_VERSION } };
      const handshake = (encrypted: Socket<ClientSocket>, isDone: boolean, error: Error | null) => {
        // Most that leave meanwhile are no mistake of anybody.
        if (!isDone && error !== null && "code" in error && error.code === "EPROTO")
          tls.failed(error.message, encrypted.remoteAddress);
      };
      socket.upgradeTLS<ClientSocket>({ ...server, socket: { ...handlers, handshake } });
    },
    // Everything else happens to the encrypted socket.
    drain() {},
    error() {},
  };
}
