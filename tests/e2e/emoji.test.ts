/** The emoji picker: what is loaded and when, how it is used, and how it looks. */
import { expect, test } from "bun:test";
import { EMOJI_WORDS } from "../../src/web/words/emoji.ts";
import type { Person } from "./person.ts";
import {
  capture,
  dropNetworkErrors,
  FEW_LOOKS,
  keeping,
  SCREENS,
  Stage,
  startServerThatKeepsItsPort,
  violations,
  violationsOfLook,
} from "./stage.ts";

const stage = new Stage();

const KEPT = "classic-chatbox.emoji";

test("the skin tone and the frequently used emoji are kept, for all tabs; an emoji goes where the caret is, the writing goes on after it, and it can be undone", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  await open(an);
  expect(await an.page.getByRole("heading", { name: "Frequently used" }).count()).toBe(0);
  await an.page.getByLabel("Skin tone").selectOption({ index: 3 });
  await search(an, "thumbs up");
  await an.page.keyboard.press("Enter");
  await isClosed(an);
  await open(an);
  await search(an, "party popper");
  await an.page.keyboard.press("Enter");
  await isClosed(an);
  expect(await an.composer.inputValue()).toBe("👍🏽🎉");
  const beside = await stage.openBeside(an, stage.newRoom());
  await beside.askToJoin("An");
  await beside.isIn();
  await open(beside);
  expect((await beside.page.getByRole("gridcell").allTextContents()).slice(0, 2)).toEqual(["🎉", "👍🏽"]);
  await cell(beside, "thumbs up").first().click();
  await isClosed(beside);
  expect(await beside.composer.inputValue()).toBe("👍🏽");
  expect(await beside.page.evaluate((key) => localStorage.getItem(key), KEPT)).not.toContain("🏽");

  await an.composer.fill("Hi there");
  for (let i = 0; i < "there".length; i++) await an.page.keyboard.press("ArrowLeft");
  await open(an);
  await search(an, "waving hand");
  await an.page.keyboard.press("Enter");
  await isClosed(an);
  await an.page.keyboard.type("-");
  expect(await an.composer.inputValue()).toBe("Hi 👋🏽-there");
  await an.page.keyboard.press("Control+z");
  await an.page.keyboard.press("Control+z");
  expect(await an.composer.inputValue()).toBe("Hi there");
  await an.page.keyboard.press("Control+End");
  await an.page.keyboard.type(" :waving_ha");
  await an.page.getByRole("option", { name: "👋🏽" }).waitFor();
  await an.page.keyboard.press("Enter");
  expect(await an.composer.inputValue()).toBe("Hi there 👋🏽 ");
  await an.composer.selectText();
  await open(an);
  await cell(an, "grinning face").click();
  await an.page.keyboard.press("Enter");
  await an.sees("😀");
  expect(await an.contents()).toEqual(["😀"]);
});

test("the whole picker can be used by keyboard, Escape leads back to the button, the number of results is announced, and only the rows near what is seen are in the document", async () => {
  const an = await stage.enter(stage.newRoom(), "An");
  const { keyboard } = an.page;
  await an.page.getByRole("button", { name: "Insert emoji" }).focus();
  await keyboard.press("Enter");
  await isFocused(an, "Search emoji");
  await keyboard.press("ArrowDown");
  await isFocused(an, "grinning face");
  await keyboard.press("ArrowRight");
  await isFocused(an, "grinning face with big eyes");
  await keyboard.press("Home");
  await isFocused(an, "grinning face");
  await keyboard.press("ArrowUp");
  await isFocused(an, "Search emoji");
  // From the last of all to the one before its row; only a few of all rows are in the document.
  await keyboard.press("ArrowDown");
  await keyboard.press("Control+End");
  await isFocused(an, "flag: Wales");
  await isInSight(an);
  await keyboard.press("ArrowUp");
  await isInSight(an);
  for (let i = 0; i < 5; i++) await keyboard.press("PageUp");
  await isInSight(an);
  await keyboard.press("Control+Home");
  await isFocused(an, "grinning face");
  await knowsPlace(an);
  // The groups are one stop of the Tab key, and lead the next one to their first emoji.
  await keyboard.press("Shift+Tab");
  await isFocused(an, "Smileys and emotions");
  await keyboard.press("ArrowLeft");
  await isFocused(an, "Flags");
  await keyboard.press("Enter");
  await knowsPlace(an);
  await keyboard.press("Tab");
  await isFocused(an, "chequered flag");
  await isInSight(an);
  // Letters go to the search from anywhere among the emoji.
  await keyboard.type("dog");
  await isFocused(an, "Search emoji");
  await an.page.getByText("emoji found").waitFor();
  await keyboard.press("ArrowDown");
  await isFocused(an, "dog");
  await keyboard.press("Escape");
  await isClosed(an);
  await isFocused(an, "Insert emoji");
  expect(await an.composer.inputValue()).toBe("");
  // When it is opened again, all of it is there at once.
  await keyboard.press("Enter");
  await isFocused(an, "Search emoji");
  expect(await an.page.evaluate((key) => localStorage.getItem(key), KEPT)).toBeNull();

  const status = an.page.getByRole("dialog").getByRole("status");
  await an.page.getByLabel("Search emoji").fill("thumbs up");
  await status.filter({ hasText: "1 emoji found" }).waitFor();
  await an.page.getByLabel("Search emoji").fill("no such thing");
  await an.reads("No emoji found. Try another word.");
  await an.page.keyboard.press("Enter");
  await an.page.keyboard.press("ArrowDown");
  await isFocused(an, "Search emoji");
  expect(await violations(an)).toEqual([]);

  await an.page.getByLabel("Search emoji").fill("");
  await an.page.getByRole("gridcell").first().waitFor();
  const list = an.page.locator(".emoji-list");
  for (const place of [0, 0.3, 0.7, 1]) {
    await list.evaluate((element, part) => {
      element.scrollTop = part * element.scrollHeight;
    }, place);
    await an.page.waitForFunction(() => {
      const { left, top, height } =
        document.querySelector(".emoji-list")?.getBoundingClientRect() ?? new DOMRect();
      const rowsAt = (y: number) =>
        document.elementsFromPoint(left + 30, y).some(({ role }) => role === "row");
      return rowsAt(top + height - 60) && rowsAt(top + height / 2);
    });
    expect(await an.page.getByRole("gridcell").count()).toBeLessThan(300);
  }
  // The one that the Tab key leads to is there, too, however far away.
  await an.page.keyboard.press("Tab");
  await an.page.keyboard.press("Tab");
  await an.page.keyboard.press("Tab");
  await isFocused(an, "grinning face");
  await isInSight(an);
});

test("nothing of it is loaded before it is opened, and if it cannot be loaded it says so and can be closed", async () => {
  await using at = await startServerThatKeepsItsPort();
  const an = await stage.enter(stage.newRoom(), "An", { at });
  expect(await scripts(an)).toEqual([]);
  await at.stop();
  await an.page.getByRole("button", { name: "Insert emoji" }).click();
  await an.reads("This part of the page failed to load.");
  await an.page.keyboard.press("Escape");
  await isClosed(an);
  await at.restart();
  await open(an);
  await cell(an, "grinning face").click();
  await isClosed(an);
  expect(await an.composer.inputValue()).toBe("😀");
  dropNetworkErrors(an);
});

/** What is searched for in a language, how many are found, and the name of the first one. */
const SEARCHES = {
  "en-GB": [["watermelon", 1, "watermelon"]],
  "vi-VN": [
    ["dua hau", 2, "dưa hấu"],
    ["watermelon", 1, "dưa hấu"],
  ],
} as const;

for (const { size, theme, locale } of FEW_LOOKS) {
  test(`axe finds nothing, it fits, fingers hit everything, and it has the names of the language: ${size}, ${theme}, ${locale}`, async () => {
    const isVietnamese = locale === "vi-VN";
    const words = EMOJI_WORDS[isVietnamese ? "vi" : "en"];
    const prepare = keeping({
      "classic-chatbox.settings.theme": JSON.stringify(theme),
      [KEPT]: JSON.stringify([
        ["😀", 2],
        ["🤣", 1],
      ]),
    });
    const an = await stage.open(stage.newRoom(), { options: { ...SCREENS[size], locale }, prepare });
    await an.page.locator("form input").fill("An");
    await an.page.locator("form button").click();
    await an.composer.waitFor();
    await open(an, isVietnamese ? "Chèn biểu tượng cảm xúc" : "Insert emoji");
    expect(await scripts(an)).toEqual(isVietnamese ? ["emoji", "vietnamese"] : ["emoji"]);
    await an.page.getByRole("heading", { name: words.frequent }).waitFor({ state: "attached" });
    await capture(an, `emoji-${size}-${theme}`);
    const axe = size === "narrow" ? violations : violationsOfLook;
    expect(await axe(an)).toEqual([]);
    const { small, outside } = await an.page.evaluate(() => {
      const boxes = [...document.querySelectorAll("dialog :is(button, input, select)")].map((element) =>
        element.getBoundingClientRect(),
      );
      const dialog = document.querySelector("dialog")?.getBoundingClientRect() ?? new DOMRect();
      const lists = [...document.querySelectorAll(".emoji-list")].map(
        (list) => list.scrollWidth - list.clientWidth,
      );
      return {
        small: boxes.filter(({ width, height }) => width < 43.9 || height < 43.9).length,
        outside:
          dialog.left < 0 ||
          dialog.top < 0 ||
          dialog.right > innerWidth ||
          dialog.bottom > innerHeight ||
          Math.max(...lists) > 0,
      };
    });
    expect([small, outside]).toEqual([0, false]);
    for (const [query, count, name] of SEARCHES[locale]) {
      await an.page.getByLabel(words.search).fill(query);
      await an.page.getByText(words.found(count)).waitFor({ state: "attached" });
      expect(await an.page.getByRole("gridcell").first().getAttribute("aria-label")).toBe(name);
    }
    await capture(an, `emoji-${size}-${theme}-search`);
    expect(await axe(an)).toEqual([]);
    await an.page.getByRole("gridcell").first().click();
    await isClosed(an);
    expect(await an.composer.inputValue()).toBe("🍉");
  });
}

async function open(person: Person, button = "Insert emoji"): Promise<void> {
  await person.page.getByRole("button", { name: button }).click();
  await person.page.getByRole("gridcell").first().waitFor();
}

async function isClosed(person: Person): Promise<void> {
  await person.page.locator("dialog").waitFor({ state: "detached" });
}

async function search(person: Person, query: string): Promise<void> {
  await person.page.getByLabel("Search emoji").fill(query);
  await person.page.getByRole("heading", { name: "Search results" }).waitFor();
}

function cell(person: Person, name: string) {
  return person.page.getByRole("gridcell", { name, exact: true });
}

/** Waits until what has this name has the focus. */
async function isFocused(person: Person, name: string): Promise<void> {
  await person.page.waitForFunction((label) => document.activeElement?.ariaLabel === label, name);
}

/** Waits until the page knows where the list has been scrolled to: a browser tells that with the next frame. */
async function knowsPlace({ page }: Person): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

/** Waits until what has the focus is an emoji that can be seen. */
async function isInSight(person: Person): Promise<void> {
  await person.page.waitForFunction(() => {
    const element = document.activeElement;
    const box = element?.getBoundingClientRect();
    return (
      box !== undefined &&
      element?.role === "gridcell" &&
      document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === element
    );
  });
}

/** The parts of the picker that the page has loaded, by their names. */
async function scripts(person: Person): Promise<string[]> {
  const names = await person.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .flatMap(({ name }) => /\/(emoji|vietnamese)-\w+\.js(?:\?\d+)?$/.exec(name)?.[1] ?? []),
  );
  return names.toSorted();
}
