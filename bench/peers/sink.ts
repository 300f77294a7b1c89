/** Accepts a WebSocket and drops everything it receives: it shows what an attack costs when no server reads it. */
import { listening, portOf } from "./classic.ts";

const AGREED = Buffer.from(
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
);

const server = Bun.listen<{ isAgreed: boolean }>({
  hostname: "127.0.0.1",
  port: portOf(process.argv),
  socket: {
    open(socket) {
      socket.data = { isAgreed: false };
    },
    data(socket) {
      if (!socket.data.isAgreed) socket.write(AGREED);
      socket.data.isAgreed = true;
    },
  },
});
listening(server.port);
