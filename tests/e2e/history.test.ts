import { expect, test } from "bun:test";
import { join } from "node:path";
import { startServer, TemporaryFolder } from "../support/server.ts";
import type { Person } from "./person.ts";
import { capture, oldMessages, SCREENS, Stage, smallTargets, violations } from "./stage.ts";

const stage = new Stage();

test("800 messages are paged through upwards, and what one reads stays where it is to the pixel", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  const count = 800;
  await Bun.write(dataFile, JSON.stringify(oldMessages(count)));
  await using at = await startServer(["--no-limits"], { dataFile });
  // Each frame is drawn, so a narrow window is a cheap one.
  const options = { viewport: { width: 480, height: 800 } };
  const an = await stage.enter("/", "An", { at, options });
  await an.sees(`message ${count - 1}`);
  const moves = await an.page.evaluate(readUpwards);
  await an.sees("message 0");
  await an.reads("The conversation begins here.");
  expect(moves.pages).toBeGreaterThanOrEqual(3);
  expect(moves.most).toBeLessThan(1);
  expect(moves.nodes).toBeLessThan(3000);
});

test("the log follows its end only while the reader is there, and counts what comes otherwise", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = await stage.bot(room, "Bình");
  for (let i = 0; i < 40; i++) await binh.send(`line ${i}`);
  await an.sees("line 39");
  await atEnd(an);
  await an.log.evaluate((log) => {
    log.scrollTop = 200;
  });
  await an.page.getByRole("button", { name: "Jump to latest" }).waitFor();
  await binh.send("news");
  await binh.send("more news");
  const newest = an.page.getByRole("button", { name: "2 new messages" });
  await newest.waitFor();
  expect(await an.log.evaluate((log) => log.scrollTop)).toBe(200);
  await newest.click();
  await newest.waitFor({ state: "detached" });
  await an.sees("more news");
  await atEnd(an);
  // A draft of several lines is replaced by another one.
  await an.composer.fill("a\nb\nc\nd\ne\nf");
  await an.composer.press("Control+a");
  await an.page.keyboard.insertText("1\n2\n3\n4\n5\n6\n7");
  await binh.send("the last news");
  await an.sees("the last news");
  await atEnd(an);
  expect(await an.page.locator(".to-newest").count()).toBe(0);
});

test("there is a line above the first message that came while nobody looked or the page was closed, and the title counts, mentions as well", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = await stage.bot(room, "Bình");
  await binh.send("seen");
  await an.sees("seen");
  await an.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await binh.send("unseen");
  await binh.send("unseen, too, @An");
  await an.page.waitForFunction(() => document.title.startsWith("(2, @1) "));
  const icon = () =>
    an.page.locator("link[rel=icon]").evaluate((link: HTMLLinkElement) => new URL(link.href).pathname);
  expect(await icon()).toMatch(/^\/assets\/icon-unread-[a-z0-9]+\.svg$/);
  expect((await fetch(stage.server.http(await icon()))).status).toBe(200);
  await an.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await an.page.waitForFunction(() => !document.title.startsWith("("));
  expect(await icon()).toMatch(/^\/assets\/icon-[0-9a-f]{32}\.svg$/);
  const line = an.log.locator("li", { has: an.page.locator(".unread") });
  expect(await line.locator(".content").allTextContents()).toEqual(["unseen"]);

  await an.page.goto("about:blank");
  await binh.send("missed");
  await an.page.goto(stage.server.http(room));
  await an.isIn();
  await line.getByText("missed").waitFor();
});

test("a link to an old message opens there, and from there one reads on to the newest", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  await Bun.write(dataFile, JSON.stringify(oldMessages(600)));
  await using at = await startServer(["--no-limits"], { dataFile });
  const an = await stage.enter("/#301", "An", { at });
  await an.sees("message 300");
  const row = an.log.locator("li", { hasText: "message 300" }).first();
  await row.waitFor();
  expect(await row.evaluate((element) => element.getBoundingClientRect().top < innerHeight)).toBe(true);
  expect(await an.log.getByText("message 599").count()).toBe(0);
  const marked = an.log.locator(".linked");
  expect(await marked.textContent()).toContain("message 300");

  const binh = await stage.bot("/", "Bình", at);
  await binh.send("while An reads");
  await an.page.getByRole("button", { name: /1 new message|Jump to latest/ }).click();
  await an.sees("while An reads");
  await atEnd(an);
  expect(await marked.count()).toBe(0);
  // A reload would lead back there.
  expect(new URL(an.page.url()).hash).toBe("");

  await an.page.goto(at.http("/#400"));
  await an.sees("message 399");
  await marked.filter({ hasText: "message 399" }).waitFor();
  await an.page.evaluate(async () => {
    const log = document.querySelector(".log");
    while (log && !log.textContent?.includes("while An reads")) {
      log.scrollTop += 600;
      await new Promise(requestAnimationFrame);
    }
  });
  await marked.waitFor({ state: "detached" });
  expect(new URL(an.page.url()).hash).toBe("");
});

test("a link to a message that is not there says so; the time of one is a link to it, which a click copies", async () => {
  const room = stage.newRoom();
  const an = await stage.open(`${room}#7`, {
    options: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  const shown = await an.watch();
  await an.askToJoin("An");
  await shown("That message no longer exists.");
  await an.say("first");
  await an.log.locator("a.time").first().click();
  await shown("Link copied.");
  const link = await an.page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(new RegExp(`${room}#\\d+\\.[\\da-z]+$`));
  expect(await an.log.locator("a.time").first().getAttribute("title")).toMatch(/\d{4}.*\d:\d\d:\d\d/);
});

test("PAGE-10 a date leads to its first message in the reader's own time zone, from the line of a day, the settings and far away", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  const hourly = oldMessages(1000).map((message, hour) => {
    const [day = "", time = ""] = new Date(Date.UTC(2023, 0, 1, 4 + hour)).toISOString().split(/[T.]/);
    return { ...message, timestamp: `${day.split("-").reverse().join("/")} ${time}` };
  });
  await Bun.write(dataFile, JSON.stringify(hourly));
  await using at = await startServer(["--no-limits", "--timezone", "UTC"], { dataFile });
  const an = await stage.enter("/", "An", { at, options: SCREENS.narrow });
  const { page } = an;
  const dialog = page.getByRole("dialog", { name: "Go to a date" });
  const field = dialog.getByLabel("Date");
  const shown = await an.watch();
  /** Waits until a message is marked, has the focus and is in sight. */
  const arrivesAt = async (text: string) => {
    const row = an.log.locator(".linked", { hasText: text });
    await row.waitFor();
    await dialog.waitFor({ state: "detached" });
    await row.locator(".more:focus").waitFor();
    expect(await row.evaluate((each) => each.getBoundingClientRect().top < innerHeight)).toBe(true);
  };

  // The last one was sent at 19:00 UTC, when it was two in the morning here.
  const day = an.log.getByRole("button", { name: "Sunday, February 12, 2023" });
  await day.scrollIntoViewIfNeeded();
  expect(await smallTargets(an)).toEqual([]);
  await day.press("Enter");
  await field.waitFor();
  expect(await field.inputValue()).toBe("2023-02-12");
  expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.waitForFunction(() => document.querySelector("input")?.min === "2023-01-01");
  expect([await violations(an), await smallTargets(an)]).toEqual([[], []]);
  await capture(an, "date-narrow");
  await field.fill("2023-01-20");
  await field.press("Enter");
  // The day began at 17:00 UTC the day before.
  await arrivesAt("message 445");
  const above = await an.log.locator("li", { has: page.locator(".day") }).allTextContents();
  expect(above.some((text) => /Friday, January 20, 2023.*message 445/s.test(text))).toBe(true);
  await capture(an, "date-there-narrow");

  await page.setViewportSize(SCREENS.desktop.viewport);
  await page.getByRole("button", { name: "Go to a date…", exact: true }).click();
  await field.fill("");
  await dialog.getByRole("button", { name: "Go", exact: true }).click();
  await dialog.getByText("Choose a date.").waitFor();
  await capture(an, "date-desktop");
  await field.fill("2022-12-24");
  await field.press("Enter");
  await shown("No messages that day. This is the next one.");
  await arrivesAt("message 0");

  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Go to a date…" }).click();
  await field.fill("2023-02-13");
  await field.press("Enter");
  await shown("No messages since then. This is the latest one.");
  await arrivesAt("message 999");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await day.click();
  await field.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

/** Waits until the end of the log is in sight. */
async function atEnd(person: Person): Promise<void> {
  await person.page.waitForFunction(() => {
    const log = document.querySelector(".log");
    return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 3;
  });
}

/**
 * In the page: scrolls to the first message, a piece in each frame, and compares where rows stand before and after all
 * that happens in between: pages come in, rows are measured for the first time.
 *
 * @returns the largest unwanted move in pixels, the pages that came, and the most elements there were
 */
async function readUpwards(): Promise<{ most: number; pages: number; nodes: number }> {
  const log = document.querySelector(".log");
  const list = log?.querySelector("ol");
  if (!log || !list) throw new Error("there is no log");
  // Where rows end: the first one loses its day line, which stands at its beginning, to an earlier one.
  const ends = () =>
    new Map(
      [...list.children].map((row) => [row.getAttribute("data-key"), row.getBoundingClientRect().bottom]),
    );
  const isSeen = (end: number) => end > 60 && end < 700;
  let [most, pages, nodes] = [0, 0, 0];
  let height = log.scrollHeight;
  for (;;) {
    const from = log.scrollTop;
    const before = ends();
    log.scrollTop = from - 550;
    const wanted = from - log.scrollTop;
    // Two frames: scrolling is told at the first, and everything has its place by the second.
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    for (const [key, end] of ends()) {
      const was = before.get(key);
      if (was !== undefined && isSeen(was) && isSeen(end))
        most = Math.max(most, Math.abs(end - was - wanted));
    }
    nodes = Math.max(nodes, document.querySelectorAll("*").length);
    if (log.scrollHeight > height + 2000) pages++;
    height = log.scrollHeight;
    const isDone = log.textContent?.includes("The conversation begins here.") && log.scrollTop === 0;
    if (isDone) return { most, pages, nodes };
  }
}
