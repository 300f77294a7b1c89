import { expect, test } from "bun:test";
import { join } from "node:path";
import { ChatClient, untimed } from "../support/client.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

/** Checks a reply both as text, for keys and their order, and for the values. */
async function ask(client: ChatClient, value: unknown): Promise<string> {
  return untimed(await client.ask(value));
}

const registered = (name: string) =>
  JSON.stringify({ type: "name", action: "register", name, status: true, timestamp: "T" });
const changed = (oldname: string, newname: string) =>
  JSON.stringify({ type: "name", action: "change", oldname, newname, status: true, timestamp: "T" });
const registerRefused = (name: unknown, reason: string) =>
  JSON.stringify({ type: "name", action: "register", name, status: false, reason });
const changeRefused = (oldname: string, newname: unknown, reason: string) =>
  JSON.stringify({ type: "name", action: "change", oldname, newname, status: false, reason });

/** Each is refused, by a client without a nickname and by one with. */
async function expectWrongFormat(names: readonly unknown[]): Promise<void> {
  await using server = await startServer(["--no-limits"]);
  using stranger = await ChatClient.connect(server.url());
  using member = await ChatClient.registered(server.url(), "Bình");
  for (const name of names) {
    expect(await ask(stranger, { type: "name", name })).toBe(registerRefused(name, "WrongFormatName"));
    expect(await ask(member, { type: "name", name })).toBe(changeRefused("Bình", name, "WrongFormatName"));
  }
  expect((await member.get()).online).toEqual(["Bình"]);
}

test("NAME-1 EV-4 a first nickname registers, and the others get an event", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  using client = await ChatClient.connect(server.url());
  expect(await ask(client, { type: "name", name: "An" })).toBe(registered("An"));
  expect(untimed(await witness.nextText())).toBe(
    '{"type":"receive","datatype":"register","name":"An","timestamp":"T"}',
  );
});

test("NAME-2 a second nickname changes the first, and the others get an event", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  using client = await ChatClient.registered(server.url(), "An");
  await witness.next();
  expect(await ask(client, { type: "name", name: "Bình" })).toBe(changed("An", "Bình"));
  expect(untimed(await witness.nextText())).toBe(
    '{"type":"receive","datatype":"change","oldname":"An","newname":"Bình","timestamp":"T"}',
  );
  expect((await client.get()).online).toEqual(["Chi", "Bình"]);
});

test("NAME-3 a nickname has 1 to 100 code points", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await ChatClient.connect(server.url());
  const longest = [
    "a".repeat(100),
    "😀".repeat(100),
    "ệ".repeat(100),
    "e\u0323\u0302".repeat(33),
    `${"😀".repeat(99)}a`,
  ];
  let before: string | undefined;
  for (const name of ["A", "😀", ...longest]) {
    expect(await ask(client, { type: "name", name })).toBe(before ? changed(before, name) : registered(name));
    before = name;
  }
  const tooLong = ["a".repeat(101), "😀".repeat(101), `${"😀".repeat(100)}a`, "a".repeat(60_000)];
  await expectWrongFormat(["", ...tooLong, "e\u0323\u0302".repeat(34)]);
});

test("NAME-4 a nickname that is not a string is refused", async () => {
  await expectWrongFormat([
    null,
    true,
    false,
    0,
    5,
    -1.5,
    1e21,
    [],
    ["An"],
    {},
    { name: "An" },
    { b: 1, a: [null] },
  ]);
});

test("NAME-4 a nickname with a lone surrogate is refused", async () => {
  await expectWrongFormat(["\ud83d", "\ude00", "An\ud83d", "\ude00An", "\ude00\ud83d", "a\ud83db"]);
});

test("NAME-4 a lone surrogate is carried back escaped, so that the frame is UTF-8", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  client.sendText('{"type":"name","name":"An\\ud83d"}');
  expect(await client.nextText()).toBe(
    '{"type":"name","action":"register","name":"An\\ud83d","status":false,"reason":"WrongFormatName"}',
  );
});

test("NAME-5 a nickname with a control character is refused", async () => {
  const controls = [0, 1, 9, 10, 13, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9f].map((code) =>
    String.fromCodePoint(code),
  );
  await expectWrongFormat(
    controls.flatMap((control) => [`An${control}`, `${control}An`, `A${control}n`, control]),
  );
});

test("NAME-5 a nickname with a line or paragraph separator is refused", async () => {
  await expectWrongFormat(["A\u2028n", "An\u2029", "\u2028"]);
});

test("NAME-5 a nickname with a bidirectional override, embedding or isolate is refused", async () => {
  const marks = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];
  await expectWrongFormat(marks.map((mark) => `An${String.fromCodePoint(mark)}`));
});

test("NAME-5 a nickname with a private-use character, a noncharacter or an unassigned code point is refused as malformed", async () => {
  const codes = [0xe000, 0xf8ff, 0x10fffd, 0xfffe, 0xffff, 0xfdd0, 0x1fffe, 0x378, 0xe0080];
  await expectWrongFormat(codes.map((code) => `An${String.fromCodePoint(code)}`));
});

test("NAME-6 a nickname with nothing visible in it is refused", async () => {
  const spaces = [" ", "   ", "\u00a0", "\u2003", "\u3000", "\u205f"];
  const formats = [
    "\u200b",
    "\u200d\u200c",
    "\u00ad",
    "\ufeff",
    "\u2060",
    "\u200e",
    "\u061c",
    "\u180e",
    "\u{e0041}",
  ];
  const blanks = ["\u3164", "\uffa0", "\u115f", "\u1160", "\u034f", "\ufe0f", "\u2800", " \u200b\u3164 "];
  blanks.push("\ufff9", "\ufffa\ufffb", "\ufffc", "\u{1d159}", "\u{13441}\u{13442}", "\u{16fe4}", "\u070f");
  await expectWrongFormat([...spaces, ...formats, ...blanks]);
});

test("NAME-7 a refusal carries the name back key by key", async () => {
  await using server = await startServer();
  using client = await ChatClient.connect(server.url());
  client.sendText('{"type":"name","name":{"z":[1,{"__proto__":{"a":2}}],"a":"\\u2028"}}');
  expect(await client.nextText()).toBe(
    '{"type":"name","action":"register","name":{"z":[1,{"__proto__":{"a":2}}],"a":"\u2028"},"status":false,"reason":"WrongFormatName"}',
  );
});

test("NAME-8 nicknames that look the same cannot be online at once", async () => {
  await using server = await startServer(["--no-limits"]);
  const pairs: [string, string][] = [
    ["An", "An"],
    ["An", "AN"],
    ["An", "An "],
    ["An", "  an"],
    ["An", "Ａn"],
    ["An", "A\u200bn"],
    ["An", "A\u00adn\ufe0f"],
    ["An", "\u200eAn"],
    ["An Bình", "AN  \u3000BÌNH"],
    ["An Bình", "An\u00a0Bình"],
    ["Ân", "Ân".normalize("NFD")],
    ["ÂN", "a\u0302n"],
    ["straße", "STRASSE"],
    ["ΟΔΟΣ", "οδος"],
    ["k", "\u212a"],
    ["fin", "ﬁn"],
    ["x²", "X2"],
    ["Mia", "Mı̇a"],
    ["Mia", "Міа"],
    ["Đức", "Ɖức"],
    ["Dũng", "Du\u0342ng"],
    ["Huy", "Hυy"],
    ["Linh", "1inh"],
    ["Minh", "rninh"],
    ["o", "0"],
    ["O'Brien", "O’Brien"],
    ["Anna-Mai", "Anna–Mai"],
    ["An", "An\ufffc"],
    ["An", "\u2800An"],
  ];
  for (const [i, [first, second]] of pairs.entries()) {
    using a = await ChatClient.connect(server.url(`pair-${i}`));
    using b = await ChatClient.connect(server.url(`pair-${i}`));
    expect(await ask(a, { type: "name", name: first })).toBe(registered(first));
    expect(await ask(b, { type: "name", name: second })).toBe(registerRefused(second, "NameAlreadyUsed"));
    expect(await ask(b, { type: "name", name: "Another" })).toBe(registered("Another"));
    expect(await ask(b, { type: "name", name: second })).toBe(
      changeRefused("Another", second, "NameAlreadyUsed"),
    );
  }
});

test("NAME-8 nicknames that a reader tells apart can be online at once", async () => {
  await using server = await startServer(["--no-limits"]);
  const groups = [
    ["An", "Ân", "Ăn", "Án", "Àn", "Ạn", "Am", "A n", "An.", "An1"],
    ["Dung", "Đung", "Dũng", "Dụng", "Đũng"],
    ["o", "ô", "ơ", "ò", "2"],
    ["i", "ì", "í", "ỉ", "ĩ", "ị", "y"],
    ["Mai", "Май", "Μάιος", "マイ", "麦", "มาย", "माई", "مي", "🇻🇳", "👩‍👩‍👧‍👦"],
  ];
  for (const [i, group] of groups.entries()) {
    const clients: ChatClient[] = [];
    for (const name of group) clients.push(await ChatClient.registered(server.url(`group-${i}`), name));
    const last = clients.at(-1);
    expect((await last?.get())?.online).toEqual(group);
    for (const client of clients) client.terminate();
  }
});

test("NAME-9 a change to another spelling of one's own nickname, or to itself, succeeds", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  using client = await ChatClient.registered(server.url(), "An");
  await witness.next();
  let before = "An";
  for (const name of ["AN", "AN", "Ａn", " an ", "Аn", "ᴀɴ", "An\ufffc", "An"]) {
    expect(await ask(client, { type: "name", name })).toBe(changed(before, name));
    expect(await witness.next()).toMatchObject({ datatype: "change", oldname: before, newname: name });
    before = name;
  }
  using rival = await ChatClient.connect(server.url());
  expect(await ask(rival, { type: "name", name: "an" })).toBe(registerRefused("an", "NameAlreadyUsed"));
});

test("NAME-10 a nickname is shown as it was typed", async () => {
  await using server = await startServer(["--no-limits"]);
  using witness = await ChatClient.registered(server.url(), "witness");
  using client = await ChatClient.registered(server.url(), "someone");
  await witness.next();
  const plain = [
    " An ",
    "ＡＮ",
    "a\u0302n",
    "A\u200dn",
    "👨‍👩‍👧",
    "مرحبا",
    "\u200eAn",
    "x²",
    "e\u0301\u0327",
  ];
  const odd = [
    "<b>An</b>",
    '"',
    "\\",
    "\\u0041",
    "__proto__",
    "constructor",
    "toString",
    "null",
    "/",
    "&amp;",
    "\ufffd",
  ];
  for (const name of [...plain, ...odd]) {
    expect(await client.ask({ type: "name", name })).toContain(
      `"newname":${JSON.stringify(name)},"status":true`,
    );
    expect(await witness.next()).toMatchObject({ datatype: "change", newname: name });
    expect((await client.get()).online).toEqual(["witness", name]);
    expect(await client.say("hello")).toMatchObject({ name });
    expect(await witness.next()).toMatchObject({ datatype: "message", name });
  }
});

test("NAME-11 the form of a nickname is checked before whether it is used", async () => {
  await using server = await startServer();
  using _holder = await ChatClient.registered(server.url(), "An");
  using client = await ChatClient.connect(server.url());
  // It looks like a nickname in use, and it breaks the rules.
  expect(await ask(client, { type: "name", name: "An\n" })).toBe(registerRefused("An\n", "WrongFormatName"));
  expect(await ask(client, { type: "name", name: "An" })).toBe(registerRefused("An", "NameAlreadyUsed"));
});

test("NAME-12 a nickname is free again once its owner has changed it", async () => {
  await using server = await startServer();
  using first = await ChatClient.registered(server.url(), "An");
  using second = await ChatClient.connect(server.url());
  expect(await ask(second, { type: "name", name: "an" })).toBe(registerRefused("an", "NameAlreadyUsed"));
  expect(await ask(first, { type: "name", name: "Bình" })).toBe(changed("An", "Bình"));
  expect(await ask(second, { type: "name", name: "an" })).toBe(registered("an"));
  expect(await first.next()).toMatchObject({ datatype: "register", name: "an" });
  expect(await ask(first, { type: "name", name: "An" })).toBe(changeRefused("Bình", "An", "NameAlreadyUsed"));
});

test("NAME-12 a nickname is free again once its owner's leave was seen, closed or lost", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  for (const end of ["close", "terminate"] as const) {
    using leaver = await ChatClient.registered(server.url(), "An");
    expect(await witness.next()).toMatchObject({ datatype: "register", name: "An" });
    await leaver[end]();
    expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
    expect(await ask(witness, { type: "name", name: "AN" })).toContain('"status":true');
    expect(await ask(witness, { type: "name", name: "Chi" })).toContain('"status":true');
  }
});

test("NAME-13 a client has the nickname after a refusal that it had before", async () => {
  await using server = await startServer();
  using _holder = await ChatClient.registered(server.url(), "Chi");
  using client = await ChatClient.connect(server.url());
  const unregistered = '{"type":"send","status":false,"reason":"UnknownRegister"}';
  expect(await ask(client, { type: "name", name: "chi" })).toBe(registerRefused("chi", "NameAlreadyUsed"));
  expect(await ask(client, { type: "send", content: "x" })).toBe(unregistered);
  expect(await ask(client, { type: "name", name: "" })).toBe(registerRefused("", "WrongFormatName"));
  expect(await ask(client, { type: "send", content: "x" })).toBe(unregistered);
  await client.register("An");
  expect(await ask(client, { type: "name", name: "chi" })).toBe(
    changeRefused("An", "chi", "NameAlreadyUsed"),
  );
  expect(await client.say("x")).toMatchObject({ name: "An" });
  expect((await client.get()).online).toEqual(["Chi", "An"]);
});

fileTest(
  "NAME-14 in a room whose history cannot be read nobody can register, and the other rooms go on",
  async () => {
    using folder = new TemporaryFolder();
    await Bun.write(join(folder.path, "data.rooms", "tea.json"), "this is no history");
    await using server = await startServer([], { dataFile: join(folder.path, "data.json") });
    using client = await ChatClient.connect(server.url("tea"));
    const reply = await client.ask({ type: "name", name: "An" });
    expect(reply).toStartWith(
      '{"type":"name","action":"register","name":"An","status":false,"reason":"ErrorWhenRegister","error":"',
    );
    expect(String(JSON.parse(reply).error)).toMatch(/^[A-Z][^/]{5,98}\.$/);
    expect(await client.ask({ type: "name", name: "" })).toBe(registerRefused("", "WrongFormatName"));
    expect(await client.ask({ type: "get" })).toBe(
      '{"type":"get","status":false,"reason":"UnknownRegister"}',
    );
    using elsewhere = await ChatClient.registered(server.url(), "An");
    await elsewhere.say("all is well");
    expect(await Bun.file(join(folder.path, "data.rooms", "tea.json")).text()).toBe("this is no history");
  },
);
