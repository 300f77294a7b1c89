/** What becomes of a person whose tabs go, come back, are doubled, closed and opened again, in a browser with its cache. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { BrowserContext, Page } from "playwright-core";
import { Chat } from "../../src/client/index.ts";
import { launchBrowser, type RunningBrowser } from "../support/browser.ts";
import { Random } from "../support/random.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { Person } from "./person.ts";
import { capture, dropNetworkErrors, startServerThatKeepsItsPort, violations } from "./stage.ts";
import { Witness } from "./witness.ts";

let browser: RunningBrowser;
let server: ChatServer;
let rooms = 0;
let people: Person[] = [];
let bots: Chat[] = [];

/** Another site: its pages are in the same tabs between those of the chat. */
const site = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: () => new Response("<!doctype html>Another site", { headers: { "content-type": "text/html" } }),
});
const elsewhere = `http://localhost:${site.port}/`;

/** The Chromium of npm has no back/forward cache, an installed one has. */
let hasCache = false;

beforeAll(async () => {
  // Nobody leaves by the grace, however slow the machine is.
  [browser, server] = await Promise.all([launchBrowser({ cached: true }), startServer(["--grace", "600"])]);
  const probe = await browser.playwright.newPage();
  await probe.goto(elsewhere);
  hasCache = await isKept(probe);
  await probe.context().close();
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
  await site.stop(true);
});

afterEach(async () => {
  dropNetworkErrors(...people);
  const complaints = people.flatMap((person) => person.complaints);
  await Promise.all([...new Set(people.map(({ page }) => page.context()))].map((each) => each.close()));
  await Promise.all(bots.map((bot) => bot.close()));
  people = [];
  bots = [];
  expect(complaints).toEqual([]);
});

test("after going to another site, or frozen, one leaves after the grace, even if the browser keeps the page, and has the nickname again when one is back", async () => {
  await using at = await startServer(["--grace", "1"]);
  const room = newRoom();
  const binh = await witness(room, "Bình", at);
  const an = await enter(room, "An", at);
  await an.say("hello");
  await an.page.goto(elsewhere);
  await binh.sees("An left");
  await binh.say("meanwhile");
  await back(an);
  await an.sees("meanwhile");
  await an.say("here again");
  await binh.sees("here again");
  expect(binh.roster).toEqual(["An", "Bình"]);

  binh.events.length = 0;
  await freeze(an, true);
  await binh.sees("An left");
  await freeze(an, false);
  await an.say("thawed");
  await binh.sees("thawed");
});

test("the chat, another page, the chat by its address, Back and Back: each time the nickname is the same, until one leaves for good", async () => {
  const room = newRoom();
  const binh = await witness(room, "Bình");
  const an = await enter(room, "An");
  await an.page.goto(elsewhere);
  await an.page.goto(server.http(room));
  await an.isIn();
  await an.say("by the younger page");
  await back(an, elsewhere);
  await back(an);
  await an.isConnected();
  await an.sees("by the younger page");
  await an.say("by the older page");
  await binh.sees("by the older page");
  await goForward(an.page);
  await goForward(an.page);
  await an.isConnected();
  await an.sees("by the older page");
  await an.say("by the younger page again");
  await binh.sees("by the younger page again");
  const own = an.log.locator(".message.own .content");
  expect(await own.allTextContents()).toEqual([
    "by the younger page",
    "by the older page",
    "by the younger page again",
  ]);
  expect(binh.events).toEqual(["An joined"]);

  // The older page asks for a nickname once the younger one has left for good.
  await leave(an);
  await binh.sees("An left");
  await back(an, elsewhere);
  await back(an);
  await an.nicknameField.waitFor();
  expect(binh.roster).toEqual(["Bình"]);
});

test("a tab that was closed and opened again by its address has its nickname at once, and one that is reopened when another has taken it over offers to continue", async () => {
  const room = newRoom();
  const binh = await witness(room, "Bình");
  const an = await enter(room, "An");
  await an.say("before");
  const kept = await sessionOf(an);
  await an.page.close();
  const second = await beside(an, room);
  await second.isIn();
  await second.say("after");
  await binh.sees("after");
  const reopened = await beside(an, room, kept);
  await reopened.page.getByRole("button", { name: "Continue here as An" }).waitFor();
  // And when that is closed as well, nothing need be asked.
  await second.page.close();
  await reopened.page.reload();
  await reopened.isIn();
  expect(binh.events).toEqual(["An joined"]);
});

test("a second tab says that the chat is open in the first, and can go on as that, of which the first says so calmly and has no nickname", async () => {
  const room = newRoom();
  const binh = await witness(room, "Bình");
  const an = await enter(room, "An");
  const second = await beside(an, room);
  await second.reads("This chat is open in another tab");
  const goOn = second.page.getByRole("button", { name: "Continue here as An" });
  await goOn.waitFor();
  await capture(second, "desktop-light-elsewhere");
  expect(await violations(second)).toEqual([]);
  await goOn.click();
  await second.isIn();
  await an.reads("In that tab, you are An.");
  await an.page.getByRole("button", { name: "Continue here" }).waitFor();
  expect(await an.page.locator(".connection").innerText()).toContain("Open in another tab");
  expect(await an.roster()).toEqual(["An", "Bình"]);
  await second.say("from the second");
  await binh.sees("from the second");
  // Who types it means the same.
  const third = await beside(an, room);
  await third.askToJoin("an");
  await third.isIn();
  expect(await third.roster()).toEqual(["An (you)", "Bình"]);

  const fourth = await beside(an, room);
  const views = [
    ["elsewhere", fourth],
    ["taken-over", second],
  ] as const;
  // Whoever chooses the language in one tab has chosen it for all.
  await third.page.evaluate(() => localStorage.setItem("classic-chatbox.settings.language", '"vi"'));
  for (const [view, tab] of views) {
    const { page } = tab;
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole("button", { name: "Tiếp tục ở đây" }).waitFor();
    await capture(tab, `phone-dark-${view}`);
  }
  expect(await violations(second)).toEqual([]);
  await fourth.page.getByRole("textbox").fill("Anh");
  await fourth.page.getByRole("button", { name: "Vào phòng" }).click();
  await fourth.composer.waitFor();
  await binh.sees("Anh joined");
  expect(binh.events).toEqual(["An joined", "Anh joined"]);
});

test("the browser asks before it closes a tab with waiting messages, and they are sent once at the next visit", async () => {
  await using at = await startServerThatKeepsItsPort();
  const room = newRoom();
  const binh = await witness(room, "Bình", at);
  const an = await enter(room, "An", at);
  await an.say("before");
  const context = an.page.context();
  let questions = 0;
  an.page.on("dialog", (dialog) => {
    questions++;
    void dialog.accept();
  });
  await at.kill();
  await an.reads("No connection");
  await an.write("written meanwhile");
  await an.unsent.waitFor();
  await Promise.all([an.page.waitForEvent("close"), an.page.close({ runBeforeUnload: true })]);
  expect(questions).toBe(1);
  await at.restart();
  const again = note(await Person.openIn(context, at.http(room)));
  // Within the grace the page is oneself by itself, after it one says so.
  const join = again.page.getByRole("button", { name: "Join", exact: true });
  await again.composer.or(join).first().waitFor();
  if (await join.count()) await join.click();
  await again.sees("written meanwhile");
  await binh.sees("written meanwhile");
  expect(await binh.contents()).toEqual(["before", "written meanwhile"]);
  expect(await again.unsent.count()).toBe(0);
  // Nothing waits: nobody is asked.
  again.page.on("dialog", (dialog) => {
    questions++;
    void dialog.accept();
  });
  await Promise.all([again.page.waitForEvent("close"), again.page.close({ runBeforeUnload: true })]);
  expect(questions).toBe(1);
});

test("waiting messages of a tab that is long gone are offered until they are sent or removed", async () => {
  const room = newRoom();
  const binh = await witness(room, "Bình");
  const waiting = ["one", "two", "three"].map((content) => ({ key: content, content, sentAt: null }));
  const an = await enterAfter(room, { name: "Anh", sessions: ["old"], outbox: waiting, v3: true });
  await an.askToJoin("An");
  await an.isIn();
  await an.unsent.nth(2).waitFor();
  expect(await an.unsent.locator(".content").allTextContents()).toEqual(["one", "two", "three"]);
  await an.reads("Sending failed. The page was closed before the message was sent.");
  expect(await violations(an)).toEqual([]);
  await capture(an, "desktop-light-unsent");
  await an.unsent.first().getByRole("button", { name: "Try again" }).click();
  await binh.sees("one");
  await an.unsent.first().getByRole("button", { name: "Remove" }).click();
  await an.page.reload();
  await an.isIn();
  expect(await an.unsent.locator(".content").allTextContents()).toEqual(["three"]);
  const third = await beside(an, room);
  await third.askToJoin("Chi");
  await third.isIn();
  await third.say("hello");
  expect(await third.unsent.count()).toBe(0);
  expect(await binh.contents()).toEqual(["one", "hello"]);
});

test("the page in a frame does not take the focus or scroll the site, but keeps the focus of a reader who is in it", async () => {
  const frame = (room: string) => `<iframe src="${server.http(room)}" width="320" height="480"></iframe>`;
  await using host = Object.assign(
    Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) =>
        new Response(
          `<!doctype html><title>Host</title><input id="search"><p style="height: 1500px"></p>${frame(new URL(url).pathname)}`,
          { headers: { "content-type": "text/html" } },
        ),
    }),
    { [Symbol.asyncDispose]: () => host.stop(true) },
  );
  const context = await browser.playwright.newContext();
  const page = await context.newPage();
  const chat = page.frameLocator("iframe");
  const focused = () => [document.activeElement?.tagName, scrollY];
  const join = chat.getByRole("button", { name: "Join" });
  const asAn = async () => {
    await chat.getByRole("textbox", { name: "Nickname" }).fill("An");
    await join.click();
  };
  // One parent is of the same site. In the other the browser may keep nothing: one is asked again, but not refused.
  for (const name of ["127.0.0.1", "localhost"]) {
    await page.goto(`http://${name}:${host.port}${newRoom()}`);
    await join.waitFor();
    expect(await page.evaluate(focused)).toEqual(["BODY", 0]);
    await asAn();
    // Of a frame in a process of its own the driven browser does not know that it has the focus.
    await chat.locator(name === "localhost" ? "#message" : "#message:focus").waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await page.reload();
    await chat.locator("#message").or(join).first().waitFor();
    expect(await page.evaluate(focused)).toEqual(["BODY", 0]);
    if (await join.count()) await asAn();
    await chat.locator("#message").waitFor();
  }
  await context.close();
});

test("without browser storage, the next page can have the nickname at once", async () => {
  const room = newRoom();
  const binh = await witness(room, "Bình");
  const forbid = () => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException("forbidden", "SecurityError");
        },
      });
    }
  };
  const context = await browser.playwright.newContext({ locale: "en-GB" });
  await context.addInitScript(forbid);
  const an = note(await Person.openIn(context, server.http(room)));
  await an.askToJoin("An");
  await an.isIn();
  await an.page.goto(elsewhere);
  await an.page.goto(server.http(room));
  await an.askToJoin("An");
  await an.isIn();
  expect(binh.roster).toEqual(["An", "Bình"]);
  await back(an, elsewhere);
  await back(an);
  if (!hasCache) await an.askToJoin("An");
  await an.say("here");
  await binh.sees("here");
});

/** `CHAT_SEED=7` walks another way. */
const SEED = Number(process.env.CHAT_SEED ?? 1);
/** How often each thing happens. */
const TIMES = 2;

test("whatever becomes of the tabs, one is oneself and nobody sees anything", async () => {
  const random = new Random(SEED);
  const room = newRoom();
  const binh = await witness(room, "Bình");
  let an = await enter(room, "An");
  const context = an.page.context();
  const told: string[] = [];
  const steps: Record<string, () => Promise<unknown>> = {
    away: () => an.page.goto(elsewhere),
    chat: () => an.page.goto(server.http(room)),
    back: () => goBack(an.page),
    forward: () => goForward(an.page),
    reload: () => an.page.reload(),
    duplicate: async () => {
      an = await beside(an, room, await sessionOf(an));
    },
    close: async () => {
      await an.page.close();
      an = await beside(an, room);
    },
    reopen: async () => {
      const kept = await sessionOf(an);
      await an.page.close();
      an = await beside(an, room, kept);
    },
    beside: async () => {
      an = await beside(an, room);
    },
    older: async () => {
      const [page] = context.pages();
      an = people.find((each) => each.page === page) ?? an;
      await an.page.bringToFront();
    },
  };
  const names = Object.keys(steps);
  const coming = Array.from({ length: TIMES }, () => names).flat();
  for (let at = 0; coming.length > 0; at++) {
    const [name = ""] = coming.splice(random.integer(0, coming.length - 1), 1);
    told.push(name);
    await steps[name]?.();
    if (!an.page.url().startsWith(server.http(room))) continue;
    try {
      const content = `${SEED}, step ${at}`;
      await goOnAndSay(an, content, binh);
      await an.sees(content);
      expect(binh.roster).toEqual(["An", "Bình"]);
    } catch (error) {
      throw new Error(`after ${told.join(", ")}: ${await an.page.locator("body").innerText()}`, {
        cause: error,
      });
    }
  }
  expect(binh.events).toEqual(["An joined"]);
  const contents = await binh.contents();
  expect(contents).toEqual([...new Set(contents)]);
});

/** Goes on as An whatever the page has to say, and says something that the other one sees. */
async function goOnAndSay({ page, composer }: Person, content: string, other: Witness): Promise<void> {
  const goOn = page.getByRole("button", { name: /^Continue here/ });
  const act = (action: Promise<void>) =>
    action.then(
      () => true,
      () => false,
    );
  const timeout = 1_000;
  let isWritten = false;
  // What the page shows may change at any moment, until it knows who it is.
  while (!other.has(content)) {
    if (await goOn.count()) await act(goOn.first().click({ timeout }));
    else if (!isWritten && (await composer.count())) {
      isWritten =
        (await act(composer.fill(content, { timeout }))) && (await act(composer.press("Enter", { timeout })));
    } else await page.waitForTimeout(50);
  }
}

function newRoom(): string {
  return `/rooms/tabs-${++rooms}`;
}

function note(person: Person): Person {
  people.push(person);
  return person;
}

async function enter(room: string, nickname: string, at = server): Promise<Person> {
  return note(await Person.join(browser.playwright, at.http(room), nickname));
}

/** Somebody at no page. */
async function witness(room: string, nickname: string, at = server): Promise<Witness> {
  const chat = new Chat(at.url(room.slice("/rooms/".length)));
  bots.push(chat);
  await chat.register(nickname);
  return new Witness(chat);
}

/** Another tab of somebody's browser. @param kept what is in its `sessionStorage`: a duplicate, or one that is opened again */
async function beside(person: Person, room: string, kept?: Record<string, string>): Promise<Person> {
  const context: BrowserContext = person.page.context();
  if (!kept) return note(await Person.openIn(context, server.http(room)));
  const other = note(await Person.openIn(context, server.http("/manifest.webmanifest")));
  await other.page.evaluate((items) => {
    for (const [key, value] of Object.entries(items)) sessionStorage.setItem(key, value);
  }, kept);
  await other.page.goto(server.http(room));
  return other;
}

async function sessionOf({ page }: Person): Promise<Record<string, string>> {
  return page.url().startsWith(server.http("/")) ? await page.evaluate(() => ({ ...sessionStorage })) : {};
}

/** Opens the page in a browser that has this from a tab of an hour ago. */
async function enterAfter(room: string, kept: object): Promise<Person> {
  const context = await browser.playwright.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
  });
  const person = note(await Person.openIn(context, server.http("/manifest.webmanifest")));
  const stay = { at: Date.now() - 3_600_000, isLeft: true, kept, given: { ...kept, outbox: [] } };
  await person.page.evaluate(([key, text]) => localStorage.setItem(key, text), [
    `classic-chatbox.stay:${room} 1-2`,
    JSON.stringify(stay),
  ] as const);
  await person.page.goto(server.http(room));
  return person;
}

async function leave({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: /Change your nickname/ }).click();
  await page.getByRole("button", { name: "Leave the chat" }).click();
}

/** As a browser does with a tab that was long in the background. */
async function freeze({ page }: Person, isFrozen: boolean): Promise<void> {
  await page.evaluate((type) => document.dispatchEvent(new Event(type)), isFrozen ? "freeze" : "resume");
}

/** Goes back, and sees to it that the page comes out of the cache where there is one. */
async function back({ page }: Person, url?: string): Promise<void> {
  await goBack(page);
  if (url !== undefined) return page.waitForURL(url, { waitUntil: "commit" });
  if (hasCache) {
    const type = () => performance.getEntriesByType("navigation").map((entry) => entry.toJSON().type);
    expect(await page.evaluate(type)).not.toEqual(["back_forward"]);
  }
}

/** Whether a page is the same one after another and Back. */
async function isKept(page: Page): Promise<boolean> {
  await page.evaluate(() => Object.assign(globalThis, { mark: true }));
  await page.goto("about:blank");
  await goBack(page);
  return await page.evaluate(() => "mark" in globalThis);
}

async function goBack(page: Page): Promise<void> {
  await page.goBack({ waitUntil: "commit" });
  await isThere(page);
}

async function goForward(page: Page): Promise<void> {
  await page.goForward({ waitUntil: "commit" });
  await isThere(page);
}

/** A page out of the cache is not loaded: it is there when it answers. */
async function isThere(page: Page): Promise<void> {
  await page.waitForFunction(() => document.readyState === "complete");
}
