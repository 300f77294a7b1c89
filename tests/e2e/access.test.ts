import { expect, test } from "bun:test";
import type { Person } from "./person.ts";
import { Stage } from "./stage.ts";
import { Witness } from "./witness.ts";

const stage = new Stage();

test("all of it can be done by keyboard alone, and the focus is always seen", async () => {
  const room = stage.newRoom();
  const binh = new Witness(await stage.bot(room, "Bình"));
  const an = await stage.open(room);
  const { keyboard } = an.page;
  await an.page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
  await keyboard.type("An");
  await keyboard.press("Enter");
  await an.isIn();
  await an.page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await keyboard.type("hello @b");
  await an.page.getByRole("option", { name: "Bình" }).waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await binh.sees("hello @Bình");

  await tabTo(an, "Settings", "Shift+Tab");
  await keyboard.press("Enter");
  // What is in the dialog is loaded now.
  await an.page.getByRole("dialog", { name: "Settings" }).getByLabel("Language").waitFor();
  await tabTo(an, "Theme", "Tab");
  await keyboard.press("ArrowRight");
  await keyboard.press("ArrowRight");
  expect(await an.page.locator("html").getAttribute("data-theme")).toBe("dark");
  await keyboard.press("Escape");
  await an.page.locator("dialog").waitFor({ state: "detached" });
  expect(await focused(an)).toBe("Settings");

  await tabTo(an, "Change your nickname", "Shift+Tab");
  await keyboard.press("Enter");
  await an.page.waitForFunction(() => document.activeElement?.matches("dialog input"));
  await keyboard.type("Anh");
  await keyboard.press("Enter");
  await binh.sees("An is now Anh");
  await an.page.locator("dialog").waitFor({ state: "detached" });
  await an.page.locator("#message:focus").waitFor();

  await tabTo(an, "Skip to the message field", "Shift+Tab");
  await keyboard.press("Enter");
  expect(await focused(an)).toBe("Message");
  await tabTo(an, "Messages", "Shift+Tab");
  await keyboard.press("Home");
});

test("the Tab key stops at one message and what is in it, and the focus is never lost", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  await Promise.all(Array.from({ length: 500 }, (_, i) => binh.send(`line ${i}: https://example.org/${i}`)));
  await binh.send(`\`\`\`\n${"a wide line ".repeat(40)}\n\`\`\``);
  const an = await stage.enter(room, "An");
  await an.sees("a wide line");
  const { keyboard } = an.page;
  const hasFocus = (selector: string) => an.page.locator(`${selector}:focus`).waitFor();
  const row = (text: string) => `li:has-text("${text}")`;
  await hasFocus("#message");
  await keyboard.press("Shift+Tab");
  await hasFocus(`${row("a wide line")} .more`);
  // Code is a stop while it has to be scrolled.
  await keyboard.press("Shift+Tab");
  await hasFocus(`${row("a wide line")} pre`);
  await keyboard.press("ArrowUp");
  await hasFocus(`${row("line 499")} .more`);
  await keyboard.press("Tab");
  await hasFocus("#message");
  await keyboard.press("Shift+Tab");
  await hasFocus(`${row("line 499")} .more`);
  await keyboard.press("ArrowUp");
  await hasFocus(`${row("line 498")} .more`);
  await keyboard.press("Shift+Tab");
  await hasFocus(`${row("line 498")} .content a`);
  await keyboard.press("Shift+Tab");
  await an.page.locator(".log:focus, .log-start :focus").waitFor();
  // What is typed anywhere is written, and Escape leads back to the field as well.
  await keyboard.type("word");
  await hasFocus("#message");
  expect(await an.composer.inputValue()).toBe("word");
  await keyboard.press("Shift+Tab");
  await keyboard.press("Escape");
  await hasFocus("#message");
  // What loads earlier messages is gone while it does so.
  const older = await an.page.locator(".log-start button").elementHandle();
  await older?.focus();
  await an.page.waitForFunction((button) => !button?.isConnected, older);
  await hasFocus(".log");
  await an.page.getByRole("button", { name: "Jump to latest" }).focus();
  await keyboard.press("Enter");
  await hasFocus("#message");
  // The mouse has no use for the button that opened a dialog.
  await an.page.getByRole("button", { name: "Settings" }).click();
  await an.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await hasFocus("#message");
});

test("screen readers announce new messages, and a summary in a busy room", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = await stage.bot(room, "Bình");
  const shown = await an.watch();
  for (let i = 0; i < 8; i++) await binh.send(`line ${i}`);
  await shown("Bình: line 0");
  const said = an.page.locator('[aria-live="polite"]');
  expect((await said.textContent())?.length).toBeLessThan(1000);
  expect(await an.log.getAttribute("aria-live")).toBe("off");
});

test("with the text twice as large nothing is cut off, and messages can be written", async () => {
  const an = await stage.enter(stage.newRoom(), "An", { options: { viewport: { width: 640, height: 400 } } });
  await an.page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
  await an.say("hello");
  const excess = await an.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(excess).toBeLessThanOrEqual(0);
  expect(await an.composer.isVisible()).toBe(true);
});

test("when a phone's keyboard opens, the field stays in sight and the log stays at its end", async () => {
  const options = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  for (let i = 0; i < 30; i++) await binh.send(`line ${i}`);
  const an = await stage.enter(room, "An", { options });
  await an.sees("line 29");
  await an.page.setViewportSize({ width: 390, height: 420 });
  await an.page.waitForFunction(() => {
    const log = document.querySelector(".log");
    const field = document.getElementById("message")?.getBoundingClientRect();
    return log && field && field.bottom <= 420 && log.scrollHeight - log.scrollTop - log.clientHeight < 3;
  });
});

/** What has the focus, by its name. */
async function focused(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return "";
    const group = element.closest("fieldset")?.querySelector("legend")?.textContent;
    return group ?? element.ariaLabel ?? element.textContent ?? "";
  });
}

/** Presses a key until what has this name has the focus; each stop on the way must show that it has it. */
async function tabTo(person: Person, name: string, key: string): Promise<void> {
  for (let stops = 0; stops < 40; stops++) {
    await person.page.keyboard.press(key);
    const isShown = await person.page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return true;
      const outlined = [element, element.closest(".composer-field, .button")].some(
        (each) => each && getComputedStyle(each).outlineStyle !== "none",
      );
      return outlined;
    });
    expect(isShown).toBe(true);
    if ((await focused(person)).includes(name)) return;
  }
  throw new Error(`${name} cannot be reached by ${key}`);
}
