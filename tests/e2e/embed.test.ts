/** The chat on the pages of another site, by the script that the server has for that. */
import { afterEach, expect, test } from "bun:test";
import type { BrowserContextOptions, FrameLocator, Page } from "playwright-core";
import { type HostSiteOptions, pageOf, startHostSite } from "../support/host-site.ts";
import { SECRET } from "../support/login.ts";
import { startServer } from "../support/server.ts";
import { axeViolations, SCREENS, Stage } from "./stage.ts";

const stage = new Stage();
let pages: Page[] = [];
let sites: Bun.Server<undefined>[] = [];
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  await Promise.all(sites.map((site) => site.stop(true)));
  pages = [];
  sites = [];
});

function newSite(options: Partial<HostSiteOptions> = {}): Bun.Server<undefined> {
  const site = startHostSite({ chat: stage.server.http(""), ...options });
  sites.push(site);
  return site;
}

/** A page of a site as one visits it. */
interface Visit {
  readonly page: Page;
  readonly frame: FrameLocator;
  /** What the browser complained of. */
  readonly complaints: string[];
}

async function visit(
  site: Bun.Server<undefined>,
  {
    path,
    options = {},
    forbids = false,
  }: { path?: string; options?: BrowserContextOptions; forbids?: boolean } = {},
): Promise<Visit> {
  const context = await stage.browser.newContext({ locale: "en-GB", ...options });
  if (forbids) await context.addInitScript(forbidStorage);
  const page = await context.newPage();
  pages.push(page);
  return visitIn(page, pageOf(site, path));
}

async function visitIn(page: Page, address: string): Promise<Visit> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (line) => complaints.push(line.text()));
  await page.goto(address);
  return { page, frame: page.frameLocator("classic-chatbox iframe"), complaints };
}

/** As browsers do to the frames of other sites, if they are told to block their storage. */
function forbidStorage(): void {
  if (window.parent === window) return;
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "BroadcastChannel"]) {
    Object.defineProperty(window, name, {
      get: () => {
        throw new DOMException("forbidden", "SecurityError");
      },
    });
  }
}

const launcher = (page: Page) => page.locator("classic-chatbox .launcher");
const panel = (page: Page) => page.locator("classic-chatbox .panel");

async function join(frame: FrameLocator, nickname: string): Promise<void> {
  await frame.getByRole("textbox", { name: "Nickname", exact: true }).fill(nickname);
  await frame.getByRole("button", { name: "Join", exact: true }).click();
  await frame.locator("#message").waitFor();
}

async function say(frame: FrameLocator, content: string): Promise<void> {
  await frame.locator("#message").fill(content);
  await frame.locator("#message").press("Enter");
  await frame.locator(".message:not(.sending, .failed)", { hasText: content }).waitFor();
}

function heard(page: Page): Promise<[string, unknown][]> {
  return page.evaluate<[string, unknown][]>("heard");
}

/** Waits until the host has heard an event. */
async function hears(page: Page, event: string, value?: unknown): Promise<void> {
  await page.waitForFunction(
    ([type, wanted]) =>
      (window as unknown as { heard: [string, unknown][] }).heard.some(
        ([each, has]) =>
          each === type && (wanted === undefined || JSON.stringify(has).includes(JSON.stringify(wanted))),
      ),
    [event, value] as const,
  );
}

test("the tour over the pages of a site: nothing before it is opened, and the same person on each of them", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  const site = newSite({
    attributes: `data-room="${room.slice(7)}" data-accent="#a2185b" data-title="Help desk"`,
  });
  const { page, frame, complaints } = await visit(site);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await launcher(page).waitFor();
  await page.reload();
  await launcher(page).waitFor();
  expect(requests).toEqual(["/", "/embed.js", "/site.js"]);
  expect(await page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie])).toEqual([
    0,
    0,
    "",
  ]);
  expect(await axeViolations(page)).toEqual([]);

  await launcher(page).click();
  expect(await launcher(page).getAttribute("aria-expanded")).toBe("true");
  await frame.getByRole("heading", { name: "Help desk" }).waitFor();
  const accent = () => frame.locator("html").evaluate((html) => html.style.getPropertyValue("--accent"));
  expect(await accent()).toContain("#a2185b");
  await join(frame, "An");
  await say(frame, "from page one");
  // The frame's address shows what the host has chosen to nobody.
  expect(page.frames().at(-1)?.url()).toBe(stage.server.http(room));
  expect(await axeViolations(page)).toEqual([]);

  await page.getByRole("link", { name: "Two" }).click();
  await page.waitForURL("**/two");
  await frame.locator("#message").waitFor();
  await say(frame, "from page two");
  // It takes no focus that nobody gave it.
  expect(await frame.getByText("An left").count()).toBe(0);

  await frame.locator("#message").press("Escape");
  await panel(page).waitFor({ state: "hidden" });
  expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className)).toBe(
    "launcher",
  );
  await page.getByRole("link", { name: "Three" }).click();
  await page.waitForURL("**/three");
  await hears(page, "ready");
  await frame.locator("#message").waitFor({ state: "attached" });
  expect(await panel(page).isVisible()).toBe(false);
  // Until it is there again, it counts what came meanwhile all the same.
  await binh.send("an answer");
  await hears(page, "unread", 1);
  await launcher(page).getByText("1", { exact: true }).waitFor();
  expect(await launcher(page).getAttribute("aria-label")).toBe("Help desk, 1 unread");
  await launcher(page).focus();
  await page.keyboard.press("Enter");
  await frame.locator(".message", { hasText: "an answer" }).waitFor();
  await frame.locator("#message").click();
  await hears(page, "unread", 0);
  const events = (await heard(page)).map(([event]) => event);
  expect(events).toContain("open");
  expect(events).not.toContain("message");
  expect(complaints).toEqual([]);
});

test("calls and events: open with options, set, close, and messages if the host asks for them", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  const { page, frame, complaints } = await visit(newSite({ attributes: "data-messages" }));
  await page.waitForFunction("window.ClassicChatbox");
  await page.evaluate(
    `ClassicChatbox.open({ room: "${room.slice(7)}", nickname: "Lan", lang: "vi", theme: "dark" })`,
  );
  await frame.getByRole("heading", { name: "Vào phòng trò chuyện" }).waitFor();
  expect(await frame.locator("input").first().inputValue()).toBe("Lan");
  expect(await frame.locator("html").getAttribute("data-theme")).toBe("dark");
  await frame.locator("input").first().press("Enter");
  await frame.locator("#message").waitFor();
  await binh.send("told to the host");
  await hears(page, "message", "told to the host");
  await page.evaluate("ClassicChatbox.close()");
  await hears(page, "close");
  expect(await panel(page).isVisible()).toBe(false);
  await page.evaluate(`ClassicChatbox.set({ title: "New title" })`);
  expect(await panel(page).getAttribute("aria-label")).toBe("New title");
  expect(await panel(page).isVisible()).toBe(false);
  expect(complaints).toEqual([]);
});

test("messages of other pages and frames are ignored, on both sides; a second tab of the site says that the chat is open in the first, and takes it over", async () => {
  const room = stage.newRoom();
  const site = newSite({
    attributes: `data-room="${room.slice(7)}"`,
    body: '<iframe name="hostile" src="/nothing"></iframe>',
  });
  const { page, frame } = await visit(site);
  await launcher(page).click();
  await join(frame, "An");
  await page.evaluate(() => {
    for (const type of ["close", "unread", "message", "ready"])
      window.postMessage({ type: `classic-chatbox:${type}`, count: 99, message: { content: "forged" } }, "*");
  });
  const chatFrame = page.frames().find((each) => each.url().includes(room));
  // A page in another frame pretends to be the host, and to be the chat.
  const hostile = page.frames().find((each) => each.name() === "hostile");
  await hostile?.evaluate(() => {
    for (const other of [
      window.parent,
      ...Array.from({ length: window.parent.frames.length }, (_, at) => window.parent.frames[at]),
    ])
      for (const type of ["close", "unread", "hello", "token"])
        other?.postMessage(
          { type: `classic-chatbox:${type}`, count: 98, token: "forged", messages: true },
          "*",
        );
  });
  // The page itself is not asked for a login, so it takes tokens from nobody.
  await page.evaluate((origin) => {
    const shown = document.querySelector("classic-chatbox")?.shadowRoot?.querySelector("iframe");
    shown?.contentWindow?.postMessage({ type: "classic-chatbox:token", token: "forged" }, origin);
  }, stage.server.http(""));
  await say(frame, "still here");
  expect(chatFrame).toBeDefined();
  expect(await panel(page).isVisible()).toBe(true);
  const values = (await heard(page)).filter(([event]) => event === "unread" || event === "message");
  expect(JSON.stringify(values)).not.toMatch(/9[89]|forged/);

  const second = await visitIn(await page.context().newPage(), pageOf(site, "/two"));
  await launcher(second.page).click();
  await second.frame.getByRole("button", { name: /Continue here as/ }).click();
  await second.frame.locator("#message").waitFor();
  await frame.getByText("Open in another tab").first().waitFor();
});

test("on a phone it fills the screen, and Back closes it without leaving the page", async () => {
  const room = stage.newRoom();
  const site = newSite({ attributes: `data-room="${room.slice(7)}"` });
  const { page, frame } = await visit(site, { options: SCREENS.phone });
  await launcher(page).click();
  await join(frame, "An");
  expect(await panel(page).boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
  // The button that closes the chat covers none of the page's.
  await frame.locator("header.top button").last().click();
  await frame.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).click();
  await frame.getByRole("dialog").waitFor({ state: "detached" });
  expect(await panel(page).isVisible()).toBe(true);
  await page.goBack();
  await panel(page).waitFor({ state: "hidden" });
  expect(page.url()).toBe(pageOf(site));
  await launcher(page).click();
  await frame.locator("#message").waitFor();
  await page.locator("classic-chatbox .close").click();
  await panel(page).waitFor({ state: "hidden" });
  await page.waitForFunction("history.state === null");
});

for (const forbids of [false, true]) {
  test(`signing in and out at the site, with third-party storage ${forbids ? "blocked" : "allowed"}`, async () => {
    await using server = await startServer(["--grace", "0"], { env: { CHATBOX_AUTH_SECRET: SECRET } });
    const site = newSite({ chat: server.http("") });
    const { page, frame, complaints } = await visit(site, { path: "/sign-in?name=Lan", forbids });
    await launcher(page).click();
    await frame.locator("#message").waitFor();
    await say(frame, "signed in");
    await page.getByRole("link", { name: "Two" }).click();
    await page.waitForURL("**/two");
    await frame.locator("#message").waitFor();
    await say(frame, "on the next page");
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain("eyJ");

    // Without storage nothing of the login is left, and a page after it is as a first one.
    if (!forbids) {
      await frame.getByRole("button", { name: /Change your nickname/ }).click();
      await frame.getByText("The site gives you the nickname Lan.").waitFor();
      await page.goto(pageOf(site, "/sign-out"));
      await join(frame, "Guest");
      await say(frame, "signed out");
    }
    await page.goto(pageOf(site, "/sign-in?name=Minh"));
    await frame.locator("#message").waitFor();
    await say(frame, "another one");
    expect(await frame.locator(".message", { hasText: "another one" }).textContent()).toContain("Minh");
    expect(complaints).toEqual([]);
  });
}

test("it works on pages that load nothing without permission (COEP), below a path, behind a button and in a place of the host's", async () => {
  await using server = await startServer(["--base-path", "/talk"]);
  for (const [policy, options] of [
    ["require-corp", {}],
    ["credentialless", { attributes: 'data-target="#chat"', body: '<div id="chat"></div>' }],
  ] as const) {
    const headers = { "Cross-Origin-Embedder-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin" };
    const { page, frame, complaints } = await visit(
      newSite({ chat: server.http("/talk"), headers, ...options }),
    );
    const isInPlace = "attributes" in options;
    if (!isInPlace) await launcher(page).click();
    await join(frame, `An-${policy}`);
    await say(frame, policy);
    expect(await launcher(page).count()).toBe(isInPlace ? 0 : 1);
    // What is simply there need not be opened again on the next page.
    if (isInPlace) expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(complaints).toEqual([]);
  }
});

test("--frame-ancestors says who may embed", async () => {
  await using server = await startServer([
    "--frame-ancestors",
    "https://www.example.org",
    "--frame-ancestors",
    "self",
  ]);
  const page = await fetch(server.http("/"));
  expect(page.headers.get("Content-Security-Policy")).toEndWith(
    "; frame-ancestors https://www.example.org 'self'",
  );
  const { page: stranger, complaints } = await visit(newSite({ chat: server.http("") }));
  const complained = stranger.waitForEvent("console");
  await launcher(stranger).click();
  await complained;
  expect(complaints.join()).toContain("frame-ancestors");
  expect(await heard(stranger)).toEqual([["open", undefined]]);
});
