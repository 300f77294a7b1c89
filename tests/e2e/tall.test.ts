import { expect, test } from "bun:test";
import type { Chat } from "../../src/client/index.ts";
import type { Person } from "./person.ts";
import { capture, Stage, violations, violationsOfLook } from "./stage.ts";

const stage = new Stage();

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** Contents of 4,000 characters that are as high as can be, each in its own way. */
const TALL: Readonly<Record<string, string>> = {
  "line breaks": `first${"\n".repeat(3990)}last`,
  "one word": "W".repeat(4000),
  "wide letters": "﷽".repeat(4000),
  "blocks of code": "```a```".repeat(571),
  "line separators": `first${"\u2028".repeat(3990)}last`,
  "stacked marks on many lines": `Z${"\u0301\u0316".repeat(20)}\n`.repeat(90),
  "words the other way": "مرحبا ".repeat(660),
};

/** Has somebody send a message of each kind, and sees to it that it is folded, and can be opened and closed again. */
async function unfoldsAll(an: Person, eve: Chat, [all, less]: readonly [string, string]): Promise<void> {
  for (const [kind, content] of Object.entries(TALL)) {
    await eve.send(content);
    await eve.send(`after ${kind}`);
    await an.page.waitForFunction(
      (text) => [...document.querySelectorAll(".log .content")].at(-1)?.textContent === text,
      `after ${kind}`,
    );
    const tall = an.log.locator("li").nth(-2);
    const state = () =>
      tall.evaluate((row) => ({
        height: row.clientHeight,
        expanded: row.querySelector(".fold-button")?.ariaExpanded,
        excess: document.documentElement.scrollWidth - innerWidth,
        shown: row.querySelector(".content")?.textContent?.replaceAll("`", ""),
      }));
    const folded = await state();
    expect(folded.height).toBeLessThan(600);
    expect(folded.expanded).toBe("false");
    expect(folded.shown).toBe(content.replaceAll("`", ""));
    await tall.getByRole("button", { name: all }).dispatchEvent("click");
    await tall.getByRole("button", { name: less, expanded: true }).waitFor();
    const open = await state();
    expect(open.height).toBeGreaterThan(600);
    await tall.getByRole("button", { name: less }).dispatchEvent("click");
    await tall.getByRole("button", { name: all }).waitFor();
    const again = await state();
    expect(again.height).toBeLessThan(600);
    for (const { excess } of [folded, open, again]) expect(excess).toBeLessThanOrEqual(0);
  }
  expect(await an.log.locator(".fold-button").filter({ visible: true }).count()).toBeGreaterThan(0);
}

test("whatever a message is made of, it takes no more than a screen, and all of it can be shown: desktop, by keyboard", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const eve = await stage.bot(room, "Eve");
  await eve.send(`tall${"\nline".repeat(200)}\nhttps://example.org/`);
  const tall = an.log.locator("li", { hasText: "https://example.org/" });
  await tall.getByRole("button", { name: "Show all" }).focus();
  await an.page.keyboard.press("Enter");
  await tall.getByRole("button", { name: "Show less", expanded: true }).waitFor();
  expect(await violationsOfLook(an)).toEqual([]);
  await an.page.keyboard.press("Space");
  await tall.getByRole("button", { name: "Show all", expanded: false }).waitFor();
  expect(await violations(an)).toEqual([]);
  // Tab reaches the link that is folded away, and makes it visible.
  await tall.locator("a.time").focus();
  await an.page.keyboard.press("Tab");
  await tall.getByRole("button", { name: "Show less" }).waitFor();
  expect(await an.page.evaluate(() => document.activeElement?.getAttribute("href"))).toBe(
    "https://example.org/",
  );

  await an.page.getByRole("button", { name: "Jump to latest" }).click();
  await unfoldsAll(an, eve, ["Show all", "Show less"]);
  await capture(an, "desktop-light-tall");
});

test("whatever a message is made of, it takes no more than a screen, and all of it can be shown: phone, by finger, in Vietnamese", async () => {
  const room = stage.newRoom();
  const chi = await stage.open(room, { options: { ...PHONE, locale: "vi-VN" } });
  await chi.page.getByRole("textbox", { name: "Biệt danh" }).fill("Chi");
  await chi.page.getByRole("button", { name: "Vào phòng" }).tap();
  await chi.composer.waitFor();
  const eve = await stage.bot(room, "Eve");
  await unfoldsAll(chi, eve, ["Xem tất cả", "Thu gọn"]);
  await capture(chi, "phone-light-tall");
  const tall = chi.log.locator("li").nth(-2);
  await tall.getByRole("button", { name: "Xem tất cả" }).tap();
  await tall.getByRole("button", { name: "Thu gọn" }).tap();
  await tall.getByRole("button", { name: "Xem tất cả" }).waitFor();
});

test("a message that fits on a screen has no button, whatever it is made of, until the window becomes narrow", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const eve = await stage.bot(room, "Eve");
  for (const content of [
    "short",
    "A message of some length, as people write them, with a few words more than fit on one line of it. ".repeat(
      8,
    ),
    "a\nb\nc\nd\ne\nf\ng\nh\ni\nj",
    `\`\`\`\n${"const a = 1;\n".repeat(40)}\`\`\``,
    `a${"\u0301".repeat(3999)}`,
    "some words that make a long message ".repeat(40).trim(),
  ]) {
    await eve.send(content);
  }
  await eve.send("the end");
  await an.sees("the end");
  expect(await an.log.locator(".fold-button").filter({ visible: true }).count()).toBe(0);
  const long = an.log.locator("li", { hasText: "some words that make" });
  const button = long.getByRole("button", { name: "Show all" });
  await an.page.setViewportSize({ width: 320, height: 800 });
  await button.waitFor();
  await an.page.setViewportSize({ width: 1280, height: 800 });
  await button.waitFor({ state: "hidden" });
});

test("a tall message opens where it stands, closes to where it begins, and one that was opened stays open while one reads elsewhere", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const eve = await stage.bot(room, "Eve");
  for (let i = 0; i < 12; i++) await eve.send(`before ${i}`);
  await eve.send(`tall${"\n\nline".repeat(300)}`);
  // More than fits below its beginning: at the end of the log, the view would go on to the news.
  for (let i = 0; i < 8; i++) await eve.send(`after ${i}`);
  await an.sees("after 7");
  const row = an.log.locator("li", { hasText: "tall" });
  const top = () => row.evaluate((each) => each.getBoundingClientRect().top);
  const before = await top();
  await row.getByRole("button", { name: "Show all" }).click();
  const less = row.getByRole("button", { name: "Show less" });
  await less.waitFor();
  expect(Math.abs((await top()) - before)).toBeLessThan(1);
  // What comes now does not move it: the reader has left the end.
  await eve.send("news");
  await an.page.getByRole("button", { name: "1 new message" }).waitFor();
  expect(Math.abs((await top()) - before)).toBeLessThan(1);

  // Far down in it the button is still in sight.
  await an.log.evaluate((log) => {
    log.scrollTop += 3000;
  });
  await an.page.waitForFunction(() => (document.querySelector(".log")?.scrollTop ?? 0) > 2500);
  const box = await less.boundingBox();
  expect(box && box.y > 0 && box.y + box.height < 800).toBe(true);
  await less.click();
  await row.getByRole("button", { name: "Show all" }).waitFor();
  const frame = await an.log.boundingBox();
  expect((await top()) - (frame?.y ?? 0)).toBeGreaterThan(-1);
  expect((await top()) - (frame?.y ?? 0)).toBeLessThan(400);

  await row.getByRole("button", { name: "Show all" }).click();
  await less.waitFor();
  const height = await row.evaluate((each) => each.clientHeight);
  for (let i = 0; i < 50; i++) await eve.send(`more ${i}`);
  await an.page.getByRole("button", { name: /new messages|Jump to latest/ }).click();
  await row.waitFor({ state: "detached" });
  await an.log.evaluate((log) => {
    log.scrollTop = 0;
  });
  await row.waitFor();
  expect(await row.evaluate((each) => each.clientHeight)).toBe(height);
});

test("stacked marks stay within their message and their nickname; a link shows its host, an address that hides its host is not a link; and a tall message is printed in full", async () => {
  const room = stage.newRoom();
  const name = `E${"\u0301".repeat(60)}${"\u0316".repeat(39)}`;
  const eve = await stage.bot(room, name);
  const an = await stage.enter(room, "An");
  await an.say("above");
  await eve.send(`Z${"\u0301".repeat(300)}${"\u0316".repeat(300)}`);
  await an.say("below");
  await an.sees("Z");
  const isClipped = await an.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".log .content, .log header .nickname, .people-line p")].every(
      (box) => getComputedStyle(box).overflowY === "clip" && box.clientHeight < 100,
    ),
  );
  expect(isClipped).toBe(true);

  await eve.send("https://bank.example\u202Emoc.live");
  await eve.send("https://دخول.example/בנק.com/אבג");
  await eve.send("the end");
  await an.sees("the end");
  const links = an.log.locator(".content a");
  expect(await links.allTextContents()).toEqual(["https://دخول.example/בנק.com/אבג"]);
  const [host, path] = await links.evaluate((link) => {
    const rest = document.createRange();
    rest.selectNode(link.childNodes[link.childNodes.length - 1] ?? link);
    return [link.querySelector("bdi")?.getBoundingClientRect().right ?? 0, rest.getBoundingClientRect().left];
  });
  expect(host).toBeLessThanOrEqual((path ?? 0) + 1);
  await capture(an, "desktop-light-marks-links");

  const content = `first${"\n\nline".repeat(200)}`;
  await eve.send(content);
  await an.sees("first");
  await an.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await an.page.emulateMedia({ media: "print" });
  const printed = an.page.locator(".transcript .content").last();
  await printed.waitFor();
  expect(await printed.textContent()).toBe(content);
  expect(await printed.evaluate((each) => each.clientHeight)).toBeGreaterThan(3000);
});

/** How much wider the page is than the window, and how high it is. */
async function extent(person: Person): Promise<{ excess: number; height: number }> {
  return person.page.evaluate(() => ({
    excess: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    height: document.documentElement.scrollHeight,
  }));
}

test("without JavaScript tall messages are folded, too, and nothing is wider than the window", async () => {
  const room = stage.newRoom().padEnd("/rooms/".length + 64, "w");
  const eve = await stage.bot(room, "W".repeat(100));
  const wide = [
    "\t".repeat(3999).concat("x"),
    "\u00A0".repeat(3999).concat("x"),
    "https://a.example/".repeat(200),
  ];
  const contents = [...Object.values(TALL), ...wide];
  for (const content of contents) await eve.send(content);
  await eve.send("the end");
  for (const [device, options] of Object.entries({ desktop: {}, phone: PHONE })) {
    const reader = await stage.open(`${room}?read`, { options: { ...options, javaScriptEnabled: false } });
    await reader.reads("the end");
    expect(await reader.page.locator(".content").allTextContents()).toEqual([...contents, "the end"]);
    const { excess, height } = await extent(reader);
    expect(excess).toBe(0);
    expect(height).toBeLessThan((contents.length + 1) * 1100);
    await reader.page.screenshot({ path: `${import.meta.dir}/screenshots/${device}-light-reading-tall.png` });
    const first = reader.page.locator("article").first();
    await first.getByText("Show all").click();
    await first.getByText("Show less").waitFor();
    expect(await first.evaluate((each) => each.clientHeight)).toBeGreaterThan(50_000);
  }
});

test("axe finds nothing wrong with a folded message on the page without JavaScript, nor with one that can be scrolled", async () => {
  const room = stage.newRoom();
  const eve = await stage.bot(room, "Eve");
  await eve.send(`first${"\nline".repeat(60)}`);
  await eve.send("\t﷽".repeat(200));
  const reader = await stage.open(`${room}?read`);
  expect(await violations(reader)).toEqual([]);
  await reader.page.locator("summary").focus();
  await reader.page.keyboard.press("Enter");
  await reader.reads("Show less");
  expect(await violationsOfLook(reader)).toEqual([]);
});
