/** Two programs on the SDK and the server itself, over real sockets. */
import { expect, test } from "bun:test";
import { applyChange, ChangeError, Chat, ContentError, type Message } from "../../src/client/index.ts";
import { startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

const LONG_GRACE = ["--grace", "600", "--restart-grace", "600"];
const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** A program that shows the room. */
class Program implements Disposable {
  readonly chat: Chat;
  shown: readonly Message[] = [];
  #looks: (() => void)[] = [];

  constructor(url: string, name: string) {
    this.chat = new Chat(url, { name });
    this.chat.on("history", ({ messages }) => this.#show(messages));
    this.chat.on("message", ({ message }) => this.#show([...this.shown, message]));
    for (const type of ["edited", "deleted", "reacted", "changed"] as const)
      this.chat.on(type, (change) => this.#show(this.shown.map((each) => applyChange(each, change))));
  }

  /** Waits until it shows the room in some way. */
  async sees(isIt: (shown: readonly Message[]) => boolean): Promise<void> {
    while (!isIt(this.shown)) await new Promise<void>((resolve) => this.#looks.push(resolve));
  }

  /** What it shows is what the server's newest page shows. */
  async isRight(): Promise<void> {
    const { messages } = await this.chat.history();
    expect(this.shown).toEqual(messages);
  }

  [Symbol.dispose](): void {
    void this.chat.close();
  }

  #show(messages: readonly Message[]): void {
    this.shown = messages;
    for (const look of this.#looks.splice(0)) look();
  }
}

fileTest(
  "edits, deletions, reactions and replies are the same for both programs, and for a page of the history",
  async () => {
    await using server = await startServer(LONG_GRACE);
    using an = new Program(server.url(), "An");
    using binh = new Program(server.url(), "Bình");
    await Promise.all([an.chat.ready(), binh.chat.ready()]);
    const first = await an.chat.send("one");
    const second = await binh.chat.send("two", { reply: first });
    await an.chat.edit(first, "ONE");
    for (const emoji of ["👍", "🎉"]) await binh.chat.react(first, emoji);
    await an.chat.react(first, "👍");
    await binh.chat.react(first, "🎉", false);
    await an.chat.react(second, "👍");
    await binh.chat.delete(second);
    const last = await an.chat.send("three");
    await binh.sees((shown) => shown.at(-1)?.id === last.id);
    expect(second.reply).toBe(first.id ?? 0);
    expect(an.chat.isOwn(first)).toBe(true);
    expect(binh.chat.isOwn(first)).toBe(false);
    for (const { shown } of [an, binh])
      expect(shown).toMatchObject([
        {
          id: first.id,
          content: "ONE",
          reactions: [{ emoji: "👍", count: 2, by: [{ name: "Bình" }, { name: "An" }] }],
        },
        { id: second.id, content: "", deleted: true, reply: first.id },
        { id: last.id, content: "three" },
      ]);
    await an.isRight();
    await binh.isRight();
  },
);

fileTest("what the server refuses rejects", async () => {
  await using server = await startServer();
  using an = new Program(server.url(), "An");
  using binh = new Program(server.url(), "Bình");
  await binh.chat.ready();
  const message = await an.chat.send("one");
  const errors = [
    binh.chat.edit(message, "mine"),
    binh.chat.delete(message),
    binh.chat.delete(999),
    binh.chat.react(message, "no emoji"),
    binh.chat.send("two", { reply: 999 }),
  ];
  const all = await Promise.all(errors.map(caught));
  expect(all).toMatchObject([
    { code: "NotAllowed" },
    { code: "NotAllowed" },
    { code: "UnknownMessage" },
    { code: "WrongFormatEmoji" },
    { code: "WrongFormatReply" },
  ]);
  for (const error of all.slice(0, 3)) expect(error).toBeInstanceOf(ChangeError);
  for (const error of all.slice(3)) expect(error).toBeInstanceOf(ContentError);
});

fileTest(
  "RES-4 PAGE-7 a program that was away is told what was changed, and its own waiting changes are made",
  async () => {
    await using server = await startServer(LONG_GRACE);
    using an = new Program(server.url(), "An");
    using binh = new Program(server.url(), "Bình");
    await Promise.all([an.chat.ready(), binh.chat.ready()]);
    const [one, two, three] = [await an.chat.send("1"), await binh.chat.send("2"), await binh.chat.send("3")];
    await an.sees(({ length }) => length === 3);
    an.chat.suspend();
    await binh.chat.edit(two, "two");
    await binh.chat.delete(three);
    const waiting = [an.chat.edit(one, "one"), an.chat.react(two, "👍"), an.chat.send("4", { key: "four" })];
    waiting.push(an.chat.edit({ key: "four" }, "four"));
    await binh.chat.send("5");
    const changed: number[] = [];
    an.chat.on("changed", ({ of }) => changed.push(of));
    an.chat.wake();
    await Promise.all(waiting);
    expect(changed.sort()).toEqual([two.id ?? 0, three.id ?? 0]);
    expect(an.shown.map(({ content }) => content)).toEqual(["one", "two", "", "5", "four"]);
    await an.isRight();
    await binh.sees((shown) => shown.at(-1)?.content === "four");
    await binh.isRight();
    expect(an.chat.position).toEqual(binh.chat.position);
  },
);

test("a chat knows its own public id, and keeps it when it comes back", async () => {
  await using server = await startServer(LONG_GRACE);
  using an = new Program(server.url(), "An");
  await an.chat.ready();
  const { me } = an.chat;
  expect(me).toMatch(/^[\w-]{16}$/);
  an.chat.suspend();
  an.chat.wake();
  await an.chat.ready();
  expect(an.chat.me).toBe(me);
});
