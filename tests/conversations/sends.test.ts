import { expect, test } from "bun:test";
import { ChatClient, untimed } from "../support/client.ts";
import { startServer } from "../support/server.ts";

const UNREGISTERED = '{"type":"send","status":false,"reason":"UnknownRegister"}';

test("SEND-1 a message is acknowledged, announced and stored", async () => {
  await using server = await startServer();
  using sender = await ChatClient.registered(server.url(), "An");
  using witness = await ChatClient.registered(server.url(), "Bình");
  await sender.next();
  expect(untimed(await sender.ask({ type: "send", content: "Xin chào 😀" }))).toBe(
    '{"type":"send","name":"An","content":"Xin chào 😀","status":true,"timestamp":"T"}',
  );
  expect(untimed(await witness.nextText())).toBe(
    '{"type":"receive","datatype":"message","name":"An","content":"Xin chào 😀","timestamp":"T"}',
  );
  expect(untimed(await witness.ask({ type: "get" }))).toBe(
    '{"type":"get","status":true,"name":"Bình","timestamp":"T","data":{"message":[{"name":"An","content":"Xin chào 😀","timestamp":"T"}],"online":["An","Bình"]}}',
  );
});

test("SEND-2 a client without a nickname cannot send", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Bình");
  using client = await ChatClient.connect(server.url());
  expect(await client.ask({ type: "send", content: "hello" })).toBe(UNREGISTERED);
  await witness.expectNothing();
  expect((await witness.get()).messages).toEqual([]);
});

test("SEND-3 a content has 1 to 4,000 code points", async () => {
  await using server = await startServer();
  using sender = await ChatClient.registered(server.url(), "An");
  const longest = ["a", "😀", "a".repeat(4000), "😀".repeat(4000), "ệ".repeat(4000), `${"😀".repeat(3999)}a`];
  for (const content of longest) await sender.say(content);
  for (const content of ["", "a".repeat(4001), "😀".repeat(4001), `${"😀".repeat(4000)}a`]) {
    expect(await sender.ask({ type: "send", content })).toBe(
      JSON.stringify({ type: "send", username: "An", content, status: false, reason: "WrongFormatContent" }),
    );
  }
  expect((await sender.get()).messages.map((message) => message.content)).toEqual(longest);
});

test("SEND-3 any other character comes through, unchanged", async () => {
  await using server = await startServer();
  using sender = await ChatClient.registered(server.url(), "An");
  using witness = await ChatClient.registered(server.url(), "Bình");
  await sender.next();
  const blank = [
    " ",
    "\n",
    "\t \r\n",
    "\u3000",
    "\u200b",
    "\u0000",
    "a\u0000b",
    "\u001f\u007f\u0085",
    "\ufeff",
  ];
  const odd = [
    "\u2028\u2029",
    "\u202eabc\u2066",
    '"\\/\b\f',
    "\\u0041",
    "\ufffe\uffff",
    "\u{10ffff}",
    "a\u0302 â ﬁ Ａ",
  ];
  const code = [
    "<script>alert(1)</script>",
    '{"type":"ping"}',
    "]",
    '"}]',
    "__proto__",
    "%00",
    "é".normalize("NFD"),
  ];
  const contents = [...blank, ...odd, ...code];
  for (const content of contents) {
    const reply = await sender.say(content);
    expect(await witness.next()).toEqual({
      type: "receive",
      datatype: "message",
      name: "An",
      content,
      timestamp: reply.timestamp,
    });
  }
  const stored = (await witness.get()).messages.map((message) => message.content);
  expect(stored).toEqual(contents);
  await server.restart();
  using reader = await ChatClient.registered(server.url(), "An");
  expect((await reader.get()).messages.map((message) => message.content)).toEqual(contents);
});

test("SEND-4 a content that is not a string is refused and carried back", async () => {
  await using server = await startServer();
  using sender = await ChatClient.registered(server.url(), "An");
  using witness = await ChatClient.registered(server.url(), "Bình");
  await sender.next();
  const contents = [
    null,
    true,
    false,
    0,
    -1.5,
    1e21,
    [],
    ["x"],
    {},
    { content: "x" },
    { z: 1, a: [null, { b: "\n" }] },
  ];
  for (const content of contents) {
    expect(await sender.ask({ type: "send", content })).toBe(
      JSON.stringify({ type: "send", username: "An", content, status: false, reason: "WrongFormatContent" }),
    );
  }
  await witness.expectNothing();
  expect((await witness.get()).messages).toEqual([]);
});

test("SEND-4 a content with a lone surrogate is refused and carried back escaped", async () => {
  await using server = await startServer();
  using sender = await ChatClient.registered(server.url(), "An");
  for (const content of ["\\ud83d", "a\\ude00", "\\ude00\\ud83d", "😀\\ud83dx"]) {
    sender.sendText(`{"type":"send","content":"${content}"}`);
    expect(await sender.nextText()).toBe(
      `{"type":"send","username":"An","content":"${content}","status":false,"reason":"WrongFormatContent"}`,
    );
  }
  sender.sendText('{"type":"send","content":"\\ud83d\\ude00"}');
  expect(await sender.next()).toMatchObject({ content: "😀", status: true });
});

test("SEND-5 a refusal of a content names its sender under username, by the nickname of the moment", async () => {
  await using server = await startServer();
  using sender = await ChatClient.registered(server.url(), "An");
  await sender.ask({ type: "name", name: "Bình" });
  expect(await sender.ask({ type: "send", content: 5 })).toBe(
    '{"type":"send","username":"Bình","content":5,"status":false,"reason":"WrongFormatContent"}',
  );
});

test("SEND-6 the key is checked first, then the nickname, then the content", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  const withoutKey = '{"type":"send","status":false,"reason":"NotEnoughKey","need":"content"}';
  expect(await client.ask({ type: "send" })).toBe(withoutKey);
  expect(await client.ask({ type: "send", content: 5 })).toBe(UNREGISTERED);
  expect(await client.ask({ type: "send", content: "" })).toBe(UNREGISTERED);
  await client.register("An");
  expect(await client.ask({ type: "send" })).toBe(withoutKey);
  expect(await client.ask({ type: "send", content: "" })).toContain("WrongFormatContent");
});
