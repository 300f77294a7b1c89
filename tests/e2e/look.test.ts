/** Every screen of the page: pictures of it for people, and axe's verdict. */
import { expect, test } from "bun:test";
import type { Message } from "../../src/client/index.ts";
import { en } from "../../src/web/words/en.ts";
import { enRoom } from "../../src/web/words/enroom.ts";
import { SETTINGS_WORDS } from "../../src/web/words/settings.ts";
import { vi } from "../../src/web/words/vi.ts";
import { viRoom } from "../../src/web/words/viroom.ts";
import { Cable } from "../support/cable.ts";
import {
  capture,
  dropNetworkErrors,
  fits,
  keeping,
  LOOKS,
  SCREENS,
  Stage,
  smallTargets,
  violations,
} from "./stage.ts";

const stage = new Stage();

const LONG_NAME = "A-nickname-that-is-long-enough-to-need-a-second-line-on-a-phone";

/** From this width on the people are beside the conversation, and not in a dialog. */
const ROSTER_FROM_PIXELS = 832;

for (const { size, theme, locale } of LOOKS) {
  test(`on any screen axe finds nothing, nothing reaches out of it, and fingers hit what they press: ${size}, ${theme}, ${locale}`, async () => {
    const room = stage.newRoom();
    const words = locale === "vi-VN" ? { ...vi, ...viRoom } : { ...en, ...enRoom };
    const found: string[] = [];
    await using cable = new Cable(stage.server.port);
    const mai = await stage.open(room, {
      options: { ...SCREENS[size], locale },
      at: cable,
      prepare: keeping({ "classic-chatbox.settings.theme": JSON.stringify(theme) }),
    });
    const { page } = mai;
    /** For states of which nothing is left in a later one. */
    const look = async (screen: string) => {
      await capture(mai, `${size}-${theme}-${screen}`);
      const all = await violations(mai);
      found.push(...all.map((each) => `${screen}: ${each}`));
      await measure(screen);
    };
    /** For those that axe sees in a later one. */
    const measure = async (screen: string) => {
      await fits(mai);
      const small = "hasTouch" in SCREENS[size] ? await smallTargets(mai) : [];
      found.push(...small.map((each) => `${screen}: ${each}`));
    };
    const close = async () => {
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    };
    const join = async (nickname: string) => {
      await page.getByRole("textbox", { name: words.join.nickname, exact: true }).fill(nickname);
      await page.getByRole("button", { name: words.join.button, exact: true }).click();
    };
    expect(await page.locator("html").getAttribute("lang")).toBe(words.locale);
    expect(await page.locator("html").getAttribute("data-theme")).toBe(theme);
    await measure("join");
    await join("");
    await mai.reads(words.nicknameFault.empty);
    await look("join-refused");
    await join("Mai");
    await mai.composer.waitFor();
    await mai.reads(words.empty);
    await look("empty");

    await talk(room);
    await mai.sees("the last word");
    await mai.composer.fill("A message\nbeing written");
    await capture(mai, `${size}-${theme}-busy`);
    await measure("busy");
    await mai.composer.fill("Xin chào @");
    await page.getByRole("option").first().waitFor();
    await look("mention");
    await mai.composer.fill("x".repeat(3990));
    await look("counter");
    await mai.composer.fill("");

    await mai.openSettings();
    await look("settings");
    await close();
    await page.getByRole("button", { name: words.rename }).click();
    await look("rename");
    await close();
    if (SCREENS[size].viewport.width < ROSTER_FROM_PIXELS) {
      await page.getByRole("button", { name: words.people.title }).click();
      await look("people");
      await close();
    }

    await mai.log.evaluate((log) => {
      log.scrollTop = 0;
    });
    await page.getByRole("button", { name: words.newest(0) }).waitFor();
    await measure("scrolled");
    await page.context().setOffline(true);
    cable.cut();
    await mai.reads(words.connection.offline);
    await mai.write("This waits for the connection.");
    await mai.reads(words.connection.kept(1));
    await look("offline");
    expect(found).toEqual([]);
    dropNetworkErrors(mai);
  });
}

test("the page fits 320 pixels, as it must at 400 % zoom, and the language that one chooses is kept", async () => {
  const room = stage.newRoom();
  const options = { locale: "vi-VN", viewport: { width: 320, height: 568 } };
  const mai = await stage.open(room, { options });
  await mai.openSettings();
  await mai.page.getByLabel(SETTINGS_WORDS.vi.language).selectOption("en");
  await mai.reads(SETTINGS_WORDS.en.keyLead);
  await mai.page.reload();
  await mai.askToJoin("Mai");
  await mai.isIn();
  await talk(room);
  await mai.sees("the last word");
  await capture(mai, "narrow-light-busy");
  await mai.openSettings();
  await mai.page.getByLabel("Classic").check();
  await capture(mai, "narrow-classic-settings");
  expect(await violations(mai)).toEqual([]);
  await mai.page.getByLabel("Compact").check();
  await mai.page.keyboard.press("Escape");
  await mai.page.locator(".log.compact").waitFor();
  await capture(mai, "narrow-classic-compact");
  expect(await violations(mai)).toEqual([]);
});

test("the classic theme shows the pictures that one chooses, keeps them, and fetches one by its address only once it was asked to", async () => {
  const room = stage.newRoom();
  const mai = await stage.enter(room, "Mai");
  await mai.openSettings();
  await mai.page.getByLabel("Classic").check();
  const picture = await mai.page.locator("body").screenshot();
  const file = { name: "picture.png", mimeType: "image/png", buffer: picture };
  await mai.page
    .getByLabel("Choose a picture: Page")
    .setInputFiles({ ...file, buffer: Buffer.from("no picture") });
  await mai.reads("Your browser can’t show this file as a picture");
  for (const place of ["Page", "Chat", "People", "Settings"]) {
    await mai.page.getByLabel(`Choose a picture: ${place}`).setInputFiles(file);
    await mai.page.getByRole("button", { name: `Remove the picture: ${place}` }).waitFor();
  }
  await capture(mai, "desktop-classic-pictures-settings");
  await mai.page.reload();
  await mai.isIn();
  const background = (selector: string) =>
    mai.page.locator(selector).evaluate((element) => getComputedStyle(element).backgroundImage);
  await mai.page.waitForFunction(
    () => document.documentElement.style.getPropertyValue("--picture-roster") !== "",
  );
  for (const selector of ["body", ".conversation", "aside.roster"]) {
    expect(await background(selector)).toStartWith('url("blob:');
  }
  await capture(mai, "desktop-classic-pictures");
  await mai.openSettings();
  await mai.page.getByRole("button", { name: "Remove the picture: Page" }).click();
  expect(await background("body")).toStartWith("linear-gradient");

  const asked: string[] = [];
  await mai.page.route("https://pictures.test/**", (route) => {
    asked.push(route.request().url());
    return route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
  });
  const field = mai.page.getByLabel("Picture address: Page");
  await field.fill("javascript:alert(1)");
  await field.press("Enter");
  await mai.reads("That isn’t an address that starts with https://.");
  expect(asked).toEqual([]);
  await field.fill("https://pictures.test/a.svg");
  const reloaded = mai.page.waitForEvent("load");
  await field.press("Enter");
  await reloaded;
  await mai.isIn();
  await mai.page.waitForFunction(() =>
    getComputedStyle(document.body).backgroundImage.includes("pictures.test"),
  );
  expect(asked).not.toEqual([]);
  // The first load's policy still stood when the picture was chosen.
  mai.complaints.splice(
    0,
    Number.POSITIVE_INFINITY,
    ...mai.complaints.filter((line) => !line.includes("pictures.test")),
  );
});

test("the transcript that is printed has all messages, and nothing else of the page", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  for (let i = 0; i < 58; i++) await binh.send(`line ${i}`);
  const mai = await stage.enter(room, "Mai");
  for (const line of ["line 58", "line 59"]) await mai.say(line);
  const all = Array.from({ length: 60 }, (_, i): [string, string] => [i < 58 ? "Bình" : "Mai", `line ${i}`]);
  await mai.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await mai.page.emulateMedia({ media: "print" });
  await mai.page.locator(".transcript article").nth(59).waitFor();
  expect(await mai.page.locator(".transcript .content").allTextContents()).toEqual(
    all.map(([, content]) => content),
  );
  expect(await mai.page.locator(".app > :not(.printed)").filter({ visible: true }).count()).toBe(0);
  await mai.page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await mai.page.locator(".transcript").waitFor({ state: "detached" });
  await mai.page.emulateMedia({ media: "screen" });
  await mai.openSettings();
  const download = mai.page.waitForEvent("download");
  await mai.page.getByRole("button", { name: "Save as text" }).click();
  const lines = (await Bun.file(await (await download).path()).text()).trimEnd().split("\n");
  expect(lines.slice(2).map((line) => line.replace(/^\[\d\d:\d\d\] /, ""))).toEqual(
    all.map((line) => line.join(": ")),
  );
  await mai.page.getByLabel("To", { exact: true }).fill("2020-01-01");
  await mai.page.getByRole("button", { name: "Save as text" }).click();
  await mai.reads("There are no messages to save.");
  await mai.page.getByLabel("To", { exact: true }).fill("2100-01-01");
  const json = mai.page.waitForEvent("download");
  await mai.page.getByRole("button", { name: "Save as JSON" }).click();
  const saved = await json;
  expect(saved.suggestedFilename()).toEndWith(".json");
  const messages: Message[] = await Bun.file(await saved.path()).json();
  expect(messages.map(({ name, content }) => [name, content])).toEqual(all);
});

/** A conversation of all sorts. */
async function talk(room: string): Promise<void> {
  const join = (nickname: string) => stage.bot(room, nickname);
  const [binh, noor, long] = [await join("Bình"), await join("نور"), await join(LONG_NAME)];
  await binh.send("Chào mọi người! Có ai ở đây không?");
  await binh.send("Chiều nay họp lúc ba giờ nhé, phòng cũ. Ai bận thì nhắn mình trước, để mình dời lại.");
  await noor.send("مرحبا بالجميع! أنا هنا، كيف الحال؟");
  await noor.send("I can read both: שלום and مرحبا, @Bình.");
  await long.send(`https://example.com/${"a-long-path-without-any-space-".repeat(6)}`);
  await long.send(
    "A longer message that has to be wrapped over several lines, as people write them at times.\n\nIt even has a second paragraph.",
  );
  await binh.send("Like so: `npm start`, or\n```\nconst answer = 42;\nconsole.log(answer);\n```");
  await binh.send(`\`\`\`\n${"a line that is wider than the screen ".repeat(8)}\n\`\`\``);
  await binh.send("word".repeat(120));
  await noor.send(`A poem:${"\n\nand one more line".repeat(40)}`);
  const again = await join("Again");
  await again.send("first");
  await again.close();
  const other = await join("Again");
  await other.send("The nickname is the same.");
  const guests = await Promise.all(Array.from({ length: 9 }, (_, i) => join(`Guest ${i + 1}`)));
  await Promise.all(guests.slice(2).map((guest) => guest.close()));
  await noor.send("@Mai, the last word");
}
