import { expect, test } from "bun:test";
import { V3Client } from "../support/v3.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();

test("browser-websocket: the browser's own WebSocket speaks the classic dialect", async () => {
  const client = await stage.open("/manifest.webmanifest");
  const frames = await client.page.evaluate(async () => {
    const url = `${location.origin.replace("http", "ws")}/rooms/classic`;
    const socket = new WebSocket(url);
    const arrived: unknown[] = [];
    let wake = () => {};
    socket.onmessage = (event) => {
      const frame: unknown = JSON.parse(event.data);
      if (typeof frame === "object" && frame !== null && "type" in frame && frame.type === "ping") return;
      arrived.push(frame);
      wake();
    };
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    const requests = [
      '{"type":"send","content":"too early"}',
      '{"type":"name","name":"An"}',
      '{"type":"get"}',
      '{"data":"send","content":"chào"}',
      '{"type":"name","name":"Anh"}',
      '{"type":"get"}',
      "no JSON",
    ];
    for (const request of requests) {
      const answered = new Promise<void>((resolve) => {
        wake = resolve;
      });
      socket.send(request);
      await answered;
    }
    const { protocol } = socket;
    socket.close();
    return { protocol, arrived };
  });
  const timestamp = expect.stringMatching(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
  expect(frames).toEqual({
    protocol: "",
    arrived: [
      { type: "send", status: false, reason: "UnknownRegister" },
      { type: "name", action: "register", name: "An", status: true, timestamp },
      { type: "get", status: true, name: "An", timestamp, data: { message: [], online: ["An"] } },
      { type: "send", name: "An", content: "chào", status: true, timestamp },
      { type: "name", action: "change", oldname: "An", newname: "Anh", status: true, timestamp },
      {
        type: "get",
        status: true,
        name: "Anh",
        timestamp,
        data: { message: [{ name: "An", content: "chào", timestamp }], online: ["Anh"] },
      },
      { status: false, reason: "WrongFormatJSON" },
    ],
  });
});

test("ZIP-1 ZIP-3 browser-websocket: the browser agrees on compression, and both understand what is compressed", async () => {
  const long = "mà vẫn cứ nói hoài ".repeat(100);
  const path = stage.newRoom();
  using talker = await V3Client.registered(stage.server.url(path.replace("/rooms/", "")), "An");
  const client = await stage.open("/manifest.webmanifest");
  const heard = client.page.evaluate(
    async ([room, content]) => {
      const socket = new WebSocket(location.origin.replace("http", "ws") + room, "classic-chatbox.v3");
      const asked = [
        { type: "name", name: "Bình" },
        { type: "send", content },
      ];
      return await new Promise((resolve) => {
        // The answer to the last request is followed by what the other says.
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          const request = asked.shift();
          if (request) socket.send(JSON.stringify(request));
          else if (frame.type === "receive") resolve([socket.extensions, frame.content]);
        };
      });
    },
    [path, long],
  );
  expect(await talker.next()).toMatchObject({ datatype: "register", name: "Bình" });
  expect(await talker.next()).toMatchObject({ datatype: "message", content: long });
  await talker.say(long);
  expect(await heard).toEqual([
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    long,
  ]);
});
