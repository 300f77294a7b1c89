import { expect, test } from "bun:test";
import { Stage } from "./stage.ts";

const stage = new Stage();

test("browser-websocket: the browser's own WebSocket speaks the classic dialect", async () => {
  const visitor = await stage.open("/manifest.webmanifest");
  const frames = await visitor.page.evaluate(async () => {
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
