/** Typing: input methods, completion, undo, what is pasted, and the direction of what is written. */
import { expect, test } from "bun:test";
import type { Person } from "./person.ts";
import { capture, Stage } from "./stage.ts";

const stage = new Stage();

/** What a browser tells a field, in its order: the type of an event, and what is in it. */
type Told = readonly [type: string, init?: Record<string, unknown>];

/** Tells the field that has the focus what another browser than this one would tell it. @returns what of it was not cancelled */
async function tell(person: Person, ...events: readonly Told[]): Promise<string[]> {
  return await person.page.evaluate((all) => {
    const field = document.activeElement;
    return all.flatMap(([type, init]) => {
      const options = { bubbles: true, cancelable: true, ...init };
      const event = type.startsWith("key")
        ? new KeyboardEvent(type, options)
        : type.startsWith("composition")
          ? new CompositionEvent(type, options)
          : new InputEvent(type, options);
      return field?.dispatchEvent(event) ? [type] : [];
    });
  }, events);
}

const ENTER = { key: "Enter", code: "Enter", keyCode: 13 };
const PROCESSED = { key: "Enter", code: "Enter", keyCode: 229 };

test("the keys of an input method do nothing to the forms for a nickname, an Enter that ends a composition neither sends nor takes a suggestion, in the order of any browser, and the one after it sends the text once", async () => {
  const room = stage.newRoom();
  await stage.bot(room, "にほん");
  const an = await stage.open(room);
  await an.nicknameField.fill("アン");
  for (const init of [PROCESSED, { ...ENTER, isComposing: true }])
    expect(await tell(an, ["keydown", init])).toEqual([]);
  expect(await tell(an, ["keydown", ENTER])).toEqual(["keydown"]);
  await an.nicknameField.press("Enter");
  await an.isIn();
  await an.page.getByRole("button", { name: /Change your nickname/ }).click();
  await an.page.getByRole("textbox", { name: "New nickname" }).waitFor();
  for (const key of ["Enter", "Escape"])
    expect(await tell(an, ["keydown", { key, keyCode: 229 }])).toEqual([]);
  await an.page.keyboard.press("Escape");
  await an.page.getByRole("dialog").waitFor({ state: "detached" });

  await an.seesOnline(2);
  const composing = { ...PROCESSED, isComposing: true };
  const ends: Record<string, readonly Told[]> = {
    "Chromium, Firefox": [["keydown", composing], ["compositionend"], ["keyup", ENTER]],
    Safari: [["compositionend"], ["keydown", PROCESSED], ["keyup", ENTER]],
    "no code": [["keydown", { ...ENTER, isComposing: true }], ["compositionend"], ["keyup", ENTER]],
  };
  for (const content of ["日本", "hi @に"]) {
    for (const events of Object.values(ends)) {
      await an.composer.fill(content);
      await tell(an, ["compositionstart"]);
      await tell(an, ...events);
      expect(await an.composer.inputValue()).toBe(content);
    }
  }
  // Nor do other keys, while the list of the input method is open.
  await an.composer.fill("hi @に");
  await an.page.getByRole("option").waitFor();
  for (const key of ["Tab", "ArrowDown", "ArrowUp", "Escape"]) {
    await tell(an, ["keydown", { key, keyCode: 229, isComposing: true }]);
    await tell(an, ["keydown", { key, keyCode: 229 }]);
  }
  expect(await an.page.getByRole("option").count()).toBe(1);
  expect(await an.composer.inputValue()).toBe("hi @に");
  expect(await an.contents()).toEqual([]);

  // In Chromium, composed text is sent by the Enter after the one that ends the composition.
  await an.composer.fill("");
  const cdp = await an.page.context().newCDPSession(an.page);
  const process = (type: "rawKeyDown" | "keyUp") =>
    cdp.send("Input.dispatchKeyEvent", { type, key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 });
  await cdp.send("Input.imeSetComposition", { text: "nihon", selectionStart: 5, selectionEnd: 5 });
  await process("rawKeyDown");
  await cdp.send("Input.insertText", { text: "日本" });
  await process("keyUp");
  expect(await an.composer.inputValue()).toBe("日本");
  await an.composer.press("Enter");
  await an.sees("日本");
  expect(await an.contents()).toEqual(["日本"]);

  // Some input methods end their composition and pass the key on.
  await an.composer.fill("안녕");
  await tell(
    an,
    ["compositionstart"],
    ["keydown", { ...PROCESSED, isComposing: true }],
    ["compositionend"],
    ["keydown", ENTER],
    ["keyup", ENTER],
  );
  await an.sees("안녕");
  expect(await an.contents()).toEqual(["日本", "안녕"]);
  expect(await an.composer.inputValue()).toBe("");

  // Some keyboards do not name their keys, and send by their line break.
  const unnamed = { key: "Unidentified", keyCode: 229 };
  const lineBreak = { inputType: "insertLineBreak" };
  await an.composer.fill("one");
  // While it composes, and for other keys, nothing is sent.
  await tell(
    an,
    ["keydown", unnamed],
    ["beforeinput", { ...lineBreak, isComposing: true }],
    ["keyup", unnamed],
  );
  await tell(
    an,
    ["keydown", unnamed],
    ["beforeinput", { inputType: "insertText", data: "x" }],
    ["keyup", unnamed],
  );
  // Neither is it by a line break that no key of its kind makes: Shift+Enter, or one that was said.
  expect(await tell(an, ["beforeinput", lineBreak])).toEqual(["beforeinput"]);
  await tell(an, ["keydown", { ...ENTER, shiftKey: true }]);
  expect(await tell(an, ["beforeinput", lineBreak])).toEqual(["beforeinput"]);
  expect(await an.composer.inputValue()).toBe("one");
  expect(await tell(an, ["keydown", unnamed], ["beforeinput", lineBreak], ["keyup", unnamed])).toEqual([
    "keydown",
    "keyup",
  ]);
  await an.sees("one");
  // And as Chromium itself tells it.
  await an.composer.pressSequentially("two");
  const key = { key: "Unidentified", windowsVirtualKeyCode: 229 };
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await cdp.send("Input.dispatchKeyEvent", { type: "char", text: "\r" });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  await an.sees("two");
  expect(await an.composer.inputValue()).toBe("");
  await an.composer.press("ControlOrMeta+z");
  expect(await an.composer.inputValue()).toBe("two");
  expect(await an.contents()).toEqual(["日本", "안녕", "one", "two"]);
});

test("choosing a suggestion completes a mention, also during a composition, in a draft that came back with the page and without a command of the browser, and undo restores what was typed", async () => {
  const room = stage.newRoom();
  await stage.bot(room, "Bình");
  await stage.bot(room, "Bích Ngọc");
  const an = await stage.enter(room, "An");
  await an.seesOnline(3);
  const text = () => an.composer.inputValue();
  const undo = () => an.composer.press("ControlOrMeta+z");
  // Behind a message that was sent, by Enter and by the button.
  await an.composer.pressSequentially("zero");
  await an.composer.press("Enter");
  await an.composer.pressSequentially("one");
  await an.page.getByRole("button", { name: "Send" }).click();
  await an.composer.pressSequentially("hello dear @bi! b");
  for (let i = 0; i < 3; i++) await an.composer.press("ArrowLeft");
  await an.page.getByRole("option").first().waitFor();
  await an.composer.press("Tab");
  expect(await text()).toBe("hello dear @Bình ! b");
  await undo();
  expect(await text()).toBe("hello dear @bi! b");
  await an.page.getByRole("option").nth(1).click();
  expect(await text()).toBe("hello dear @Bích Ngọc ! b");
  // What is typed next takes the place of nothing.
  await undo();
  await an.composer.pressSequentially("x");
  expect(await text()).toBe("hello dear @bix! b");
  // And all of it, back to the message that was sent.
  for (let i = 0; i < 30 && (await text()) !== "one"; i++) await undo();
  expect(await text()).toBe("one");

  await an.composer.fill("");
  const cdp = await an.page.context().newCDPSession(an.page);
  await an.composer.pressSequentially("@");
  await cdp.send("Input.imeSetComposition", { text: "bi", selectionStart: 2, selectionEnd: 2 });
  await an.page.getByRole("option").nth(1).click();
  await an.composer.pressSequentially("ok");
  expect(await text()).toBe("@Bích Ngọc ok");
  await an.composer.press("Enter");
  await an.sees("@Bích Ngọc ok");

  // A draft that came back with the page is completed and undone as well.
  await an.composer.pressSequentially("kept ");
  await an.page.reload();
  await an.isIn();
  await an.seesOnline(3);
  await an.composer.press("End");
  await an.composer.pressSequentially("@bi");
  await an.page.getByRole("option").first().waitFor();
  await an.composer.press("Enter");
  expect(await an.composer.inputValue()).toBe("kept @Bình ");
  await an.composer.press("ControlOrMeta+z");
  expect(await an.composer.inputValue()).toBe("kept @bi");

  // Some browsers lack the command for it.
  await an.composer.fill("");
  await an.page.evaluate(() => {
    document.execCommand = () => false;
  });
  await an.composer.pressSequentially("hi @b");
  await an.page.getByRole("option").first().waitFor();
  await an.composer.press("Tab");
  await an.composer.pressSequentially("!");
  expect(await an.composer.inputValue()).toBe("hi @Bình !");
  await an.composer.press("Enter");
  await an.sees("hi @Bình !");
  expect(await an.composer.inputValue()).toBe("");
});

test("Enter sends a nickname written in full and completes a partial one, and Tab always completes", async () => {
  const room = stage.newRoom();
  await stage.bot(room, "An");
  await stage.bot(room, "An Bình");
  const em = await stage.enter(room, "Em");
  await em.seesOnline(3);
  const type = async (content: string) => {
    await em.composer.fill(content);
    await em.page.getByRole("option").first().waitFor();
  };
  for (const content of ["thanks @An", "thanks @an", "see you @", "by @ＡN "]) {
    await type(content);
    await em.composer.press("Enter");
    await em.sees(content);
  }
  expect(await em.contents()).toEqual(["thanks @An", "thanks @an", "see you @", "by @ＡN "]);
  for (const [content, key] of [
    ["thanks @An", "Tab"],
    ["thanks @an b", "Tab"],
    ["thanks @an b", "Enter"],
    ["thanks @An bi", "Enter"],
  ] as const) {
    await type(content);
    await em.composer.press(key);
    expect(await em.composer.inputValue()).toBe("thanks @An Bình ");
  }
  await type("thanks @a");
  await em.composer.press("Enter");
  expect(await em.composer.inputValue()).toBe("thanks @An ");
  // What was gone to is wanted.
  await type("see you @");
  await em.composer.press("ArrowDown");
  await em.composer.press("Enter");
  expect(await em.composer.inputValue()).toBe("see you @An Bình ");
});

test("NAME-8 a nickname written in another form is mentioned, suggested and found; suggestions are there while they or the field have the focus", async () => {
  const room = stage.newRoom();
  const an = await stage.bot(room, "Bình Minh");
  await stage.bot(room, "İlker");
  const binh = await stage.enter(room, "Bình", { options: { hasTouch: true } });
  await binh.seesOnline(3);
  await an.send("xin chào @Bi\u0300nh, @ilker và @ＢÌＮＨ");
  await binh.sees("xin chào");
  expect(await binh.log.locator(".mention").allTextContents()).toEqual(["@Bi\u0300nh", "@ilker", "@ＢÌＮＨ"]);
  expect(await binh.log.locator(".mention.own").allTextContents()).toEqual(["@Bi\u0300nh", "@ＢÌＮＨ"]);
  expect(await binh.log.locator(".for-me").count()).toBe(1);
  await binh.composer.pressSequentially("＠Bi\u0300");
  await binh.page.getByRole("option", { name: "Bình Minh" }).waitFor();
  await binh.composer.press("Tab");
  expect(await binh.composer.inputValue()).toBe("@Bình Minh ");

  await binh.composer.fill("");
  const options = binh.page.getByRole("option");
  await binh.composer.pressSequentially("@b");
  await options.waitFor();
  // The list may scroll, so it can have the focus, and gives it back.
  const { keyboard } = binh.page;
  await keyboard.press("Shift+Tab");
  await binh.page.locator("#suggestions:focus").waitFor();
  await keyboard.press("Enter");
  await binh.page.locator("#message:focus").waitFor();
  expect(await binh.composer.inputValue()).toBe("@Bình Minh ");
  await binh.composer.fill("");
  await binh.composer.pressSequentially("@b");
  await options.waitFor();
  await keyboard.press("Shift+Tab");
  await keyboard.press("Shift+Tab");
  await options.waitFor({ state: "detached" });
  await binh.composer.focus();
  await options.waitFor();
  await binh.page.getByRole("log").click();
  await options.waitFor({ state: "detached" });
  await binh.composer.focus();
  await options.tap();
  expect(await binh.composer.inputValue()).toBe("@Bình Minh ");
  expect(await binh.composer.evaluate((field) => field === document.activeElement)).toBe(true);
});

test("a long text can be pasted, the page says by how much it is too long, and what was typed stays; a megabyte is not put into the field", async () => {
  const an = await stage.enter(stage.newRoom(), "An", { options: CLIPBOARD });
  await an.composer.pressSequentially("look: ");
  await paste(an, "word ".repeat(3_600));
  await an.reads("14,006 characters over the limit");
  // Directions of lines are not looked for in so much.
  const bidi = () => an.composer.evaluate((field) => getComputedStyle(field).unicodeBidi);
  expect(await bidi()).not.toBe("plaintext");
  await an.composer.press("Enter");
  await an.reads("A message can have up to 4,000 characters; this one has 18,006.");
  await an.composer.press("ControlOrMeta+z");
  expect(await an.composer.inputValue()).toBe("look: ");
  await an.composer.pressSequentially("ok");
  await an.composer.press("Enter");
  await an.sees("look: ok");
  expect(await bidi()).toBe("plaintext");

  await an.composer.pressSequentially("more: ");
  for (const [text, length] of [
    ["line\n".repeat(200_000), "1,000,006"],
    ["🎉".repeat(500_000), "500,006"],
  ] as const) {
    await paste(an, text);
    await an.reads(`A message can have up to 4,000 characters; this one has ${length}.`);
    expect(await an.composer.inputValue()).toBe("more: ");
  }
  await an.composer.pressSequentially("ok");
  await an.page.getByText("A message can have up to").waitFor({ state: "detached" });
  await an.composer.press("Enter");
  await an.sees("more: ok");
});

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };

async function paste(person: Person, text: string): Promise<void> {
  await person.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await person.composer.press("ControlOrMeta+v");
}

/** Where a word stands on a page, and on which side of it another one. */
async function sides(person: Person, box: string, word: string, other: string) {
  return await person.page.evaluate(
    ([selector, ...texts]) => {
      const element = document.querySelector(selector);
      if (!element) throw new Error(`${selector} is not there`);
      const [first, second] = texts.map((text) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const at = node.textContent?.indexOf(text) ?? -1;
          if (at < 0) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + text.length);
          return range.getBoundingClientRect();
        }
        throw new Error(`${text} is not there`);
      });
      const { left, width } = element.getBoundingClientRect();
      if (!first || !second) throw new Error();
      return {
        half: first.left + first.width / 2 < left + width / 2 ? "left" : "right",
        other: second.left < first.left ? "left" : "right",
      };
    },
    [box, word, other] as const,
  );
}

test("each line has its own direction, wherever a message is shown", async () => {
  const room = stage.newRoom();
  await stage.bot(room, "دارا");
  const an = await stage.enter(room, "An");
  await an.seesOnline(2);
  const content = [
    "English first.",
    "سلام دنیا!",
    "hello @دارا, again (3)",
    "ببین https://example.org/a?b=c را.",
    "`code` در متن؟",
    "@An ممنون؛",
    "```\nif (a) { 'سلام' }\n```",
    "Tiếng Việt…",
  ].join("\n");
  await an.composer.fill(content);
  await capture(an, "direction-composer");
  await an.composer.press("Enter");
  await an.sees("Tiếng Việt…");
  await capture(an, "direction-log");
  const check = async (person: Person, box: string) => {
    expect(await sides(person, box, "English", "first.")).toEqual({ half: "left", other: "right" });
    expect(await sides(person, box, "سلام دنیا", "!")).toEqual({ half: "right", other: "left" });
    expect(await sides(person, box, "hello", "again")).toEqual({ half: "left", other: "right" });
    expect(await sides(person, box, "ببین", "را")).toEqual({ half: "right", other: "left" });
    expect(await sides(person, box, "if (a)", "}")).toEqual({ half: "left", other: "right" });
    expect(await sides(person, box, "Tiếng", "Việt")).toEqual({ half: "left", other: "right" });
  };
  await check(an, ".content");
  // Code has no say in it, as a link and a nickname have none.
  expect(await sides(an, ".content", "در متن", "؟")).toEqual({ half: "right", other: "left" });
  expect(await sides(an, ".content", "ممنون", "؛")).toEqual({ half: "right", other: "left" });
  await an.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await an.page.emulateMedia({ media: "print" });
  await an.page.locator(".transcript .content").waitFor();
  await check(an, ".transcript .content");
  const reader = await stage.open(`${room}?read`);
  await capture(reader, "direction-read");
  await check(reader, ".content");
});
