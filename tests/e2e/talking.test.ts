import { expect, test } from "bun:test";
import type { Page, WebSocketRoute } from "playwright-core";
import { onFrames, Stage, typeOf } from "./stage.ts";

const stage = new Stage();

test("a picture that is pasted or dropped is refused in words; Enter sends, Shift+Enter starts a new line, and what is empty, too long or broken is not sent: it stays in the field, with the reason", async () => {
  const an = await stage.open(stage.newRoom());
  const refused = () =>
    an.page.evaluate(() => {
      const files = new DataTransfer();
      files.items.add(new File(["x"], "x.png", { type: "image/png" }));
      const both = new DataTransfer();
      both.items.add(new File(["x"], "x.png", { type: "image/png" }));
      both.setData("text/plain", "text");
      const target = document.querySelector("#message") ?? document.body;
      const options = { bubbles: true, cancelable: true };
      return [
        new ClipboardEvent("paste", { ...options, clipboardData: files }),
        new ClipboardEvent("paste", { ...options, clipboardData: both }),
        new DragEvent("dragover", { ...options, dataTransfer: files }),
        new DragEvent("drop", { ...options, dataTransfer: files }),
      ].map((event) => !target.dispatchEvent(event));
    });
  await an.page.locator(".keeps").waitFor();
  await an.page.waitForFunction(() => {
    const event = new DragEvent("dragover", { cancelable: true, dataTransfer: new DataTransfer() });
    event.dataTransfer?.items.add(new File([], "x"));
    return !dispatchEvent(event);
  });
  expect(await refused()).toEqual([true, false, true, true]);
  await an.askToJoin("An");
  await an.isIn();
  const shown = await an.watch();
  expect(await refused()).toEqual([true, false, true, true]);
  await shown("Pictures and files cannot be sent here.");

  await an.write("   ");
  await an.composer.fill("one");
  await an.composer.press("Shift+Enter");
  await an.composer.pressSequentially("two");
  await an.composer.press("Enter");
  await an.sees("two");
  expect(await an.contents()).toEqual(["one\ntwo"]);
  expect(await an.composer.inputValue()).toBe("");

  await an.composer.fill("x".repeat(3990));
  await an.reads("10 left");
  await an.write("x".repeat(4001));
  await an.reads("1 character over the limit");
  await an.reads("A message can have up to 4,000 characters; this one has 4,001.");
  expect(await an.composer.inputValue()).toHaveLength(4001);
  await an.composer.evaluate((field) => {
    if (field instanceof HTMLTextAreaElement) field.value = "half \ud83d a pair";
  });
  await an.composer.press("Enter");
  await an.reads("This message contains invalid characters.");
  const longest = "😀".repeat(4000);
  await an.say(longest);
  expect(await an.contents()).toEqual(["one\ntwo", longest]);
});

test("on a phone Enter starts a new line and the button sends, which a setting changes for both", async () => {
  const options = { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true };
  const an = await stage.enter(stage.newRoom(), "An", { options });
  const { keyboard } = an.page;
  const write = async (last: string) => {
    await an.composer.focus();
    await keyboard.type("one");
    await keyboard.press("Enter");
    await keyboard.type("two");
    await keyboard.press(last);
  };
  await write("Enter");
  expect(await an.composer.inputValue()).toBe("one\ntwo\n");
  await keyboard.press("Backspace");
  await an.page.getByRole("button", { name: "Send" }).tap();
  await an.sees("two");
  // A keyboard that is connected to the phone sends, too.
  await write("Control+Enter");
  await an.log.locator(".message:not(.sending)").nth(1).waitFor();
  expect(await an.contents()).toEqual(["one\ntwo", "one\ntwo"]);
  await an.openSettings();
  await an.page.getByLabel("Sends the message").check();
  await keyboard.press("Escape");
  await an.page.locator("#message[enterkeyhint=send]").fill("three");
  await an.composer.press("Enter");
  await an.sees("three");
});

test("an own message is shown as being sent until its reply comes; a refused one says why, and can be sent again or removed", async () => {
  let held: (string | Buffer)[] | undefined = [];
  let toPage: WebSocketRoute | undefined;
  const refusals = [
    {
      type: "send",
      username: "An",
      content: "hello",
      status: false,
      reason: "ErrorWhenSend",
      error: "Disk full.",
    },
    { type: "send", username: "An", content: "hello", status: false, reason: "WrongFormatContent" },
  ];
  const room = stage.newRoom();
  const an = await stage.enter(room, "An", {
    intercept: (socket) => {
      toPage = socket;
      onFrames(socket, (frame, text) => {
        if (typeOf(frame) !== "send") return socket.send(text);
        if (held) return held.push(text);
        const refusal = refusals.shift();
        socket.send(refusal ? JSON.stringify({ ...refusal, ref: refOf(frame) }) : text);
      });
    },
  });
  const binh = await stage.bot(room, "Bình");
  const heard = binh.once("message");
  await an.write("wait for me");
  expect((await heard).message.content).toBe("wait for me");
  await an.unsent.getByText("Sending…").waitFor();
  expect(await an.contents()).toEqual([]);
  for (const text of held.splice(0)) toPage?.send(text);
  await an.sees("wait for me");
  expect(await an.unsent.count()).toBe(0);

  held = undefined;
  await an.write("hello");
  await an.reads("Sending failed. The server could not save this.");
  await an.page.getByRole("button", { name: "Try again" }).click();
  await an.reads("Sending failed. The server does not accept this message.");
  await an.page.getByRole("button", { name: "Remove" }).click();
  await an.say("after");
  expect(await an.contents()).toEqual(["wait for me", "after"]);
  expect(await an.unsent.count()).toBe(0);
});

test("messages can be sent over plain HTTP, where a browser lacks some functions", async () => {
  const prepare = (page: Page) =>
    page.addInitScript(() => {
      Object.defineProperty(crypto, "randomUUID", { value: undefined });
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      Object.defineProperty(window, "isSecureContext", { value: false });
    });
  const an = await stage.enter(stage.newRoom(), "An", { prepare });
  await an.say("hello");
  await an.log.getByRole("img", { name: "Sent" }).waitFor();
  const shown = await an.watch();
  await an.log.locator("a.time").click();
  await shown("The link is in the address bar.");
  expect(an.page.url()).toMatch(/#\d+\.[\da-z]+$/);
  await an.openSettings();
  await an.reads("Browsers show notifications only for pages that are loaded over HTTPS.");
  expect(await an.page.getByLabel("Show notifications").isDisabled()).toBe(true);
});

test("links, code, mentions and emoji are formatted as what they are, and nothing else is", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An Minh");
  const binh = await stage.bot(room, "Bình");
  await an.write("see example.com, https://example.org/a?b=c and javascript:alert(1) or data:text/html,x");
  await an.sees("see example.com");
  const links = an.log.locator(".content a");
  expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).toEqual([
    "http://example.com",
    "https://example.org/a?b=c",
  ]);
  expect(await links.first().getAttribute("rel")).toBe("noopener noreferrer nofollow");
  await an.write("`a < b` and\n```js\nconst x = 1;\n```");
  await an.sees("const x = 1;");
  expect(await an.log.locator("code").allTextContents()).toEqual(["a < b", "const x = 1;"]);
  await an.write("**b** *i*");
  await an.sees("b i");
  expect(await an.log.locator(".content :is(b, i)").allTextContents()).toEqual(["b", "i"]);
  await an.write("> a quote");
  await an.sees("a quote");
  expect(await an.log.locator("blockquote").allTextContents()).toEqual(["a quote"]);
  await an.write("/me waves");
  await an.sees("An Minh waves");
  expect(await an.log.locator(".deed").allTextContents()).toEqual(["An Minh waves"]);
  await an.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await an.log.getByRole("button", { name: "Copy this code" }).click();
  await an.reads("Text copied.");
  expect(await an.page.evaluate(() => navigator.clipboard.readText())).toBe("const x = 1;");
  await an.log.evaluate((log) => getSelection()?.selectAllChildren(log.querySelector("ol") ?? log));
  await an.page.keyboard.press("Control+c");
  const copied = await an.page.evaluate(() => navigator.clipboard.readText());
  expect(
    copied
      .replace(/\d\d:\d\d/g, "hh:mm")
      .split("\n")
      .slice(1),
  ).toEqual([
    "[hh:mm] An Minh: `a < b` and",
    "```js",
    "const x = 1;",
    "```",
    "[hh:mm] An Minh: **b** *i*",
    "[hh:mm] An Minh: > a quote",
    "[hh:mm] An Minh: /me waves",
  ]);
  await an.log.evaluate((log) => {
    const [from, to] = ["pre code", ".content b"].map((part) => log.querySelector(part)?.firstChild);
    if (from && to) getSelection()?.setBaseAndExtent(from, "const ".length, to, 0);
  });
  await an.page.keyboard.press("Control+c");
  const part = await an.page.evaluate(() => navigator.clipboard.readText());
  expect(part.replace(/\d\d:\d\d/g, "hh:mm")).toBe("[hh:mm] An Minh: x = 1;");
  await an.say("🎉");
  expect(await an.log.locator(".large").allTextContents()).toEqual(["🎉"]);
  await binh.send("@An Minh, look at @Bình");
  await an.sees("@An Minh, look");
  expect(await an.log.locator(".mention").allTextContents()).toEqual(["@An Minh", "@Bình"]);
  expect(await an.log.locator(".mention.own").allTextContents()).toEqual(["@An Minh"]);
});

test("a mention is completed from the roster, and who is typing is shown to the others until the message is there", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  await stage.bot(room, "Bích Ngọc");
  const an = await stage.enter(room, "An");
  await an.seesOnline(3);
  const typing = binh.once("typing");
  await an.composer.pressSequentially("hi @bi");
  await an.page.getByRole("option").first().waitFor();
  expect(await an.page.getByRole("option").locator(".nickname").allTextContents()).toEqual([
    "Bình",
    "Bích Ngọc",
  ]);
  await an.composer.press("ArrowDown");
  await an.composer.press("Enter");
  expect(await an.composer.inputValue()).toBe("hi @Bích Ngọc ");
  await an.composer.pressSequentially("and @");
  await an.page.getByRole("option", { name: "Bình" }).click();
  expect(await an.composer.inputValue()).toBe("hi @Bích Ngọc and @Bình ");

  expect((await typing).name).toBe("An");
  const shown = await an.watch();
  binh.typing();
  await shown("Bình is typing…");
  await binh.send("done");
  await an.sees("done");
  await an.page.getByText("Bình is typing…").waitFor({ state: "detached" });
});

test("hostile contents and nicknames stay text; the policy forbids scripts from elsewhere, and the browser says so", async () => {
  const room = stage.newRoom();
  const evil = await stage.bot(room, "<b>Eve</b>");
  // All of it is to be in the document at once.
  const options = { viewport: { width: 1280, height: 4000 } };
  const an = await stage.enter(room, "An", { options });
  const hostile = [
    `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
    "javascript:document.title='owned'",
    "JaVaScRiPt://example.com/%0Adocument.title='owned'",
    `http://example.com/"onmouseover="document.title='owned'`,
    `a${"\u0301".repeat(3999)}`,
    "\u202Egnp.exe\u2066 \u2067abc",
    "{{constructor.constructor('document.title=1')()}}",
    "&lt;b&gt; &amp; %3Cb%3E \\u003cb\\u003e",
    "```\n</code></pre><script>document.title='owned'</script>\n",
    `${"@".repeat(3999)} `,
    "http://".repeat(570),
    "\u0000\u0007\u001b[31m",
  ];
  for (const content of hostile) await evil.send(content);
  await evil.send("the end");
  const check = async () => {
    await an.sees("the end");
    expect(await an.contents()).toEqual([...hostile, "the end"]);
    expect(await an.log.locator(":is(img, script, b, iframe, object, style)").count()).toBe(0);
    expect(await an.log.locator('a[href^="javascript" i], [onmouseover], [onerror]').count()).toBe(0);
    expect(await an.page.title()).toStartWith("Room ");
    expect(await an.log.locator(".nickname").first().textContent()).toBe("<b>Eve</b>");
  };
  await check();
  const towers = await an.log.locator("li").evaluateAll((rows) => rows.map((row) => row.clientHeight));
  expect(Math.max(...towers)).toBeLessThan(4000);
  // As part of the history they are text as well.
  await an.page.reload();
  await check();

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

function refOf(frame: unknown): unknown {
  return typeof frame === "object" && frame !== null && "ref" in frame ? frame.ref : undefined;
}

test("notifications name the room, come by the service worker if the page may show none, and for what one chooses", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An", { options: { serviceWorkers: "allow" } });
  const binh = await stage.bot(room, "Bình");
  // As in Chrome on Android. A browser without a screen shows none.
  await an.page.evaluate(() => {
    let shown: { title: string; body: string; close: () => void }[] = [];
    class Notification {
      static readonly permission = "granted";
      static readonly requestPermission = async () => "granted";
      constructor() {
        throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
      }
    }
    Object.assign(window, { Notification, shown: () => shown.map(({ title, body }) => `${title}: ${body}`) });
    Object.assign(ServiceWorkerRegistration.prototype, {
      async showNotification(this: ServiceWorkerRegistration, title: string, { body = "" }) {
        if (!this.active) throw new TypeError("There is no active worker.");
        shown = [{ title, body, close: () => (shown = []) }];
      },
      getNotifications: async () => shown,
    });
    document.hasFocus = () => false;
  });
  const isShown = (text: string) =>
    an.page.waitForFunction(
      (sought) => String(Reflect.get(window, "shown")()).replace(/[\u2068\u2069]/g, "") === sought,
      text,
    );
  await an.openSettings();
  await an.page.getByLabel("Show notifications").check();
  const title = `Room ${room.slice("/rooms/".length)}`;
  await isShown(`${title}: Notifications look like this`);
  await binh.send("to all");
  await binh.send("@An hello");
  await isShown(`Bình mentioned you · ${title}: @An hello`);
  // There is one at most every three seconds.
  await an.page.evaluate(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 3_000;
  });
  await an.page.getByLabel("In this room").selectOption("all");
  const { id } = await binh.send("to all again");
  await isShown(`Bình · ${title}: to all again`);
  if (id !== null) await binh.delete(id);
  await isShown("");
  await an.page.evaluate(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 3_000;
  });
  await an.page.getByLabel("In this room").selectOption("none");
  await binh.send("@An, silently");
  await an.sees("silently");
  await isShown("");
  await an.page.reload();
  await an.openSettings();
  expect(await an.page.getByLabel("In this room").inputValue()).toBe("none");
});
