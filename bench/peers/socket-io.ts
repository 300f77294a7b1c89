/** Node and Socket.IO with its rooms, over WebSocket only. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import * as classic from "./classic.ts";

const port = classic.portOf(process.argv);
const http = createServer();
const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

server.on("connection", (socket) => {
  const room = `room ${socket.handshake.query.room}`;
  let name = "";
  socket.on("message", (request: classic.Request) => {
    if (request.type === "name") {
      name = request.name;
      socket.emit("message", classic.registered(name));
      socket.to(room).emit("message", classic.registerEvent(name));
      void socket.join(room);
    } else {
      socket.emit("message", classic.sent(name, request.content));
      socket.to(room).emit("message", classic.messageEvent(name, request.content));
    }
  });
});
http.listen(port, "127.0.0.1", () => classic.listening(classic.portIn(http.address())));
