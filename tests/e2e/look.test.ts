/** Every screen in every theme: pictures of it for people, and axe's verdict. */
import { afterEach, expect, test } from "bun:test";
import { Chat } from "../../src/client/index.ts";
import { Cable } from "../support/cable.ts";
import type { Person } from "./person.ts";
import { capture, dropNetworkErrors, Stage, violations } from "./stage.ts";

const stage = new Stage();

const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;

const LONG_NAME = "A-nickname-that-is-long-enough-to-need-a-second-line-on-a-phone";

for (const theme of ["light", "dark", "classic"] as const) {
  for (const device of ["desktop", "phone"] as const) {
    test(`axe finds nothing on any screen, and nothing reaches out of it: ${theme}, ${device}`, async () => {
      const room = stage.newRoom();
      const found: string[] = [];
      const look = async (person: Person, screen: string) => {
        await capture(person, `${device}-${theme}-${screen}`);
        found.push(...(await violations(person)).map((each) => `${screen}: ${each}`));
      };
      await using cable = new Cable(stage.server.port);
      const mai = await stage.open(room, { options: DEVICES[device], at: cable });
      await choose(mai, theme);
      await look(mai, "join");
      await mai.askToJoin("");
      await mai.reads("Enter a nickname.");
      await look(mai, "join-refused");
      await mai.askToJoin("Mai");
      await mai.isIn();
      await look(mai, "empty");

      await talk(room);
      await mai.sees("the last word");
      await mai.composer.fill("A message\nbeing written");
      await look(mai, "busy");
      await mai.composer.fill("Xin chào @");
      await mai.page.getByRole("option").first().waitFor();
      await look(mai, "mention");
      await mai.composer.fill("x".repeat(3990));
      await look(mai, "counter");
      await mai.composer.fill("");

      await mai.openSettings();
      await look(mai, "settings");
      await mai.page.keyboard.press("Escape");
      await mai.page.getByRole("button", { name: /Change your nickname/ }).click();
      await look(mai, "rename");
      await mai.page.keyboard.press("Escape");
      if (device === "phone") {
        await mai.page.getByRole("button", { name: /People: / }).click();
        await look(mai, "people");
        await mai.page.keyboard.press("Escape");
      }

      await mai.log.evaluate((log) => {
        log.scrollTop = 0;
      });
      await mai.page.getByRole("button", { name: "Jump to latest" }).waitFor();
      await look(mai, "scrolled");
      await mai.page.context().setOffline(true);
      cable.cut();
      await mai.reads("You are offline");
      await mai.write("This waits for the connection.");
      await mai.reads("1 message will be sent");
      await look(mai, "offline");
      expect(found).toEqual([]);
      dropNetworkErrors(mai);
    });
  }
}

for (const device of ["desktop", "phone"] as const) {
  test(`in Vietnamese, too: ${device}`, async () => {
    const room = stage.newRoom();
    const options = { ...DEVICES[device], locale: "vi-VN" };
    const mai = await stage.open(room, { options });
    await mai.page.getByRole("textbox", { name: "Biệt danh" }).fill("Mai");
    await mai.page.getByRole("button", { name: "Vào phòng" }).click();
    await mai.composer.waitFor();
    expect(await mai.page.locator("html").getAttribute("lang")).toBe("vi");
    await talk(room);
    await mai.sees("the last word");
    await capture(mai, `${device}-light-vietnamese`);
    expect(await violations(mai)).toEqual([]);
    await mai.openSettings();
    await capture(mai, `${device}-light-vietnamese-settings`);
    expect(await violations(mai)).toEqual([]);
    await mai.page.getByLabel("Ngôn ngữ").selectOption("en");
    await mai.reads("Play a sound");
    await mai.page.reload();
    await mai.page.getByRole("textbox", { name: "Message" }).waitFor();
  });
}

test("the page fits 320 pixels, as it must at 400 % zoom", async () => {
  const room = stage.newRoom();
  const mai = await stage.enter(room, "Mai", { options: { viewport: { width: 320, height: 568 } } });
  await talk(room);
  await mai.sees("the last word");
  await capture(mai, "narrow-light-busy");
  await mai.openSettings();
  await mai.page.getByLabel("Classic").check();
  await capture(mai, "narrow-classic-settings");
  expect(await violations(mai)).toEqual([]);
});

test("the classic theme shows the pictures that one chooses, and keeps them", async () => {
  const room = stage.newRoom();
  const mai = await stage.enter(room, "Mai");
  await mai.openSettings();
  await mai.page.getByLabel("Classic").check();
  const picture = await mai.page.locator("body").screenshot();
  const file = { name: "picture.png", mimeType: "image/png", buffer: picture };
  await mai.page
    .getByLabel("Choose a picture: Page")
    .setInputFiles({ ...file, buffer: Buffer.from("no picture") });
  await mai.reads("The browser cannot show this file as a picture");
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
});

test("a picture by its address is fetched only once the reader has asked for that", async () => {
  const mai = await stage.enter(stage.newRoom(), "Mai");
  const asked: string[] = [];
  await mai.page.route("https://pictures.test/**", (route) => {
    asked.push(route.request().url());
    return route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
  });
  await mai.openSettings();
  await mai.page.getByLabel("Classic").check();
  const field = mai.page.getByLabel("Picture address: Page");
  await field.fill("javascript:alert(1)");
  await field.press("Enter");
  await mai.reads("Enter an address that starts with https://.");
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
  const mai = await stage.enter(room, "Mai");
  for (let i = 0; i < 60; i++) await mai.write(`line ${i}`);
  await mai.sees("line 59");
  await mai.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await mai.page.emulateMedia({ media: "print" });
  await mai.page.locator(".transcript article").nth(59).waitFor();
  expect(await mai.page.locator(".transcript .content").allTextContents()).toEqual(
    Array.from({ length: 60 }, (_, i) => `line ${i}`),
  );
  expect(await mai.page.locator(".app > :not(.transcript)").filter({ visible: true }).count()).toBe(0);
  await mai.page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await mai.page.locator(".transcript").waitFor({ state: "detached" });
});

async function choose(person: Person, theme: "light" | "dark" | "classic"): Promise<void> {
  await person.openSettings();
  await person.page.getByLabel({ light: "Light", dark: "Dark", classic: "Classic" }[theme]).check();
  await person.page.keyboard.press("Escape");
  await person.page.getByRole("dialog").waitFor({ state: "detached" });
}

/** A conversation of all sorts. */
async function talk(room: string): Promise<void> {
  const url = stage.server.url(room.slice("/rooms/".length));
  const join = async (name: string) => {
    const chat = new Chat(url);
    await chat.register(name);
    return chat;
  };
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
  chats.push(binh, noor, long, other, ...guests);
}

const chats: Chat[] = [];
afterEach(async () => {
  await Promise.all(chats.splice(0).map((chat) => chat.close()));
});
