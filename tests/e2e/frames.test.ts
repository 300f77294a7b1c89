/** The page in a frame of another site, which may give it less than a page of its own has. */
import { afterEach, expect, test } from "bun:test";
import type { FrameLocator, Page } from "playwright-core";
import { startServer } from "../support/server.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
let pages: Page[] = [];
let hosts: Bun.Server<undefined>[] = [];
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  await Promise.all(hosts.map((host) => host.stop(true)));
  pages = [];
  hosts = [];
});

/** Serves the page around a frame, as another site: the chat is at 127.0.0.1. @returns its URL */
function hostPage(src: string, frame: string, headers: Record<string, string>): string {
  const body = `<title>Another site</title><iframe ${frame} src="${src}" width="900" height="600"></iframe>`;
  const host = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new URL(url).pathname === "/"
        ? new Response(body, { headers: { "Content-Type": "text/html", ...headers } })
        : new Response(null, { status: 204 }),
  });
  hosts.push(host);
  return `http://localhost:${host.port}/`;
}

/**
 * Opens a page of another site with a frame in it.
 *
 * @param frame the attributes of the frame
 * @param headers of the page around it
 */
async function openAround(
  src: string,
  frame: string,
  headers: Record<string, string> = {},
): Promise<{ page: Page; frame: FrameLocator; complaints: string[] }> {
  const page = await stage.browser.newPage({ locale: "en-GB" });
  pages.push(page);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (line) => complaints.push(line.text()));
  await page.goto(hostPage(src, frame, headers));
  return { page, frame: page.frameLocator("iframe"), complaints };
}

async function talk(frame: FrameLocator, nickname: string, content: string): Promise<void> {
  await frame.getByRole("textbox", { name: "Nickname", exact: true }).fill(nickname);
  await frame.getByRole("button", { name: "Join", exact: true }).click();
  await frame.locator("#message").fill(content);
  await frame.locator("#message").press("Enter");
  await frame.locator(".message:not(.sending, .failed)", { hasText: content }).waitFor();
}

async function isStyled(frame: FrameLocator): Promise<boolean> {
  return (await frame.locator(".app").evaluate((app) => getComputedStyle(app).display)) === "flex";
}

const FRAMES: [kind: string, attributes: string, headers: Record<string, string>][] = [
  ["a frame of another site", "", {}],
  ["a sandboxed frame", 'sandbox="allow-scripts"', {}],
  ["a sandboxed frame that may keep its origin", 'sandbox="allow-scripts allow-same-origin"', {}],
  [
    "a page that loads nothing without leave (COEP)",
    "",
    { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin" },
  ],
  [
    "a sandboxed frame of such a page",
    'sandbox="allow-scripts"',
    { "Cross-Origin-Embedder-Policy": "require-corp" },
  ],
  [
    "a page that loads without cookies (COEP)",
    "",
    { "Cross-Origin-Embedder-Policy": "credentialless", "Cross-Origin-Opener-Policy": "same-origin" },
  ],
];

for (const [kind, attributes, headers] of FRAMES) {
  test(`in ${kind} one can talk`, async () => {
    const room = stage.newRoom();
    const binh = await stage.bot(room, "Bình");
    const heard = binh.once("message");
    const { frame, complaints, page } = await openAround(stage.server.http(room), attributes, headers);
    await talk(frame, "An", "out of a frame");
    expect((await heard).message.content).toBe("out of a frame");
    await binh.send("into a frame");
    await frame.locator(".message", { hasText: "into a frame" }).waitFor();
    expect(await isStyled(frame)).toBe(true);
    await frame.locator("header.top button").last().click();
    await frame.getByLabel("Dark").check();
    expect(await frame.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe("Another site");
  });
}

test("one can read inside a page that loads nothing without permission, and in a sandbox without scripts", async () => {
  const headers = { "Cross-Origin-Embedder-Policy": "require-corp" };
  const openAt = async (path: string) =>
    (await openAround(stage.server.http(path), "sandbox", headers)).frame
      .locator(".no-script, .reading")
      .first();
  const page = await openAt("/");
  await page.getByRole("link").click();
  for (const [path, words] of [
    ["/?read", "These are the latest messages"],
    ["/rooms/my room", "Did you mean"],
  ] as const) {
    const text = await openAt(path);
    await text.getByText(words).waitFor();
    // The style sheet is there.
    expect(await text.evaluate((each) => getComputedStyle(each).display)).toBe("grid");
  }
});

test("EP-6 a sandboxed frame has no origin: if origins are named, it can connect only if null is one of them", async () => {
  for (const [flags, isLetIn] of [
    [["--allow-origin", "http://127.0.0.1"], false],
    [["--allow-origin", "http://127.0.0.1", "--allow-origin", "null"], true],
  ] as const) {
    await using server = await startServer([...flags]);
    const { frame } = await openAround(server.http("/"), 'sandbox="allow-scripts"');
    if (isLetIn) await talk(frame, "An", "let in");
    else await frame.getByText("No connection").first().waitFor();
  }
});
