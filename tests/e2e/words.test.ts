/** Words that would go stale or unheard: over midnight, in another time zone, said twice, translated. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { Person } from "./person.ts";
import { capture, dropNetworkErrors, Stage, startServerThatKeepsItsPort } from "./stage.ts";

const stage = new Stage();

/** The page looks again after this time. */
const LOOKED_MS = 11_000;

test("at midnight today becomes yesterday, even if no message comes", async () => {
  const now = Date.now();
  const prepare = (page: Page) => page.clock.install({ time: now });
  const an = await stage.open(stage.newRoom(), { prepare });
  await an.askToJoin("An");
  await an.say("hello");
  const day = an.log.locator(".day");
  expect(await day.textContent()).toBe("Today");
  await an.page.clock.setSystemTime(now + 24 * 3_600_000);
  await an.page.clock.fastForward(LOOKED_MS);
  await day.getByText("Yesterday").waitFor();
  await an.page.clock.setSystemTime(now + 48 * 3_600_000);
  await an.page.clock.fastForward(LOOKED_MS);
  await day.getByText(/^\w+day, /).waitFor();
});

test("in another time zone days and hours are those of the new one, by the clock that one chooses", async () => {
  const context = await stage.browser.newContext({ locale: "en-GB" });
  const prepare = (page: Page) => page.clock.install();
  const an = await Person.openIn(context, stage.server.http(stage.newRoom()), { prepare });
  await an.askToJoin("An");
  await an.say("hello");
  const cdp = await an.page.context().newCDPSession(an.page);
  for (const timezoneId of ["Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]) {
    await cdp.send("Emulation.setTimezoneOverride", { timezoneId });
    await an.page.clock.fastForward(LOOKED_MS);
    const time = an.log.locator("time");
    const at = new Date((await time.getAttribute("datetime")) ?? "");
    const hours = at.toLocaleTimeString("en-GB", {
      timeZone: timezoneId,
      hour: "2-digit",
      minute: "2-digit",
    });
    await time.getByText(hours, { exact: true }).waitFor();
  }
  await an.openSettings();
  await an.page.getByLabel("12-hour").check();
  await an.log
    .locator("time")
    .getByText(/^\d{1,2}:\d\d\s[AP]M$/)
    .waitFor();
  await context.close();
  expect(an.complaints).toEqual([]);
});

test("the same message three times is heard three times, and so is the same refusal", async () => {
  const room = stage.newRoom();
  const an = await stage.open(room);
  const heard = await hear(an, "[role=alert]");
  for (const count of [1, 2]) {
    await an.askToJoin("");
    await heard(count, "Enter a nickname.");
  }
  await an.askToJoin("An");
  await an.isIn();
  const binh = await stage.bot(room, "Bình");
  const said = await hear(an, "[aria-live=polite]");
  for (const count of [1, 2, 3]) {
    await binh.send("ok");
    await said(count, "Bình: ok");
  }
  const faults = await hear(an, "#composer-fault");
  await an.composer.fill("x".repeat(4001));
  for (const count of [1, 2]) {
    await an.composer.press("Enter");
    await faults(count, "A message can have up to 4,000 characters; this one has 4,001.");
  }
});

test("while a browser translates the page, its words stay correct, and each appears once", async () => {
  await using at = await startServerThatKeepsItsPort();
  const room = stage.newRoom();
  const prepare = (page: Page) => page.addInitScript(translateAll);
  const an = await stage.open(room, { at, prepare });
  await an.page.locator("#root input").fill("An");
  await an.page.locator("#root button.main").click();
  await an.composer.waitFor();
  const text = (selector: string, words: string) =>
    an.page.waitForFunction(
      ([where = "", what]) => document.querySelector(where)?.textContent === what,
      [selector, words],
    );
  await text(".connection-status", "«Connected»");
  await text(".log-start", "«No messages yet. Send the first one.»");
  await text("aside .roster-count", "«Online: 1»");
  const binh = await stage.bot(room, "Bình", at);
  await text("aside .roster-count", "«Online: 2»");
  await text(".typing", "");
  binh.typing();
  await text(".typing", "Bình« is typing…»");
  await binh.send("hello");
  await text(".typing", "");
  await text(".log .content", "«hello»");
  await an.composer.fill("and `code`");
  await an.composer.press("Enter");
  await an.log.locator(".sent").waitFor();
  expect(await an.log.locator(".content").last().textContent()).toBe("«and »code");
  expect(await an.log.locator(".message .nickname").allTextContents()).toEqual(["Bình", "An"]);
  await binh.register("Bé");
  await text(".log li:last-child .people-line", "Bình« is now »Bé");
  await text(".log-start", "«The conversation begins here.»");
  await capture(an, "translated");
  await at.stop();
  await text(".connection-status", "«No connection»");
  await an.composer.fill("later");
  await an.composer.press("Enter");
  await an.page.waitForFunction(() =>
    /^«No connection»/.test(document.querySelector(".bar p")?.textContent ?? ""),
  );
  await at.restart();
  await text(".connection-status", "«Connected»");
  await an.log.locator(".content", { hasText: "«later»" }).waitFor();
  expect(await an.page.locator(".bar").count()).toBe(0);
  dropNetworkErrors(an);
});

/** Notes what appears in a live region. @returns what waits until the words were there so often */
async function hear(person: Person, region: string) {
  const name = `heard ${region}`;
  await person.page.locator(region).first().waitFor({ state: "attached" });
  await person.page.evaluate(
    ([selector = "", key = ""]) => {
      const heard: string[] = [];
      Object.assign(window, { [key]: heard });
      const live = document.querySelector(selector);
      if (!live) throw new Error("there is no such region");
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
          for (const node of addedNodes) heard.push(node.textContent ?? "");
      }).observe(live, { childList: true, characterData: true, subtree: true });
    },
    [region, name],
  );
  return (count: number, words: string) =>
    person.page.waitForFunction(
      ([key, times, text]) => {
        const heard: unknown = Reflect.get(window, String(key));
        return Array.isArray(heard) && heard.filter((each) => each === text).length === times;
      },
      [name, count, words],
    );
}

/** In the page: does what translators of browsers do with each text, as soon as it is there. */
function translateAll(): void {
  const translate = (root: Node) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (texts.nextNode()) if (texts.currentNode instanceof Text) found.push(texts.currentNode);
    for (const text of found) {
      const parent = text.parentElement;
      if (
        !parent ||
        !/\S/.test(text.data) ||
        parent.closest('font, script, style, textarea, [translate="no"]')
      )
        continue;
      const [outer, inner] = [document.createElement("font"), document.createElement("font")];
      inner.textContent = `«${text.data}»`;
      outer.append(inner);
      text.replaceWith(outer);
    }
  };
  new MutationObserver(() => document.body && translate(document.body)).observe(document, {
    childList: true,
    characterData: true,
    subtree: true,
  });
}
