/** What a page shows when its room has another history than before, and what came while one was away. */
import { expect } from "bun:test";
import { copyFileSync } from "node:fs";
import type { ChatServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import type { Person } from "./person.ts";
import { capture, dropNetworkErrors, Stage, startServerThatKeepsItsPort } from "./stage.ts";

const stage = new Stage();

fileTest(
  "when a backup is restored while a page is open, the page shows what the room has now, and a link to a message that is gone does not lead to the one that has its id now",
  async () => {
    await using at = await startServerThatKeepsItsPort();
    const an = await stage.enter("/", "An", { at });
    const binh = await stage.bot("/", "Bình", at);
    for (const content of ["one", "two"]) await an.say(content);
    let link = "";
    await putBack(at, async () => {
      await an.say("three");
      link = (await an.log.locator("a.time").last().getAttribute("href")) ?? "";
      await an.say("four");
    });
    await an.log.getByText("four").waitFor({ state: "detached" });
    await an.isConnected();
    await an.say("three, anew");
    await binh.send("four, anew");
    await an.sees("four, anew");
    const now = ["one", "two", "three, anew", "four, anew"];
    expect(await an.contents()).toEqual(now);
    expect((await binh.history()).messages.map(({ content }) => content)).toEqual(now);
    expect(await an.log.locator(".own .content").allTextContents()).toEqual(["one", "two", "three, anew"]);
    await an.page.goto("about:blank");
    await an.page.goto(at.http(`/${link}`));
    await an.reads("That message no longer exists.");
    expect(await an.contents()).toEqual(now);
    dropNetworkErrors(an);
  },
);

fileTest(
  "a backup that is put back while a tab is in the background, and while one is away: what is new since is counted in the title and marked, whatever its id",
  async () => {
    await using at = await startServerThatKeepsItsPort();
    const binh = await stage.bot("/", "Bình", at);
    const [an, chi] = [await stage.enter("/", "An", { at }), await stage.enter("/", "Chi", { at })];
    await binh.send("one");
    await putBack(at, async () => {
      for (const content of ["two", "three", "four"]) await binh.send(content);
      for (const person of [an, chi]) await person.sees("four");
      await an.page.evaluate(() => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
        document.dispatchEvent(new Event("visibilitychange"));
      });
      await chi.page.goto("about:blank");
    });
    await an.log.getByText("four").waitFor({ state: "detached" });
    for (const content of ["two, anew", "three, anew"]) await binh.send(content);
    await an.page.waitForFunction(() => document.title.startsWith("(2) "));
    expect(await unread(an)).toEqual(["two, anew"]);
    await chi.page.goto(at.http("/"));
    await chi.isIn();
    expect(await unread(chi)).toEqual(["two, anew"]);
    dropNetworkErrors(an, chi);
  },
);

fileTest(
  "a button leads up to the first new message, though all is loaded, and never down or nowhere; of more than pages that came all are counted, and a button leads to each mention",
  async () => {
    await using at = await startServerThatKeepsItsPort(undefined, ["--no-limits"]);
    const an = await stage.enter("/", "An", { at });
    await an.say("read");
    await an.page.goto("about:blank");
    await say(at, 80);
    await an.page.goto(at.http("/"));
    await an.isIn();
    await an.sees("message 79");
    const first = an.page.getByRole("button", { name: "First of 80 new messages" });
    await first.click();
    await an.log.locator("li", { has: an.page.locator(".unread") }).waitFor();
    expect(await unread(an)).toEqual(["message 0"]);
    // What comes now is new, and further down.
    await say(at, 1);
    await an.reads("1 new message");
    expect(await first.count()).toBe(0);
    await an.say("own");
    expect(await first.count()).toBe(0);

    await an.page.goto("about:blank");
    await say(at, 40);
    await say(at, 1, "@An, look");
    await say(at, 1_250);
    await an.page.goto(at.http("/"));
    await an.isIn();
    await an.sees("message 1249");
    const button = an.page.getByRole("button", { name: "First of 1,291 new messages" });
    await button.waitFor();
    await capture(an, "unread");
    const mention = an.page.getByRole("button", { name: "1 mention of you" });
    await mention.click();
    await an.sees("@An, look");
    await mention.waitFor({ state: "detached" });
    await button.click();
    await button.waitFor({ state: "detached" });
    await an.log.locator("li", { has: an.page.locator(".unread") }).waitFor();
    expect(await unread(an)).toEqual(["message 0"]);
  },
);

/** Has the history go on, and puts a copy of before back. */
async function putBack(at: ChatServer, goOn: () => Promise<void>): Promise<void> {
  const copy = `${at.dataFile}.copy`;
  copyFileSync(at.dataFile, copy);
  await goOn();
  await at.stop();
  copyFileSync(copy, at.dataFile);
  await at.restart();
}

/** The message that the line stands above. */
async function unread(person: Person): Promise<string[]> {
  const row = person.log.locator("li", { has: person.page.locator(".unread") });
  return await row.locator(".content").allTextContents();
}

/** Somebody says so many messages. */
async function say(at: ChatServer, count: number, content?: string): Promise<void> {
  const socket = new WebSocket(at.url());
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const { promise, resolve } = Promise.withResolvers<void>();
  let replies = 0;
  socket.addEventListener("message", () => {
    if (++replies > count) resolve();
  });
  socket.send(JSON.stringify({ type: "name", name: "Bình" }));
  for (let i = 0; i < count; i++)
    socket.send(JSON.stringify({ type: "send", content: content ?? `message ${i}` }));
  await promise;
  socket.close();
}
