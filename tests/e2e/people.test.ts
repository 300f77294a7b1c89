import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();

test("whoever leaves is a line, and not in the roster any more, and one can leave from the settings", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = await stage.bot(room, "Bình");
  await an.seesOnline(2);
  await binh.close();
  await an.seesOnline(1);
  expect(await an.events()).toEqual(["Bình joined and left"]);
  expect(await an.roster()).toEqual(["An (you)"]);
  await an.openSettings();
  await an.page.getByRole("button", { name: "Leave the chat" }).click();
  await an.nicknameField.waitFor();
});

test("many joins and leaves are folded into one line, short or hidden if one likes, also after a reload, and a long roster can be filtered", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const url = stage.server.url(room.slice("/rooms/".length));
  const guests: ChatClient[] = [];
  for (let i = 1; i <= 14; i++) {
    const guest = await ChatClient.connect(url);
    await guest.register(`Guest ${i}`);
    guests.push(guest);
  }
  await an.seesOnline(15);
  expect(await an.events()).toEqual(["Guest 1, Guest 2 and 12 others joined"]);

  const filter = an.page.locator("aside").getByRole("searchbox", { name: "Filter people" });
  await filter.fill("guest 1");
  await an.page.locator("aside").getByText("Guest 2").waitFor({ state: "detached" });
  expect(await an.roster()).toEqual(["Guest 1", "Guest 10", "Guest 11", "Guest 12", "Guest 13", "Guest 14"]);
  await filter.fill("nobody");
  await an.reads("Nobody here by that name.");
  for (const guest of guests) await guest.close();
  await an.page.locator("aside").getByText("Online: 1", { exact: true }).waitFor();
  const line = "Guest 1, Guest 2 and 12 others joined and left";
  await an.reads(line);

  await an.openSettings();
  await an.page.getByLabel("Condensed").check();
  await an.log.getByText("14 joined and left").waitFor();
  await an.page.getByLabel("Hidden").check();
  await an.log.locator(".people-line").waitFor({ state: "detached" });
  await an.page.reload();
  await an.isIn();
  expect(await an.events()).toEqual([]);
  await an.openSettings();
  await an.page.getByLabel("Condensed").check();
  await an.page.keyboard.press("Escape");
  await an.log.getByRole("button", { name: "Show all" }).click();
  await an.log.getByText(line).waitFor();
});

test("on a phone the roster, in alphabetical order, is behind a button with the count", async () => {
  const room = stage.newRoom();
  await stage.bot(room, "Bình");
  const options = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const an = await stage.enter(room, "An", { options });
  expect(await an.page.locator("aside.roster").isVisible()).toBe(false);
  await an.page.getByRole("button", { name: "People: 2" }).click();
  const dialog = an.page.getByRole("dialog", { name: "People" });
  expect(await dialog.locator("li .nickname").allTextContents()).toEqual(["An", "Bình"]);
});
