/** The list of rooms on the page, and the ways from one room to another. */
import { beforeAll, expect, test } from "bun:test";
import { runCommand } from "../support/server.ts";
import { BEHIND_PROXY, KEY, storeFlags, Visitor } from "../support/visitors.ts";
import type { Person } from "./person.ts";
import { capture, SCREENS, Stage, violations } from "./stage.ts";

const stage = new Stage([...BEHIND_PROXY, "--rooms", "listed"]);
let minh: Visitor;

/** The page asks again what is new after this time. */
const NEWS_EVERY_MS = 30_000;

beforeAll(async () => {
  minh = await Visitor.connect(stage.server, { key: KEY.minh });
  const { exitCode, stderr } = await runCommand(["grant", minh.by, "moderator", ...storeFlags(stage.server)]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  // A running server learns of it within a second.
  while ((await minh.ask({ type: "identify", key: KEY.minh })).role !== "moderator") await Bun.sleep(100);
  for (const [room, set] of [
    ["tea", { title: "Tea room", topic: "All about tea, green and black", listed: true }],
    [
      "library",
      { title: "Library", topic: "Please be quiet", listed: true, entry: "password", password: "leaves" },
    ],
    ["cellar", { title: "Cellar" }],
  ] as const)
    expect(await minh.ask({ type: "room", room, set })).toMatchObject({ status: true });
});

function dialogOf({ page }: Person) {
  return page.getByRole("dialog");
}

async function openRooms(person: Person): Promise<void> {
  await person.page.locator(".top h1 button").click();
  await dialogOf(person).locator(".room-list").last().waitFor();
}

/** Opens the list again and again until it says something: it may be two seconds old. */
async function listSays(person: Person, text: string | RegExp): Promise<void> {
  for (;;) {
    await openRooms(person);
    await dialogOf(person)
      .getByText(/Loading|Đang tải/)
      .waitFor({ state: "detached" });
    if ((await dialogOf(person).getByText(text).count()) > 0) return;
    await person.page.keyboard.press("Escape");
    await Bun.sleep(200);
  }
}

test("a title of 64 characters, in any script, leaves everything in the header in its place", async () => {
  const an = await stage.enter("/rooms/cellar", "A nickname that is rather long, too", {
    options: { viewport: { width: 320, height: 568 } },
  });
  const titles = [
    "W".repeat(64),
    "Phòng trò chuyện tối thứ Năm của lớp khoa học máy tính khóa 2026",
    "مرحبا بالجميع في غرفة الدردشة ".repeat(3).slice(0, 64),
    "星期四晚上的課".repeat(10).slice(0, 64),
  ];
  for (const title of titles) {
    expect(await minh.ask({ type: "room", room: "cellar", set: { title } })).toMatchObject({ status: true });
    await an.page.getByRole("heading", { level: 1, name: title.trim() }).waitFor();
    for (const [width, height] of [
      [320, 568],
      [390, 844],
      [641, 800],
      [768, 1024],
      [844, 390],
      [1280, 800],
    ] as const) {
      await an.page.setViewportSize({ width, height });
      const parts = await an.page
        .locator(".top h1, .top .connection, .top-end > *")
        .filter({ visible: true })
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().toJSON()));
      const ends = parts.map(({ right }) => right);
      const starts = [...parts.slice(1).map(({ left }) => left), width];
      expect(ends.filter((end, at) => end > (starts[at] ?? 0) + 0.5)).toEqual([]);
      expect(parts[0].width).toBeGreaterThan(60);
    }
  }
  await minh.ask({ type: "room", room: "cellar", set: { title: "Cellar" } });
});

test("the header leads to the listed rooms, with who is there and what is new since the last visit", async () => {
  using an = await Visitor.named(stage.server, "An", { room: "tea" });
  await an.say("first");
  const binh = await stage.enter("/rooms/tea", "Bình", { options: SCREENS.phone });
  await binh.sees("first");
  await binh.page.getByRole("heading", { level: 1, name: "Tea room" }).waitFor();
  await listSays(binh, "You are here · 2 people");
  expect(await dialogOf(binh).getByText("Recently visited").count()).toBe(0);
  expect(await violations(binh)).toEqual([]);
  await capture(binh, "rooms-phone");
  await binh.page.waitForFunction(() => localStorage.getItem("classic-chatbox.read:/rooms/tea") !== null);
  await dialogOf(binh).getByRole("link", { name: "Main room" }).click();
  await binh.nicknameField.waitFor();
  // Whoever has not joined has not visited.
  await an.say("second");
  await binh.page.clock.install();
  await openRooms(binh);
  const hasNew = (count: string) =>
    dialogOf(binh)
      .getByRole("link", { name: new RegExp(`Tea room ${count} `) })
      .waitFor();
  await hasNew("1 new message");
  await an.say("third");
  await binh.page.clock.fastForward(NEWS_EVERY_MS);
  await hasNew("2 new messages");
  await dialogOf(binh).getByText("Recently visited").waitFor();
  await dialogOf(binh).getByText("password required").waitFor();
  expect(await dialogOf(binh).getByText("Cellar").count()).toBe(0);
  expect(await violations(binh)).toEqual([]);
  await capture(binh, "rooms-phone-visited");
  await dialogOf(binh).getByRole("button", { name: "Forget Tea room" }).click();
  await dialogOf(binh).getByText("Recently visited").waitFor({ state: "detached" });
  await dialogOf(binh)
    .getByRole("link", { name: /Tea room/ })
    .waitFor();
  const kept = await binh.page.evaluate(() => Object.keys(localStorage));
  expect(kept.filter((key) => /\.(nickname|read):\/rooms\/tea$/.test(key))).toEqual([]);
});

test("a room is found by its name, by keyboard, and one that does not exist is said not to", async () => {
  const an = await stage.open("/");
  await an.nicknameField.waitFor();
  await an.page.locator(".top h1 button").focus();
  await an.page.keyboard.press("Enter");
  const field = dialogOf(an).getByLabel("Go to a room by its name");
  await field.fill("!!!");
  await field.press("Enter");
  await dialogOf(an).getByText("Room names have 1 to 64 characters").waitFor();
  await field.fill("Nhà Kho");
  await field.press("Enter");
  await dialogOf(an).getByText("There is no room called “nha-kho”.").waitFor();
  // The browser notes that there was nothing.
  an.complaints.splice(0);
  await field.fill(" Cellar ");
  await field.press("Enter");
  await an.page.waitForURL(/\/rooms\/cellar$/);
  await an.page.getByRole("heading", { level: 1, name: "Cellar" }).waitFor();
});

test("a moderator of all rooms makes a room that does not exist", async () => {
  const minhAtPage = await stage.open("/");
  await minhAtPage.page.evaluate((key) => localStorage.setItem("classic-chatbox.key", key), KEY.minh);
  await minhAtPage.page.reload();
  await minhAtPage.askToJoin("Minh");
  await minhAtPage.isIn();
  await openRooms(minhAtPage);
  await dialogOf(minhAtPage).getByLabel("Go to a room by its name").fill("Gác Xép");
  await minhAtPage.page.keyboard.press("Enter");
  await dialogOf(minhAtPage).getByRole("button", { name: "Create the room “gac-xep”" }).click();
  await minhAtPage.page.waitForURL(/\/rooms\/gac-xep$/);
  await minhAtPage.page.getByRole("heading", { level: 1, name: "Gác Xép" }).waitFor();
  // The browser notes that there was nothing at first.
  minhAtPage.complaints.splice(0);
});

test("the list is in Vietnamese as well, counts up to 99 in rooms that are not listed, and says when it could not be loaded", async () => {
  for (let at = 0; at < 4; at++) {
    using visitor = await Visitor.named(stage.server, `Chi ${at}`, { room: "cellar" });
    for (let i = 0; i < 25; i++) await visitor.say(`${i}`);
  }
  const options = { ...SCREENS.narrow, locale: "vi-VN", colorScheme: "dark" } as const;
  const an = await stage.open("/", { options });
  await an.page.evaluate(() => localStorage.setItem("classic-chatbox.nickname:/rooms/cellar", "1 An"));
  await an.page.route("**/rooms.json?*", (route) => route.abort());
  await openRooms(an);
  await dialogOf(an).getByText("Không tải được danh sách phòng.").waitFor();
  await an.page.unroute("**/rooms.json?*");
  await dialogOf(an).getByRole("button", { name: "Thử lại" }).click();
  await dialogOf(an).getByText("cần mật khẩu").waitFor();
  const unread = dialogOf(an)
    .getByRole("link", { name: /Phòng cellar/ })
    .getByRole("img", { name: "hơn 99 tin nhắn mới" });
  expect(await unread.textContent()).toBe("99+");
  expect(await violations(an)).toEqual([]);
  await capture(an, "rooms-narrow-vietnamese-dark");
  an.complaints.splice(0);
});
