/** Tabs of one browser and one room, each with its storage, and what they share. */
import { expect, test } from "bun:test";
import { signal } from "@preact/signals";
import { type ChatError, NicknameError } from "../../src/client/index.ts";
import { Handover } from "../../src/web/store/handover.ts";
import type { Sending } from "../../src/web/store/item.ts";
import type { LostNickname } from "../../src/web/store/room.ts";
import { SavedSessions } from "../../src/web/store/saved-sessions.ts";
import { TabStorage } from "../../src/web/store/tab-storage.ts";

const KEY = "chat:ws://chat.test/";

test("a session goes over to the tab that asks for it, and only within its room and nickname", async () => {
  const browser = new Browser();
  const holder = browser.open("/", "An");
  browser.open("/rooms/tea", "An");
  browser.open("/", "Bình");
  const asker = browser.open("/");
  expect(await asker.handover.requestSession("An")).toBe(true);
  expect(asker.kept).toMatchObject(JSON.parse(holder.stay ?? ""));
  for (const data of [null, 1, {}, { kind: "give", room: "/", value: 1 }, { kind: "here", room: "/" }])
    browser.say(data);
  expect(asker.kept).toMatchObject(JSON.parse(holder.stay ?? ""));
});

test("a tab sees which others of its browser are in the room", async () => {
  const browser = new Browser();
  browser.open("/", "An");
  browser.open("/", "Bình").handover.close();
  browser.open("/rooms/tea", "Chi");
  const other = browser.open("/");
  void other.handover.findTabs();
  expect(other.handover.nicknames).toEqual(["An"]);
});

test("a new tab continues the page that was just closed, with its waiting messages, and only once", () => {
  const browser = new Browser();
  const closed = browser.open("/", "An", [send("k1")]);
  closed.tab.setLeft(true);
  const next = browser.open("/");
  expect(next.kept).toMatchObject({ name: "An", sessions: ["S-An"], outbox: [send("k1")] });
  expect(browser.open("/").kept).toBeNull();
  expect(browser.open("/rooms/tea").kept).toBeNull();
});

test("a page that is still open, or was closed long ago, is not continued unasked", async () => {
  const browser = new Browser();
  browser.open("/", "An");
  const old = browser.open("/", "Bình", [send("k1")]);
  old.tab.setLeft(true);
  browser.age(old, 60_000);
  const next = browser.open("/");
  expect(next.kept).toBeNull();
  // Entering its nickname does.
  expect(await next.handover.join("bình")).toBeUndefined();
  expect(next.kept).toMatchObject({ name: "Bình", sessions: ["S-Bình"], outbox: [send("k1")] });
});

test("entering the nickname of a page that crashed continues that page, with its waiting messages", async () => {
  const browser = new Browser();
  const crashed = browser.open("/", "An", [send("k1", 5)]);
  crashed.handover.close();
  const next = browser.open("/");
  expect(next.kept).toBeNull();
  // In whichever spelling counts as the same nickname (NAME-8): here with a Cyrillic А.
  expect(await next.handover.join("\u0410n")).toBeUndefined();
  expect(next.kept).toMatchObject({ name: "An", sessions: ["S-An"], outbox: [send("k1", 5)] });
  expect(next.rejoined).toBe(1);
});

test("messages that waited for longer than the server remembers are not sent unasked", () => {
  const browser = new Browser();
  const old = browser.open("/", "An", [send("k1"), send("k2", 5)]);
  old.tab.setLeft(true);
  browser.age(old, 10 * 60_000);
  const next = browser.open("/");
  expect(next.tab.claim("An", ({ isLeft }) => isLeft)).toBe(true);
  expect(next.kept).toMatchObject({ sessions: ["S-An"], outbox: [] });
  expect(next.tab.unsent).toEqual([send("k1"), send("k2", 5)]);
});

test("messages that crashed or closed pages left are offered once, but not those that a tab still has", async () => {
  const browser = new Browser();
  const open = browser.open("/", "An", [send("k1")]);
  const crashed = browser.open("/", "Bình", [send("k2")]);
  crashed.handover.close();
  const closed = browser.open("/", "Chi");
  closed.tab.keepUnsent([send("k3", 5)]);
  closed.tab.setLeft(true);
  for (const each of [open, crashed, closed]) browser.age(each, 60_000);
  const next = browser.open("/", "Dũng");
  void next.handover.findTabs();
  const collect = () => next.tab.collect(({ id, isLeft }) => isLeft || id !== open.tab.saved.id);
  expect(
    collect()
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(["k2", "k3"]);
  expect(collect()).toEqual([]);
  // The one that comes back after all does not send it as well; but it is who it was.
  crashed.tab.getItem(KEY);
  expect(crashed.kept).toMatchObject({ name: "Bình", outbox: [] });
});

test("a page from the back/forward cache continues from what the later page of its tab left, any number of times", () => {
  const browser = new Browser();
  const first = browser.open("/", "An");
  first.tab.setLeft(true);
  const second = browser.reload(first);
  second.tab.setLeft(true);
  const third = browser.reload(second);
  third.tab.setItem(KEY, stayOf("Anh", [send("k1")]));
  third.tab.setLeft(true);
  first.tab.setLeft(false);
  expect(first.kept).toMatchObject({ name: "Anh", sessions: ["S-Anh"], outbox: [send("k1")] });
  first.tab.setLeft(true);
  second.tab.setLeft(false);
  expect(second.kept).toMatchObject({ name: "Anh", outbox: [send("k1")] });
});

test("a page from the back/forward cache that another tab has continued sends nothing that this tab has now", () => {
  const browser = new Browser();
  const kept = browser.open("/", "An", [send("k1")]);
  kept.tab.setLeft(true);
  const other = browser.open("/");
  expect(other.kept).toMatchObject({ name: "An", outbox: [send("k1")] });
  kept.tab.setLeft(false);
  expect(kept.kept).toMatchObject({ name: "An", outbox: [] });
});

test("a page that was kept has no nickname when the younger one left for good", () => {
  const browser = new Browser();
  const older = browser.open("/", "An");
  older.tab.setLeft(true);
  const younger = browser.reload(older);
  younger.tab.removeItem(KEY);
  older.tab.setLeft(false);
  expect(older.kept?.name ?? null).toBeNull();
});

test("entering one's own nickname that is in use continues the page that has it, if that page is gone", async () => {
  const browser = new Browser();
  const reopened = browser.open("/", "An");
  const closed = browser.open("/", "An");
  closed.tab.setItem(KEY, stayOf("An", [], "S2"));
  closed.tab.setLeft(true);
  reopened.lose("An");
  await Promise.resolve();
  await Promise.resolve();
  expect(reopened.kept).toMatchObject({ name: "An", sessions: ["S2"] });
  expect(reopened.rejoined).toBe(1);
});

test("a nickname that somebody else has is refused at once", async () => {
  const browser = new Browser();
  const tab = browser.open("/");
  tab.refusal = new NicknameError("NameAlreadyUsed");
  expect((await tab.handover.join("An"))?.code).toBe("NameAlreadyUsed");
  expect(tab.rejoined).toBe(0);
});

test("a tab that hands a session over does not keep its waiting messages as abandoned", async () => {
  const browser = new Browser();
  const holder = browser.open("/", "An", [send("k1")]);
  await browser.open("/").handover.requestSession("An");
  expect(holder.handedOver).toEqual(["k1"]);
  const twin = browser.reload(holder);
  expect(twin.kept).toMatchObject({ outbox: [send("k1")] });
  expect(holder.handedOver).toEqual(["k1", "k1"]);
});

test("the stored pages are finite: in messages per page, in number and in time", () => {
  const browser = new Browser();
  const long = Array.from({ length: 200 }, (_, at) => ({ ...send(`k${at}`), content: "x".repeat(4_000) }));
  for (let at = 0; at < 30; at++) browser.open("/", `An ${at}`, long).tab.setLeft(true);
  const last = browser.open("/", "Bình");
  last.tab.collect(() => false);
  const kept = [...browser.local].filter(([key]) => key.startsWith("classic-chatbox.stay:"));
  expect(kept.length).toBeLessThanOrEqual(21);
  expect(Math.max(...kept.map(([, text]) => text.length))).toBeLessThan(60_000);
  // All of it is still in the tab itself.
  expect(last.tab.kept?.[1].length).toBeLessThan(1_000);
  for (const [key] of kept)
    browser.local.set(key, browser.local.get(key)?.replace(/"at":\d+/, '"at":1') ?? "");
  last.tab.collect(() => false);
  expect([...browser.local.keys()].filter((key) => key.includes("stay:"))).toHaveLength(1);
});

test.each(["", "{", "null", "5", '{"at":"x"}', '{"next":5}', '{"at":1,"kept":{},"given":[]}'])(
  "rubbish among the saved sessions is no harm: %s",
  async (rubbish) => {
    const browser = new Browser();
    browser.local.set("classic-chatbox.stay:/ 1-2", rubbish);
    browser.local.set("classic-chatbox.stay:/", rubbish);
    const tab = browser.open("/", "An");
    tab.tab.collect(() => true);
    expect(await tab.handover.join("Bình")).toBeUndefined();
    const pointed = browser.open("/", "Bình", [send("k1")], { "classic-chatbox.shelf:/": "1-2" });
    expect(pointed.kept).toMatchObject({ name: "Bình", outbox: [send("k1")] });
  },
);

test("without browser storage a tab is on its own, and knows that no other can continue it", () => {
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const tab = new TabStorage(forbidden, new SavedSessions(forbidden, "/"));
  expect(() => tab.getItem(KEY)).toThrow();
  expect(() => tab.setItem(KEY, stayOf("An"))).toThrow();
  expect(tab.isKept).toBe(false);
  expect([tab.collect(() => true), tab.claim("An", () => true)]).toEqual([[], false]);
  tab.setLeft(true);
  tab.setLeft(false);
  expect(tab.kept).toEqual([KEY, stayOf("An")]);
});

function send(key: string, sentAt: number | null = null) {
  return { key, content: `message ${key}`, sentAt };
}

function stayOf(name: string, outbox: readonly object[] = [], session = `S-${name}`): string {
  return JSON.stringify({ name, sessions: [session], outbox, v3: true, position: null, own: [] });
}

/** One browser: its tabs hear each other, and share a storage. */
class Browser {
  readonly local = new Map<string, string>();
  readonly #listeners = new Map<object, (event: { readonly data: unknown }) => void>();

  say(data: unknown, from?: object): void {
    for (const [channel, listener] of this.#listeners) if (channel !== from) listener({ data });
  }

  open(
    room: string,
    nickname?: string,
    outbox: readonly object[] = [],
    session: Record<string, string> = {},
  ) {
    const items = new Map(Object.entries(session));
    if (nickname !== undefined) items.set(KEY, stayOf(nickname, outbox));
    return this.#page(room, items);
  }

  /** Another page in the same tab, or a duplicate. */
  reload(page: Page) {
    return this.#page(page.room, new Map(page.session));
  }

  /** Makes what a page has kept older. */
  age({ room, tab }: Page, ms: number): void {
    const key = `classic-chatbox.stay:${room} ${tab.saved.id}`;
    const stay = JSON.parse(this.local.get(key) ?? "{}");
    this.local.set(key, JSON.stringify({ ...stay, at: stay.at - ms }));
  }

  #page(path: string, session: Map<string, string>) {
    const tab = new TabStorage(
      () => storageOver(session),
      new SavedSessions(() => storageOver(this.local), path),
    );
    tab.getItem(KEY);
    const stay = tab.kept?.[1] ?? null;
    const { name, outbox } = JSON.parse(stay ?? '{"name":null,"outbox":[]}');
    const lost = signal<LostNickname | null>(null);
    const sends = outbox.map(({ key, content }: Sending): Sending => {
      return { kind: "sending", key, content, time: 0, failure: null };
    });
    const page = {
      room: path,
      session,
      tab,
      stay,
      rejoined: 0,
      handedOver: [] as string[],
      refusal: undefined as ChatError | undefined,
      /** What the chat reads from the storage. */
      get kept() {
        return JSON.parse(session.get(KEY) ?? "null");
      },
      lose: (name: string) => {
        lost.value = { name, error: new NicknameError("NameAlreadyUsed") };
      },
    };
    const room = {
      path,
      nickname: signal<string | null>(name),
      hasEntered: signal(false),
      lostNickname: lost,
      sends: signal<readonly Sending[]>(sends),
      changes: { pending: signal([]) },
      register: async () => page.refusal,
      rejoin: () => void page.rejoined++,
      showUnsent: () => {},
      handOver: (keys: readonly string[]) => void page.handedOver.push(...keys),
    };
    const make = () => {
      const channel = {
        postMessage: (data: unknown) => this.say(data, channel),
        addEventListener: (_: "message", listener: (event: { readonly data: unknown }) => void) =>
          void this.#listeners.set(channel, listener),
        close: () => void this.#listeners.delete(channel),
      };
      return channel;
    };
    return Object.assign(page, { handover: new Handover(make, room, tab) });
  }
}

type Page = ReturnType<Browser["open"]>;

function storageOver(items: Map<string, string>) {
  return {
    get length() {
      return items.size;
    },
    key: (at: number) => [...items.keys()][at] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}
