/** Several tabs of one browser, in one room and in others. */
import { expect, test } from "bun:test";
import type { Person } from "./person.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();

test("sending a message in one tab leaves the draft of another one alone, also after a reload", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  await an.composer.fill("a draft");
  const beside = await stage.openBeside(an, room);
  await beside.askToJoin("An, too");
  await beside.isIn();
  await beside.page.waitForFunction(() => document.querySelector("textarea")?.value === "");
  await beside.composer.fill("another draft");
  await beside.say("said beside");
  await an.page.reload();
  await an.isIn();
  expect(await an.composer.inputValue()).toBe("a draft");
  await beside.page.reload();
  await beside.isIn();
  expect(await beside.composer.inputValue()).toBe("");
});

test("a draft waits for the next visit when its tab is closed, and is not there again once it was sent", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  await an.composer.fill("for later");
  await an.page.close();
  const next = await stage.openBeside(an, room);
  await next.isIn();
  expect(await next.composer.inputValue()).toBe("for later");
  await next.composer.press("Enter");
  await next.sees("for later");
  const last = await stage.openBeside(an, room);
  await last.askToJoin("An, too");
  await last.isIn();
  expect(await last.composer.inputValue()).toBe("");
});

test("settings apply to all tabs at once, and no tab reverts what another one has changed", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const beside = await stage.openBeside(an, "/rooms/beside");
  await an.openSettings();
  await an.page.getByText("Dark", { exact: true }).click();
  await beside.page.locator("[data-theme=dark]").waitFor();
  await beside.openSettings();
  await beside.page.getByLabel("Play a sound").check();
  await beside.page.getByLabel("Language").selectOption("vi");
  await an.page.locator("html[lang=vi]").waitFor();
  for (const person of [an, beside]) {
    await person.page.reload();
    await person.page.locator("[data-theme=dark][lang=vi]").waitFor();
    await person.openSettings();
    expect(await person.page.locator(".switches input").first().isChecked()).toBe(true);
  }
});

test("messages that are read in one tab are read in the others", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const beside = await stage.openBeside(an, room);
  await beside.askToJoin("An, too");
  await beside.isIn();
  const binh = await stage.bot(room, "Bình");
  for (const person of [an, beside]) await look(person, false);
  await binh.send("one");
  await binh.send("two");
  for (const person of [an, beside])
    await person.page.waitForFunction(() => document.title.startsWith("(2) "));
  await look(beside, true);
  for (const person of [an, beside]) await person.page.waitForFunction(() => !document.title.startsWith("("));
  await binh.send("three");
  await an.page.waitForFunction(() => !document.title.startsWith("("));
});

test("each room offers the nickname that one had there", async () => {
  const [room, other] = [stage.newRoom(), stage.newRoom()];
  const an = await stage.enter(room, "An");
  const beside = await stage.openBeside(an, other);
  await beside.askToJoin("Bình");
  await beside.isIn();
  const later = await stage.openBeside(an, room);
  expect(await later.nicknameField.inputValue()).toBe("An");
  await later.page.goto(stage.server.http(stage.newRoom()));
  expect(await later.nicknameField.inputValue()).toBe("Bình");
});

async function look(person: Person, isLooking: boolean): Promise<void> {
  await person.page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, !isLooking);
}
