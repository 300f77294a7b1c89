/** Node and `ws`, with each event framed once and written directly to the sockets. */
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import * as classic from "./classic.ts";

const port = classic.portOf(process.argv);
const rooms = new Map<string, Set<Socket>>();
const server = new WebSocketServer({ host: "127.0.0.1", port, perMessageDeflate: false });

server.on("connection", (client: WebSocket, { url = "/", socket }) => {
  const room = rooms.get(url) ?? new Set();
  rooms.set(url, room);
  let name = "";
  client.on("message", (data) => {
    const request: classic.Request = JSON.parse(data.toString());
    if (request.type === "name") {
      name = request.name;
      socket.write(frame(classic.registered(name)));
      tell(room, socket, classic.registerEvent(name));
      room.add(socket);
    } else {
      socket.write(frame(classic.sent(name, request.content)));
      tell(room, socket, classic.messageEvent(name, request.content));
    }
  });
  client.on("close", () => room.delete(socket));
});
server.on("listening", () => classic.listening(classic.portIn(server.address())));

function tell(room: ReadonlySet<Socket>, sender: Socket, event: object): void {
  const bytes = frame(event);
  for (const socket of room) if (socket !== sender) socket.write(bytes);
}

/** One text frame, shorter than 64 KiB. */
function frame(value: object): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  const head =
    payload.length < 126 ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}
