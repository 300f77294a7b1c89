/** The page under a path of a site, as a proxy serves it there. */
import { expect, test } from "bun:test";
import { keeping, PathProxy, stripping, strippingAlsoWithoutSlash } from "../support/path-proxy.ts";
import { startServer } from "../support/server.ts";
import type { Person } from "./person.ts";
import { capture, Stage, violations } from "./stage.ts";
import { Witness } from "./witness.ts";

const stage = new Stage();

/** Where the page would start when it is installed, which addresses it takes for its own, and what comes of its icons. */
async function manifestOf({ page }: Person): Promise<Record<string, unknown>> {
  const session = await page.context().newCDPSession(page);
  const { url, data = "{}", errors } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const { start_url, scope, icons } = JSON.parse(data);
  const types = icons.map(async ({ src }: { src: string }) =>
    (await fetch(new URL(src, url))).headers.get("Content-Type"),
  );
  return {
    start: new URL(start_url, url).pathname,
    scope: new URL(scope, url).pathname,
    icons: await Promise.all(types),
  };
}

function iconOf({ page }: Person): Promise<string> {
  return page.locator('link[rel="icon"]').evaluate((link: HTMLLinkElement) => link.href);
}

/** Has people use all that has an address of its own, in the chat that a proxy serves at `/chat/`. */
async function use(at: PathProxy): Promise<void> {
  const room = stage.newRoom();
  const an = await stage.enter(`/chat${room}`, "An", { at });
  expect(await an.page.title()).toBe(`Room ${room.slice("/rooms/".length)} · Chat`);
  const binh = new Witness(await stage.bot(`/chat${room}`, "Bình", at));
  await an.say("Xin chào!");
  await binh.sees("Xin chào!");

  const link = await an.page
    .locator(".time")
    .first()
    .evaluate((time: HTMLAnchorElement) => time.href);
  expect(link).toStartWith(at.http(`/chat${room}#1.`));
  await an.page.goto(link);
  await an.isIn();
  await an.sees("Xin chào!");

  const plain = await iconOf(an);
  await an.page.evaluate(() => Object.defineProperty(document, "hidden", { get: () => true }));
  await an.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await binh.say("Are you there?");
  await an.page.waitForFunction((was) => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    return icon !== null && icon.href !== was;
  }, plain);
  for (const icon of [plain, await iconOf(an)]) {
    expect(icon).toStartWith(at.http("/chat/assets/icon-"));
    expect((await fetch(icon)).headers.get("Content-Type")).toBe("image/svg+xml");
  }

  const reader = await stage.open(`/chat${room}`, { at, options: { javaScriptEnabled: false } });
  await reader.page.waitForURL(at.http(`/chat${room}?read`));
  await reader.reads("Are you there?");
  // The style sheet is there.
  expect(await reader.page.locator("main").evaluate((main) => getComputedStyle(main).display)).toBe("grid");

  const lost = await stage.open(`/chat${room.toUpperCase()}/`, { at });
  await lost.page.waitForURL(at.http(`/chat${room}`));
  await lost.nicknameField.waitFor();
  await lost.page.goto(at.http("/chat/rooms/Lớp học"));
  lost.complaints.length = 0; // The browser complains of the status.
  await lost.page.getByRole("link", { name: "the room lop-hoc" }).waitFor();
  expect(await violations(lost)).toEqual([]);
  await capture(lost, "lost");
  await lost.page.getByRole("link", { name: "Go to the main room" }).click();
  await lost.page.waitForURL(at.http("/chat/"));
  await lost.askToJoin("Chi");
  await lost.isIn();
  expect(await lost.page.title()).toBe("Main room · Chat");
  const pages = { start: "/chat/", scope: "/chat/", icons: ["image/png", "image/png", "image/png"] };
  expect(await manifestOf(lost)).toEqual(pages);
  // Browsers ask for it unasked.
  expect(at.strays.filter((path) => path !== "/favicon.ico")).toEqual([]);
}

test("under a path that a proxy removes, the chat works without any setting", async () => {
  await using at = await PathProxy.start([stage.server.port, stripping("/chat")]);
  await use(at);
});

test("under a path that a proxy keeps the chat works with --base-path", async () => {
  await using server = await startServer(["--base-path", "/chat"]);
  await using at = await PathProxy.start([server.port, keeping("/chat")]);
  await use(at);
  const binh = new Witness(await stage.bot("/chat", "Bình", at));
  const an = await stage.open("/chat", { at });
  expect(await an.page.title()).toBe("Main room · Chat");
  // Direct requests to the server are served as well.
  await an.page.goto(server.http("/"));
  await an.askToJoin("An");
  await an.isIn();
  await an.say("direct");
  await binh.sees("direct");
});

test("with --base-path a path without a trailing slash works, also if a proxy removes it", async () => {
  await using server = await startServer(["--base-path", "/chat"]);
  await using at = await PathProxy.start([server.port, strippingAlsoWithoutSlash("/chat")]);
  const an = await stage.enter("/chat", "An", { at });
  const binh = new Witness(await stage.bot("/chat/", "Bình", at));
  await an.say("no slash");
  await binh.sees("no slash");
  expect(at.strays).toEqual([]);
});

test("two chats under two paths of a site keep their data in the browser separate", async () => {
  await using other = await startServer();
  await using at = await PathProxy.start(
    [other.port, stripping("/other")],
    [stage.server.port, stripping("/chat")],
    [stage.server.port, (path) => path],
  );
  const room = stage.newRoom();
  const an = await stage.enter(`/chat${room}`, "An", { at });
  await an.openSettings();
  await an.page.getByLabel("Classic").check();
  const picture = { name: "picture.png", mimeType: "image/png", buffer: await an.page.screenshot() };
  await an.page.getByLabel("Choose a picture: Page").setInputFiles(picture);
  await an.page.getByRole("button", { name: "Remove the picture: Page" }).waitFor();
  await an.page.keyboard.press("Escape");
  await an.composer.fill("half a draft");
  await an.composer.press("Enter");
  await an.sees("half a draft");
  await an.composer.fill("another half");

  for (const place of ["/other", ""]) {
    const twin = await stage.openBeside(an, place + room, at);
    expect(await twin.nicknameField.inputValue()).toBe("");
    expect(await twin.page.locator("html").getAttribute("data-theme")).toBe("system");
    // On the other server the nickname is free, and at the site's root it is the one of somebody else.
    await twin.askToJoin(place === "" ? "Bình" : "An");
    await twin.isIn();
    expect(await twin.composer.inputValue()).toBe("");
    if (place === "") expect(await twin.log.locator(".message.own").count()).toBe(0);
  }
  expect(await an.composer.inputValue()).toBe("another half");
  await an.page.reload();
  await an.isIn();
  expect(await an.composer.inputValue()).toBe("another half");
  expect(await an.page.locator("html").getAttribute("data-theme")).toBe("classic");
  const keys = await an.page.evaluate(() => Object.keys({ ...localStorage }));
  // What was kept for the chat at the root of a site before there were others is still where it was.
  expect(keys).toContain("classic-chatbox.nickname");
  expect(keys).toContain("/other/classic-chatbox.nickname");
  const databases = await an.page.evaluate(async () =>
    (await indexedDB.databases()).map(({ name }) => name ?? "").toSorted(),
  );
  expect(databases).toEqual(["/chat/classic-chatbox"]);
});

test("the cookie for pictures goes to the chat that it is for, and to no other path of the site", async () => {
  await using at = await PathProxy.start([stage.server.port, stripping("/chat")]);
  const an = await stage.enter(`/chat${stage.newRoom()}`, "An", { at });
  await an.page.route("https://pictures.example/**", (route) =>
    route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' }),
  );
  await an.openSettings();
  await an.page.getByLabel("Classic").check();
  const address = an.page.getByRole("textbox", { name: /address/i }).first();
  await address.fill("https://pictures.example/a.svg");
  const asked = an.page.waitForRequest("https://pictures.example/a.svg");
  await address.press("Enter");
  await asked;
  await an.isIn();
  const cookies = await an.page.context().cookies();
  expect(cookies.map(({ name, path }) => [name, path])).toEqual([["classic-chatbox-pictures", "/chat"]]);
});

test("a page of the site's own that has the chat's files beside it opens a room that its proxy chose", async () => {
  const room = stage.newRoom();
  await using at = await PathProxy.start([
    stage.server.port,
    (path) => (path === "/help" ? room : path.startsWith("/assets/") ? path : undefined),
  ]);
  const an = await stage.enter("/help", "An", { at });
  await an.say("found");
  const binh = new Witness(await stage.bot(room, "Bình"));
  expect(await binh.contents()).toEqual(["found"]);
});
