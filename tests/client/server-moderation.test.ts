/** Moderation by the SDK at the server itself. */
import { expect, test } from "bun:test";
import {
  Chat,
  type ChatOptions,
  commands,
  deleteMine,
  mine,
  moderate,
  report,
  review,
  roomSettings,
  setRoom,
} from "../../src/client/index.ts";
import { Program } from "../support/program.ts";
import { runCommand, startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { caught } from "./stage.ts";

const OWNER = "an-key-".padEnd(43, "x");
const KEY = "binh-key-".padEnd(43, "y");

type Server = Awaited<ReturnType<typeof startServer>>;

/** A chat that ends with its test. */
function open(server: Server, options: ChatOptions): Chat & Disposable {
  const chat = new Chat(server.url(), { nicknameWaitMs: 0, ...options });
  return Object.assign(chat, { [Symbol.dispose]: () => void chat.close() });
}

/** The owner of the chat, in the main room. */
async function openOwner(server: Server): Promise<Chat & Disposable> {
  const { stdout } = await runCommand(["owner-link", "--data", server.dataFile, "--url", server.http("/")]);
  const owner = open(server, { name: "An", key: OWNER });
  await owner.claim(/#owner=(\S+)/.exec(stdout)?.[1] ?? "");
  await owner.ready();
  return owner;
}

fileTest(
  "COMMANDS-1 COMMANDS-2 a chat learns the commands of the bots in its room once it is there",
  async () => {
    await using server = await startServer();
    const bot = await Program.of(server, "Reminder");
    const about = "Reminds you later";
    await bot.call("PUT", "/commands", { commands: [{ name: "remind", about }] });
    using an = open(server, {});
    const asked = commands(an);
    await an.register("An");
    expect(await asked).toEqual([{ name: "remind", about, bot: "Reminder" }]);
    // A program that nobody knew before is known by its first message.
    const late = await Program.of(server, "Late");
    const heard = an.once("message");
    const { body } = await late.post("here");
    await heard;
    expect([...an.marks.values()].find(({ by }) => by === body.by)).toMatchObject({
      bot: true,
      reserved: true,
    });
  },
);

fileTest(
  "MOD-2 MOD-12 whoever is muted cannot write until that is undone, and everybody hears of it",
  async () => {
    await using server = await startServer();
    using owner = await openOwner(server);
    using binh = open(server, { name: "Bình", key: KEY });
    const message = await binh.send("rude");
    const heard = binh.once("moderated");
    const preview = await moderate(owner, {
      kind: "mute",
      person: message.by ?? "",
      reach: "person",
      preview: true,
    });
    expect(preview).toMatchObject({ action: undefined, hits: ["Bình"], hitCount: 1 });
    const { action } = await moderate(owner, {
      kind: "mute",
      of: message.id ?? 0,
      reach: "person",
      minutes: 60,
    });
    expect(await heard).toMatchObject({
      kind: "mute",
      action,
      name: "Bình",
      person: message.by,
      moderator: "An",
    });
    expect(await caught(binh.send("again"))).toMatchObject({ name: "NotPermittedError", code: "Muted" });
    expect((await review(owner, "force")).list).toMatchObject([{ action, kind: "mute", undoable: true }]);
    await moderate(owner, { kind: "undo", id: action ?? "" });
    await binh.send("sorry");
    expect((await review(owner, "log", { person: message.by ?? "" })).list.map(({ kind }) => kind)).toEqual([
      "undo",
      "mute",
    ]);
  },
);

test("MOD-5 visitors moderate nothing", async () => {
  await using server = await startServer();
  using binh = open(server, { name: "Bình", key: KEY });
  await binh.ready();
  const refused = { name: "ModerationError", code: "NotAllowed" };
  expect(await caught(moderate(binh, { kind: "calm" }))).toMatchObject(refused);
  expect(await caught(setRoom(binh, { title: "Mine" }))).toMatchObject(refused);
  expect(await caught(review(binh, "log"))).toMatchObject(refused);
  expect(await roomSettings(binh)).toMatchObject({ title: "", entry: "everyone", words: undefined });
});

fileTest("MOD-3 CLOSE-11 whoever is banned is put out, and does not come back", async () => {
  await using server = await startServer();
  using owner = await openOwner(server);
  using binh = open(server, { name: "Bình", key: KEY });
  await binh.ready();
  const left = owner.once("leave");
  await moderate(owner, { kind: "ban", name: "Bình", reach: "person" });
  expect(await caught(binh.once("history"))).toMatchObject({ name: "RefusedError", status: 4403 });
  expect(await left).toMatchObject({ name: "Bình" });
  using again = open(server, { name: "Bình", key: KEY });
  expect(await caught(again.ready())).toMatchObject({ code: "Banned" });
  expect(again.state).toMatchObject({ kind: "refused", code: 4403 });
});

fileTest("ENTER-1 ENTER-2 a room with a password is entered with it, also after a reconnect", async () => {
  await using server = await startServer();
  using owner = await openOwner(server);
  expect(await setRoom(owner, { entry: "password", password: "oolong" })).toMatchObject({ password: true });
  using binh = open(server, { name: "Bình" });
  expect(await caught(binh.ready())).toMatchObject({ code: "PasswordRequired" });
  expect(await caught(binh.enter("matcha"))).toMatchObject({ code: "WrongPassword" });
  const entered = binh.once("entered");
  await binh.enter("oolong");
  await entered;
  binh.suspend(true);
  binh.wake();
  await binh.ready();
  expect(binh.name).toBe("Bình");
});

fileTest("ENTER-3 ENTER-4 in raid mode a newcomer's chat makes a proof by itself", async () => {
  await using server = await startServer();
  using owner = await openOwner(server);
  await moderate(owner, { kind: "raid" });
  using binh = open(server, { name: "Bình", key: KEY });
  const proving: string[] = [];
  binh.on("proving", ({ state }) => proving.push(state));
  await binh.ready();
  expect(proving).toEqual(["started", "done"]);
  await binh.send("a person after all");
});

fileTest("REPORT-1 REVIEW-1 REVIEW-5 moderators hear of reports, and see them", async () => {
  await using server = await startServer();
  using owner = await openOwner(server);
  const { id } = await owner.send("rude");
  const waiting = owner.once("waiting");
  using binh = open(server, { name: "Bình", key: KEY });
  await report(binh, { of: id ?? 0, reason: "rude" });
  expect(await waiting).toEqual({ type: "waiting", reports: 1, held: 0 });
  const { list, more } = await review(owner, "reports");
  expect(list).toMatchObject([{ of: id, content: "rude", reason: "rude", reporter: "Bình" }]);
  expect(more).toBe(false);
  await moderate(owner, { kind: "dismiss", id: list[0]?.id ?? "" });
  expect((await review(owner, "reports")).list).toEqual([]);
});

fileTest("PERM-8 a held message comes once it is approved", async () => {
  await using server = await startServer();
  using owner = await openOwner(server);
  await setRoom(owner, { heldMessages: 1, knownMinutes: 60 });
  using binh = open(server, { name: "Bình", key: KEY });
  const held = binh.once("held");
  expect(await caught(binh.send("hello"))).toMatchObject({ code: "Held" });
  expect(await held).toMatchObject({ content: "hello" });
  const { list } = await review(owner, "held");
  expect(list).toMatchObject([{ name: "Bình", content: "hello", why: "newcomer" }]);
  const message = binh.once("message");
  await moderate(owner, { kind: "approve", id: list[0]?.id ?? "" });
  expect(await message).toMatchObject({ own: true, message: { content: "hello", name: "Bình" } });
});

test("MINE-1 MINE-2 a person gets all that it wrote, and deletes it", async () => {
  await using server = await startServer();
  using binh = open(server, { name: "Bình", key: KEY });
  for (const content of ["one", "two"]) await binh.send(content);
  const { messages, more } = await mine(binh);
  expect(messages.map(({ content }) => content)).toEqual(["two", "one"]);
  expect(more).toBe(false);
  let deleted = 0;
  const done = new Promise<void>((resolve) => binh.on("deleted", () => ++deleted === 2 && resolve()));
  expect(await deleteMine(binh)).toBe(2);
  await done;
  expect((await mine(binh)).messages).toEqual([]);
});

test("IDENT-11 a chat brings along since when it is known", async () => {
  await using server = await startServer();
  using first = open(server, { name: "Bình", key: KEY });
  const { since } = await first.once("identified");
  expect(since).toBeString();
  await first.close();
  using second = open(server, { name: "Bình", key: KEY, since });
  expect(await second.once("identified")).toMatchObject({ since });
});
