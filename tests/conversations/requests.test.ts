import { expect, test } from "bun:test";
import { ChatClient, untimed } from "../support/client.ts";
import { startServer } from "../support/server.ts";

const WRONG_JSON = '{"status":false,"reason":"WrongFormatJSON"}';
const UNKNOWN_TYPE = '{"type":null,"status":false,"reason":"UnknownType"}';
const NEED_NAME = '{"type":"name","status":false,"reason":"NotEnoughKey","need":"name"}';
const NEED_CONTENT = '{"type":"send","status":false,"reason":"NotEnoughKey","need":"content"}';
const GET_UNREGISTERED = '{"type":"get","status":false,"reason":"UnknownRegister"}';

async function replyTo(client: ChatClient, frame: string | Buffer): Promise<string> {
  client.sendText(frame);
  return untimed(await client.nextText());
}

test("REQ-1 a binary frame is read as if it were text", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  expect(await replyTo(client, Buffer.from('{"type":"name","name":"Bình 😀"}'))).toBe(
    '{"type":"name","action":"register","name":"Bình 😀","status":true,"timestamp":"T"}',
  );
  expect(await replyTo(client, Buffer.from("no JSON"))).toBe(WRONG_JSON);
});

test("REQ-1 a binary frame whose bytes are not UTF-8 is not JSON, and the connection goes on", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  const request = Buffer.concat([
    Buffer.from('{"type":"send","content":"'),
    Buffer.from([0xff, 0xc0]),
    Buffer.from('"}'),
  ]);
  expect(await replyTo(client, request)).toBe(WRONG_JSON);
  await client.expectNothing();
  expect((await client.get()).messages).toEqual([]);
});

test("REQ-2 the kind of request stands under type", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  expect(await replyTo(client, '{"type":"get"}')).toBe(GET_UNREGISTERED);
  expect(await replyTo(client, '{"type":"name","name":"An"}')).toContain('"status":true');
  expect(await replyTo(client, '{"type":"send","content":"a"}')).toContain('"status":true');
  expect(await replyTo(client, '{"type":"get"}')).toContain('"status":true');
});

test("REQ-2 the kind of request stands under data", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  expect(await replyTo(client, '{"data":"get"}')).toBe(GET_UNREGISTERED);
  expect(await replyTo(client, '{"data":"name"}')).toBe(NEED_NAME);
  expect(await replyTo(client, '{"data":"send"}')).toBe(NEED_CONTENT);
  expect(await replyTo(client, '{"data":"name","name":"An"}')).toBe(
    '{"type":"name","action":"register","name":"An","status":true,"timestamp":"T"}',
  );
  expect(await replyTo(client, '{"content":"a","data":"send"}')).toBe(
    '{"type":"send","name":"An","content":"a","status":true,"timestamp":"T"}',
  );
  expect(await replyTo(client, '{"data":"get"}')).toBe(
    '{"type":"get","status":true,"name":"An","timestamp":"T","data":{"message":[{"name":"An","content":"a","timestamp":"T"}],"online":["An"]}}',
  );
});

test("REQ-2 type decides over data when it is present, whatever its value", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  expect(await replyTo(client, '{"type":"get","data":"name","name":"An"}')).toBe(GET_UNREGISTERED);
  expect(await replyTo(client, '{"data":"name","type":"get"}')).toBe(GET_UNREGISTERED);
  for (const type of ["null", '""', "0", "false", "{}", '["get"]', '"GET"', '"get "', '"data"']) {
    expect([type, await replyTo(client, `{"type":${type},"data":"get"}`)]).toEqual([type, UNKNOWN_TYPE]);
  }
});

test("REQ-3 a frame that is not JSON is refused", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  const notJson = [
    "",
    " ",
    "hello",
    "{",
    '{"type":"get"',
    '{"type":"get"}}',
    "{'type':'get'}",
    "{type:1}",
    "undefined",
  ];
  const almostJson = [
    "NaN",
    '{"type":"get",}',
    '"\n"',
    "01",
    '{"type":"get"} {"type":"get"}',
    "// {}",
    "\u00a0{}",
  ];
  for (const frame of [...notJson, ...almostJson]) {
    expect([frame, await replyTo(client, frame)]).toEqual([frame, WRONG_JSON]);
  }
});

test("REQ-4 a name without a name and a send without a content are refused", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  const check = async () => {
    expect(await replyTo(client, '{"type":"name"}')).toBe(NEED_NAME);
    expect(await replyTo(client, '{"type":"name","Name":"An","content":"x"}')).toBe(NEED_NAME);
    expect(await replyTo(client, '{"type":"send"}')).toBe(NEED_CONTENT);
    expect(await replyTo(client, '{"type":"send","message":"x","name":"An"}')).toBe(NEED_CONTENT);
  };
  await check();
  await client.register("An");
  await check();
});

test("REQ-4 a key whose value is null is present", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  expect(await replyTo(client, '{"type":"name","name":null}')).toBe(
    '{"type":"name","action":"register","name":null,"status":false,"reason":"WrongFormatName"}',
  );
  await client.register("An");
  expect(await replyTo(client, '{"type":"send","content":null}')).toBe(
    '{"type":"send","username":"An","content":null,"status":false,"reason":"WrongFormatContent"}',
  );
});

test("REQ-5 another kind, no kind, and JSON that is not an object are refused", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  const otherKinds = [
    '{"type":"shout"}',
    '{"data":"ping"}',
    '{"type":"ping"}',
    '{"type":"receive"}',
    '{"type":"Name"}',
  ];
  const noKind = ["{}", '{"name":"An"}', '{"kind":"get"}', '{"data":null}', '{"data":{"type":"get"}}'];
  const noObject = [
    "null",
    "true",
    "0",
    '"get"',
    "[]",
    '[{"type":"get"}]',
    '["type","get"]',
    " 5 ",
    '"\\ud800"',
  ];
  for (const frame of [...otherKinds, ...noKind, ...noObject]) {
    expect([frame, await replyTo(client, frame)]).toEqual([frame, UNKNOWN_TYPE]);
  }
});

test("REQ-3 a name or a content that is nested too deep is refused as no JSON", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await ChatClient.registered(server.url(), "An");
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  for (const levels of [2000, 32_000]) {
    expect(await replyTo(client, `{"type":"send","content":${nested(levels)}}`)).toBe(WRONG_JSON);
    expect(await replyTo(client, `{"type":"name","name":${nested(levels)}}`)).toBe(WRONG_JSON);
    expect(await replyTo(client, `{"type":${nested(levels)}}`)).toBe(UNKNOWN_TYPE);
    expect(await replyTo(client, nested(levels))).toBe(UNKNOWN_TYPE);
  }
  expect(await replyTo(client, `{"type":"send","content":${nested(1000)}}`)).toBe(
    `{"type":"send","username":"An","content":${nested(1000)},"status":false,"reason":"WrongFormatContent"}`,
  );
});

test("REQ-6 GROW-1 unknown keys are ignored, whatever they are called", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  using other = await ChatClient.registered(server.url(), "Chi");
  expect(
    await replyTo(client, '{"ref":1,"type":"name","name":"An","__proto__":{"name":"Bình","status":9}}'),
  ).toBe('{"type":"name","action":"register","name":"An","status":true,"timestamp":"T"}');
  expect(
    await replyTo(
      client,
      '{"type":"send","content":"a","name":"Bình","timestamp":"x","constructor":{"prototype":{"b":1}}}',
    ),
  ).toBe('{"type":"send","name":"An","content":"a","status":true,"timestamp":"T"}');
  expect((await other.next()).datatype).toBe("register");
  expect(untimed(await other.nextText())).toBe(
    '{"type":"receive","datatype":"message","name":"An","content":"a","timestamp":"T"}',
  );
});

test("REQ-6 a key that only a prototype would have is not present", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  expect(await replyTo(client, '{"__proto__":{"type":"get"}}')).toBe(UNKNOWN_TYPE);
  expect(await replyTo(client, '{"type":"name","__proto__":{"name":"An"}}')).toBe(NEED_NAME);
  expect(await replyTo(client, '{"type":"constructor"}')).toBe(UNKNOWN_TYPE);
  expect(await replyTo(client, '{"type":"__proto__"}')).toBe(UNKNOWN_TYPE);
  expect(await replyTo(client, '{"type":"get"}')).toBe(GET_UNREGISTERED);
});

test("REQ-7 each request gets one reply, in the order of the requests, refusals included", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  const requests = [
    '{"type":"get"}',
    '{"type":"name","name":"An"}',
    '{"type":"send","content":"1"}',
    "no JSON",
  ];
  const more = [
    '{"type":"send"}',
    '{"type":"send","content":""}',
    '{"type":"send","content":"2"}',
    "[]",
    '{"type":"get"}',
  ];
  for (const request of [...requests, ...more]) client.sendText(request);
  const replies: string[] = [];
  for (let i = 0; i < requests.length + more.length; i++) replies.push(untimed(await client.nextText()));
  expect(replies).toEqual([
    GET_UNREGISTERED,
    '{"type":"name","action":"register","name":"An","status":true,"timestamp":"T"}',
    '{"type":"send","name":"An","content":"1","status":true,"timestamp":"T"}',
    WRONG_JSON,
    NEED_CONTENT,
    '{"type":"send","username":"An","content":"","status":false,"reason":"WrongFormatContent"}',
    '{"type":"send","name":"An","content":"2","status":true,"timestamp":"T"}',
    UNKNOWN_TYPE,
    '{"type":"get","status":true,"name":"An","timestamp":"T","data":{"message":[{"name":"An","content":"1","timestamp":"T"},{"name":"An","content":"2","timestamp":"T"}],"online":["An"]}}',
  ]);
  await client.expectNothing();
});

test("REQ-9 a connection outlives its refusals, and they change nothing", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  for (const frame of ["no JSON", "[]", '{"type":"name"}', '{"type":"send"}', '{"type":"name","name":""}']) {
    for (let i = 0; i < 3; i++) expect(await replyTo(client, frame)).toContain('"status":false');
  }
  expect(await client.get()).toEqual({ messages: [], online: ["An"] });
});
