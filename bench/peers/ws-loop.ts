/** Node and `ws`, as most chats are written: an event is serialised once, and sent in a loop over the room. */
import { type WebSocket, WebSocketServer } from "ws";
import * as classic from "./classic.ts";

const port = classic.portOf(process.argv);
const rooms = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ host: "127.0.0.1", port, perMessageDeflate: false });

server.on("connection", (client, { url = "/" }) => {
  const room = rooms.get(url) ?? new Set();
  rooms.set(url, room);
  let name = "";
  client.on("message", (data) => {
    const request: classic.Request = JSON.parse(data.toString());
    if (request.type === "name") {
      name = request.name;
      client.send(JSON.stringify(classic.registered(name)));
      tell(room, client, classic.registerEvent(name));
      room.add(client);
    } else {
      client.send(JSON.stringify(classic.sent(name, request.content)));
      tell(room, client, classic.messageEvent(name, request.content));
    }
  });
  client.on("close", () => room.delete(client));
});
server.on("listening", () => classic.listening(classic.portIn(server.address())));

function tell(room: ReadonlySet<WebSocket>, sender: WebSocket, event: object): void {
  const text = JSON.stringify(event);
  for (const client of room) if (client !== sender) client.send(text);
}
