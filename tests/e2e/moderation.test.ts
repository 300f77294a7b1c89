/** What moderators do on the page, and what those see whom it concerns. */
import { beforeAll, expect, test } from "bun:test";
import type { WebSocketRoute } from "playwright-core";
import { PLAIN_HOST } from "../support/browser.ts";
import { freePort } from "../support/port.ts";
import { Program } from "../support/program.ts";
import { type ChatServer, runCommand, startServer } from "../support/server.ts";
import { BEHIND_PROXY, KEY, storeFlags, Visitor } from "../support/visitors.ts";
import type { Coming, Person } from "./person.ts";
import {
  capture,
  dropNetworkErrors,
  fits,
  keeping,
  lookAround,
  onFrames,
  SCREENS,
  Stage,
  violations,
} from "./stage.ts";

// No disk has as much free, so that there is a notice to the owners.
const stage = new Stage([...BEHIND_PROXY, "--low-disk", "1000000GiB"]);
type Theme = "light" | "dark" | "classic";

beforeAll(() => grantMinh(stage.server));

/** Makes Minh a moderator. */
function grantMinh(server: ChatServer): Promise<void> {
  return grant(server, KEY.minh, "moderator");
}

async function grant(server: ChatServer, key: string, wanted: "moderator" | "owner"): Promise<void> {
  using person = await Visitor.connect(server, { key });
  const { exitCode, stderr } = await runCommand(["grant", person.by, wanted, ...storeFlags(server)]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  // A running server learns of it within a second.
  for (;;) {
    const { role } = await person.ask({ type: "identify", key });
    if (role === wanted) break;
    await Bun.sleep(100);
  }
}

/** Opens the page with a key and a theme. */
function come(room: string, key: string, theme: Theme, options: Coming["options"] = {}): Promise<Person> {
  const kept = {
    "classic-chatbox.key": key,
    "classic-chatbox.settings.theme": JSON.stringify(theme),
  };
  return stage.open(room, { options, prepare: keeping(kept) });
}

/** Joins in whatever language. */
async function enter(person: Person, name: string): Promise<void> {
  await person.page.locator("form input").first().fill(name);
  await person.page.locator("form button[type=submit]").click();
  await person.composer.waitFor();
}

/** Somebody in a room, at an address of their own. */
function visitor(room: string, name: string, key?: string): Promise<Visitor> {
  const named = { room: room.slice("/rooms/".length), ...(key === undefined ? {} : { key }) };
  return Visitor.named(stage.server, name, named);
}

/**
 * Takes a picture of a state, and notes what axe has against it.
 * @param others sizes and themes in which the same state is looked at as well, unless another one has the same parts
 */
function watching(person: Person, prefix: string, others: Parameters<typeof lookAround>[2] = []) {
  const found: string[] = [];
  const look = async (state: string, { alsoElsewhere = true } = {}) => {
    const name = `moderation-${prefix}-${state}`;
    await capture(person, name);
    const here = await violations(person);
    const there = others.length > 0 && alsoElsewhere ? await lookAround(person, name, others) : [];
    found.push(...[...here, ...there].map((each) => `${state}: ${each}`));
  };
  return { found, look };
}

test("on a phone a moderator mutes, undoes that, bans, removes all, and ends a raid with three taps", async () => {
  const room = stage.newRoom();
  const minh = await come(room, KEY.minh, "light", SCREENS.phone);
  const { found, look } = watching(minh, "phone-light");
  await enter(minh, "Minh");
  using an = await visitor(room, "An", KEY.an);
  await an.say("buy my things");
  await minh.sees("buy my things");
  await minh.page.getByRole("button", { name: "People: 2" }).click();
  await minh.page.getByRole("dialog").locator("li", { hasText: "An" }).getByRole("button").click();
  await minh.page.getByRole("button", { name: "Mention", exact: true }).click();
  await minh.page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await minh.composer.inputValue()).toBe("@An ");
  await minh.composer.fill("");
  await minh.log.getByRole("button", { name: "Mention" }).last().click();
  expect(await minh.composer.inputValue()).toBe("@An ");
  await minh.composer.fill("");
  await minh.page.getByRole("button", { name: "People: 2" }).click();
  await minh.page.getByRole("dialog").locator("li", { hasText: "An" }).getByRole("button").click();
  await minh.page.getByRole("button", { name: "Mute…" }).waitFor();
  await look("person-menu");
  await minh.page.getByRole("button", { name: "Mute…" }).click();
  await minh.reads(/Affects 1 person here: .*An/);
  await fits(minh);
  await minh.page.getByLabel("Reason").fill("shouting");
  await minh.page.getByRole("button", { name: "10 minutes" }).click();
  await minh.reads("An is muted for 10 minutes.");
  expect(await an.say("more")).toMatchObject({ reason: "Muted" });
  await minh.page.locator(".toast button").click();
  await minh.sees("An was muted for 10 minutes by Minh: shouting");
  await minh.sees("Minh unmuted An");
  expect(await an.say("sorry")).toMatchObject({ status: true });

  await minh.sees("sorry");
  await openMenu(minh, "sorry");
  await fits(minh);
  await minh.page.getByRole("button", { name: "Ban…" }).click();
  await minh.page.getByRole("button", { name: "7 days" }).click();
  await minh.reads(/An is banned for 7 days/);
  await look("toast");
  expect(await an.chat.closed).toMatchObject({ code: 4403 });
  await openMenu(minh, "sorry");
  await minh.page.getByRole("button", { name: "Remove messages…" }).click();
  await minh.page.getByRole("button", { name: "All messages" }).click();
  await minh.reads("2 messages removed.");
  await minh.log.getByText("buy my things").waitFor({ state: "detached" });
  await minh.log.getByText("sorry").waitFor({ state: "detached" });

  const raiders = await Promise.all(["R1", "R2", "R3"].map((name) => visitor(room, name)));
  for (const raider of raiders) await raider.say("raid raid raid");
  await minh.sees("raid raid raid");
  await minh.page.locator(".moderation-button").click();
  await minh.page.getByRole("button", { name: "Turn on raid mode" }).click();
  await minh.page.getByRole("button", { name: "Sweep out the raid" }).waitFor();
  await capture(minh, "moderation-phone-light-raid");
  await minh.page.getByRole("button", { name: "Sweep out the raid" }).click();
  // An, too, came with the raid, as far as the server can tell.
  await minh.reads("3 messages removed, 3 people banned for a day.");
  for (const raider of raiders) expect(await raider.chat.closed).toMatchObject({ code: 4403 });
  await minh.log.getByText("raid raid raid").waitFor({ state: "detached" });
  await minh.page.getByRole("tab", { name: "In force" }).click();
  await minh.page.locator(".cases li", { hasText: "Banned" }).first().waitFor();
  await look("in-force");
  await minh.page.getByRole("tab", { name: "Log" }).click();
  await minh.page.locator(".cases li", { hasText: "Removed messages" }).first().waitFor();
  await look("log");
  expect(found).toEqual([]);
});

test("whoever is muted sees why and for how long, and writes on where the text was; so with all that a room forbids", async () => {
  const room = stage.newRoom();
  using minh = await visitor(room, "Minh", KEY.minh);
  const set = (settings: object) => minh.ask({ type: "room", set: settings });
  await set({
    title: "Phòng trà",
    topic: "Trà và sách",
    rules: "Lịch sự.\nKhông quảng cáo.\nKhông la hét.\nVui vẻ.",
  });
  const an = await come(room, KEY.an, "classic", { ...SCREENS.narrow, locale: "vi-VN" });
  const { found, look } = watching(an, "narrow-classic");
  await an.page.locator("summary").click();
  await an.reads("Không quảng cáo.");
  await look("join");
  await enter(an, "An");
  await an.page.waitForFunction(() => document.title.includes("Phòng trà"));
  await an.composer.fill("chưa gửi");
  const { action } = await minh.ordered({ kind: "mute", name: "An", minutes: 10, reason: "la hét" });
  await an.page.locator(".blocked").waitFor();
  await an.reads(/Bạn viết lại được sau (10|9) phút/);
  await an.reads("la hét");
  await an.sees("Minh đã cấm An chat trong 10 phút: la hét");
  await look("muted");
  await minh.ordered({ kind: "undo", id: action });
  await an.composer.waitFor();
  expect(await an.composer.inputValue()).toBe("chưa gửi");

  await set({ links: "nobody" });
  await an.write("xem https://example.com");
  await an.reads(/không được gửi liên kết/);
  expect(await an.composer.inputValue()).toBe("xem https://example.com");
  await look("link");
  await set({ links: "everyone", heldMessages: 3 });
  await an.write("chào mọi người");
  await an.page.locator(".message", { hasText: "Đang chờ điều hành viên duyệt" }).waitFor();
  await look("held");
  const { list } = await minh.ask({ type: "review", what: "held" });
  const [held] = list as { readonly id: string }[];
  await minh.ordered({ kind: "approve", id: held?.id });
  await an.page.getByText("Đang chờ điều hành viên duyệt").waitFor({ state: "detached" });
  expect(await an.contents()).toEqual(["chào mọi người"]);

  await set({ heldMessages: 0, slowSeconds: 600 });
  // The last message was a moment ago.
  await an.write("một");
  await an.page.locator("button[type=submit]", { hasText: /^[56]\d\d$/ }).waitFor();
  await an.write("hai");
  await an.page.locator("#composer-fault", { hasText: "chế độ chậm" }).waitFor();
  expect(await an.composer.inputValue()).toBe("hai");
  await look("slow");
  await set({ writers: "moderators" });
  await an.reads("Chỉ điều hành viên mới viết được trong phòng này.");
  await look("read-only");
  expect(found).toEqual([]);
});

test("whoever is put out sees why and until when, does not come back unasked, and comes back when that is over", async () => {
  const room = stage.newRoom();
  using minh = await visitor(room, "Minh", KEY.minh);
  const an = await come(room, KEY.an, "dark", SCREENS.landscape);
  const { found, look } = watching(an, "landscape-dark");
  await enter(an, "An");
  await minh.ordered({ kind: "announce", reason: "The server restarts at nine." });
  await an.reads("The server restarts at nine.");
  await look("announcement");
  await an.page.getByRole("button", { name: "Dismiss the announcement" }).click();
  await an.page.locator(".banner").waitFor({ state: "detached" });
  const { action } = await minh.ordered({ kind: "ban", name: "An", minutes: 1440, reason: "spam" });
  await an.page.getByRole("heading", { name: "You are banned from this room" }).waitFor();
  await an.reads(/The ban ends on/);
  await an.reads("spam");
  await look("banned");
  await an.page.getByRole("button", { name: "Rejoin the room" }).click();
  await an.page.getByRole("heading", { name: "You are banned from this room" }).waitFor();
  await minh.ordered({ kind: "undo", id: action });
  await an.page.getByRole("button", { name: "Rejoin the room" }).click();
  // The field is there before the server has the nickname again.
  await an.say("I am back");
  await minh.ordered({ kind: "kick", name: "An" });
  await an.page.getByRole("heading", { name: "A moderator removed you from the room" }).waitFor();
  await capture(an, "moderation-landscape-dark-kicked");
  expect(found).toEqual([]);
});

test("a report goes from whoever is annoyed to a moderator, who looks at it and removes the message", async () => {
  const room = stage.newRoom();
  const binh = await come(room, KEY.binh, "dark", { ...SCREENS.tablet, locale: "vi-VN" });
  const { found, look } = watching(binh, "tablet-dark");
  await enter(binh, "Bình");
  const minh = await come(room, KEY.minh, "dark", SCREENS.desktop);
  const moderator = watching(minh, "desktop-dark");
  await enter(minh, "Minh");
  using an = await visitor(room, "An", KEY.an);
  await an.say("something nasty");
  await binh.sees("something nasty");
  await openMenu(binh, "something nasty");
  await binh.page.getByRole("button", { name: "Báo cáo…" }).click();
  await binh.page.getByRole("textbox", { name: /Có chuyện gì/ }).fill("thô tục");
  await look("report");
  await binh.page.getByRole("button", { name: "Báo cáo", exact: true }).click();
  await binh.reads("Cảm ơn bạn.");
  await minh.page.locator(".moderation-button .badge", { hasText: "1" }).waitFor();
  await minh.page.locator(".moderation-button").click();
  const report = minh.page.locator(".cases li", { hasText: "something nasty" });
  await report.waitFor();
  expect(await report.textContent()).toContain("thô tục");
  await moderator.look("reports");
  await report.getByRole("button", { name: "Go to message" }).press("Enter");
  await minh.log.locator(".linked", { hasText: "something nasty" }).locator(".more:focus").waitFor();
  await minh.page.locator(".moderation-button").click();
  await report.getByRole("button", { name: "Remove message" }).click();
  await binh.log.getByText("something nasty").waitFor({ state: "detached" });
  await minh.page.locator(".cases li").getByText("This message no longer exists.").waitFor();
  await minh.page.locator(".cases li").getByRole("button", { name: "Dismiss" }).click();
  await minh.reads("No reports. All quiet.");
  await minh.page.getByRole("tab", { name: "People" }).click();
  await minh.page.locator(".cases li", { hasText: /^An/ }).getByRole("button", { name: "History" }).click();
  await minh.page.locator(".cases .cases li", { hasText: "Removed messages" }).first().waitFor();
  await moderator.look("people");
  expect([...found, ...moderator.found]).toEqual([]);
});

test("moderators set up a room, and give commands", async () => {
  const room = stage.newRoom();
  const minh = await come(room, KEY.minh, "light", SCREENS.desktop);
  const { found, look } = watching(minh, "desktop-light");
  await enter(minh, "Minh");
  await minh.page.locator(".moderation-button").click();
  await minh.page.getByRole("tab", { name: "Room" }).click();
  await minh.page.getByLabel("Title").fill("Tea room");
  await minh.page.getByLabel("Topic").fill("Tea, and what goes with it");
  await minh.page.getByLabel("Who may enter").selectOption("password");
  await minh.page.getByLabel("Slow mode").fill("many");
  await minh.page.getByRole("button", { name: "Save" }).click();
  await minh.reads("Enter a whole number from 0 to 3,600.");
  await look("settings");
  await minh.page.getByLabel("Slow mode").fill("0");
  await minh.page.getByRole("button", { name: "Save" }).click();
  await minh.reads("Enter a password.");
  await minh.page.locator("input[name=password]").fill("oolong");
  await minh.page.getByRole("button", { name: "Save" }).click();
  await minh.reads("Room settings saved.");
  await minh.page.keyboard.press("Escape");
  await minh.page.getByRole("heading", { name: "Tea room" }).waitFor();
  await minh.reads("Tea, and what goes with it");

  const an = await come(room, KEY.an, "light");
  await an.page.getByLabel("Room password").fill("earl grey");
  await an.askToJoin("An");
  await an.reads("The room’s password is missing or wrong.");
  await an.page.getByLabel("Room password").fill("oolong");
  await an.askToJoin("An");
  await an.isIn();
  // The page keeps no password.
  await an.page.reload();
  await an.page.getByLabel("Room password").fill("oolong");
  await an.askToJoin("An");
  await an.isIn();

  await minh.composer.fill("/mu");
  await minh.page.getByRole("option", { name: "/mute" }).waitFor();
  await minh.composer.press("Tab");
  await minh.composer.pressSequentially("a");
  await minh.page.getByRole("option", { name: "An" }).waitFor();
  await minh.composer.press("Tab");
  await minh.composer.pressSequentially("10m shouting");
  await minh.composer.press("Enter");
  await minh.sees("An was muted for 10 minutes by Minh: shouting");
  await an.page.locator(".blocked").waitFor();
  await minh.write("/unmute An");
  await an.composer.waitFor();
  await minh.write("/frobnicate");
  await minh.reads(/There is no command \/frobnicate/);
  await minh.write("//shrug");
  await an.sees("/shrug");
  await minh.write("/help");
  await minh.page.getByRole("dialog", { name: "Commands" }).waitFor();
  await look("help");
  // Whoever is no moderator has no commands.
  await an.say("/mute Minh");
  expect(found).toEqual([]);
});

test("what is done about people, and what moderators look at, is reached by keyboard alone", async () => {
  const room = stage.newRoom();
  const minh = await come(room, KEY.minh, "light");
  await enter(minh, "Minh");
  using _binh = await visitor(room, "Bình");
  using _chi = await visitor(room, "Chi");
  await minh.seesOnline(3);
  const { keyboard } = minh.page;
  const hasFocus = (selector: string) =>
    minh.page.waitForFunction((sought) => document.activeElement?.matches(sought), selector);
  await minh.composer.focus();
  // Past the two buttons of the field.
  for (let stops = 0; stops < 3; stops++) await keyboard.press("Tab");
  await hasFocus('[data-key="Bình"] .cover');
  await keyboard.press("ArrowDown");
  await hasFocus('[data-key="Chi"] .cover');
  await keyboard.press("Enter");
  await hasFocus(".choices-of-actions .at");
  await keyboard.press("End");
  await hasFocus(".choices-of-actions .ban");
  await keyboard.press("Enter");
  await hasFocus(".times button");
  await keyboard.press("Escape");
  await minh.page.getByRole("dialog").waitFor({ state: "detached" });
  await minh.page.locator(".moderation-button").focus();
  await keyboard.press("Enter");
  await minh.page.locator("#tab-people").focus();
  await keyboard.press("ArrowRight");
  await hasFocus('#tab-force[aria-selected="true"]');
  await minh.reads("No mutes or bans are in force.");
  await keyboard.press("Escape");
  await minh.page.getByRole("dialog").waitFor({ state: "detached" });
  await hasFocus(".moderation-button");
});

/** Has the page write down what its workers answer. @returns the address of the first worker, once that has ended */
async function watchWorkers({ page }: Person): Promise<{ readonly ended: Promise<string> }> {
  await page.evaluate(() => {
    window.Worker = class extends Worker {
      constructor(url: string | URL) {
        super(url);
        this.addEventListener("message", ({ data }) => {
          document.documentElement.setAttribute("data-proof", String(data));
        });
      }
    };
  });
  const ended = page.waitForEvent("worker").then(async (worker) => {
    await worker.waitForEvent("close");
    return worker.url();
  });
  return { ended };
}

const WORKER = /\/assets\/worker-[0-9a-f]{32}\.js$/;
/** Base64 of a JSON object. */
const PROVEN = 'html[data-proof^="eyJ"]';

test("a newcomer solves a puzzle while a raid is on, and is told when a room is for members", async () => {
  const room = stage.newRoom();
  using minh = await visitor(room, "Minh", KEY.minh);
  await minh.ordered({ kind: "raid" });
  const an = await stage.open(room);
  await an.page.locator(".keeps").waitFor();
  const shown = await an.watch();
  const { ended } = await watchWorkers(an);
  await an.askToJoin("An");
  await shown("your browser is solving a puzzle first");
  await an.page.locator(PROVEN).waitFor();
  expect(await ended).toMatch(WORKER);
  await an.isIn();
  await an.say("hello");
  await minh.ask({ type: "room", set: { entry: "members" } });
  const late = await stage.open(room);
  await late.reads("This room is for members.");
  expect(await late.nicknameField.count()).toBe(0);
});

test("the puzzle is solved in a worker on plain http, too", async () => {
  const port = await freePort();
  const origin = `http://${PLAIN_HOST}:${port}`;
  await using server = await startServer([...BEHIND_PROXY, "--port", `${port}`, "--allow-origin", origin]);
  await grantMinh(server);
  using minh = await Visitor.named(server, "Minh", { key: KEY.minh });
  await minh.ordered({ kind: "raid" });
  const an = await stage.open("/", { at: { http: (path) => origin + path } });
  expect(await an.page.evaluate(() => isSecureContext || "subtle" in crypto)).toBe(false);
  const { ended } = await watchWorkers(an);
  await an.askToJoin("An");
  await an.page.locator(PROVEN).waitFor();
  expect(await ended).toMatch(WORKER);
  await an.isIn();
  // What the page still loads would fail without the server.
  await an.leave();
});

test("the page solves the puzzle itself where there can be no worker", async () => {
  const room = stage.newRoom();
  using minh = await visitor(room, "Minh", KEY.minh);
  await minh.ordered({ kind: "raid" });
  const an = await stage.open(room);
  const asked = an.page.waitForRequest(WORKER);
  await an.page.route(WORKER, (route) => route.abort());
  await an.askToJoin("An");
  await asked;
  await an.isIn();
  dropNetworkErrors(an);
  await an.page.unroute(WORKER);

  // In a sandboxed frame the page has no origin, and no script of a worker belongs to it.
  const around = `<title>Around</title><iframe sandbox="allow-scripts" src="${stage.server.http(room)}"></iframe>`;
  await using host = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(around, { headers: { "Content-Type": "text/html" } }),
  });
  await an.page.goto(`http://127.0.0.1:${host.port}/`);
  const frame = an.page.frameLocator("iframe");
  await frame.getByRole("textbox", { name: "Nickname", exact: true }).fill("Bình");
  await frame.getByRole("button", { name: "Join", exact: true }).click();
  await frame.locator("#message").waitFor();
  expect(an.page.workers()).toEqual([]);
});

test("the worker ends when nobody needs the proof any more", async () => {
  const room = stage.newRoom();
  using minh = await visitor(room, "Minh", KEY.minh);
  await minh.ordered({ kind: "raid" });
  let cut = async () => {};
  const intercept = (socket: WebSocketRoute) => {
    cut = () => socket.close();
    onFrames(socket, (_, text) => {
      // Nothing solves this.
      socket.send(
        String(text)
          .replace(/"challenge":"\w+"/, `"challenge":"${"0".repeat(64)}"`)
          .replace(/"maxnumber":\d+/, `"maxnumber":${2 ** 50}`),
      );
    });
  };
  const an = await stage.open(room, { intercept });
  const { ended } = await watchWorkers(an);
  const started = an.page.waitForEvent("worker");
  await an.askToJoin("An");
  await started;
  await cut();
  expect(await ended).toMatch(WORKER);
});

test("somebody who is ignored is folded away, also under another nickname, until one stops", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  using binh = await visitor(room, "Bình", KEY.binh);
  await binh.say("first");
  await an.sees("first");
  await openMenu(an, "first");
  await an.page.getByRole("button", { name: "Ignore Bình" }).click();
  await an.reads("1 message from someone you ignore");
  await binh.name("Bích");
  await binh.say("second");
  const lines = an.log.getByText("1 message from someone you ignore");
  // The change of the nickname, which everybody sees, is between the two.
  await lines.nth(1).waitFor();
  expect(await an.log.getByText("second").count()).toBe(0);
  await an.log.getByRole("button", { name: "Show", exact: true }).last().click();
  await an.sees("second");
  await capture(an, "moderation-ignored");
  await an.openSettings();
  await an.page.getByRole("button", { name: "Stop ignoring Bình" }).click();
  await an.page.keyboard.press("Escape");
  await lines.first().waitFor({ state: "detached" });
  await an.sees("first");
});

test("a person takes along, and deletes, all that the person wrote in a room", async () => {
  const room = stage.newRoom();
  using elsewhere = await visitor(room, "An, elsewhere", KEY.an);
  for (const content of ["one", "two"]) await elsewhere.say(content);
  const an = await come(room, KEY.an, "light");
  await enter(an, "An");
  await an.say("three");
  await an.openSettings();
  await an.page.getByRole("button", { name: "Show", exact: true }).click();
  const saved = an.page.waitForEvent("download");
  await an.page.getByRole("button", { name: "Download everything I wrote" }).click();
  const messages: { readonly content: string }[] = await Bun.file(await (await saved).path()).json();
  expect(messages.map(({ content }) => content)).toEqual(["one", "two", "three"]);
  await an.reads("3 messages saved as a file.");
  await an.page.getByRole("button", { name: "Delete everything I wrote…" }).click();
  await an.page.getByRole("button", { name: "Delete everything I wrote", exact: true }).click();
  await an.reads("3 messages are being deleted.");
  await an.log.getByText("three").waitFor({ state: "detached" });
});

test("an owner creates a token by keyboard, sees its bot and its commands, revokes it, and sees how the server is", async () => {
  await grant(stage.server, KEY.owner, "owner");
  const room = stage.newRoom();
  const chi = await come(room, KEY.owner, "classic", { ...SCREENS.narrow, locale: "vi-VN" });
  const { found, look } = watching(chi, "narrow-classic-tokens", [{ size: "phone", theme: "dark" }]);
  await enter(chi, "Chi");
  const { keyboard } = chi.page;
  const openTokens = async () => {
    await chi.page.locator(".moderation-button").click();
    await chi.page.locator("#tab-people").click();
    for (const _ of ["force", "log", "room", "tokens"]) await keyboard.press("ArrowRight");
    await chi.page.locator("#room-name").waitFor();
  };
  await openTokens();
  await look("none", { alsoElsewhere: false });
  await chi.page.locator("#room-days").fill("many");
  await chi.page.locator("#room-name").fill("Nhắc việc");
  await keyboard.press("Enter");
  await chi.page.locator("#room-days[aria-invalid=true]").waitFor();
  await look("fault");
  await chi.page.locator("#room-days").fill("30");
  await chi.page.locator("#room-bot").fill("Remindbot");
  await chi.page.locator("#room-rooms").fill(room.slice("/rooms/".length));
  await keyboard.press("Enter");
  await chi.page.locator("#made-token:focus").waitFor();
  await look("made");
  const secret = await chi.page.locator(".made-token input").inputValue();
  const bot = new Program(stage.server, secret);
  const about =
    "Nhắc bạn việc gì đó sau một thời gian: reminds you of something later, with all that belongs to it";
  const commands = [
    { name: "remind", about },
    { name: "reminders", about: "Lists them" },
  ];
  expect((await bot.call("PUT", "/commands", { commands })).status).toBe(200);
  await keyboard.press("Escape");
  await bot.post("I am here", room.slice("/rooms/".length));
  await chi.log.locator("article", { hasText: "I am here" }).locator(".bot").waitFor();
  await look("bot");
  await chi.composer.pressSequentially("/rem");
  await chi.page.locator('[role=option]:has-text("/remind")', { hasText: about }).waitFor();
  await look("completion");
  await chi.composer.pressSequentially("ind");
  await chi.page.locator("[role=option]").first().waitFor({ state: "detached" });
  // An owner's message to a bot goes to the room, and a command of nobody's does not.
  await chi.composer.pressSequentially(" 10m tea");
  await chi.composer.press("Control+Enter");
  await chi.sees("/remind 10m tea");
  // So does that of somebody who is no moderator, for whom the page has no commands of its own.
  const an = await come(room, KEY.an, "dark", SCREENS.phone);
  await enter(an, "An");
  await an.composer.pressSequentially("/rem");
  await an.page.getByRole("option", { name: /^\/reminders/ }).waitFor();
  expect(await an.page.getByRole("option").count()).toBe(2);
  await an.composer.press("ArrowDown");
  await an.composer.press("Tab");
  expect(await an.composer.inputValue()).toBe("/reminders ");
  await an.composer.pressSequentially("@Ch");
  await an.page.getByRole("option", { name: "Chi" }).waitFor();
  await an.composer.press("Tab");
  await an.composer.press("Control+Enter");
  await chi.sees("/reminders @Chi");
  await chi.write("/nobody");
  await chi.page.locator("#composer-fault", { hasText: "/nobody" }).waitFor();
  await openTokens();
  // The secret is gone with the dialog.
  expect(await chi.page.locator(".made-token").count()).toBe(0);
  const item = chi.page.locator(".cases > li", { hasText: "Remindbot" });
  await item.locator(".buttons button").focus();
  await keyboard.press("Enter");
  await item.locator("fieldset button:focus").waitFor();
  await look("revoke", { alsoElsewhere: false });
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await item.locator("p > button:focus").waitFor();
  await keyboard.press("Enter");
  await item.locator("fieldset button:focus").waitFor();
  await keyboard.press("Enter");
  await item.waitFor({ state: "detached" });
  expect(await chi.page.locator("#tab-tokens:focus").count()).toBe(1);
  expect((await bot.call("GET", "/rooms")).status).toBe(401);
  await keyboard.press("ArrowRight");
  await chi.page.locator(".figures dd").last().waitFor();
  await chi.page.locator("#tab-health .badge", { hasText: "1" }).waitFor();
  await chi.reads(/Ổ đĩa chứa lịch sử sắp đầy/);
  await look("server");
  await keyboard.press("Escape");
  await chi.page.locator(".moderation-button .badge").waitFor();
  expect(found).toEqual([]);
});
test("axe finds nothing on what moderators see, and all of it fits", async () => {
  const room = stage.newRoom();
  const minh = await come(room, KEY.minh, "classic", { ...SCREENS.narrow, locale: "vi-VN" });
  const { found, look } = watching(minh, "narrow-classic-panel", [{ size: "landscape", theme: "light" }]);
  await enter(minh, "Minh");
  using long = await visitor(room, "A-nickname-that-is-long-enough-to-need-a-second-line-on-a-phone", KEY.an);
  await long.say("hello");
  await long.ask({ type: "report", name: "Minh", reason: "moderates too much" });
  await minh.page.locator(".moderation-button .badge").waitFor();
  await look("badge");
  await minh.page.locator(".moderation-button").click();
  await minh.page.locator(".cases li").first().waitFor();
  expect(await minh.page.locator("#tab-tokens, #tab-health").count()).toBe(0);
  for (const tab of ["reports", "held", "people", "force", "room"]) {
    await minh.page.locator(`#tab-${tab}`).click();
    await minh.page.locator(".tab > :is(.cases, .muted, .room-form)").first().waitFor();
    await look(tab, { alsoElsewhere: tab !== "held" && tab !== "force" });
  }
  await minh.page.keyboard.press("Escape");
  const last = minh.log
    .locator("article")
    .filter({ has: minh.page.locator(".author") })
    .last();
  await last.hover();
  await last.locator(".more").click();
  await minh.page.locator(".choices-of-actions .ban").click();
  await minh.page.locator(".times").waitFor();
  await look("ban");
  expect(found).toEqual([]);
});
/** Opens the menu of the last message with a text. */
async function openMenu(person: Person, text: string): Promise<void> {
  const row = person.log.locator("article", { hasText: text }).last();
  await row.hover();
  await row.locator(".more").click();
  await person.page.locator(".choices-of-actions").waitFor();
}
