import { beforeAll, expect, test } from "bun:test";
import { brotliDecompressSync } from "node:zlib";
import { buildWebPages, type PageSettings, type WebPages } from "../../src/server/web-pages.ts";

const PLAIN: PageSettings = {
  basePath: "",
  frameAncestors: null,
  site: { accent: null, logo: null, title: null, welcome: null, links: [], style: null },
};
let pages: WebPages;

beforeAll(async () => {
  pages = await buildWebPages(PLAIN);
});

async function get(path: string, headers: Record<string, string> = {}, method = "GET") {
  return pages.respond(path, new Request(`http://chat.test${path}`, { method, headers }));
}

async function must(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  const response = await get(path, headers, method);
  if (!response) throw new Error(`nothing answers ${path}`);
  return response;
}

/** The paths of what a page loads, as a browser finds them that has the page from `at`. */
async function assets(
  from = "/",
  at = from,
  of: Promise<Response> | undefined = must(from),
): Promise<string[]> {
  const page = await of;
  const links = [...((await page?.text()) ?? "").matchAll(/(?:src|href)="([^"?]+)"/g)];
  return links.map(([, link = ""]) => new URL(link, `http://chat.test${at}`).pathname);
}

test("the main room and the other rooms get the same page", async () => {
  const page = await must("/");
  expect(page.status).toBe(200);
  expect(page.headers.get("Content-Type")).toStartWith("text/html");
  const inRoom = await must("/rooms/some-room");
  expect((await inRoom.text()).replaceAll('="../', '="./')).toBe(await page.text());
  expect(await assets("/rooms/some-room")).toEqual(await assets());
});

test("the page finds its files under whatever path a proxy serves it, also where that is kept", async () => {
  const files = await assets();
  const under = files.map((path) => `/a/chat${path}`);
  expect(await assets("/", "/a/chat/")).toEqual(under);
  expect(await assets("/rooms/tea", "/a/chat/rooms/tea")).toEqual(under);
  const based = await buildWebPages({ ...PLAIN, basePath: "/a/chat" });
  for (const [path, at] of [
    ["/", "/a/chat"],
    ["/", "/a/chat/"],
    ["/rooms/tea", "/a/chat/rooms/tea"],
  ] as const) {
    const page = based.respond(path, new Request("http://chat.test"));
    expect(await assets(path, at, page)).toEqual(under);
  }
  // Servers with another base path, or none, have the same files.
  expect([...based.assets.keys()]).toEqual([...pages.assets.keys()]);
});

test("the page says in words that it needs JavaScript, and carries no script or style of its own", async () => {
  const html = await (await must("/")).text();
  expect(html).toContain("<noscript>");
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
});

test("the page's files are its own, have a hash in their names, and may be cached forever", async () => {
  const paths = await assets();
  expect(paths.map((path) => path.replace(/-[0-9a-f]{32}\./, "-HASH.")).toSorted()).toEqual([
    "/assets/en-HASH.js",
    "/assets/icon-HASH.svg",
    "/assets/page-HASH.css",
    "/assets/page-HASH.js",
    "/manifest.webmanifest",
  ]);
  for (const path of paths.filter((each) => each.startsWith("/assets/"))) {
    const asset = await must(path);
    expect(asset.status).toBe(200);
    expect(asset.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  }
  expect((await must("/")).headers.get("Cache-Control")).toBe("no-cache");
});

test("the words of the language that the browser asks for come with the page's script, and are another page", async () => {
  const of = (language: string) => must("/", { "Accept-Language": language });
  for (const [language, words] of [
    ["", "en"],
    ["fr, vi;q=0.8, en;q=0.5", "vi"],
    ["en-GB, vi", "en"],
  ] as const) {
    const page = await of(language);
    expect(page.headers.get("Vary")).toContain("Accept-Language");
    expect(await page.text()).toMatch(
      new RegExp(`<html lang="${words}">[^]*<link rel="modulepreload" crossorigin href="./assets/${words}-`),
    );
  }
  expect((await of("vi")).headers.get("ETag")).not.toBe((await of("en")).headers.get("ETag"));
});

test("other paths are not the web client's", async () => {
  for (const path of [
    "/assets/",
    "/assets/page.js",
    "/assets/../package.json",
    "/page.html",
    "/main.ts",
    "//",
  ]) {
    expect(await get(path)).toBeUndefined();
  }
});

test("the icon is where browsers look for it unasked", async () => {
  expect((await must("/favicon.ico")).headers.get("Content-Type")).toBe("image/svg+xml");
});

test("every answer carries the policy, and nothing in it allows inline code, foreign files or plug-ins", async () => {
  for (const path of ["/", ...(await assets())]) {
    const { headers } = await must(path);
    const policy = headers.get("Content-Security-Policy") ?? "";
    expect(policy.split("; ")).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|http/);
    expect(policy).toContain("img-src 'self' blob:;");
    expect(policy).toContain("worker-src 'self';");
    expect(policy).toEndWith("require-trusted-types-for 'script'; trusted-types chatbox-worker");
    // A page with this header runs the script of a worker only with it.
    expect(headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    // Anyone who may open the page may read its files; the contents of the page are for its own origin.
    expect(headers.get("Access-Control-Allow-Origin")).toBe(path === "/" ? null : "*");
    expect(headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
  }
});

test("a browser with a picture chosen by its address gets a policy that allows it and is otherwise the same", async () => {
  const strict = (await must("/")).headers;
  const loose = (await must("/", { Cookie: "a=b; classic-chatbox-pictures=1" })).headers;
  expect(loose.get("Content-Security-Policy")).toBe(
    (strict.get("Content-Security-Policy") ?? "").replace(
      "img-src 'self' blob:",
      "img-src 'self' blob: https:",
    ),
  );
  expect(loose.get("ETag")).not.toBe(strict.get("ETag"));
  for (const Cookie of [
    "classic-chatbox-pictures=0",
    "xclassic-chatbox-pictures=1",
    "classic-chatbox-pictures=10",
  ]) {
    expect((await must("/", { Cookie })).headers.get("ETag")).toBe(strict.get("ETag"));
  }
});

test("a browser can install the page: the manifest and its icons are there", async () => {
  const manifest = await must("/manifest.webmanifest");
  expect(manifest.headers.get("Content-Type")).toBe("application/manifest+json");
  const { icons } = await manifest.json();
  expect(icons.length).toBeGreaterThan(1);
  for (const { src, type } of icons) expect((await must(`/${src}`)).headers.get("Content-Type")).toBe(type);
});

test("a file comes in the best encoding that the browser takes, and is the same in each", async () => {
  const plain = await (await must("/")).text();
  const encodingFor = async (accept: string) =>
    (await must("/", { "Accept-Encoding": accept })).headers.get("Content-Encoding");
  expect(await encodingFor("gzip, deflate, br, zstd")).toBe("br");
  expect(await encodingFor("gzip, deflate")).toBe("gzip");
  expect(await encodingFor("GZIP;q=0.5")).toBe("gzip");
  expect(await encodingFor("br;q=0, gzip;q=0.0")).toBeNull();
  expect(await encodingFor("")).toBeNull();
  const gzip = await (await must("/", { "Accept-Encoding": "gzip" })).bytes();
  expect(new TextDecoder().decode(Bun.gunzipSync(gzip))).toBe(plain);
  const brotli = await (await must("/", { "Accept-Encoding": "br" })).bytes();
  expect(brotliDecompressSync(brotli).toString()).toBe(plain);
  expect((await must("/")).headers.get("Vary")).toBe("Accept-Encoding, Accept-Language, Cookie");
});

test("a file is smaller for requests after the first, and still the same", async () => {
  const script = (await assets()).find((path) => path.endsWith(".js")) ?? "";
  const headers = { "Accept-Encoding": "br" };
  const first = await must(script, headers);
  const { length } = await first.bytes();
  let later = await (await must(script, headers)).bytes();
  while (later.length >= length) {
    await Bun.sleep(10);
    later = await (await must(script, headers)).bytes();
  }
  expect(brotliDecompressSync(later).toString()).toBe(await (await must(script)).text());
  const tag = first.headers.get("ETag") ?? "";
  expect((await must(script, { ...headers, "If-None-Match": tag })).status).toBe(304);
});

test("a browser that has the page gets a 304 without it", async () => {
  const headers = { "Accept-Encoding": "gzip" };
  const tag = (await must("/", headers)).headers.get("ETag") ?? "";
  for (const known of [tag, `"other", W/${tag}`, "*"]) {
    const response = await must("/", { ...headers, "If-None-Match": known });
    expect(response.status).toBe(304);
    expect(await response.text()).toBe("");
    expect(response.headers.get("ETag")).toBe(tag);
  }
  expect((await must("/", { ...headers, "If-None-Match": '"other"' })).status).toBe(200);
  expect((await must("/", { "Accept-Encoding": "br", "If-None-Match": tag })).status).toBe(200);
});

test("HEAD gets the headers of GET and no body", async () => {
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      pages.respond(new URL(request.url).pathname, request) ?? new Response(null, { status: 404 }),
  });
  const headers = { "Accept-Encoding": "identity" };
  const [full, head] = await Promise.all([
    fetch(server.url, { headers }),
    fetch(server.url, { headers, method: "HEAD" }),
  ]);
  expect(head.status).toBe(200);
  expect(head.headers.get("Content-Length")).toBe(String((await full.bytes()).length));
  expect(await head.text()).toBe("");
  expect(head.headers.get("ETag")).toBe(full.headers.get("ETag"));
});

test("the script for host sites has one address, which is asked for anew after minutes", async () => {
  const script = await must("/embed.js");
  expect(script.headers.get("Content-Type")).toStartWith("text/javascript");
  expect(script.headers.get("Cache-Control")).toBe("public, max-age=300");
  expect(script.headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
  expect(await script.text()).not.toMatch(/\bimport\b/);
});

test("the service worker has one address at the root, and is asked for anew each time", async () => {
  const script = await must("/service-worker.js");
  expect(script.headers.get("Content-Type")).toStartWith("text/javascript");
  expect(script.headers.get("Cache-Control")).toBe("no-cache");
  expect(await script.text()).not.toMatch(/\bimport\b/);
});

test("every page says who may embed it, if the operator does", async () => {
  const { respond, rooms, missing } = await buildWebPages({ ...PLAIN, frameAncestors: ["'none'"] });
  const request = new Request("http://chat.test/", {
    headers: { Accept: "text/html", Cookie: "classic-chatbox-pictures=1" },
  });
  for (const response of [
    await respond("/", request),
    rooms("/rooms", [], request).response,
    missing("/x", request),
  ])
    expect(response?.headers.get("Content-Security-Policy")).toEndWith("; frame-ancestors 'none'");
  expect((await must("/")).headers.get("Content-Security-Policy")).not.toContain("frame-ancestors");
});
