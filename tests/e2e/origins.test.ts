/** From which pages a real browser gets into a server that is for its own machine only. */
import { afterEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { TemporaryFolder } from "../support/server.ts";
import { Stage } from "./stage.ts";
import { Witness } from "./witness.ts";

const stage = new Stage();
let pages: Page[] = [];
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
});

/** Opens a page, of which only the address matters. One at another site is made up here. */
async function openPage(url: string): Promise<Page> {
  const page = await stage.browser.newPage();
  pages.push(page);
  await page.route("http://*.example/**", (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>Another site</title>" }),
  );
  await page.goto(url);
  return page;
}

/** Has a page connect to the server as a classic client does. @returns what it is first answered, or "refused" */
function connectFrom(page: Page): Promise<string> {
  return page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => socket.send('{"type":"get"}');
        socket.onmessage = ({ data }) => resolve(String(data));
        socket.onerror = () => resolve("refused");
      }),
    `ws://localhost:${stage.server.port}/`,
  );
}

const LET_IN = expect.stringContaining("UnknownRegister");

test.each(["localhost", "127.0.0.1", "[::1]"])("the page works at %s", async (host) => {
  const { port } = stage.server;
  const room = stage.newRoom();
  const at = { http: (path: string) => `http://${host}:${port}${path}` };
  const an = await stage.enter(room, "An", { at });
  const binh = new Witness(await stage.bot(room, "Bình"));
  await an.say("Xin chào!");
  await binh.sees("Xin chào!");
});

test("EP-6 a page of another site cannot connect, and one of this machine at another port can", async () => {
  expect(await connectFrom(await openPage("http://evil.example/"))).toBe("refused");
  using other = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response("<title>Mine</title>", { headers: { "Content-Type": "text/html" } }),
  });
  expect(await connectFrom(await openPage(`http://127.0.0.1:${other.port}/`))).toEqual(LET_IN);
});

test("EP-6 a page that is opened from a file can connect, because the classic client is one", async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "client.html");
  writeFileSync(file, "<title>Classic</title>");
  expect(await connectFrom(await openPage(pathToFileURL(file).href))).toEqual(LET_IN);
});
