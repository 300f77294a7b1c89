/** What two people see of each other's replies, edits, deletions and reactions. */
import { expect, test } from "bun:test";
import type { Locator } from "playwright-core";
import { Cable } from "../support/cable.ts";
import type { Person } from "./person.ts";
import { dropNetworkErrors, onFrames, Stage, typeOf, violations } from "./stage.ts";
import { Witness } from "./witness.ts";

const stage = new Stage();

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

test("a reply shows what it replies to, which leads there and back, also when it must be loaded", async () => {
  const room = stage.newRoom();
  const chat = await stage.bot(room, "Bình");
  const first = await chat.send("How it all began\nwith two lines");
  await Promise.all(Array.from({ length: 200 }, (_, i) => chat.send(`line ${i}`)));
  await chat.send("as I said", { reply: first });
  const an = await stage.enter(room, "An");
  await an.sees("as I said");
  const quote = row(an, "as I said").locator(".quote");
  await quote.filter({ hasText: "Bình How it all began" }).waitFor();
  expect(await quote.textContent()).not.toContain("with two lines");
  await quote.click();
  await an.reads("with two lines");
  await inSight(row(an, "with two lines"));
  expect(await an.page.getByText("as I said").count()).toBe(0);
  await an.page.getByRole("button", { name: "Back", exact: true }).click();
  await row(an, "as I said").waitFor();
  await inSight(row(an, "as I said"));
  expect(await an.page.getByRole("button", { name: "Back", exact: true }).count()).toBe(0);
});

test("a reply is begun in the menu, can be cancelled, and mentions the one who is answered", async () => {
  const room = stage.newRoom();
  const an = await stage.bot(room, "An");
  const asked = await an.send("Who has time?");
  const binh = await stage.enter(room, "Bình");
  await act(binh, "Who has time?", "Reply");
  await binh.reads("Replying to An");
  await hasFocus(binh.composer);
  await binh.page.keyboard.press("Escape");
  await binh.page.getByText("Replying to").waitFor({ state: "detached" });
  await act(binh, "Who has time?", "Reply");
  await binh.page.getByRole("button", { name: "Cancel reply" }).click();
  await binh.page.getByText("Replying to").waitFor({ state: "detached" });
  await hasFocus(binh.composer);
  await act(binh, "Who has time?", "Reply");
  await binh.say("I do");
  await row(binh, "I do").locator(".quote", { hasText: "An Who has time?" }).waitFor();
  expect(await binh.page.getByText("Replying to").count()).toBe(0);
  await binh.say("and this is no reply");
  expect(await row(binh, "and this is no reply").locator(".quote").count()).toBe(0);
  const [, answer, other] = (await an.history()).messages;
  expect([answer?.reply, other?.reply]).toEqual([asked.id ?? 0, undefined]);
  await an.send("Then come", { reply: answer?.id ?? 0 });
  await binh.sees("Then come");
  await row(binh, "Then come").locator(".quote", { hasText: "Bình I do" }).waitFor();
  await binh.log.locator(".for-me", { hasText: "Then come" }).waitFor();
});

test("Arrow Up edits the last own message, Escape brings the draft back, everybody sees what is saved, and an emptied edit asks whether to delete", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const chat = await stage.bot(room, "Bình");
  const binh = new Witness(chat);
  await an.say("I come at thre");
  const good = await chat.send("god");
  await chat.edit(good, "good");
  await an.sees("good");
  const edited = row(an, "good").locator(".edited");
  await edited.waitFor();
  expect(await edited.getAttribute("title")).toStartWith("Edited ");
  await an.composer.press("ArrowUp");
  await an.reads("Editing your message");
  expect(await an.composer.inputValue()).toBe("I come at thre");
  await an.page.keyboard.press("Escape");
  expect(await an.composer.inputValue()).toBe("");
  // Where something is written, the key moves the caret.
  await an.composer.fill("a draft");
  await an.composer.press("ArrowUp");
  expect(await an.page.getByText("Editing your message").count()).toBe(0);
  await act(an, "I come at thre", "Edit");
  await hasFocus(an.composer);
  await an.page.keyboard.type("e");
  await an.page.keyboard.press("Enter");
  await binh.sees("I come at three");
  await row(an, "I come at three").locator(".edited").waitFor();
  expect(await an.composer.inputValue()).toBe("a draft");
  // Neither the draft nor what was undone of it gets into a message.
  await an.page.keyboard.press("Control+z");
  expect(await an.contents()).toEqual(["I come at three", "good"]);
  // What is saved unchanged is no edit.
  await an.say("not needed");
  await act(an, "not needed", "Edit");
  await hasFocus(an.composer);
  await an.page.keyboard.press("Enter");
  await an.page.getByText("Editing your message").waitFor({ state: "detached" });
  await an.say("later");
  expect(await row(an, "not needed").locator(".edited").count()).toBe(0);
  expect(await binh.contents()).toEqual(["I come at three", "good", "not needed", "later"]);

  await act(an, "not needed", "Edit");
  await an.composer.fill("  ");
  await an.composer.press("Enter");
  await an.reads("A message cannot be empty.");
  expect(await an.contents()).toContain("not needed");
  await an.page.getByRole("button", { name: "Delete the message" }).click();
  await an.page.getByRole("button", { name: "Undo" }).click();
  await an.sees("not needed");
  expect(await an.composer.inputValue()).toBe("");
});

test("an edit that is refused says why, and its text is not lost", async () => {
  const an = await stage.enter(stage.newRoom(), "An", {
    intercept: (socket) =>
      onFrames(socket, (frame, text) => {
        if (typeOf(frame) !== "edit") return socket.send(text);
        const { ref, of }: Record<string, unknown> = Object(frame);
        socket.send(JSON.stringify({ type: "edit", of, status: false, reason: "NotAllowed", ref }));
      }),
  });
  await an.say("my words");
  await an.composer.press("ArrowUp");
  await an.composer.fill("x".repeat(4001));
  await an.composer.press("Enter");
  await an.reads("A message can have up to 4,000 characters; this one has 4,001.");
  await an.composer.fill("other words");
  await an.composer.press("Enter");
  const refusal = an.log.getByText("Your edit was not saved. You can’t change this message.");
  await refusal.waitFor();
  expect(await an.contents()).toEqual(["my words"]);
  expect(await violations(an)).toEqual([]);
  await an.page.getByRole("button", { name: "Edit again" }).click();
  expect(await an.composer.inputValue()).toBe("other words");
  await an.composer.press("Enter");
  await refusal.waitFor();
  await act(an, "my words", "Delete");
  await an.page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
  await an.page.getByRole("button", { name: "Use as a new message" }).click();
  expect(await an.composer.inputValue()).toBe("other words");
  expect(await refusal.count()).toBe(0);
});

test("a deletion can be undone, and otherwise leaves a tombstone, in which nobody reads the text", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = new Witness(await stage.bot(room, "Bình"));
  await an.say("keep this");
  await an.say("a secret");
  await binh.sees("a secret");
  const heard = await an.watch();
  await act(an, "keep this", "Delete");
  await heard("Message deleted");
  await hasFocus(an.page.getByRole("button", { name: "Undo" }));
  await act(an, "a secret", "Delete");
  expect(await an.page.getByRole("button", { name: "Undo" }).count()).toBe(2);
  expect(await violations(an)).toEqual([]);
  await an.page.getByRole("button", { name: "Undo" }).first().click();
  await an.sees("keep this");
  await hasFocus(row(an, "keep this").locator(".more"));
  await binh.sees("Message deleted");
  expect(await binh.contents()).toEqual(["keep this"]);
  await an.page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
  await an.reads("Message deleted");
  expect(await an.contents()).toEqual(["keep this"]);
  const late = await stage.enter(room, "Late");
  await late.reads("Message deleted");
  expect(await late.contents()).toEqual(["keep this"]);
  for (const person of [an, late]) expect(await person.page.content()).not.toContain("a secret");
});

test("a page that is left before the time to undo is over still deletes, and once", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = new Witness(await stage.bot(room, "Bình"));
  await an.say("gone with me");
  await binh.sees("gone with me");
  await act(an, "gone with me", "Delete");
  await an.page.getByRole("button", { name: "Undo" }).waitFor();
  await an.page.goto("about:blank");
  await binh.sees("Message deleted");
  await an.page.goBack();
  await an.isIn();
  await an.reads("Message deleted");
  await an.say("back");
  expect(binh.events.filter((event) => event === "Message deleted")).toHaveLength(1);
});

test("what is deleted without a connection is deleted when there is one", async () => {
  await using cable = new Cable(stage.server.port);
  const room = stage.newRoom();
  const an = await stage.enter(room, "An", { at: cable });
  const binh = new Witness(await stage.bot(room, "Bình"));
  await an.say("first");
  await an.say("second");
  await binh.sees("second");
  // What the menu needs is loaded when it is opened first.
  await openMenu(an, "first");
  await an.page.keyboard.press("Escape");
  await an.page.context().setOffline(true);
  cable.cut();
  await an.reads("You are offline");
  await act(an, "second", "Delete");
  await an.composer.press("ArrowUp");
  await an.composer.fill("first, edited");
  await an.composer.press("Enter");
  await row(an, "first, edited").getByText("Waiting for a connection…").waitFor();
  await an.page.getByText("Message deleted · Waiting for a connection…").waitFor();
  expect(await binh.contents()).toEqual(["first", "second"]);
  cable.mend();
  await an.page.context().setOffline(false);
  await binh.sees("first, edited");
  await binh.sees("Message deleted");
  await an.page.getByText("Waiting for a connection…").first().waitFor({ state: "detached" });
  expect(await an.contents()).toEqual(["first, edited"]);
  dropNetworkErrors(an);
});

test("reactions are counted and named, and a tap adds or takes back one's own", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  const an = await stage.enter(room, "An");
  const { id } = await binh.send("It works!");
  const message = id ?? 0;
  const reactions = async () =>
    (await binh.history()).messages[0]?.reactions?.map(({ emoji, count }) => `${emoji} ${count}`) ?? [];
  await an.sees("It works!");
  await binh.react(message, "👍");
  const chip = row(an, "It works!").locator(".chip", { hasText: "👍" });
  await chip.filter({ hasText: "1" }).waitFor();
  expect(await chip.getAttribute("aria-pressed")).toBe("false");
  expect(await plain(chip)).toBe("👍 1: Bình");
  await chip.click();
  await chip.filter({ hasText: "2" }).waitFor();
  expect(await chip.getAttribute("aria-pressed")).toBe("true");
  expect(await plain(chip)).toBe("👍 2: You and Bình");
  await binh.react(message, "👍", false);
  await chip.filter({ hasText: "1" }).waitFor();
  expect(await plain(chip)).toBe("👍 1: You");
  // Any other emoji, by the picker.
  await row(an, "It works!").getByRole("button", { name: "Add a reaction" }).click();
  await an.page.getByLabel("Search emoji").fill("party popper");
  await an.page.keyboard.press("Enter");
  await row(an, "It works!").locator(".chip", { hasText: "🎉" }).waitFor();
  expect(await violations(an)).toEqual([]);
  // It is now among the person's own.
  await openMenu(an, "It works!");
  expect(await an.page.locator(".quick .emoji").first().textContent()).toBe("🎉");
  await an.page.getByRole("dialog").getByRole("button", { name: "❤️" }).click();
  await row(an, "It works!").locator(".chip", { hasText: "❤️" }).waitFor();
  await chip.click();
  await chip.waitFor({ state: "detached" });
  // What comes after the taps shows that the server has them.
  await an.say("seen");
  expect(await reactions()).toEqual(["🎉 1", "❤️ 1"]);
});

test("a reaction that is refused is taken back, and the page says why", async () => {
  const room = stage.newRoom();
  const chat = await stage.bot(room, "Bình");
  const message = await chat.send("everything");
  for (const emoji of [..."😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰😗😙😚🙂🤗"]) await chat.react(message, emoji);
  const an = await stage.enter(room, "An");
  await an.sees("everything");
  await openMenu(an, "everything");
  const shown = await an.watch();
  await an.page.getByRole("dialog").getByRole("button", { name: "👍" }).click();
  await shown("Your reaction was not saved. This message has reached its limit of reactions.");
  expect(await row(an, "everything").locator(".chip", { hasText: "👍" }).count()).toBe(0);
});

test("the menu is reached and used by keyboard alone, and gives the focus back", async () => {
  const room = stage.newRoom();
  const chat = await stage.bot(room, "Bình");
  await Promise.all(Array.from({ length: 40 }, (_, i) => chat.send(`line ${i}`)));
  const an = await stage.enter(room, "An");
  await an.say("the last one");
  const { keyboard } = an.page;
  const menuOf = (text: string) => row(an, text).locator(".more");
  await keyboard.press("Shift+Tab");
  await hasFocus(menuOf("the last one"));
  for (let i = 39; i > 19; i--) {
    await keyboard.press("ArrowUp");
    await hasFocus(menuOf(`line ${i}`));
  }
  await inSight(row(an, "line 20"));
  await keyboard.press("ArrowDown");
  await hasFocus(menuOf("line 21"));
  await keyboard.press("Enter");
  await an.page.locator(".choices-of-actions").waitFor();
  await hasFocus(an.page.locator(".quick button").first());
  await keyboard.press("ArrowUp");
  await hasFocus(an.page.getByRole("button", { name: "Ignore Bình" }));
  await keyboard.press("Escape");
  await an.page.getByRole("dialog").waitFor({ state: "detached" });
  await hasFocus(menuOf("line 21"));
  // It stays the one stop among the messages.
  await keyboard.press("Shift+Tab");
  await keyboard.press("Tab");
  await hasFocus(menuOf("line 21"));
});

test("on a phone the button of each message is seen, large enough, and opens all there is", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An", { options: PHONE });
  const binh = await stage.bot(room, "Bình");
  await an.say("one");
  await an.say("two");
  const boxes = await an.log.locator(".more").evaluateAll((all) =>
    all.map((button) => {
      const { width, height, top, bottom } = button.getBoundingClientRect();
      return { width, height, top, bottom, opacity: getComputedStyle(button).opacity };
    }),
  );
  expect(boxes).toHaveLength(2);
  for (const { width, height, opacity } of boxes)
    expect([width >= 44, height >= 44, opacity]).toEqual([true, true, "1"]);
  // So are the times, and that messages are stored; a tap on them copies nothing.
  for (const part of [".time", ".sent"])
    expect(await an.log.locator(part).filter({ visible: true }).count()).toBe(2);
  const time = await row(an, "two").locator(".time").boundingBox();
  const opened = await an.watch();
  if (time) await an.page.touchscreen.tap(time.x + time.width / 2, time.y + time.height / 2);
  expect((boxes[1]?.top ?? 0) >= (boxes[0]?.bottom ?? 0)).toBe(true);
  await row(an, "two").locator(".more").tap();
  await opened("· Sent ✓");
  expect(await an.page.evaluate(() => Reflect.get(window, "shown"))).not.toContain("Link copied.");
  await an.page.keyboard.press("Escape");
  await binh.send("of Bình");
  await an.sees("of Bình");
  await row(an, "of Bình").locator(".more").tap();
  await an.page.locator(".choices-of-actions").waitFor();
  const small = await an.page
    .getByRole("dialog")
    .getByRole("button")
    .evaluateAll((all) => all.filter((each) => each.clientHeight < 42 || each.clientWidth < 42).length);
  expect(small).toBe(0);
  await an.page.getByRole("button", { name: "❤️" }).tap();
  const chip = row(an, "of Bình").locator(".chip", { hasText: "❤️" });
  await chip.filter({ hasText: "1" }).waitFor();
  await chip.tap();
  await chip.waitFor({ state: "detached" });
  await row(an, "of Bình").locator(".more").tap();
  await an.page.getByRole("button", { name: "Reply" }).tap();
  await an.composer.fill("three");
  await an.page.getByRole("button", { name: "Send" }).tap();
  await an.sees("three");
  await row(an, "three").locator(".quote").tap();
  await row(an, "two").locator(".more").tap();
  await an.page.getByRole("button", { name: "Delete" }).tap();
  await an.page.getByRole("button", { name: "Undo" }).tap();
  await an.sees("two");
  // The time in the margin is only read.
  await row(an, "two").locator("a.time").tap({ force: true });
  expect(await an.page.getByText("Link copied.").count()).toBe(0);
});

test("the text and the link of a message are copied, and the menu follows what becomes of the message", async () => {
  const room = stage.newRoom();
  const chat = await stage.bot(room, "Bình");
  const message = await chat.send("copy `me`");
  const options = { permissions: ["clipboard-read", "clipboard-write"] };
  const an = await stage.enter(room, "An", { options });
  await an.sees("me");
  const copied = () => an.page.evaluate(() => navigator.clipboard.readText());
  await act(an, "me", "Copy text");
  await an.reads("Text copied.");
  expect(await copied()).toBe("copy `me`");
  await act(an, "me", "Copy link");
  await an.reads("Link copied.");
  expect(await copied()).toMatch(/#\d+\.[\da-z]+$/);
  await openMenu(an, "me");
  await chat.delete(message);
  await an.page.getByRole("dialog").waitFor({ state: "detached" });
  await an.reads("Message deleted");
  expect(await an.page.content()).not.toContain("copy <code>me</code>");
});

test("what others change does not move what one reads", async () => {
  const room = stage.newRoom();
  const chat = await stage.bot(room, "Bình");
  const messages = await Promise.all(Array.from({ length: 80 }, (_, i) => chat.send(`line ${i}`)));
  const an = await stage.enter(room, "An", { options: { reducedMotion: "reduce" } });
  await an.sees("line 79");
  await row(an, "line 50").scrollIntoViewIfNeeded();
  await an.page.getByRole("button", { name: "Jump to latest" }).waitFor();
  const topOf = (text: string) =>
    row(an, text).evaluate((element) => Math.round(element.getBoundingClientRect().top));
  const before = await topOf("line 55");
  const above = messages[30];
  if (above) {
    await chat.edit(above, "now it has\nmany\nmany\nlines");
    await chat.react(above, "👍");
  }
  await an.log.locator(".chip", { hasText: "👍" }).waitFor({ state: "attached" });
  expect(await topOf("line 55")).toBe(before);
  if (above) await chat.delete(above);
  await an.log.locator(".gone").waitFor({ state: "attached" });
  expect(await topOf("line 55")).toBe(before);
});

/** The row of a message with exactly this text. */
function row(person: Person, text: string): Locator {
  return person.log.locator("article", { has: person.page.locator(".content", { hasText: text }) }).last();
}

async function openMenu(person: Person, text: string): Promise<void> {
  await row(person, text).hover();
  await row(person, text).locator(".more").click();
  await person.page.locator(".choices-of-actions").waitFor();
}

/** Chooses something in the menu of a message. */
async function act(person: Person, text: string, action: string): Promise<void> {
  await openMenu(person, text);
  await person.page.getByRole("dialog").getByRole("button", { name: action, exact: true }).click();
}

/** What a control is called, without the isolates around nicknames. */
async function plain(locator: Locator): Promise<string> {
  return ((await locator.getAttribute("aria-label")) ?? "").replace(/[\u2068\u2069]/g, "");
}

async function hasFocus(locator: Locator): Promise<void> {
  await locator.and(locator.page().locator(":focus")).waitFor();
}

/** Waits until the log shows an element. */
async function inSight(locator: Locator): Promise<void> {
  const element = await locator.elementHandle();
  await locator.page().waitForFunction((each) => {
    const log = document.querySelector(".log")?.getBoundingClientRect();
    const box = each?.getBoundingClientRect();
    return log && box && box.top >= log.top && box.top < log.bottom;
  }, element);
}
