/** The page of a chat whose site has a login: the site hands it tokens, by the address or from around a frame. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { CLAIMS, SECRET, signedWithSecret } from "../support/login.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { capture, dropNetworkErrors, Stage, violations } from "./stage.ts";

const stage = new Stage();
let server: ChatServer;
let pages: Page[] = [];
let hosts: Bun.Server<undefined>[] = [];

beforeAll(async () => {
  const env = { CHATBOX_AUTH_SECRET: SECRET };
  server = await startServer(["--auth", "required", "--auth-clock-skew", "0"], { env });
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  await Promise.all(hosts.map((host) => host.stop(true)));
  pages = [];
  hosts = [];
});

let people = 0;
const tokenOf = (claims: object, seconds = 600) =>
  signedWithSecret({ ...CLAIMS, exp: Math.floor(Date.now() / 1000) + seconds, ...claims });

test("IDENT-8 without a token the page says that one must sign in, instead of asking for a nickname", async () => {
  for (const [locale, words] of [
    ["en-GB", /^This chat is for people who are signed in/],
    ["vi-VN", /^Phòng trò chuyện này dành cho người đã đăng nhập/],
  ] as const) {
    const an = await stage.open(stage.newRoom(), { at: server, options: { locale } });
    await an.reads(words);
    expect(await an.page.locator("input").count()).toBe(0);
    await capture(an, `login-required-${locale}`);
    if (locale === "vi-VN") expect(await violations(an)).toEqual([]);
  }
});

test("IDENT-7 a link with a token lets one in under the nickname of the site, and shows the token to nobody", async () => {
  const room = stage.newRoom();
  const sub = `person-${++people}`;
  const token = tokenOf({ sub, name: "Lan Anh" });
  const an = await stage.open(`${room}#token=${token}`, { at: server });
  await an.isIn();
  expect(an.page.url()).toBe(server.http(room));
  expect(await an.page.locator("aside .roster-list .nickname").allTextContents()).toEqual(["Lan Anh"]);
  await an.say("signed in");
  const kept = await an.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain(token);
  expect(kept).not.toContain("classic-chatbox.key");
  await an.page.getByRole("button", { name: /Change your nickname/ }).click();
  await an.reads("The site gives you the nickname Lan Anh.");
  expect(await violations(an)).toEqual([]);
  await an.page.getByRole("button", { name: "Leave the chat" }).click();
  const join = an.page.getByRole("button", { name: "Join as Lan Anh" });
  await join.waitFor();
  await capture(an, "login-left");
  expect(await violations(an)).toEqual([]);
  await join.click();
  await an.isIn();
  await an.openSettings();
  await an.page.getByRole("dialog").getByRole("button", { name: "Show", exact: true }).click();
  await an.reads(/^You are signed in to the site/);
  expect(await an.page.getByRole("button", { name: "Show my key" }).count()).toBe(0);
});

test("a token without a nickname lets one choose, and a refused one is said to be so", async () => {
  const an = await stage.open(`${stage.newRoom()}#token=${tokenOf({ sub: `person-${++people}` })}`, {
    at: server,
  });
  await an.askToJoin("Chosen");
  await an.isIn();
  const liar = await stage.open(`${stage.newRoom()}#token=${tokenOf({ sub: "x" }, -600)}`, { at: server });
  await liar.reads(/^The chat could not confirm your sign-in/);
  await capture(liar, "login-refused");
  expect(await violations(liar)).toEqual([]);
  dropNetworkErrors(liar);
});

test("IDENT-6 the page around a frame is asked for a new token before the last one ends, and nothing is lost", async () => {
  const room = stage.newRoom();
  const sub = `person-${++people}`;
  let given = 0;
  const host = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => {
      if (new URL(url).pathname === "/token") {
        given++;
        return new Response(tokenOf({ sub, name: "Frame" }, given === 1 ? 600 : 700));
      }
      const body = `<title>The site</title><iframe width="900" height="600"></iframe><script>
        const chat = "${server.http("")}";
        const frame = document.querySelector("iframe");
        addEventListener("message", async ({ source, origin, data }) => {
          if (source !== frame.contentWindow || origin !== chat || data.type !== "classic-chatbox:token-wanted") return;
          const token = await (await fetch("/token")).text();
          frame.contentWindow.postMessage({ type: "classic-chatbox:token", token }, chat);
        });
        frame.src = chat + "${room}#token=${tokenOf({ sub, name: "Frame" }, 8)}";
      </script>`;
      return new Response(body, { headers: { "Content-Type": "text/html" } });
    },
  });
  hosts.push(host);
  const page = await stage.browser.newPage({ locale: "en-GB" });
  pages.push(page);
  await page.goto(`http://localhost:${host.port}/`);
  const frame = page.frameLocator("iframe");
  const write = async (content: string) => {
    await frame.locator("#message").fill(content);
    await frame.locator("#message").press("Enter");
    await frame.locator(".message:not(.sending, .failed)", { hasText: content }).waitFor();
  };
  for (let message = 1; given === 0; message++) await write(`message ${message}.`);
  await write("the last");
  // Its own address names no token, either.
  expect(page.frames().at(-1)?.url()).toBe(server.http(room));
});
