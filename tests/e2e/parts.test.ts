/** What of the page is loaded when it is needed: the settings, and the words of a language. */
import { expect, test } from "bun:test";
import type { Person } from "./person.ts";
import { dropNetworkErrors, Stage, startServerThatKeepsItsPort } from "./stage.ts";

const stage = new Stage();

const FAILED = "This part of the page failed to load. If that keeps happening, reload the page.";

for (const [locale, language] of [
  ["vi-VN", "vi"],
  ["fr-FR", "en"],
] as const) {
  test(`a first visit in ${locale} loads the page's script, the words of ${language}, what is said of the room, and nothing else`, async () => {
    await visits(locale, language);
  });
}

test("a first visit in English loads no other words; another language is loaded when it is chosen, and is the one that the next page begins with", async () => {
  const an = await visits("en-GB", "en");
  await an.openSettings();
  // It has parts of its own, which other parts have as well.
  expect([...new Set(await scripts(an))]).toEqual(["about", "background", "en", "page", "settings"]);
  await an.page.keyboard.press("Escape");
  await an.askToJoin("An");
  await an.isIn();
  await an.openSettings();
  await an.page.getByLabel("Language").selectOption("vi");
  await an.page.getByRole("heading", { name: "Cài đặt" }).waitFor();
  expect([...new Set(await scripts(an))]).toEqual([
    "about",
    "background",
    "composer",
    "en",
    "enroom",
    "keyboard",
    "page",
    "room",
    "roster",
    "service",
    "settings",
    "transcript",
    "vi",
    "viroom",
  ]);
  await an.page.reload();
  await an.page.getByRole("button", { name: "Cài đặt" }).waitFor();
  expect(await an.page.locator("html").getAttribute("lang")).toBe("vi");
});

test("if the settings cannot be loaded, the page says so, and they open once the server is back; if a language cannot be, the previous one stays until it can", async () => {
  await using at = await startServerThatKeepsItsPort();
  const an = await stage.enter(stage.newRoom(), "An", { at });
  const asked: string[] = [];
  an.page.on("request", (request) => asked.push(...(request.url().match(/settings-.*/) ?? [])));
  // A part of the room that is still on its way would be one more that cannot be loaded.
  await an.page.waitForLoadState("networkidle");
  await at.stop();
  await an.openDialog();
  await an.reads(FAILED);
  const dialog = an.page.getByRole("dialog");
  const again = dialog.getByRole("button", { name: "Try again" });
  await again.click();
  await an.reads(FAILED);
  // The dialog is left and opened as any other.
  await an.page.keyboard.press("Escape");
  await an.page.getByRole("dialog").waitFor({ state: "detached" });
  await an.openDialog();
  await an.reads(FAILED);
  await at.restart();
  await again.click();
  await an.page.getByLabel("Language").waitFor();
  expect(await dialog.getByText(FAILED).count()).toBe(0);
  // Some browsers remember that an address could not be loaded, and never ask for it again.
  expect([asked.length, new Set(asked).size]).toEqual([4, 4]);
  await an.page.getByLabel("Dark").check();
  await an.page.keyboard.press("Escape");
  await an.isConnected();
  await an.say("still here");

  await an.openSettings();
  await at.stop();
  await an.page.getByLabel("Language").selectOption("vi");
  await an.reads(FAILED);
  await an.page.getByRole("heading", { name: "Settings" }).waitFor();
  await at.restart();
  await an.page.getByRole("button", { name: "Try again" }).click();
  await an.page.getByRole("heading", { name: "Cài đặt" }).waitFor();
  expect(await an.page.locator("[role=alert]", { hasText: FAILED }).count()).toBe(0);
  await an.page.getByLabel("Ngôn ngữ").selectOption("en");
  await an.page.getByRole("heading", { name: "Settings" }).waitFor();
  // Each is loaded once, however often it is chosen.
  await an.page.getByLabel("Language").selectOption("vi");
  await an.page.getByRole("heading", { name: "Cài đặt" }).waitFor();
  expect((await scripts(an)).filter((name) => name === "vi")).toHaveLength(2);
  dropNetworkErrors(an);
});

test("a page whose first words do not come is there as soon as they do; what a room shows is loaded when somebody joins, and can be loaded again if that fails", async () => {
  let refused = 0;
  const an = await stage.open(stage.newRoom(), {
    prepare: (page) =>
      page.route(/\/en-\w+\.js/, (route) => (++refused > 2 ? route.continue() : route.abort())),
  });
  await an.nicknameField.waitFor();
  expect(refused).toBe(3);

  let isBroken = true;
  await an.page.route(/\/room-\w+\.js/, (route) => (isBroken ? route.abort() : route.continue()));
  await an.askToJoin("An");
  await an.reads(FAILED);
  isBroken = false;
  await an.page.getByRole("button", { name: "Try again" }).click();
  await an.isIn();
  await an.say("hello");
  expect(await an.page.getByText(FAILED).count()).toBe(0);
  dropNetworkErrors(an);
});

/** Comes to the page for the first time, and sees to it that it loads what is needed and nothing else. */
async function visits(locale: string, language: string): Promise<Person> {
  const an = await stage.open(stage.newRoom(), { options: { locale } });
  await an.page.locator(".keeps").waitFor();
  await an.page.waitForFunction(() =>
    performance.getEntriesByType("resource").some(({ name }) => name.includes("/background-")),
  );
  expect(await scripts(an)).toEqual(["about", "background", "page", language].toSorted());
  expect(await an.page.locator("html").getAttribute("lang")).toBe(language);
  return an;
}

/** What the page has asked for of its scripts, by their names. */
async function scripts(person: Person): Promise<string[]> {
  const names = await person.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .flatMap(({ name }) => /\/([a-z]+)-\w+\.js(?:\?\d+)?$/.exec(name)?.[1] ?? []),
  );
  return names.toSorted();
}
