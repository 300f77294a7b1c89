import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions, WebSocketRoute } from "playwright-core";
import { launchBrowser, type RunningBrowser } from "../support/browser.ts";
import { type ChatServer, startServer, TemporaryFolder } from "../support/server.ts";
import { Person } from "./person.ts";

setDefaultTimeout(120_000);

const SCREENSHOTS = join(import.meta.dir, "screenshots");

let browser: RunningBrowser;
let server: ChatServer;
let people: Person[] = [];
let rooms = 0;

beforeAll(async () => {
  rmSync(SCREENSHOTS, { recursive: true, force: true });
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

afterEach(async () => {
  const complaints = people.flatMap((person) => person.complaints);
  await Promise.all(people.map((person) => person.leave()));
  people = [];
  expect(complaints).toEqual([]);
});

/** The path of a room that no other test uses. */
function newRoom(): string {
  return `/rooms/test-${++rooms}`;
}

async function open(path: string, options?: BrowserContextOptions): Promise<Person> {
  const person = await Person.open(browser.playwright, server.http(path), options);
  people.push(person);
  return person;
}

async function enter(
  path: string,
  nickname: string,
  options?: BrowserContextOptions,
  intercept?: (socket: WebSocketRoute) => void,
  at: ChatServer = server,
): Promise<Person> {
  const person = await Person.join(browser.playwright, at.http(path), nickname, options, intercept);
  people.push(person);
  return person;
}

test("two tabs chat in the main room, and a third in another room sees nothing of it", async () => {
  const [an, elsewhere] = await Promise.all([enter("/", "An"), enter(newRoom(), "Chi")]);
  const binh = await enter("/", "Bình");
  await an.sees("Bình joined");
  await an.say("Xin chào!");
  await binh.sees("Xin chào!");
  await binh.say("Chào An!");
  await an.sees("Chào An!");
  await elsewhere.say("Is anybody here?");

  expect(await an.contents()).toEqual(["Xin chào!", "Chào An!"]);
  expect(await binh.contents()).toEqual(["Xin chào!", "Chào An!"]);
  expect(await an.roster()).toEqual(["An (you)", "Bình"]);
  expect(await binh.roster()).toEqual(["An", "Bình (you)"]);
  expect(await elsewhere.contents()).toEqual(["Is anybody here?"]);
  expect(await elsewhere.events()).toEqual([]);
  expect(await elsewhere.roster()).toEqual(["Chi (you)"]);
});

test("one who comes later sees the history, and the room's name", async () => {
  const room = newRoom();
  const an = await enter(room, "An");
  await an.say("first");
  await an.say("second");
  const late = await enter(room, "Late");
  expect(await late.contents()).toEqual(["first", "second"]);
  expect(await late.page.title()).toBe(`Room ${room.slice("/rooms/".length)} · Chat`);
});

test("a refused nickname is explained beside the field, and another one can be tried", async () => {
  const room = newRoom();
  await enter(room, "Bình");
  const other = await open(room);
  const explains = async (nickname: string, words: string) => {
    await other.askToJoin(nickname);
    await other.page.getByRole("alert").filter({ hasText: words }).waitFor();
  };
  await explains("", "Enter a nickname.");
  await explains("Bình", "Somebody here has this nickname, or one that looks like it.");
  await explains(" bÌNH ", "Somebody here has this nickname, or one that looks like it.");
  await explains("x".repeat(101), "A nickname has at most 100 characters; this one has 101.");
  await explains("An\u202E", "no control characters");
  await explains("\u200B", "at least one of them visible");
  expect(await other.nicknameField.getAttribute("aria-invalid")).toBe("true");
  await other.askToJoin("😀".repeat(100));
  await other.composer.waitFor();
});

test("the server's own refusal of a nickname is explained, too", async () => {
  const reason = (socket: WebSocketRoute) =>
    replaceReplies(socket, "name", {
      type: "name",
      action: "register",
      status: false,
      reason: "WrongFormatName",
    });
  const person = await Person.open(browser.playwright, server.http(newRoom()), {}, reason);
  people.push(person);
  await person.askToJoin("An");
  await person.reads("A nickname has 1 to 100 characters");
});

test("markup in messages and nicknames stays text", async () => {
  const room = newRoom();
  const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const evil = await enter(room, "<b>Eve</b>");
  const an = await enter(room, "An");
  await evil.say(hostile);
  await an.sees(hostile);
  await an.sees("<b>Eve</b>");
  const late = await enter(room, "Late");
  for (const person of [an, late]) {
    expect(await person.contents()).toEqual([hostile]);
    expect(await person.page.locator("#chat :is(img, script, b)").count()).toBe(0);
    expect(await person.page.title()).toStartWith("Room ");
  }
});

test("Enter sends, Shift+Enter starts a new line, and an empty message is not sent", async () => {
  const an = await enter(newRoom(), "An");
  await an.write("   ");
  await an.composer.fill("one");
  await an.composer.press("Shift+Enter");
  await an.composer.pressSequentially("two");
  await an.composer.press("Enter");
  await an.sees("two");
  expect(await an.contents()).toEqual(["one\ntwo"]);
  expect(await an.composer.inputValue()).toBe("");
});

test("an own message is shown as pending until its reply comes", async () => {
  const held: (string | Buffer)[] = [];
  let toPage: WebSocketRoute | undefined;
  const room = newRoom();
  const an = await enter(room, "An", {}, (socket) => {
    toPage = socket;
    onReplies(socket, (reply, text) => (kindOf(reply) === "send" ? held.push(text) : socket.send(text)));
  });
  const binh = await enter(room, "Bình");
  await an.write("wait for me");
  await binh.sees("wait for me");
  await an.page.locator("#pending").getByText("Sending…").waitFor();
  expect(await an.contents()).toEqual([]);
  for (const text of held) toPage?.send(text);
  await an.sees("wait for me");
  expect(await an.page.locator("#pending li").count()).toBe(0);
});

test("a rename is shown to all, and a refused one is explained", async () => {
  const room = newRoom();
  const an = await enter(room, "An");
  const binh = await enter(room, "Bình");
  await an.rename("bình");
  await an.page.getByRole("dialog").getByText("Somebody here has this nickname").waitFor();
  await an.page.getByRole("button", { name: "Cancel" }).click();
  await an.rename("Anh");
  await binh.sees("An is now Anh");
  await an.sees("An is now Anh");
  await binh.rename("Bé");
  await an.sees("Bình is now Bé");
  await an.say("from Anh");
  await binh.sees("from Anh");
  expect(await an.roster()).toEqual(["Anh (you)", "Bé"]);
  expect(await binh.roster()).toEqual(["Anh", "Bé (you)"]);
  expect(await binh.page.locator("#messages .message .nickname").textContent()).toBe("Anh");
});

test("a closed tab leaves a line and the roster", async () => {
  const room = newRoom();
  const an = await enter(room, "An");
  const binh = await enter(room, "Bình");
  await an.seesOnline(2);
  await binh.page.close();
  await an.sees("Bình left");
  expect(await an.events()).toEqual(["Bình joined", "Bình left"]);
  expect(await an.roster()).toEqual(["An (you)"]);
});

test("a refused message says why, and can be sent again or removed", async () => {
  const refusals = [
    { type: "send", status: false, reason: "TooManyRequests", retry: 3 },
    {
      type: "send",
      username: "An",
      content: "hello",
      status: false,
      reason: "ErrorWhenSend",
      error: "The disk is full.",
    },
    { type: "send", username: "An", content: "hello", status: false, reason: "WrongFormatContent" },
  ];
  const an = await enter(newRoom(), "An", {}, (socket) => {
    onReplies(socket, (reply, text) => {
      const refusal = kindOf(reply) === "send" ? refusals.shift() : undefined;
      socket.send(refusal ? JSON.stringify(refusal) : text);
    });
  });
  const again = an.page.getByRole("button", { name: "Send again" });
  await an.write("hello");
  await an.reads("Not sent. Too many at once. Try again in 3 seconds.");
  await again.click();
  await an.reads("Not sent. The disk is full.");
  await again.click();
  await an.reads("Not sent. The server does not take this message");
  await an.page.getByRole("button", { name: "Remove" }).click();
  await an.say("after");
  expect(await an.contents()).toEqual(["after"]);
  expect(await an.page.locator("#pending li").count()).toBe(0);
});

test("a message that is too long or broken stays in the field, with the reason", async () => {
  const an = await enter(newRoom(), "An");
  await an.write("x".repeat(4001));
  await an.reads("A message has at most 4,000 characters; this one has 4,001.");
  expect(await an.composer.inputValue()).toHaveLength(4001);
  await an.composer.evaluate((field) => {
    if (field instanceof HTMLTextAreaElement) field.value = "half \ud83d a pair";
  });
  await an.composer.press("Enter");
  await an.reads("This message holds broken characters.");
  const longest = "😀".repeat(4000);
  await an.say(longest);
  expect(await an.contents()).toEqual([longest]);
});

test("the log follows its end only while the reader is there", async () => {
  const room = newRoom();
  const an = await enter(room, "An");
  const binh = await enter(room, "Bình");
  const log = an.page.getByRole("log");
  const distanceFromEnd = () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  for (let i = 0; i < 30; i++) await binh.say(`line ${i}`);
  await an.sees("line 29");
  await an.page.getByText("line 29").waitFor();
  await an.page.waitForFunction(() => {
    const box = document.getElementById("log");
    return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 2;
  });
  await log.evaluate((box) => {
    box.scrollTop = 0;
  });
  await an.page.waitForFunction(() => document.getElementById("log")?.scrollTop === 0);
  await binh.say("news");
  await an.sees("news");
  const newest = an.page.getByRole("button", { name: "New messages" });
  await newest.waitFor();
  expect(await log.evaluate((box) => box.scrollTop)).toBe(0);
  await newest.click();
  await newest.waitFor({ state: "hidden" });
  expect(await distanceFromEnd()).toBeLessThan(2);
});

test("a long history is shown from its end, and the earlier messages on demand", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  const all = Array.from({ length: 450 }, (_, i) => `message ${i}`);
  const records = all.map((content) => ({ name: "Old", content, timestamp: "01/02/2024 03:04:05" }));
  await Bun.write(dataFile, JSON.stringify(records));
  await using own = await startServer([], { dataFile });
  const an = await enter("/", "An", {}, undefined, own);
  const earlier = an.page.getByRole("button", { name: "Show earlier messages" });
  expect(await an.contents()).toEqual(all.slice(-200));
  await earlier.click();
  await an.sees("message 50");
  expect(await an.contents()).toEqual(all.slice(-400));
  await earlier.click();
  await earlier.waitFor({ state: "hidden" });
  expect(await an.contents()).toEqual(all);
});

test("after a killed server is back, both tabs are back, and nothing is doubled", async () => {
  await using own = await startServerThatKeepsItsPort();
  const room = newRoom();
  const an = await enter(room, "An", {}, undefined, own);
  const binh = await enter(room, "Bình", {}, undefined, own);
  await an.say("before");
  await binh.sees("before");

  await own.kill();
  await Promise.all([an, binh].map((person) => person.reads("No connection to the server.")));
  await an.write("kept in the field");
  await an.reads("There is no connection. It stays here until you send it again.");
  await own.restart();
  await Promise.all([an, binh].map((person) => person.isConnected()));
  await Promise.all([an, binh].map((person) => person.seesOnline(2)));
  await an.composer.press("Enter");
  await binh.sees("kept in the field");
  await binh.say("after");
  await an.sees("after");

  for (const person of [an, binh]) {
    expect(await person.contents()).toEqual(["before", "kept in the field", "after"]);
    expect((await person.roster()).toSorted()).toEqual(
      person === an ? ["An (you)", "Bình"] : ["An", "Bình (you)"],
    );
    dropNetworkErrors(person);
  }
});

test("a rename without a connection is refused in words", async () => {
  await using own = await startServer();
  const an = await enter(newRoom(), "An", {}, undefined, own);
  await an.page.getByRole("button", { name: "Rename" }).click();
  await own.kill();
  await an.reads("No connection to the server.");
  await an.page.getByRole("textbox", { name: "New nickname" }).fill("Anh");
  await an.page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await an.page.getByRole("dialog").getByText("There is no connection.").waitFor();
  dropNetworkErrors(an);
});

test("a message that a killed server never read is not lost: it can be sent again", async () => {
  await using own = await startServerThatKeepsItsPort();
  const an = await enter(newRoom(), "An", {}, undefined, own);
  await an.say("before");
  process.kill(own.pid, "SIGSTOP");
  await an.write("in between");
  await an.page.locator("#pending").getByText("Sending…").waitFor();
  await own.kill();
  await own.restart();
  await an.reads("Not sent. The connection was lost before the server took it.");
  await an.page.getByRole("button", { name: "Send again" }).click();
  await an.sees("in between");
  expect(await an.contents()).toEqual(["before", "in between"]);
  expect(await an.page.locator("#pending li").count()).toBe(0);
  dropNetworkErrors(an);
});

test("a message whose confirmation was lost with the connection is shown once", async () => {
  let cut = true;
  const an = await enter(newRoom(), "An", {}, (socket) => {
    onReplies(socket, (reply, text) => {
      if (cut && kindOf(reply) === "send") {
        cut = false;
        void socket.close({ code: 4000 });
      } else {
        socket.send(text);
      }
    });
  });
  await an.write("once");
  await an.sees("once");
  expect(await an.contents()).toEqual(["once"]);
  expect(await an.page.locator("#pending li").count()).toBe(0);
});

test("a nickname that the server still holds for the lost connection is asked for again", async () => {
  let connections = 0;
  let refusals = 0;
  let toPage: WebSocketRoute | undefined;
  const an = await enter(newRoom(), "An", {}, (socket) => {
    connections++;
    toPage = socket;
    const toServer = socket.connectToServer();
    socket.onMessage((text) => {
      if (connections === 1 || refusals > 0) return toServer.send(text);
      refusals++;
      const held = { type: "name", action: "register", name: "An", status: false, reason: "NameAlreadyUsed" };
      socket.send(JSON.stringify(held));
    });
  });
  await toPage?.close({ code: 4000 });
  await an.reads("The server still holds your nickname for the lost connection.");
  await an.isConnected();
  await an.say("back");
  expect(await an.roster()).toEqual(["An (you)"]);
});

test("the policy forbids scripts from elsewhere, and the browser says so", async () => {
  const an = await enter(newRoom(), "An");
  const reported = an.page.waitForEvent("console", (line) =>
    line.text().startsWith("Content-Security-Policy: "),
  );
  const inserted = an.page.evaluate(() => {
    const script = document.createElement("script");
    script.src = "data:text/javascript,document.title='owned'";
  });
  await expect(inserted).rejects.toThrow("TrustedScriptURL");
  await reported;
  expect(an.complaints).not.toEqual([]);
  an.complaints.length = 0;
});

test("the page fits a phone, in light and dark, and a desktop", async () => {
  const room = newRoom();
  const binh = await enter(room, "Bình");
  await enter(room, "A-nickname-that-is-long-enough-to-need-a-second-line-on-a-phone");
  await enter(room, "نور");
  await binh.say("Chào mọi người! Có ai ở đây không?");
  await binh.say(`https://example.com/${"a-long-path-without-any-space-".repeat(6)}`);
  await binh.say(
    "A longer message that has to be wrapped over several lines, as people write them at times.\n\nIt even has a second paragraph.",
  );
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [device, width, height] of [
      ["desktop", 1280, 800],
      ["phone", 390, 844],
    ] as const) {
      const phone = device === "phone";
      const options = { viewport: { width, height }, colorScheme, isMobile: phone, hasTouch: phone };
      const newcomer = await open(room, options);
      await newcomer.askToJoin("bình");
      await newcomer.reads("Somebody here has this nickname");
      await capture(newcomer, `${device}-${colorScheme}-join`);
      await newcomer.askToJoin(`Minh ${device}`);
      await newcomer.composer.waitFor();
      await newcomer.say(`Hello from a ${device}.`);
      await newcomer.rename(`Mai ${colorScheme} ${device}`);
      await newcomer.sees("is now");
      await newcomer.composer.fill("A message\nbeing written");
      await capture(newcomer, `${device}-${colorScheme}-chat`);
      await newcomer.leave();
      people = people.filter((person) => person !== newcomer);
      expect(newcomer.complaints).toEqual([]);
    }
  }
});

test("browser-websocket: the browser's own WebSocket speaks the classic dialect", async () => {
  const visitor = await open("/");
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

/** Joins a page's socket to the server's and hands each of the server's frames on, parsed and as it came. */
function onReplies(socket: WebSocketRoute, handle: (reply: unknown, text: string | Buffer) => unknown): void {
  const toServer = socket.connectToServer();
  toServer.onMessage((text) => void handle(JSON.parse(String(text)), text));
}

function replaceReplies(socket: WebSocketRoute, kind: string, replacement: object): void {
  onReplies(socket, (reply, text) => {
    socket.send(kindOf(reply) === kind ? JSON.stringify(replacement) : text);
  });
}

function kindOf(frame: unknown): unknown {
  return typeof frame === "object" && frame !== null && "type" in frame ? frame.type : undefined;
}

/** A browser writes each failed attempt to connect on the console; these are no fault of the page. */
function dropNetworkErrors(person: Person): void {
  const others = person.complaints.filter((line) => !/^WebSocket connection to .* failed/.test(line));
  person.complaints.splice(0, Number.POSITIVE_INFINITY, ...others);
}

async function startServerThatKeepsItsPort(): Promise<ChatServer> {
  for (let tries = 0; ; tries++) {
    // Below the ports that systems give out by themselves, so that nobody takes it while the server is down.
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      return await startServer(["--port", String(port)]);
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

async function capture(person: Person, name: string): Promise<void> {
  // The log would scroll by itself and leave the page as it is.
  const excess = await person.page.evaluate(() =>
    [document.documentElement, document.getElementById("log")].map((box) =>
      box ? box.scrollWidth - box.clientWidth : Number.NaN,
    ),
  );
  expect(excess).toEqual([0, 0]);
  await person.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
