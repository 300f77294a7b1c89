/** Bun's own WebSocket server with its topics. */
import * as classic from "./classic.ts";

const port = classic.portOf(process.argv);

const server = Bun.serve<{ readonly room: string; name: string }>({
  hostname: "127.0.0.1",
  port,
  fetch(request, server) {
    const data = { room: new URL(request.url).pathname, name: "" };
    return server.upgrade(request, { data }) ? undefined : new Response("Not found.", { status: 404 });
  },
  websocket: {
    message(socket, text) {
      const request: classic.Request = JSON.parse(String(text));
      const { data } = socket;
      if (request.type === "name") {
        data.name = request.name;
        socket.send(JSON.stringify(classic.registered(data.name)));
        socket.publish(data.room, JSON.stringify(classic.registerEvent(data.name)));
        socket.subscribe(data.room);
      } else {
        socket.send(JSON.stringify(classic.sent(data.name, request.content)));
        socket.publish(data.room, JSON.stringify(classic.messageEvent(data.name, request.content)));
      }
    },
  },
});
classic.listening(server.port ?? port);
