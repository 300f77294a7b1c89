import { expect, test } from "bun:test";
import { startServer } from "../support/server.ts";
import type { Person } from "./person.ts";
import {
  capture,
  dropNetworkErrors,
  onFrames,
  Stage,
  startServerThatKeepsItsPort,
  typeOf,
  violations,
  withoutStorage,
} from "./stage.ts";
import { Witness } from "./witness.ts";

const stage = new Stage();

test("two tabs chat in the main room, and somebody in another room hears nothing of it", async () => {
  const elsewhere = new Witness(await stage.bot(stage.newRoom(), "Chi"));
  const an = await stage.enter("/", "An");
  const binh = await stage.enter("/", "Bình");
  await an.sees("Bình joined");
  await an.say("Xin chào!");
  await binh.sees("Xin chào!");
  await binh.say("Chào An!");
  await an.sees("Chào An!");
  await elsewhere.say("Is anybody here?");

  expect(await an.contents()).toEqual(["Xin chào!", "Chào An!"]);
  expect(await binh.contents()).toEqual(["Xin chào!", "Chào An!"]);
  expect(await an.roster()).toEqual(["An (you)", "Bình"]);
  expect(await binh.roster()).toEqual(["An", "Bình (you)"]);
  expect(await elsewhere.contents()).toEqual(["Is anybody here?"]);
  expect(elsewhere.events).toEqual([]);
  expect(elsewhere.roster).toEqual(["Chi"]);
});

test("a refused nickname is explained beside the field, another one can be tried, and whoever is in sees the history and the room's name", async () => {
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  await binh.send("first");
  await binh.send("second");
  const other = await stage.open(room);
  const explains = async (nickname: string, words: string) => {
    await other.askToJoin(nickname);
    await other.page.getByRole("alert").filter({ hasText: words }).waitFor();
  };
  await explains("", "Enter a nickname.");
  await explains("Bình", "Someone here already has this nickname, or one that looks like it.");
  await explains(" bÌNH ", "Someone here already has this nickname, or one that looks like it.");
  await explains("x".repeat(101), "A nickname can have up to 100 characters; this one has 101.");
  await explains("An\u202E", "characters that change the text direction");
  await explains("\u200B", "at least one visible character");
  expect(await other.nicknameField.getAttribute("aria-invalid")).toBe("true");
  await other.askToJoin("😀".repeat(100));
  await other.isIn();
  expect(await other.contents()).toEqual(["first", "second"]);
  expect(await other.page.title()).toBe(`Room ${room.slice("/rooms/".length)} · Chat`);
});

test("the server's own refusal of a nickname is explained, too", async () => {
  const person = await stage.open(stage.newRoom(), {
    intercept: (socket) =>
      onFrames(socket, (frame, text) => {
        const refusal = {
          type: "name",
          action: "register",
          status: false,
          reason: "WrongFormatName",
          ref: 1,
        };
        socket.send(typeOf(frame) === "name" ? JSON.stringify(refusal) : text);
      }),
  });
  await person.askToJoin("An");
  await person.reads("The server does not accept this nickname.");
});

test("a rename is shown to all, a refused one is explained, and a member who leaves is asked for a nickname again", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const chat = await stage.bot(room, "Bình");
  const binh = new Witness(chat);
  await an.rename("bình");
  await an.page.getByRole("dialog").getByText("Someone here already has this nickname").waitFor();
  await an.page.getByRole("button", { name: "Close" }).click();
  await an.rename("Anh");
  await binh.sees("An is now Anh");
  await an.sees("An is now Anh");
  await chat.register("Bé");
  await an.sees("Bình is now Bé");
  await binh.say("from Bé");
  await an.sees("from Bé");
  expect(await an.roster()).toEqual(["Anh (you)", "Bé"]);
  expect(binh.roster).toEqual(["Anh", "Bé"]);
  expect(await an.log.locator(".message .nickname").textContent()).toBe("Bé");
  await an.write("/nick bé");
  await an.reads("Someone here already has this nickname");
  await an.write("/nick Ann");
  await binh.sees("Anh is now Ann");
  await an.write("//nick is a command");
  await binh.sees("/nick is a command");
  await leave(an);
  await binh.sees("Ann left");
  await an.askToJoin("Ân");
  await an.isIn();
  await binh.sees("Ân joined");
});

test("a reload resumes the same person, and the others see neither a leave nor a join", async () => {
  await using at = await startServer(["--grace", "600"]);
  const room = stage.newRoom();
  const an = await stage.enter(room, "An", { at });
  const binh = new Witness(await stage.bot(room, "Bình", at));
  await an.say("before");
  await an.composer.fill("a draft");
  await an.page.reload();
  await an.isIn();
  expect(await an.contents()).toEqual(["before"]);
  expect(await an.composer.inputValue()).toBe("a draft");
  await an.write("after");
  await binh.sees("after");
  expect(binh.events).toEqual([]);
  expect(binh.roster).toEqual(["An", "Bình"]);
  expect(await an.roster()).toEqual(["An (you)", "Bình"]);
});

test("own messages are those that this browser sent, whatever the nickname, also after a restart of the server", async () => {
  await using at = await startServerThatKeepsItsPort();
  const room = stage.newRoom();
  const an = await stage.enter(room, "An", { at });
  await an.say("hers");
  await leave(an);
  const eve = await stage.bot(room, "An", at);
  await eve.send("not hers");
  await eve.close();

  await an.askToJoin("An");
  await an.isIn();
  expect(await own(an)).toEqual(["hers"]);
  // Neither a reload, nor another nickname, nor another server process changes that, nor is it so elsewhere.
  await an.rename("Ân");
  await an.sees("An is now Ân");
  await an.say("hers as well");
  expect(await own(an)).toEqual(["hers", "hers as well"]);
  await at.kill();
  await an.reads("No connection");
  await an.write("written meanwhile");
  await at.restart();
  await an.sees("written meanwhile");
  await an.page.reload();
  await an.isIn();
  expect(await own(an)).toEqual(["hers", "hers as well", "written meanwhile"]);
  expect(await an.log.locator(".message.own.head .sent").count()).toBe(
    await an.log.locator(".message.own.head").count(),
  );
  const late = await stage.enter(room, "An", { at });
  expect(await own(late)).toEqual([]);
  dropNetworkErrors(an);
});

test("all tabs of a browser know what any of them sent", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const binh = await stage.openBeside(an, room);
  await binh.askToJoin("Bình");
  await binh.isIn();
  await Promise.all(["a1", "a2", "a3"].map((content) => an.page.evaluate(say, content)));
  await Promise.all(["b1", "b2", "b3"].map((content) => binh.page.evaluate(say, content)));
  for (const content of ["a3", "b3"]) for (const each of [an, binh]) await each.sees(content);
  const third = await stage.openBeside(an, room);
  await third.askToJoin("Chi");
  await third.isIn();
  expect((await own(third)).toSorted()).toEqual(["a1", "a2", "a3", "b1", "b2", "b3"]);
});

test("a page that cannot store anything still knows what it sent", async () => {
  const an = await stage.enter(stage.newRoom(), "An", { prepare: withoutStorage });
  await an.say("mine");
  expect(await own(an)).toEqual(["mine"]);
  await leave(an);
  await an.askToJoin("An");
  await an.isIn();
  expect(await own(an)).toEqual(["mine"]);
});

test("a message under a nickname that was given up and taken again says so, and begins a group", async () => {
  const room = stage.newRoom();
  const binh = await stage.enter(room, "Bình");
  const an = await stage.bot(room, "An");
  await an.send("first");
  await an.close();
  await binh.sees("An left");
  const other = await stage.bot(room, "An");
  await other.send("second");
  await binh.sees("second");
  await binh.reads("An left; the nickname is in use again");
  const last = binh.log.locator("li", { hasText: "second" });
  expect(await last.locator(".nickname").textContent()).toBe("An");
  expect(await last.locator(".new-holder").textContent()).toContain("rejoined");
  expect(await binh.log.locator(".new-holder").count()).toBe(1);
  expect(await violations(binh)).toEqual([]);
});

test("when a tab is duplicated, the older one says what happened, and can take over or join again", async () => {
  const room = stage.newRoom();
  const binh = new Witness(await stage.bot(room, "Bình"));
  const an = await stage.enter(room, "An");
  const twin = await duplicate(an, room);
  await twin.isIn();
  await an.reads("This chat is open in another tab");
  await capture(an, "desktop-light-taken-over");
  expect(await violations(an)).toEqual([]);
  await an.page.getByRole("button", { name: "Continue here", exact: true }).click();
  await twin.reads("This chat is open in another tab");
  await an.say("back in the first tab");
  await binh.sees("back in the first tab");

  await twin.page.getByRole("button", { name: "Join with another nickname" }).click();
  await twin.askToJoin("Anh");
  await binh.sees("Anh joined");
  expect(binh.events).toEqual(["An joined", "Anh joined"]);
});

/** The messages that are marked as one's own. */
async function own(person: Person): Promise<string[]> {
  return await person.log.locator(".message.own:not(.sending, .failed) .content").allTextContents();
}

async function leave(person: Person): Promise<void> {
  await person.page.getByRole("button", { name: /Change your nickname/ }).click();
  await person.page.getByRole("button", { name: "Leave the chat" }).click();
  await person.nicknameField.waitFor();
}

/** In the page: writes a message and sends it at once. */
function say(content: string): void {
  const field = document.querySelector("textarea");
  if (!field) throw new Error("there is no field");
  field.value = content;
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}

/** As a browser does: the new tab begins with a copy of the old one's `sessionStorage`. */
async function duplicate(person: Person, room: string): Promise<Person> {
  const kept = await person.page.evaluate(() => ({ ...sessionStorage }));
  const twin = await stage.openBeside(person, "/manifest.webmanifest");
  await twin.page.evaluate((items) => {
    for (const [key, value] of Object.entries(items)) sessionStorage.setItem(key, String(value));
  }, kept);
  await twin.page.goto(stage.server.http(room));
  return twin;
}
