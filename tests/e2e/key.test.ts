/** The person's key: made, carried to another device, used, forgotten; reserved nicknames, the owner's link. */
import { expect, test } from "bun:test";
import { Chat } from "../../src/client/index.ts";
import { SETTINGS_WORDS } from "../../src/web/words/settings.ts";
import { runCommand } from "../support/server.ts";
import { IS_ON_DATABASE } from "../support/store.ts";
import type { Person } from "./person.ts";
import {
  capture,
  dropNetworkErrors,
  keeping,
  lookAround,
  SCREENS,
  Stage,
  violations,
  withoutStorage,
} from "./stage.ts";

const stage = new Stage();

const KEY = "classic-chatbox.key";
const keyOf = (person: Person) => person.page.evaluate((name) => localStorage.getItem(name), KEY);
const dialogOf = (person: Person) => person.page.getByRole("dialog", { name: "Your key" });

/** All that the browser keeps of the chat. */
const kept = (person: Person) =>
  person.page.evaluate(() => ({ local: Object.keys(localStorage), session: Object.keys(sessionStorage) }));

async function openKey(person: Person): Promise<void> {
  await person.openSettings();
  await person.page.getByRole("dialog").getByRole("button", { name: "Show", exact: true }).click();
  await dialogOf(person).getByRole("heading", { name: "Reserved nicknames" }).waitFor();
}

async function close(person: Person): Promise<void> {
  await person.page.keyboard.press("Escape");
  await dialogOf(person).waitFor({ state: "detached" });
}

test("the first message makes a key, nothing is stored of a person who has only looked, and links to messages work beside those with secrets", async () => {
  const room = stage.newRoom();
  const an = await stage.open(room);
  await an.nicknameField.waitFor();
  expect((await kept(an)).local).toEqual([]);
  await an.askToJoin("An");
  await an.isIn();
  expect(await keyOf(an)).toBeNull();
  await an.say("the first");
  const key = await keyOf(an);
  expect(key).toMatch(/^[\w-]{43}$/);
  await an.say("the second");
  const href = await an.log.locator("a.time").first().getAttribute("href");
  await an.page.goto("about:blank");
  await an.page.goto(stage.server.http(`${room}${href}`));
  await an.sees("the first");
  expect(an.page.url()).toBe(stage.server.http(`${room}${href}`));
  await an.say("the third");
  expect(await keyOf(an)).toBe(key);
  const chat = new Chat(stage.server.url(room.slice("/rooms/".length)), { key: key ?? "", name: "Reader" });
  await chat.ready();
  const { messages } = await chat.history();
  expect(messages.map((message) => [message.content, chat.isOwn(message)])).toEqual([
    ["the first", true],
    ["the second", true],
    ["the third", true],
  ]);
  await chat.close();
});

test("another device takes the key over by its link, and what was written on the first is its own", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  await an.say("from the first device");
  await openKey(an);
  const dialog = dialogOf(an);
  const key = (await keyOf(an)) ?? "";
  expect(await dialog.innerHTML()).not.toContain(key);
  await dialog.getByRole("button", { name: "Show my key" }).click();
  expect(await dialog.getByRole("textbox", { name: "Code", exact: true }).inputValue()).toBe(key);
  await dialog.getByRole("img", { name: "QR code of the link with your key" }).waitFor();
  const link = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  expect(link).toBe(`${stage.server.http(room)}#key=${key}`);

  const other = await stage.open(`${room}#key=${key}`);
  await dialogOf(other).getByRole("button", { name: "Use this key here" }).waitFor();
  expect(other.page.url()).toBe(stage.server.http(room));
  expect(await keyOf(other)).toBeNull();
  await dialogOf(other).getByRole("button", { name: "Use this key here" }).click();
  const id = await dialogOf(other).locator("dd code").textContent();
  expect(id).toBe(await dialog.locator("dd code").textContent());
  await close(other);
  await other.askToJoin("Anh");
  await other.isIn();
  await other.say("from the second device");
  const chat = new Chat(stage.server.url(room.slice("/rooms/".length)), {
    key: (await keyOf(other)) ?? "",
    name: "Program",
  });
  await chat.ready();
  const { messages } = await chat.history();
  const [first] = messages;
  expect(messages.map((message) => chat.isOwn(message))).toEqual([true, true]);
  if (first) await chat.edit(first, "edited on the second device");
  await chat.close();
});

test("a link with another key asks before it replaces the present one, a broken one says so, and a code is checked and asks as well", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  await an.say("mine");
  const first = await keyOf(an);
  const other = "other-key-".padEnd(43, "z");
  const dialog = dialogOf(an);
  await an.page.evaluate((key) => {
    location.hash = `#key=${key}`;
  }, other);
  await dialog.getByRole("heading", { name: "Replace your key?" }).waitFor();
  expect(an.page.url()).toBe(stage.server.http(room));
  await dialog.getByRole("button", { name: "Keep my key" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await keyOf(an)).toBe(first);
  await an.page.evaluate(() => {
    location.hash = "#key=broken";
  });
  await an.reads(/contains no valid key/);
  await close(an);

  await openKey(an);
  const field = dialog.getByRole("textbox", { name: "Code from the other device" });
  await field.fill("not a key");
  await dialog.getByRole("button", { name: "Use this key" }).click();
  await an.reads(/^This is not a key/);
  await field.fill(`https://chat.example/#key=${other}`);
  await dialog.getByRole("button", { name: "Use this key" }).click();
  await dialog.getByRole("button", { name: "Keep my key" }).click();
  expect(await keyOf(an)).toBe(first);
  await field.fill(other);
  await dialog.getByRole("button", { name: "Use this key" }).click();
  await Promise.all([
    an.page.waitForEvent("load"),
    dialog.getByRole("button", { name: "Replace my key" }).click(),
  ]);
  // The page begins as the new person, in the same room and under the same nickname.
  await an.isIn();
  expect(await keyOf(an)).toBe(other);
  await an.say("as somebody else");
  const chat = new Chat(stage.server.url(room.slice("/rooms/".length)), { key: other, name: "Reader" });
  await chat.ready();
  const { messages } = await chat.history();
  expect(messages.map((message) => chat.isOwn(message))).toEqual([false, true]);
  await chat.close();
});

test("a nickname is reserved and given up, and a stranger is refused in words", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "Ánh Dương");
  await openKey(an);
  await dialogOf(an).getByRole("button", { name: "Reserve Ánh Dương" }).click();
  await an.reads("Ánh Dương is reserved for you.");
  const stranger = await stage.open(stage.newRoom());
  await stranger.askToJoin("ánh dương");
  await stranger.reads("Someone has reserved this nickname, or one that looks like it. Choose another.");
  await dialogOf(an).getByRole("button", { name: "Release Ánh Dương" }).click();
  await an.reads("Ánh Dương is no longer reserved.");
  await stranger.page.getByRole("button", { name: "Join", exact: true }).click();
  await stranger.isIn();
});

test.skipIf(IS_ON_DATABASE)("the owner's link makes the person an owner, once", async () => {
  const { server } = stage;
  const { stdout } = await runCommand(["owner-link", "--data", server.dataFile, "--url", server.http("/")]);
  const [, hash = ""] = /(#owner=\S+)/.exec(stdout) ?? [];
  const an = await stage.open(`/${hash}`);
  const dialog = dialogOf(an);
  await dialog.getByRole("button", { name: "Become the owner" }).waitFor();
  expect(an.page.url()).toBe(server.http("/"));
  await dialog.getByRole("button", { name: "Become the owner" }).click();
  await an.reads("You are now the owner of this chat.");
  expect(await dialog.locator("dd code").textContent()).toMatch(/^[\w-]{16}$/);
  expect(await dialog.locator("dd").allTextContents()).toContain("Owner");
  const late = await stage.open(`/${hash}`);
  await dialogOf(late).getByRole("button", { name: "Become the owner" }).click();
  await late.reads(/^This link is no longer valid/);
});

test("a second tab takes over the key that the first one makes, and forgetting leaves nothing behind in both but what a newcomer has", async () => {
  const an = await stage.enter(stage.newRoom(), "An");
  const tab = await stage.openBeside(an, stage.newRoom());
  await tab.askToJoin("Anh");
  await tab.isIn();
  await an.say("I was here");
  await an.composer.fill("a draft of mine");
  await tab.say("and here");
  await openKey(tab);
  await openKey(an);
  const ids = [an, tab].map((each) => dialogOf(each).locator("dd code").textContent());
  const [first, second] = await Promise.all(ids);
  expect(second).toBe(first ?? "");
  expect(await keyOf(tab)).toBe(await keyOf(an));

  await dialogOf(an).getByRole("button", { name: "Forget me…" }).click();
  const reloads = [an, tab].map((each) => each.page.waitForEvent("load"));
  await dialogOf(an).getByRole("button", { name: "Forget me", exact: true }).click();
  await Promise.all(reloads);
  // What the next page of the tab would need, if its person did something.
  const none = { local: [], session: ["classic-chatbox.shelf"] };
  for (const each of [an, tab, await stage.open(stage.newRoom())]) {
    await each.nicknameField.waitFor();
    expect(await each.nicknameField.inputValue()).toBe("");
    const { local, session } = await kept(each);
    expect({ local, session: session.map((name) => name.split(":")[0]).sort() }).toEqual(none);
    const texts = await each.page.evaluate(() => Object.values(sessionStorage).join());
    for (const own of ["An", "draft of", "and here"]) expect(texts).not.toContain(own);
  }
  // The chat that follows the one that was left has just begun to connect when the page begins anew.
  dropNetworkErrors(an, tab);
});

test("without a storage a key lasts as long as the page", async () => {
  const an = await stage.enter(stage.newRoom(), "An", {
    options: { reducedMotion: "reduce" },
    prepare: withoutStorage,
  });
  await an.say("hello");
  await openKey(an);
  await dialogOf(an).locator("dd code").waitFor();
});

test("axe finds nothing in the views of the key", async () => {
  const an = await stage.open(stage.newRoom(), {
    options: { ...SCREENS.narrow, locale: "vi-VN" },
    prepare: keeping({ "classic-chatbox.settings.theme": '"classic"' }),
  });
  const found: string[] = [];
  const others = [
    { size: "landscape", theme: "dark" },
    { size: "desktop", theme: "light" },
  ] as const;
  /** Of what looks alike, one is also looked at elsewhere. */
  const look = async (name: string, looks: typeof others | readonly [] = []) => {
    await an.page.evaluate(() => document.querySelector("dialog.key")?.scrollTo(0, 0));
    await capture(an, `key-narrow-classic-${name}`);
    await an.page.evaluate(() => document.querySelector("dialog.key")?.scrollTo(0, 1e6));
    await capture(an, `key-narrow-classic-${name}-end`);
    const there = await lookAround(an, `key-${name}`, looks);
    found.push(...[...(await violations(an)), ...there].map((each) => `${name}: ${each}`));
  };
  await an.page.locator("main.join input").fill("Nguyễn Thị Ánh Dương, người dùng đầu tiên");
  await an.page.locator("main.join button.main").click();
  await an.composer.waitFor();
  await an.page.locator("header.top button").last().click();
  const { keyOpen } = SETTINGS_WORDS.vi;
  await an.page.getByRole("dialog").getByRole("button", { name: keyOpen, exact: true }).click();
  await an.page.locator("dialog.key h3").first().waitFor();
  await look("none");
  await an.page.locator("dialog.key section").first().getByRole("button").click();
  await an.page.locator("dialog.key dd code").waitFor();
  await an.page.locator("dialog.key section:has(.names, dl) + section > button").first().click();
  await an.page.locator("dialog.key .names").waitFor();
  await an.page.locator("dialog.key button[aria-expanded]").click();
  await an.page.locator("dialog.key .qr").waitFor();
  await look("shown", others);
  await an.page.locator("dialog.key form input").fill("x".repeat(43));
  await an.page.locator("dialog.key form button").click();
  await an.page.locator("dialog.key .confirm").waitFor();
  await look("confirm", others);
  await an.page.evaluate(() => {
    location.hash = `#key=${"y".repeat(43)}`;
  });
  await an.page.locator("dialog.key .dialog-body > .confirm").waitFor();
  await look("linked");
  await an.page.evaluate(() => {
    location.hash = "#owner=code";
  });
  await an.page.locator("dialog.key .dialog-body > section > button.main").click();
  await an.page.locator("dialog.key .refusal span").first().waitFor();
  await look("owner", others);
  expect(found).toEqual([]);
});
