import { ClientSocket, type SocketOptions } from "./client-socket.ts";

export interface ListenerOptions extends SocketOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

export interface Listener {
  readonly port: number;
  /** Takes no more connections. Those that are open stay. */
  stop(): void;
}

/** How often deadlines are checked. */
const DEADLINES_EVERY_MS = 1_000;

/**
 * Listens on one address for HTTP and WebSocket. Only this file and `client-socket.ts` know Bun's sockets; the reason
 * for not using Bun's own WebSocket server is in docs/decisions/0002.
 *
 * @throws an Error with `code` (EADDRINUSE, EACCES, EADDRNOTAVAIL) when the address is not available
 */
export function listen(options: ListenerOptions): Listener {
  const { sockets } = options;
  let isStopped = false;
  const server = Bun.listen<ClientSocket>({
    hostname: options.host,
    port: options.port,
    // Otherwise a second server could listen on the same port, and would take half the clients.
    exclusive: true,
    socket: {
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
    },
  });
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
