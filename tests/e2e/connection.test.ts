import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Chat } from "../../src/client/index.ts";
import { Cable } from "../support/cable.ts";
import { startServer } from "../support/server.ts";
import {
  dropNetworkErrors,
  onFrames,
  Stage,
  startServerThatKeepsItsPort,
  typeOf,
  violations,
} from "./stage.ts";

const stage = new Stage();

test("a tab survives a killed server: nothing is lost, nothing is doubled, nobody seems to leave, and one can retry at once", async () => {
  await using at = await startServerThatKeepsItsPort();
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình", at);
  const chi = await stage.bot(room, "Chi", at);
  const an = await stage.enter(room, "An", { at });
  const noticed = changesOfPeopleFor(chi);
  await an.say("before");

  await at.kill();
  await an.reads("No connection");
  await an.write("written by An meanwhile");
  const sent = binh.send("written by Bình meanwhile");
  await an.reads("1 message will be sent when you’re back online.");
  expect(await an.unsent.count()).toBe(1);
  await at.restart();
  const retry = an.page.getByRole("button", { name: "Retry now" });
  // The page may be quicker, and the button gone before it is pressed.
  await Promise.race([retry.click().catch(() => {}), an.isConnected()]);
  await an.isConnected();
  await retry.waitFor({ state: "detached" });
  await an.sees("written by An meanwhile");
  await an.sees("written by Bình meanwhile");
  await sent;
  await chi.send("after");
  await an.sees("after");
  const contents = await an.contents();
  expect(contents.toSorted()).toEqual([
    "after",
    "before",
    "written by An meanwhile",
    "written by Bình meanwhile",
  ]);
  expect(await contentsFor(chi)).toEqual(contents);
  expect(await an.unsent.count()).toBe(0);
  expect((await an.roster()).map((name) => name.replace(" (you)", "")).toSorted()).toEqual([
    "An",
    "Bình",
    "Chi",
  ]);
  expect([await an.events(), noticed]).toEqual([[], []]);

  // A message that a killed server never answered goes out again by itself, once.
  process.kill(at.pid, "SIGSTOP");
  await an.write("in between");
  await an.unsent.getByText("Sending…").waitFor();
  await at.kill();
  await at.restart();
  await an.sees("in between");
  expect(await an.contents()).toEqual([...contents, "in between"]);
  expect(await an.unsent.count()).toBe(0);
  dropNetworkErrors(an);
});

test("CLOSE-10 a message whose confirmation was lost with the connection is shown once; after a close code that means never, known or not, the page shows the server's reason and does not reconnect", async () => {
  let cut = true;
  let connections = 0;
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình");
  const an = await stage.enter(room, "An", {
    intercept: (socket) => {
      connections++;
      onFrames(socket, (frame, text) => {
        if (typeOf(frame) !== "send") return socket.send(text);
        if (cut) void socket.close({ code: 4000 });
        else if (text.includes("the last straw"))
          void socket.close({ code: 4444, reason: "A moderator removed you" });
        else socket.send(text);
        cut = false;
      });
    },
  });
  await an.page.evaluate(() => {
    const { dataset } = document.documentElement;
    new MutationObserver(() => {
      const rows = [...document.querySelectorAll(".log .content")].filter(
        (row) => row.textContent === "once",
      );
      dataset.most = String(Math.max(rows.length, Number(dataset.most ?? 0)));
    }).observe(document.body, { subtree: true, childList: true });
  });
  await an.write("once");
  await an.sees("once");
  await an.say("twice");
  expect(await an.page.evaluate(() => document.documentElement.dataset.most)).toBe("1");
  for (const contents of [await an.contents(), await contentsFor(binh)])
    expect(contents).toEqual(["once", "twice"]);
  expect(await an.unsent.count()).toBe(0);

  expect(connections).toBe(2);
  await an.write("the last straw");
  await an.reads(/4444: A moderator removed you/);
  expect(connections).toBe(2);
  await an.page.getByRole("button", { name: "Reconnect" }).click();
  await an.isIn();
  expect(connections).toBe(3);
});

test("offline nothing is said of who is there; what is typed waits and goes out in order when online, and the others notice nothing", async () => {
  await using at = await startServer(["--grace", "600"]);
  const room = stage.newRoom();
  const binh = await stage.bot(room, "Bình", at);
  const noticed = changesOfPeopleFor(binh);
  await using cable = new Cable(at.port);
  const an = await stage.enter(room, "An", { at: cable });
  await an.say("before");
  await an.page.context().setOffline(true);
  // The browser leaves the connection as it is.
  await an.reads("You are offline");
  await an.reads("Online when the connection was lost: 2");
  cable.cut();
  await an.write("first");
  await an.write("second");
  await an.reads("2 messages will be sent when you’re back online.");
  expect(await an.unsent.locator(".content").allTextContents()).toEqual(["first", "second"]);
  await binh.send("meanwhile");
  cable.mend();
  await an.page.context().setOffline(false);
  await an.sees("second");
  for (const contents of [await an.contents(), await contentsFor(binh)])
    expect(contents).toEqual(["before", "meanwhile", "first", "second"]);
  expect(noticed).toEqual(["register"]);
  dropNetworkErrors(an);
});

test("while the server is down the service worker shows the page in any room, and it keeps nothing but that", async () => {
  await using at = await startServerThatKeepsItsPort();
  const room = stage.newRoom();
  const [page, another] = [at.http(room), at.http(stage.newRoom())];
  const an = await stage.enter(`${room}#5`, "An", { at, options: { serviceWorkers: "allow" } });
  await an.say("before");
  const kept = await an.page.evaluate(async () => {
    for (;;) {
      const [name] = await caches.keys();
      const keys = name === undefined ? [] : await (await caches.open(name)).keys();
      const paths = keys.map(({ url }) => url.slice(location.origin.length));
      const isWhole = ["/rooms/any", "/page-", "/room-", "/enroom-"].every((part) =>
        paths.some((path) => path.includes(part)),
      );
      if (isWhole) return paths;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  expect(kept.filter((path) => !/^\/assets\/[a-z-]+-[0-9a-f]{32}\.(js|css|svg)$/.test(path))).toEqual([
    "/rooms/any",
  ]);

  await at.kill();
  await an.page.reload();
  await an.reads("No connection");
  await an.composer.fill("written meanwhile");
  await an.page.goto(another);
  await an.nicknameField.waitFor();
  // A proxy that says so is as good as none; any other page is shown as it is, and ends it.
  let answer = new Response("down", { status: 502, headers: { "Content-Type": "text/html" } });
  const proxy = Bun.serve({ hostname: "127.0.0.1", port: new URL(page).port, fetch: () => answer.clone() });
  await an.page.goto(page);
  await an.reads("No connection");
  expect(await an.composer.inputValue()).toBe("written meanwhile");
  answer = new Response("<p>Another site</p>", { headers: { "Content-Type": "text/html" } });
  await an.page.goto(page);
  await an.reads("Another site");
  await an.page.evaluate(async () => {
    while ((await caches.keys()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await proxy.stop(true);
  await at.restart();
  await an.page.goto(page);
  await an.sees("before");
  an.complaints.splice(0);
});

test("the page says that someone took the nickname meanwhile, and another one can be chosen; messages that are written faster than the server allows wait, and nothing is lost or out of order", async () => {
  await using at = await startServer(["--grace", "0", "--requests-per-second", "4", "--requests-burst", "5"]);
  const room = stage.newRoom();
  await using cable = new Cable(at.port);
  const an = await stage.enter(room, "An", { at: cable });
  await an.page.context().setOffline(true);
  cable.cut();
  await an.reads("You are offline");
  const other = await stage.bot(room, "An", at);
  const joined = other.once("register");
  cable.mend();
  await an.page.context().setOffline(false);
  await an.reads("Someone here already has this nickname");
  await an.askToJoin("Anh");
  await an.isIn();
  expect((await joined).name).toBe("Anh");
  const all = Array.from({ length: 8 }, (_, i) => `message ${i}.`);
  for (const content of all) await an.write(content);
  await an.sees("message 7.");
  expect(await an.contents()).toEqual(all);
  dropNetworkErrors(an);
});

test("LIM-6 the page says for how many seconds it waits after a refusal for the rate", async () => {
  /** Nicknames that are refused once, with the seconds after which the server would take them. */
  const refused = new Map([
    ["Anh", 1],
    ["Ân", 600],
  ]);
  const room = stage.newRoom();
  const other = await stage.bot(room, "Bình");
  const an = await stage.enter(room, "An", {
    intercept: (socket) => {
      const toServer = socket.connectToServer();
      socket.onMessage((text) => {
        const { type, name, ref } = JSON.parse(String(text));
        const retry = type === "name" ? refused.get(name) : undefined;
        if (retry === undefined) return toServer.send(text);
        refused.delete(name);
        socket.send(JSON.stringify({ type, status: false, reason: "TooManyRequests", retry, ref }));
      });
    },
  });
  const shown = await an.watch();
  const renamed = other.once("change");
  await an.rename("Anh");
  await shown("You’re going too fast. Continuing in 1 s");
  expect((await renamed).newname).toBe("Anh");
  await an.page.getByText(/going too fast/).waitFor({ state: "hidden" });

  await an.rename("Ân");
  await an.page.getByRole("button", { name: "Renaming…" }).waitFor();
  await an.reads(/You’re going too fast\. Continuing in \d+ s/);
  await an.page.keyboard.press("Escape");
  await an.page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await violations(an)).toEqual([]);
  expect(await an.page.getByText(/going too fast/).isVisible()).toBe(true);
});

test("a refused first connection does not make the page speak version 2", async () => {
  const prepare = (page: Page) =>
    page.addInitScript(() => {
      const Real = WebSocket;
      let refusals = 1;
      window.WebSocket = class extends Real {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(refusals-- > 0 ? new URL("/nothing", url) : url, protocols);
          this.addEventListener("open", () =>
            document.documentElement.setAttribute("data-protocol", this.protocol),
          );
        }
      };
    });
  const an = await stage.enter(stage.newRoom(), "An", { prepare });
  expect(await an.page.locator("html").getAttribute("data-protocol")).toBe("classic-chatbox.v3");
  dropNetworkErrors(an);
});

/** What the room has, by a client of its own. */
async function contentsFor(bot: Chat): Promise<string[]> {
  return (await bot.history()).messages.map(({ content }) => content);
}

/** Who comes, goes and is renamed from now on, as a client of its own hears it: the types of the events. */
function changesOfPeopleFor(bot: Chat): readonly string[] {
  const noticed: string[] = [];
  for (const type of ["register", "change", "leave"] as const) bot.on(type, () => noticed.push(type));
  return noticed;
}
